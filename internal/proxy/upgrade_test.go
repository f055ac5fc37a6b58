package proxy

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

func TestWebSocket(t *testing.T) {
	w := newWorld(t)
	target := app(t, func(rw http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(rw, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow()
		for {
			kind, msg, err := c.Read(r.Context())
			if err != nil {
				return
			}
			if c.Write(r.Context(), kind, append([]byte("echo "), msg...)) != nil {
				return
			}
		}
	})
	w.group("tg", target)
	l := w.listener(one("tg"))
	w.publish()
	w.awaitState(target, "healthy")
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	c, _, err := websocket.Dial(ctx, "ws://"+l.Address+"/ws", &websocket.DialOptions{HTTPClient: client(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	for _, msg := range []string{"a", strings.Repeat("b", 30000), "c"} {
		if err := c.Write(ctx, websocket.MessageText, []byte(msg)); err != nil {
			t.Fatal(err)
		}
		if _, got, err := c.Read(ctx); err != nil || string(got) != "echo "+msg {
			t.Fatalf("got %.20q, %v", got, err)
		}
	}
	// A change of rules does not move an open WebSocket.
	w.publish()
	if err := c.Write(ctx, websocket.MessageText, []byte("still")); err != nil {
		t.Fatal(err)
	}
	if _, got, err := c.Read(ctx); err != nil || string(got) != "echo still" {
		t.Fatalf("got %q, %v", got, err)
	}
	if err := c.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Errorf("close: %v", err)
	}
	await(t, "counted out", func() bool { return w.state(target).InFlight == 0 })
}

func TestUpgradeRefusedByTarget(t *testing.T) {
	w := newWorld(t)
	target := app(t, func(rw http.ResponseWriter, r *http.Request) { http.Error(rw, "no", http.StatusForbidden) })
	w.group("tg", target)
	l := w.listener(one("tg"))
	w.publish()
	w.awaitState(target, "healthy")
	got := raw(t, l.Address, "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"+
		"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", nil)
	if strings.Count(got, "HTTP/1.1 403") != 2 {
		t.Fatalf("got %q", got)
	}
}
