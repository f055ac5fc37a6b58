package proxy

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/route"
)

// deafApp is a healthy target until deafen is called: from then on a connect to
// it gets no answer at all, like one to a container whose network is gone.
func deafApp(t *testing.T) (address string, deafen func()) {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), "listener")
	t.Cleanup(func() { f.Close() })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	ln, err := net.FileListener(f)
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: says("deaf")}
	go s.Serve(ln)
	address = ln.Addr().String()
	return address, func() {
		s.Close() // the socket goes on listening, and nobody accepts
		for {     // the queue of the socket is full when a connect is not answered
			c, err := net.DialTimeout("tcp", address, time.Second)
			if err != nil {
				return
			}
			t.Cleanup(func() { c.Close() })
		}
	}
}

// A request that waits for a connection to a target that leaves is sent to
// another one rather than left to wait for the connect timeout.
func TestConnectToLeavingTargetMovesOn(t *testing.T) {
	for _, version := range []string{"HTTP/1.1", "HTTP/2"} {
		t.Run(version, func(t *testing.T) {
			w := newWorld(t)
			deaf, deafen := deafApp(t)
			other := app(t, says("other"))
			w.group("tg", deaf, other)
			l := w.listener(one("tg"))
			get, url := client(t), "http://"+l.Address+"/"
			if version == "HTTP/2" {
				secure(l)
				get, url = h2client(t, "localhost"), "https://"+l.Address+"/"
			}
			w.publish()
			w.awaitState(deaf, "healthy")
			w.awaitState(other, "healthy")
			deafen()
			const n = 4
			results := make(chan string, n)
			for range n { // half of them choose the deaf one
				go func() {
					status, body := fetch(t, get, url)
					results <- fmt.Sprint(status, body)
				}()
			}
			await(t, "requests that wait for the target", func() bool { return len(results) == n/2 })
			g := cloneGroup(w, "tg")
			g.Targets = []route.Target{targetAt(other)}
			began := time.Now()
			w.publish()
			for range n {
				if got := <-results; got != "200other" {
					t.Error(got)
				}
			}
			if d := time.Since(began); d > connectTimeout/2 {
				t.Errorf("answered %v after the target left", d)
			}
		})
	}
}
