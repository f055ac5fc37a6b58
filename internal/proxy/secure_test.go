package proxy

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/grue-ecs/grue/internal/route"
)

// HTTP/2 clients lose nothing either when targets are replaced and weights
// change.
func TestHTTP2ReplacementLosesNothing(t *testing.T) {
	w := newWorld(t)
	g := w.group("tg")
	l := w.listener(one("tg"))
	secure(l)
	servers := map[string]*http.Server{}
	start := func() string {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s := &http.Server{Handler: says("ok")}
		servers[ln.Addr().String()] = s
		go s.Serve(ln)
		return ln.Addr().String()
	}
	old := start()
	g.Targets = []route.Target{targetAt(old)}
	w.publish()
	w.awaitState(old, "healthy")
	var sent, failed atomic.Int64
	var first atomic.Value
	quit := make(chan struct{})
	var running sync.WaitGroup
	c := h2client(t, "localhost")
	for i := range 8 {
		running.Go(func() {
			for {
				select {
				case <-quit:
					return
				default:
				}
				sent.Add(1)
				if why := once(c, "https://"+l.Address+"/", i%2 == 0); why != "" {
					failed.Add(1)
					first.CompareAndSwap(nil, why)
				}
			}
		})
	}
	for range 20 {
		next := start()
		g = cloneGroup(w, "tg")
		g.Targets = append(g.Targets, targetAt(next))
		w.publish()
		w.awaitState(next, "healthy")
		g = cloneGroup(w, "tg")
		g.Targets[0].Draining, g.Targets[0].DrainUntil = true, time.Now().Add(5*time.Second)
		w.publish()
		await(t, "drained", func() bool { h := w.state(old); return h.State == "draining" && h.InFlight == 0 })
		servers[old].Close()
		g = cloneGroup(w, "tg")
		g.Targets = g.Targets[1:]
		w.publish()
		old = next
	}
	close(quit)
	running.Wait()
	servers[old].Close()
	if failed.Load() > 0 {
		t.Errorf("%d of %d failed: %v", failed.Load(), sent.Load(), first.Load())
	}
	t.Logf("%d requests", sent.Load())
}

func TestTLSTargets(t *testing.T) {
	w := newWorld(t)
	s := httptest.NewTLSServer(says("secret"))
	t.Cleanup(s.Close)
	target := strings.TrimPrefix(s.URL, "https://")
	g := w.group("tg", target)
	g.Protocol, g.Check.Protocol = "HTTPS", "HTTPS"
	plain := w.listener(one("tg")).Address
	l := w.listener(one("tg"))
	secure(l)
	w.publish()
	w.awaitState(target, "healthy")
	for range 3 {
		if _, body := fetch(t, client(t), "http://"+plain+"/"); body != "secret" {
			t.Errorf("HTTP/1.1: %q", body)
		}
		if _, body := fetch(t, h2client(t, "x"), "https://"+l.Address+"/"); body != "secret" {
			t.Errorf("HTTP/2: %q", body)
		}
	}
}

func TestWebSocketOverTLS(t *testing.T) {
	w := newWorld(t)
	target := app(t, func(rw http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(rw, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow()
		kind, msg, _ := c.Read(r.Context())
		_ = c.Write(r.Context(), kind, msg)
		c.Close(websocket.StatusNormalClosure, "bye")
	})
	w.group("tg", target)
	l := w.listener(one("tg"))
	secure(l)
	w.publish()
	w.awaitState(target, "healthy")
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	tr := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer tr.CloseIdleConnections()
	c, _, err := websocket.Dial(ctx, "wss://"+l.Address+"/", &websocket.DialOptions{HTTPClient: &http.Client{Transport: tr}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	if err := c.Write(ctx, websocket.MessageText, []byte("hi")); err != nil {
		t.Fatal(err)
	}
	if _, msg, err := c.Read(ctx); err != nil || string(msg) != "hi" {
		t.Errorf("got %q %v", msg, err)
	}
	if _, _, err := c.Read(ctx); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
		t.Errorf("end: %v", err)
	}
}

// A WebSocket at a draining target lives until DrainUntil.
func TestWebSocketIsCutAfterTheDelay(t *testing.T) {
	w := newWorld(t)
	target := app(t, func(rw http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(rw, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow()
		c.Read(r.Context())
	})
	w.group("tg", target)
	l := w.listener(one("tg"))
	w.publish()
	w.awaitState(target, "healthy")
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	c, _, err := websocket.Dial(ctx, "ws://"+l.Address+"/", &websocket.DialOptions{HTTPClient: client(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	g := cloneGroup(w, "tg")
	g.Targets[0].Draining, g.Targets[0].DrainUntil = true, time.Now().Add(300*time.Millisecond)
	w.publish()
	if _, _, err := c.Read(ctx); err == nil {
		t.Error("still alive")
	}
	if early := time.Until(g.Targets[0].DrainUntil); early > 0 {
		t.Errorf("cut %v before the end of the drain", early)
	}
	await(t, "counted out", func() bool { return w.state(target).InFlight == 0 })
}

// A target that refuses connections is passed over: nothing was sent to it.
func TestConnectFailureTriesAnotherTarget(t *testing.T) {
	w := newWorld(t)
	good := app(t, says("good"))
	w.group("tg", freeAddress(t), good).Check.Enabled = false
	l := w.listener(one("tg"))
	sec := w.listener(one("tg"))
	secure(sec)
	w.publish()
	c, h2 := client(t), h2client(t, "x")
	for range 10 {
		if status, body := fetch(t, c, "http://"+l.Address+"/"); status != 200 || body != "good" {
			t.Errorf("HTTP/1.1: %d %s", status, body)
		}
		if why := once(h2, "https://"+sec.Address+"/", true); why != "" {
			t.Errorf("HTTP/2: %s", why)
		}
	}
}

// A response that breaks off must not look complete.
func TestTruncatedResponse(t *testing.T) {
	w := newWorld(t)
	length := rawTarget(t, func(c net.Conn) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
		c.Close()
	})
	chunks := rawTarget(t, func(c net.Conn) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")
		c.Close()
	})
	for i, target := range []string{length, chunks} {
		w.group(fmt.Sprint(i), target).Check.Enabled = false
		w.listener(one(fmt.Sprint(i)))
		secure(w.listener(one(fmt.Sprint(i))))
	}
	w.publish()
	for i := range w.table.Listeners {
		l := &w.table.Listeners[i]
		c := h2client(t, "x")
		resp, err := c.Get(strings.ToLower(l.Protocol) + "://" + l.Address + "/")
		if err != nil {
			continue // HTTP/2 may reset the stream before its head is seen
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err == nil {
			t.Errorf("%s listener %d: %q without an error", l.Protocol, i, body)
		}
	}
}
