package rig

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"time"
)

// Result of a load.
type Result struct {
	Count, Failed int
	Took          time.Duration
	Times         []time.Duration
	Err           error // of the first failure
}

// PerSecond is the rate of answers.
func (r Result) PerSecond() float64 { return float64(r.Count) / r.Took.Seconds() }

// Load sends the same request over keep-alive connections for d, each
// connection one request at a time.
func Load(address string, request []byte, conns int, d time.Duration) Result {
	stop := make(chan struct{})
	timer := time.AfterFunc(d, func() { close(stop) })
	defer timer.Stop()
	return LoadUntil(address, request, conns, stop)
}

// LoadUntil is Load until a channel is closed.
func LoadUntil(address string, request []byte, conns int, stop <-chan struct{}) (r Result) {
	var mu sync.Mutex
	var running sync.WaitGroup
	began := time.Now()
	for range conns {
		running.Go(func() {
			times, failed, err := sendUntil(address, request, stop)
			mu.Lock()
			defer mu.Unlock()
			r.Count += len(times)
			r.Times = append(r.Times, times...)
			r.Failed += failed
			r.Err = errors.Join(r.Err, err)
		})
	}
	running.Wait()
	r.Took = time.Since(began)
	return r
}

// sendUntil sends on one connection, and on another one after a failure.
func sendUntil(address string, request []byte, stop <-chan struct{}) (times []time.Duration, failed int, first error) {
	c := &Conn{Address: address}
	defer c.Close()
	for {
		select {
		case <-stop:
			return times, failed, first
		default:
		}
		began := time.Now()
		if err := c.Send(request); err != nil {
			if failed++; first == nil {
				first = err
			}
			if failed > 1000 {
				return times, failed, first // nobody is there
			}
			continue
		}
		times = append(times, time.Since(began))
	}
}

// Conn sends requests one after another and demands 200. It connects when it
// has to: a server may close after each answer.
type Conn struct {
	Address string
	Body    []byte // of the last answer, valid until the next
	conn    net.Conn
	r       *bufio.Reader
}

// Send sends a request and reads its answer.
func (c *Conn) Send(request []byte) error {
	if c.conn == nil {
		conn, err := net.DialTimeout("tcp", c.Address, 2*time.Second)
		if err != nil {
			return err
		}
		c.conn = conn
		if c.r == nil {
			c.r = bufio.NewReaderSize(conn, 32<<10)
		} else {
			c.r.Reset(conn)
		}
	}
	_ = c.conn.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := c.conn.Write(request); err != nil {
		c.Close()
		return err
	}
	last, err := c.answer()
	if err != nil || last {
		c.Close()
	}
	return err
}

// Close ends the connection.
func (c *Conn) Close() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

var (
	fieldLength     = []byte("Content-Length")
	fieldConnection = []byte("Connection")
)

// answer reads a response with a Content-Length; last says that the server
// closes.
func (c *Conn) answer() (last bool, err error) {
	length, status := -1, ""
	for first := true; ; first = false {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return false, err
		}
		if len(line) <= 2 {
			break
		}
		if first {
			if !bytes.Contains(line, []byte(" 200")) {
				status = string(bytes.TrimSpace(line))
			}
			last = bytes.HasPrefix(line, []byte("HTTP/1.0"))
			continue
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch value = bytes.TrimSpace(value); {
		case bytes.EqualFold(name, fieldLength):
			length, _ = strconv.Atoi(string(value))
		case bytes.EqualFold(name, fieldConnection):
			last = bytes.EqualFold(value, []byte("close"))
		}
	}
	if length < 0 {
		return false, errors.New("an answer without Content-Length")
	}
	if cap(c.Body) < length {
		c.Body = make([]byte, length)
	}
	c.Body = c.Body[:length]
	if _, err := io.ReadFull(c.r, c.Body); err != nil {
		return false, err
	}
	if status != "" {
		return last, fmt.Errorf("%s: %.200s", status, c.Body)
	}
	return last, nil
}
