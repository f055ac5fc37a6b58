package harness

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Echo is a WebSocket connection through which every word comes back. It says one
// every few seconds, or the load balancer's idle timeout would end it.
type Echo struct {
	mu   sync.Mutex
	conn net.Conn
	r    *bufio.Reader
	err  error // of the first word that did not come back
}

// OpenEcho opens a WebSocket connection to a service over plain HTTP.
func OpenEcho(t testing.TB, at string) *Echo {
	t.Helper()
	u := must(url.Parse(at))(t)
	conn := must(net.Dial("tcp", u.Host))(t)
	fmt.Fprintf(conn, "GET %sws HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", u.Path, u.Host)
	r := bufio.NewReader(conn)
	resp := must(http.ReadResponse(r, nil))(t)
	if resp.StatusCode != http.StatusSwitchingProtocols {
		conn.Close()
		t.Fatalf("upgrade: status %d", resp.StatusCode)
	}
	e := &Echo{conn: conn, r: r}
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(5 * time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				e.say("still here")
			case <-stop:
				return
			}
		}
	}()
	t.Cleanup(func() { close(stop); conn.Close(); <-done })
	return e
}

// Say sends a word and fails the test if it, or an earlier one, did not come back.
func (e *Echo) Say(t testing.TB, word string) {
	t.Helper()
	if err := e.say(word); err != nil {
		t.Error(err)
	}
}

func (e *Echo) say(word string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err != nil {
		return e.err
	}
	_ = e.conn.SetDeadline(time.Now().Add(patience))
	fmt.Fprintln(e.conn, word)
	if got, err := e.r.ReadString('\n'); err != nil || got != word+"\n" {
		e.err = fmt.Errorf("WebSocket: sent %q, got %q, %v", word, got, err)
	}
	return e.err
}

// Upload is a request whose body goes on until Finish.
type Upload struct {
	stop   sync.Once
	end    chan struct{}
	answer chan string
	sent   atomic.Int64
}

// StartUpload begins to send a body, a piece every 20 milliseconds.
func StartUpload(t testing.TB, at string) *Upload {
	t.Helper()
	u := &Upload{end: make(chan struct{}), answer: make(chan string, 1)}
	r, w := io.Pipe()
	var both sync.WaitGroup
	both.Go(func() {
		defer w.Close()
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			n, err := w.Write(make([]byte, 1000))
			u.sent.Add(int64(n))
			if err != nil {
				return
			}
			select {
			case <-tick.C:
			case <-u.end:
				return
			}
		}
	})
	both.Go(func() {
		defer r.Close()
		tr := &http.Transport{DisableKeepAlives: true}
		resp, err := (&http.Client{Transport: tr}).Post(at+"upload", "application/octet-stream", r)
		if err != nil {
			u.answer <- err.Error()
			return
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			body = []byte(err.Error())
		}
		u.answer <- fmt.Sprint(resp.StatusCode, " ", string(body))
	})
	t.Cleanup(func() { u.stop.Do(func() { close(u.end) }); both.Wait() })
	return u
}

// Sent tells how many bytes the connection took so far.
func (u *Upload) Sent() int64 { return u.sent.Load() }

// Finish ends the body and fails the test unless version answers that it got all of it.
func (u *Upload) Finish(t testing.TB, version string) {
	t.Helper()
	u.stop.Do(func() { close(u.end) })
	if got, want := <-u.answer, fmt.Sprintf("200 %s %d", version, u.sent.Load()); got != want {
		t.Errorf("upload answered %q, want %q", got, want)
	}
}
