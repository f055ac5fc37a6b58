package rig

import (
	"fmt"
	"net"
	"time"
)

// FirstAnswer waits until something answers HTTP on an address and gives the
// time since began. It asks every half millisecond.
func FirstAnswer(address string, began time.Time) (time.Duration, error) {
	pause := time.NewTicker(500 * time.Microsecond)
	defer pause.Stop()
	for time.Since(began) < 20*time.Second {
		if answers(address) {
			return time.Since(began), nil
		}
		<-pause.C
	}
	return 0, fmt.Errorf("no answer on %s in 20 s", address)
}

func answers(address string) bool {
	c, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return false // refused: nobody listens yet
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Second))
	if _, err := c.Write([]byte("GET / HTTP/1.0\r\n\r\n")); err != nil {
		return false
	}
	n, _ := c.Read(make([]byte, 16))
	return n > 0
}

// FreeAddress is a loopback address that nobody listens on.
func FreeAddress() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer l.Close()
	return l.Addr().String()
}
