package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
)

// flowAddr is where the guest answers below HTTP, on TCP and UDP.
const flowAddr = ":7007"

// flows answers lines over TCP and datagrams over UDP with its version before
// them. Connections may live for long: bye asks their clients to leave.
type flows struct {
	mu      sync.Mutex
	conns   map[net.Conn]bool
	leaving bool
	resets  bool // connections, instead of answering

	datagrams bool // are answered
}

func serveFlows(version, mode string) *flows {
	f := &flows{conns: map[net.Conn]bool{}, resets: mode == "reset"}
	if l, err := net.Listen("tcp", flowAddr); err != nil {
		fmt.Println(err) // another guest on the same network has the port
	} else {
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				go f.answer(conn, version)
			}
		}()
	}
	if p, err := net.ListenPacket("udp", flowAddr); err == nil {
		f.datagrams = true
		go datagrams(p, version)
	}
	return f
}

func (f *flows) answer(conn net.Conn, version string) {
	f.mu.Lock()
	f.conns[conn] = true
	if f.leaving {
		fmt.Fprintln(conn, "bye")
	}
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.conns, conn)
		conn.Close()
	}()
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		if tcp, ok := conn.(*net.TCPConn); ok && f.resets {
			_ = tcp.SetLinger(0)
			return
		}
		f.mu.Lock()
		_, err := fmt.Fprintln(conn, version, lines.Text())
		f.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func datagrams(p net.PacketConn, version string) {
	buf := make([]byte, 2048)
	for {
		n, from, err := p.ReadFrom(buf)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return
		}
		_, _ = p.WriteTo(append([]byte(version+" "), buf[:n]...), from)
	}
}

// bye answers the datagrams that are there, asks all clients to leave and waits for
// them. The task's stopTimeout bounds that.
func (f *flows) bye() {
	f.empty()
	f.mu.Lock()
	f.leaving = true
	for conn := range f.conns {
		fmt.Fprintln(conn, "bye")
	}
	f.mu.Unlock()
	for range 600 {
		f.mu.Lock()
		n := len(f.conns)
		f.mu.Unlock()
		if n == 0 {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// empty waits until every datagram was answered that has come so far: one of its own,
// behind them, comes back.
func (f *flows) empty() {
	if !f.datagrams {
		return
	}
	c, err := net.Dial("udp", "127.0.0.1"+flowAddr)
	if err != nil {
		return
	}
	defer c.Close()
	for range 20 {
		_, _ = c.Write([]byte("last"))
		_ = c.SetReadDeadline(time.Now().Add(time.Second))
		if _, err := c.Read(make([]byte, 2048)); err == nil {
			return
		}
	}
}
