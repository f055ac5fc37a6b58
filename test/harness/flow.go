package harness

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"
)

// flowTimeout bounds one exchange of a flow: a word that hangs, or a datagram that was lost.
const flowTimeout = time.Minute

// errBye tells that the guest asked its client to leave, between two exchanges.
var errBye = errors.New("bye")

// flow is one connection, or one flow of datagrams, to a guest.
type flow struct {
	conn    net.Conn
	r       *bufio.Reader
	version string // of the first answer
	n       int
}

func (l *Lane) dial() (*flow, error) {
	for {
		conn, err := net.DialTimeout(l.Network, l.URL, flowTimeout)
		if err != nil {
			return nil, err
		}
		if _, again := usedPorts.LoadOrStore(l.URL+" from "+conn.LocalAddr().String(), true); l.Network == "udp" && again {
			conn.Close()
			continue
		}
		return &flow{conn: conn, r: bufio.NewReader(conn)}, nil
	}
}

// usedPorts are from where datagrams were sent: the same port again is the same flow
// to a load balancer, and stays with its target.
var usedPorts sync.Map

// exchange says something and returns the version that answered. A flow that two
// versions answer is an error.
func (f *flow) exchange() (string, error) {
	f.n++
	word := fmt.Sprint("word-", f.n)
	if err := f.conn.SetDeadline(time.Now().Add(flowTimeout)); err != nil {
		return "", err
	}
	if _, err := fmt.Fprintln(f.conn, word); err != nil {
		return "", err
	}
	leave := false
	for {
		line, err := f.r.ReadString('\n')
		if err != nil {
			return "", err
		}
		line = strings.TrimSuffix(line, "\n")
		if line == "bye" {
			leave = true
			continue
		}
		version, back, _ := strings.Cut(line, " ")
		switch {
		case back != word:
			return "", fmt.Errorf("said %q, heard %q", word, line)
		case f.version != "" && version != f.version:
			return "", fmt.Errorf("one connection was answered by %s and then by %s", f.version, version)
		}
		f.version = version
		if leave {
			return version, errBye
		}
		return version, nil
	}
}

// converse drives a lane below HTTP: a new flow for each exchange, or a flow that
// lives until the guest asks to leave.
func (x *Traffic) converse(i int, lane Lane, tick <-chan time.Time) {
	var f *flow
	leave := func() {
		if f != nil {
			f.conn.Close()
			f = nil
		}
	}
	defer leave()
	for {
		select {
		case <-x.stop:
			return
		case <-tick:
		}
		s := Sample{Began: time.Now(), Lane: i}
		if f == nil {
			f, s.Err = lane.dial()
		}
		if s.Err == nil {
			s.Version, s.Err = f.exchange()
		}
		over := s.Err != nil || !lane.Long
		if errors.Is(s.Err, errBye) {
			s.Err = nil
		}
		if over {
			leave()
		}
		s.Ended = time.Now()
		x.note(s)
	}
}
