package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// identity is what a proxy says of itself on its identity socket. The
// connection then stays open: its end is the end of the proxy.
type identity struct {
	PID   int    `json:"pid"`
	Build string `json:"build"`
}

const proxySocket = "proxy.sock"

// announce serves an identity socket until the listener is closed or the process
// ends. The newest process owns the path.
func announce(data string, me identity) (io.Closer, error) {
	if err := os.MkdirAll(runDir(data), 0o700); err != nil {
		return nil, explainDir(data, err)
	}
	fresh := fmt.Sprintf("%s.%d", proxySocket, me.PID)
	addr, done, err := socketAddr(runDir(data), fresh)
	if err != nil {
		return nil, err
	}
	defer done()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: addr, Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false)
	dir := runDir(data)
	if err := os.Rename(filepath.Join(dir, fresh), filepath.Join(dir, proxySocket)); err != nil {
		l.Close()
		return nil, err
	}
	t := &teller{listener: l}
	t.serving.Go(func() { t.serve(me) })
	return t, nil
}

// teller answers on an identity socket.
type teller struct {
	listener *net.UnixListener
	serving  sync.WaitGroup
}

// serve keeps each connection open until the end: the peer, `grue up` or `grue
// down`, waits for it.
func (t *teller) serve(me identity) {
	var open []net.Conn
	for {
		c, err := t.listener.Accept()
		if err != nil {
			break
		}
		_ = json.NewEncoder(c).Encode(me) // a peer that has gone needs no answer
		open = append(open, c)
	}
	for _, c := range open {
		c.Close()
	}
}

// Close ends the telling.
func (t *teller) Close() error {
	err := t.listener.Close()
	t.serving.Wait()
	return err
}

// tells is how long a proxy may take to say who it is. None at all is known at once;
// one that is not heard on a busy machine would get a second beside it, or be left
// behind.
const tells = 10 * time.Second

// findProxy finds the proxy that serves a data directory; nil when none does.
// The process's done closes when the proxy ends.
func findProxy(data string) (*process, identity) {
	var who identity
	addr, done, err := socketAddr(runDir(data), proxySocket)
	if err != nil {
		return nil, who
	}
	c, err := net.DialTimeout("unix", addr, tells)
	done()
	if err != nil {
		return nil, who
	}
	_ = c.SetDeadline(time.Now().Add(tells))
	if err := json.NewDecoder(c).Decode(&who); err != nil || who.PID <= 1 {
		c.Close()
		return nil, who
	}
	_ = c.SetDeadline(time.Time{})
	p := &process{pid: who.PID, code: -1, ready: make(chan struct{}), done: make(chan struct{})}
	close(p.ready)
	go func() {
		_, _ = io.Copy(io.Discard, c) // until the proxy ends
		c.Close()
		p.end = "it was adopted, so its exit status is not known"
		close(p.done)
	}()
	return p, who
}
