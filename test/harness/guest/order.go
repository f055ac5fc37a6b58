package main

import (
	"net"
	"time"
)

// The steps by which guests wait for each other.

// ready tells on a port that the steps before are done.
func ready(arg []string) string {
	_, err := net.Listen("tcp", arg[0])
	return said(err)
}

// dial waits until a port takes connections, at most a minute.
func dial(arg []string) string {
	for range 1200 {
		if c, err := net.Dial("tcp", arg[0]); err == nil {
			c.Close()
			return ""
		}
		time.Sleep(50 * time.Millisecond)
	}
	return "error: nobody listens"
}

// gone waits until a port takes none any more.
func gone(arg []string) string {
	for {
		c, err := net.Dial("tcp", arg[0])
		if err != nil {
			return ""
		}
		c.Close()
		time.Sleep(50 * time.Millisecond)
	}
}
