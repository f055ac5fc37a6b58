package server

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// hasty is a server that gives its clients little time, and where its handler tells
// how bodies ended.
func hasty(t *testing.T, grace time.Duration) (web *httptest.Server, ended chan error) {
	ended = make(chan error, 8)
	web = httptest.NewServer(impatient(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		ended <- err
		fmt.Fprint(w, n)
	}), func(began time.Time, bytes int64) time.Time {
		return began.Add(grace + time.Duration(bytes)*time.Millisecond/100)
	}))
	t.Cleanup(web.Close)
	return web, ended
}

// TestSlowClientsAreLeft: a body that trickles ends, however steadily it comes.
func TestSlowClientsAreLeft(t *testing.T) {
	web, ended := hasty(t, 150*time.Millisecond)
	conn, err := net.Dial("tcp", web.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.After(5 * time.Minute)
	for {
		select {
		case err = <-ended:
		case <-tick.C:
			fmt.Fprint(conn, "x")
			continue
		case <-late:
			t.Fatal("a byte at a time holds the connection")
		}
		break
	}
	if err == nil {
		t.Error("the body ended well")
	}
}

// TestIdleClientsAreNot: the same connection serves again and again, idle for longer
// than the grace in between. On a busy machine no request may be done within a short
// grace: then a longer one must do.
func TestIdleClientsAreNot(t *testing.T) {
	for grace := 150 * time.Millisecond; ; grace *= 4 {
		err := idle(t, grace)
		if err == nil {
			return
		}
		if grace > 30*time.Second {
			t.Fatal(err)
		}
		t.Logf("within %s: %v", grace, err)
	}
}

func idle(t *testing.T, grace time.Duration) error {
	web, ended := hasty(t, grace)
	for range 3 {
		resp, err := web.Client().Post(web.URL, "text/plain", http.NoBody)
		if err != nil {
			return err
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if err := <-ended; err != nil {
			return err
		}
		<-time.After(grace + grace/3)
	}
	return nil
}
