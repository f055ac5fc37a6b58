package web

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

type note struct{ Text string }

var notes = store.NewTable[note]("web.test")

// counted is a view of notes that counts how often what was computed.
type counted struct{ all, item atomic.Int64 }

func (c *counted) kind() Kind {
	return Kind{Name: "notes", Parts: 1, Open: func(_ *Site, _ arn.Scope, parts []string) View {
		prefix := parts[0] + "/"
		return View{
			All: func(b *Build) (Items, error) {
				c.all.Add(1)
				out := Items{}
				for key, n := range notes.Prefix(b.Tx, prefix) {
					out[strings.TrimPrefix(key, prefix)] = n
				}
				if len(out) == 0 {
					return nil, &Problem{Code: "NotFound", Message: "none", Status: 404}
				}
				return out, nil
			},
			Touch: func(x store.Change) []string {
				if id, ok := strings.CutPrefix(x.ID, prefix); ok && x.Kind == notes.Kind() {
					return []string{id}
				}
				return nil
			},
			Item: func(b *Build, key string) any {
				c.item.Add(1)
				if n, ok := notes.Get(b.Tx, prefix+key); ok {
					return n
				}
				return nil
			},
		}
	}}
}

// frame is one event of a stream.
type frame struct {
	event string
	Items map[string]note
	Set   map[string]note
	Gone  []string
	Code  string
}

// reader reads a stream event by event.
type reader struct {
	t testing.TB
	r *bufio.Reader
}

func (r *reader) next() (f frame) {
	r.t.Helper()
	for {
		line, err := r.r.ReadString('\n')
		if err != nil {
			r.t.Fatal(err)
		}
		if name, ok := strings.CutPrefix(line, "event: "); ok {
			f.event = strings.TrimSpace(name)
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			if err := json.Unmarshal([]byte(data), &f); err != nil {
				r.t.Fatalf("%s: %v", data, err)
			}
			return f
		}
	}
}

// serve serves the site, and opens streams in a session.
func (w *world) serve() (open func(path string) (*reader, func())) {
	w.t.Helper()
	srv := httptest.NewServer(w.Site)
	w.t.Cleanup(func() { w.Close(); srv.Close() })
	_, port, _ := strings.Cut(strings.TrimPrefix(srv.URL, "http://"), ":")
	cookie, _ := w.enter(request{path: "/ui/api/session", host: "127.0.0.1:" + port})
	return func(path string) (*reader, func()) {
		w.t.Helper()
		ctx, cancel := context.WithCancel(context.Background())
		r, _ := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL+"/ui/live/"+path, nil)
		r.AddCookie(cookie)
		res, err := srv.Client().Do(r)
		if err != nil || res.StatusCode != 200 {
			cancel()
			w.t.Fatalf("%s: %v %v", path, res, err)
		}
		stop := func() { cancel(); res.Body.Close() }
		w.t.Cleanup(stop)
		return &reader{w.t, bufio.NewReader(res.Body)}, stop
	}
}

func (w *world) write(key, text string) {
	w.put(func(tx *store.Tx) { notes.Put(tx, key, &note{text}) })
}

func TestStream(t *testing.T) {
	w := newWorld(t)
	c := &counted{}
	w.kinds["notes"] = c.kind()
	open := w.serve()
	w.write("a/1", "one")
	w.write("a/2", "two")
	w.write("b/1", "other")

	first, stop := open("notes/a")
	if f := first.next(); f.event != "full" || len(f.Items) != 2 || f.Items["1"].Text != "one" {
		t.Fatalf("first: %+v", f)
	}
	var all []*reader
	for range 5 {
		r, _ := open("notes/a")
		if f := r.next(); f.event != "full" || len(f.Items) != 2 {
			t.Fatalf("another: %+v", f)
		}
		all = append(all, r)
	}
	w.write("b/1", "changed") // nobody looks
	w.write("a/2", "zwei")
	for _, r := range append(all, first) {
		if f := r.next(); f.event != "delta" || len(f.Set) != 1 || f.Set["2"].Text != "zwei" || len(f.Gone) != 0 {
			t.Fatalf("delta: %+v", f)
		}
	}
	if a, i := c.all.Load(), c.item.Load(); a != 1 || i != 1 {
		t.Errorf("computed %d times as a whole and %d items, for 6 readers", a, i)
	}
	w.write("a/2", "zwei") // the same again: nothing to send
	w.put(func(tx *store.Tx) { notes.Delete(tx, "a/1") })
	if f := first.next(); f.event != "delta" || len(f.Set) != 0 || len(f.Gone) != 1 || f.Gone[0] != "1" {
		t.Fatalf("gone: %+v", f)
	}
	stop()
}

func TestStreamOfNothing(t *testing.T) {
	w := newWorld(t)
	w.kinds["notes"] = (&counted{}).kind()
	open := w.serve()
	r, _ := open("notes/late")
	if f := r.next(); f.event != "gone" || f.Code != "NotFound" {
		t.Fatalf("%+v", f)
	}
	w.write("late/1", "here")
	if f := r.next(); f.event != "full" || f.Items["1"].Text != "here" {
		t.Fatalf("%+v", f)
	}
}

func TestNobodyLooks(t *testing.T) {
	w := newWorld(t)
	c := &counted{}
	w.kinds["notes"] = c.kind()
	open := w.serve()
	w.write("a/1", "one")
	w.write("b/1", "other") // the watch has heard of a/1 before
	r, stop := open("notes/a")
	r.next()
	stop()
	await(t, "the feed to end", func() bool {
		w.hub.mu.RLock()
		defer w.hub.mu.RUnlock()
		return len(w.hub.feeds) == 0
	})
	for range 10 {
		w.write("a/1", "more")
	}
	if a, i := c.all.Load(), c.item.Load(); a != 1 || i != 0 {
		t.Errorf("computed %d times, %d items", a, i)
	}
}

// TestStreamEndsWithItsSession: who signed out gets nothing more.
func TestStreamEndsWithItsSession(t *testing.T) {
	w := newWorld(t)
	w.kinds["notes"] = (&counted{}).kind()
	w.hub.heartbeat = 5 * time.Millisecond
	open := w.serve()
	w.write("a/1", "one")
	r, _ := open("notes/a")
	r.next()
	w.put(func(tx *store.Tx) {
		for id := range tickets.All(tx) {
			tickets.Delete(tx, id)
		}
	})
	if _, err := io.Copy(io.Discard, r.r); err != nil {
		t.Errorf("the stream did not end: %v", err)
	}
}

// TestSlowReader: who is too far behind gets everything anew, and then goes on.
func TestSlowReader(t *testing.T) {
	f := newFeed(&Site{opts: Options{Now: (&clock{}).now}}, feedKey{}, View{})
	send := func(text string) {
		c := newChange(f.items)
		c.set("x", note{text})
		f.publish(c, f.site.opts.Now())
	}
	send("first")
	_, at, _ := f.next(0)
	for range keptFrames {
		send(secret())
	}
	if frames, _, _ := f.next(at); len(frames) != keptFrames || !strings.HasPrefix(string(frames[0]), "event: delta") {
		t.Errorf("%d frames behind: %d", keptFrames, len(frames))
	}
	send("last")
	frames, now, _ := f.next(at)
	if len(frames) != 1 || !strings.HasPrefix(string(frames[0]), "event: full") || !strings.Contains(string(frames[0]), "last") {
		t.Errorf("too far behind: %q", frames)
	}
	if frames, _, news := f.next(now); frames != nil || news == nil {
		t.Errorf("up to date: %q", frames)
	}
}
