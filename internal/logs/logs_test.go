package logs

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var here = arn.Scope{Account: "000000000000", Region: "us-east-1"}

// open starts a log store in dir; the returned function ends it as kill -9
// would, as far as the disk is concerned.
func open(t *testing.T, dir string) (*Store, func()) {
	t.Helper()
	st, err := store.Open(filepath.Join(dir, "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	l, err := New(Options{Dir: filepath.Join(dir, "logs"), Store: st, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	closed := false
	end := func() {
		if !closed {
			closed = true
			l.Close()
			st.Close()
		}
	}
	t.Cleanup(end)
	return l, end
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually waits until ok.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	late := time.After(5 * time.Minute)
	for !ok() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func messages(events []Event) []string {
	var out []string
	for _, e := range events {
		out = append(out, e.Message)
	}
	return out
}

func newStream(t *testing.T, l *Store, group, name string) {
	t.Helper()
	if err := l.CreateGroup(Group{Scope: here, Name: group}); err != nil && err != ErrGroupExists {
		t.Fatal(err)
	}
	must(t, l.CreateStream(here, group, name))
}

func TestGetWalksBothWays(t *testing.T) {
	dir := t.TempDir()
	l, end := open(t, dir)
	newStream(t, l, "/g/x", "s")
	base := time.Now().UnixMilli() - 1000
	var want []string
	for i := range 10 {
		m := fmt.Sprint("event ", i)
		want = append(want, m)
		_, err := l.Put(here, "/g/x", "s", []Input{{base + int64(i/2), m}}) // pairs share a time
		must(t, err)
	}
	for range 2 { // before and after a restart
		var got []string
		q := Query{Limit: 3, FromHead: true}
		for {
			p, err := l.Get(here, "/g/x", "s", q)
			must(t, err)
			got = append(got, messages(p.Events)...)
			if p.Forward == q.Token {
				break
			}
			q.Token = p.Forward
		}
		if !slices.Equal(got, want) {
			t.Fatalf("forward: %q", got)
		}
		got, q = nil, Query{Limit: 4}
		for {
			p, err := l.Get(here, "/g/x", "s", q)
			must(t, err)
			got = append(messages(p.Events), got...)
			if p.Backward == q.Token {
				break
			}
			q.Token = p.Backward
		}
		if !slices.Equal(got, want) {
			t.Fatalf("backward: %q", got)
		}
		end()
		l, end = open(t, dir)
	}
}

func TestTokenAtTheEndSeesWhatComes(t *testing.T) {
	l, _ := open(t, t.TempDir())
	newStream(t, l, "g", "s")
	p, err := l.Get(here, "g", "s", Query{})
	must(t, err)
	now := time.Now().UnixMilli()
	for _, m := range []string{"one", "two"} {
		_, err := l.Put(here, "g", "s", []Input{{now, m}})
		must(t, err)
		p, err = l.Get(here, "g", "s", Query{Token: p.Forward})
		must(t, err)
		if got := messages(p.Events); !slices.Equal(got, []string{m}) {
			t.Fatalf("after the token: %q, want %q", got, m)
		}
	}
	end, err := l.Get(here, "g", "s", Query{Token: p.Forward})
	must(t, err)
	back, err := l.Get(here, "g", "s", Query{Token: end.Backward})
	must(t, err)
	if got := messages(back.Events); !slices.Equal(got, []string{"one", "two"}) {
		t.Fatalf("back from the end: %q", got)
	}
	if _, err := l.Get(here, "g", "s", Query{Token: "f/12"}); err != ErrToken {
		t.Fatalf("bad token: %v", err)
	}
}

func TestFilterMergesStreamsPageByPage(t *testing.T) {
	l, _ := open(t, t.TempDir())
	base := time.Now().UnixMilli() - 10_000
	var want []string
	for s := range 3 {
		newStream(t, l, "g", fmt.Sprint("s", s))
	}
	for i := range 60 {
		level := "INFO"
		if i%5 == 0 {
			level = "ERROR"
		}
		m := fmt.Sprintf("%s %02d", level, i)
		_, err := l.Put(here, "g", fmt.Sprint("s", i%3), []Input{{base + int64(i/6), m}})
		must(t, err)
		if level == "ERROR" {
			want = append(want, m)
		}
	}
	for _, tail := range []bool{false, true} {
		var got []string
		ids := map[string]bool{}
		q := FilterQuery{Pattern: "ERROR", Limit: 5, FromTail: tail}
		for {
			found, next, err := l.Filter(here, "g", q)
			must(t, err)
			for _, m := range found {
				got = append(got, m.Message)
				ids[m.ID] = true
				if len(m.ID) != 56 {
					t.Fatalf("event id %q", m.ID)
				}
			}
			if q.Token = next; next == "" {
				break
			}
		}
		slices.Sort(got) // events of one time may come in any order of streams
		if !slices.Equal(got, want) || len(ids) != len(want) {
			t.Fatalf("tail %v: %q", tail, got)
		}
	}
}

func TestPutRules(t *testing.T) {
	l, _ := open(t, t.TempDir())
	newStream(t, l, "g", "s")
	now := time.Now().UnixMilli()
	const hour = 3_600_000
	many := make([]Input, maxBatch+1)
	for i := range many {
		many[i] = Input{now, "x"}
	}
	for name, batch := range map[string][]Input{
		"empty": nil, "too many": many, "empty message": {{now, ""}},
		"out of order": {{now, "a"}, {now - 1, "b"}}, "too long a span": {{now - 25*hour, "a"}, {now, "b"}},
		"too large": {{now, strings.Repeat("x", 600_000)}, {now, strings.Repeat("x", 600_000)}},
	} {
		if _, err := l.Put(here, "g", "s", batch); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	r, err := l.Put(here, "g", "s", []Input{{now, "good"}, {now + 3*hour, "new"}})
	must(t, err)
	if (r != Rejected{1, -1, -1}) {
		t.Errorf("too new: %+v", r)
	}
	r, err = l.Put(here, "g", "s", []Input{{now - 15*24*hour, "old"}, {now - 14*24*hour - hour, "old"}})
	must(t, err)
	if (r != Rejected{-1, 2, -1}) {
		t.Errorf("too old: %+v", r)
	}
	must(t, l.ChangeGroup(here, "g", func(g *Group) { g.Retention = 1 }))
	r, err = l.Put(here, "g", "s", []Input{{now - 25*hour, "gone"}, {now - 23*hour, "kept"}})
	must(t, err)
	if (r != Rejected{-1, -1, 1}) {
		t.Errorf("expired: %+v", r)
	}
	p, err := l.Get(here, "g", "s", Query{})
	must(t, err)
	if got := messages(p.Events); !slices.Equal(got, []string{"kept", "good"}) {
		t.Errorf("kept %q", got)
	}
}

func TestTornTailIsCut(t *testing.T) {
	dir := t.TempDir()
	l, end := open(t, dir)
	newStream(t, l, "g", "s")
	now := time.Now().UnixMilli()
	_, err := l.Put(here, "g", "s", []Input{{now, "whole"}})
	must(t, err)
	end()
	files, _ := filepath.Glob(filepath.Join(dir, "logs", "*", "*.log"))
	f, err := os.OpenFile(files[0], os.O_APPEND|os.O_WRONLY, 0)
	must(t, err)
	f.Write(appendFrame(nil, frame{time: now, message: "torn"})[:20])
	must(t, f.Close())
	l, _ = open(t, dir)
	_, err = l.Put(here, "g", "s", []Input{{now, "next"}})
	must(t, err)
	p, err := l.Get(here, "g", "s", Query{})
	must(t, err)
	if got := messages(p.Events); !slices.Equal(got, []string{"whole", "next"}) {
		t.Fatalf("%q", got)
	}
}

func TestDeletedStreamsLeaveNothing(t *testing.T) {
	dir := t.TempDir()
	l, _ := open(t, dir)
	newStream(t, l, "g", "a")
	newStream(t, l, "g", "b")
	now := time.Now().UnixMilli()
	for _, s := range []string{"a", "b"} {
		_, err := l.Put(here, "g", s, []Input{{now, "x"}})
		must(t, err)
	}
	must(t, l.DeleteStream(here, "g", "a"))
	if _, err := l.Put(here, "g", "a", []Input{{now, "x"}}); err != ErrNoStream {
		t.Fatalf("put to a deleted stream: %v", err)
	}
	must(t, l.ChangeGroup(here, "g", func(g *Group) { g.Protected = true }))
	if err := l.DeleteGroup(here, "g"); err != ErrProtected {
		t.Fatalf("delete a protected group: %v", err)
	}
	must(t, l.ChangeGroup(here, "g", func(g *Group) { g.Protected = false }))
	must(t, l.DeleteGroup(here, "g"))
	must(t, os.Mkdir(filepath.Join(dir, "logs", "left-by-a-crash"), 0o700))
	l.Retain()
	if left, _ := os.ReadDir(filepath.Join(dir, "logs")); len(left) > 0 {
		t.Fatalf("left: %v", left)
	}
}

func TestSegmentsOverlapAndShrink(t *testing.T) {
	dir := t.TempDir()
	l, _ := open(t, dir)
	l.opts.MaxBytes = 3 * segmentSize
	newStream(t, l, "g", "s")
	now := time.Now().UnixMilli()
	big := strings.Repeat("x", 200_000)
	for i := range 100 { // 20 MB; every tenth batch is late
		at := now + int64(i)
		if i%10 == 9 {
			at -= 500
		}
		_, err := l.Put(here, "g", "s", []Input{{at, fmt.Sprintf("%03d%s", i, big)}})
		must(t, err)
	}
	last := int64(0)
	count := 0
	q := Query{FromHead: true}
	for {
		p, err := l.Get(here, "g", "s", q)
		must(t, err)
		for _, e := range p.Events {
			if e.Time < last {
				t.Fatalf("time went back: %d after %d", e.Time, last)
			}
			last = e.Time
			count++
		}
		if p.Forward == q.Token {
			break
		}
		q.Token = p.Forward
	}
	if count != 100 {
		t.Fatalf("%d events", count)
	}
	l.Retain()
	if n := l.StoredBytes(here, "g"); n > l.opts.MaxBytes || n < segmentSize {
		t.Fatalf("%d bytes kept", n)
	}
}
