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

// TestSlowClientsAreLeft: a body that trickles ends, however steadily it comes,
// and a steady one of the same connection does not.
func TestSlowClientsAreLeft(t *testing.T) {
	grace := func(began time.Time, bytes int64) time.Time {
		return began.Add(150*time.Millisecond + time.Duration(bytes)*time.Millisecond/100)
	}
	ended := make(chan error, 8)
	web := httptest.NewServer(impatient(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		ended <- err
		fmt.Fprint(w, n)
	}), grace))
	defer web.Close()

	conn, err := net.Dial("tcp", web.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.After(10 * time.Second)
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
	for range 3 { // the same connection again and again, idle for longer than the grace in between
		resp, err := web.Client().Post(web.URL, "text/plain", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		<-time.After(200 * time.Millisecond)
	}
}
