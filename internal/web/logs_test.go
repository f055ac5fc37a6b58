package web

import (
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/logs"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// write puts lines into a stream of the group "/app".
func (d *desk) write(stream string, lines ...string) {
	d.Helper()
	_ = d.logs.CreateGroup(logs.Group{Scope: d.scope, Name: "/app"})
	_ = d.logs.CreateStream(d.scope, "/app", stream)
	var batch []logs.Input
	for _, l := range lines {
		batch = append(batch, logs.Input{Time: time.Now().UnixMilli(), Message: l})
	}
	if _, err := d.logs.Put(d.scope, "/app", stream, batch); err != nil {
		d.Fatal(err)
	}
}

// tail opens a log.
func (d *desk) tail(pairs ...string) *sse {
	d.Helper()
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return d.stream("/ui/live/logs?" + q.Encode())
}

// lines reads events until n lines came.
func (s *sse) take(n int) (out []string) {
	s.Helper()
	for len(out) < n {
		var l LogLines
		if name := s.next(&l); name != "lines" {
			s.Fatalf("event %s", name)
		}
		for _, x := range l.Lines {
			out = append(out, x.Message)
		}
	}
	return out
}

func TestLogTail(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.write("a", "first of a", "ERROR of a")
	d.write("b", "first of b")
	one := d.tail("group", "/app", "stream", "a")
	all := d.tail("group", "/app")
	errors := d.tail("group", "/app", "filter", "ERROR")
	text := d.tail("group", "/app", "text", "FIRST")
	if got := one.take(2); !slices.Equal(got, []string{"first of a", "ERROR of a"}) {
		t.Error(got)
	}
	if got := all.take(3); len(got) != 3 {
		t.Error(got)
	}
	if got := errors.take(1); got[0] != "ERROR of a" {
		t.Error(got)
	}
	if got := text.take(2); len(got) != 2 {
		t.Error(got)
	}
	d.write("b", "second of b", "ERROR of b")
	d.write("a", "second of a", "another FIRST")
	d.write("c", "first of a new stream")
	if got := one.take(2); !slices.Equal(got, []string{"second of a", "another FIRST"}) {
		t.Error(got)
	}
	if got := all.take(5); len(got) != 5 {
		t.Error(got)
	}
	if got := errors.take(1); got[0] != "ERROR of b" {
		t.Error(got)
	}
	got := text.take(2)
	slices.Sort(got)
	if !slices.Equal(got, []string{"another FIRST", "first of a new stream"}) {
		t.Error(got)
	}
}

// Many lines come once each and in order, however they are cut into events.
func TestLogTailOfMany(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.write("a", "begin")
	s := d.tail("group", "/app", "stream", "a")
	s.take(1)
	const n = 5000
	var want []string
	for i := range n {
		want = append(want, fmt.Sprint("line ", i))
	}
	for part := range slices.Chunk(want, 700) {
		d.write("a", part...)
	}
	if got := s.take(n); !slices.Equal(got, want) {
		t.Errorf("%d lines, the first %q", len(got), got[:3])
	}
}

func TestOlderLogs(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var want []string
	for i := range 450 {
		want = append(want, fmt.Sprint("line ", i))
	}
	d.write("a", want...)
	var l LogLines
	d.tail("group", "/app", "stream", "a").next(&l)
	got := messages(&l)
	for range 5 {
		if l.Older == "" {
			break
		}
		token := l.Older
		l = LogLines{}
		if status := d.get("/ui/api/logs/older?"+url.Values{"group": {"/app"}, "stream": {"a"}, "token": {token}}.Encode(), &l); status != 200 {
			t.Fatal(status)
		}
		got = append(messages(&l), got...)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d lines", len(got))
	}
	res, err := d.client.Get(d.server.URL + "/ui/api/logs/download?group=/app&stream=a&text=line+44")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	if n := strings.Count(string(body), "\n"); n != 11 || !strings.Contains(res.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("%d lines, %s", n, res.Header.Get("Content-Disposition"))
	}
}

func messages(l *LogLines) (out []string) {
	for _, x := range l.Lines {
		out = append(out, x.Message)
	}
	return out
}

func TestLogsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.write("a", "x")
	for _, c := range []struct {
		name    string
		pairs   []string
		message string
	}{
		{"no group", nil, "which log group"},
		{"unknown group", []string{"group", "/none"}, "no log group /none"},
		{"unknown stream", []string{"group", "/app", "stream", "none"}, "no log stream none"},
		{"a pattern that is none", []string{"group", "/app", "filter", "{ $.a = "}, "pattern"},
		{"unknown task", []string{"cluster", "c", "task", "t", "container", "app"}, "no such container"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var p Problem
			if name := d.tail(c.pairs...).next(&p); name != "gone" || !strings.Contains(p.Message, c.message) {
				t.Errorf("%s %+v", name, p)
			}
		})
	}
}

func TestLogOfAContainerWithoutAGroup(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	file := filepath.Join(t.TempDir(), "app.jsonl")
	put := func(mode int, lines ...string) {
		f, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|mode, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for _, l := range lines {
			fmt.Fprintf(f, `{"t":"2026-01-01T00:00:00Z","s":"stdout","m":%q}`+"\n", l)
		}
	}
	put(0, "one", "two")
	d.update(func(tx *store.Tx) {
		state.PutTask(tx, &state.Task{Scope: d.scope, Cluster: "c", ID: "t", Containers: []state.Container{{Name: "app", LogFile: file}}})
	})
	s := d.tail("cluster", "c", "task", "t", "container", "app")
	if got := s.take(2); !slices.Equal(got, []string{"one", "two"}) {
		t.Error(got)
	}
	put(os.O_APPEND, "three", "four")
	if got := s.take(2); !slices.Equal(got, []string{"three", "four"}) {
		t.Error(got)
	}
	if err := os.Rename(file, file+".1"); err != nil { // as the shim rotates
		t.Fatal(err)
	}
	put(0, "five")
	if got := s.take(1); !slices.Equal(got, []string{"five"}) {
		t.Error(got)
	}
}
