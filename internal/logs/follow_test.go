package logs

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// writeLines appends lines as a shim does.
func writeLines(t *testing.T, file string, lines ...string) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	must(t, err)
	defer f.Close()
	for _, line := range lines {
		b, err := json.Marshal(map[string]string{"t": time.Now().Format(time.RFC3339Nano), "s": "stdout", "m": line})
		must(t, err)
		_, err = f.Write(append(b, '\n'))
		must(t, err)
	}
}

func all(t *testing.T, l *Store, group, stream string) []string {
	t.Helper()
	p, err := l.Get(here, group, stream, Query{FromHead: true})
	must(t, err)
	return messages(p.Events)
}

// Nothing is lost and nothing comes twice, whenever the server dies.
func TestFollowAcrossRestarts(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "container.log")
	var want []string
	n := 0
	write := func(k int) {
		for range k {
			line := fmt.Sprint("line ", n)
			n++
			want = append(want, line)
			writeLines(t, file, line)
		}
	}
	for round := range 5 {
		l, end := open(t, dir)
		must(t, l.Follow(file, here, "g", "p/app/1"))
		write(20)
		if round%2 == 0 {
			eventually(t, "the lines", func() bool { return len(all(t, l, "g", "p/app/1")) == len(want) })
		}
		write(3)
		end()
		write(5)
	}
	l, _ := open(t, dir)
	l.opts.RemoveFinished = true
	l.Finish(file)
	eventually(t, "the file to go", func() bool { _, err := os.Stat(file); return os.IsNotExist(err) })
	if got := all(t, l, "g", "p/app/1"); !slices.Equal(got, want) {
		t.Fatalf("%d lines, want %d: %q", len(got), len(want), got)
	}
}

func TestFollowAgainAfterFinish(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "c.log")
	l, _ := open(t, dir)
	writeLines(t, file, "a", "", "b")
	must(t, l.Follow(file, here, "g", "s"))
	l.Finish(file)
	done := func() bool { l.mu.Lock(); defer l.mu.Unlock(); return len(l.tails) == 0 }
	eventually(t, "the end of following", done)
	must(t, l.Follow(file, here, "g", "s"))
	writeLines(t, file, "c")
	l.Finish(file)
	eventually(t, "the end of following", done)
	if got := all(t, l, "g", "s"); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Fatalf("%q", got)
	}
}

func TestFollowOddFiles(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "c.log")
	l, _ := open(t, dir)
	must(t, l.Follow(file, here, "g", "s")) // the file comes later
	writeLines(t, file, strings.Repeat("é", 200_000))
	must(t, appendText(file, "not JSON\n\xff\x00\n{\"m\":\"cut"))
	eventually(t, "the lines", func() bool { return len(all(t, l, "g", "s")) == 4 })
	got := all(t, l, "g", "s")
	if got[0]+got[1] != strings.Repeat("é", 200_000) || got[2] != "not JSON" || got[3] != "\uFFFD" {
		t.Fatalf("%.100q", got)
	}
	l.Finish(file)
	eventually(t, "the torn line", func() bool { return len(all(t, l, "g", "s")) == 5 })

	cut := filepath.Join(dir, "cut.log")
	writeLines(t, cut, "one", "two")
	must(t, l.Follow(cut, here, "g", "cut"))
	eventually(t, "two lines", func() bool { return len(all(t, l, "g", "cut")) == 2 })
	must(t, os.Truncate(cut, 0))
	writeLines(t, cut, "3")
	eventually(t, "the line after the cut", func() bool { return len(all(t, l, "g", "cut")) == 3 })
}

func appendText(file, text string) error {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteString(text)
	return err
}

func TestMultiline(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "c.log")
	l, end := open(t, dir)
	to, err := TargetOf(map[string]string{
		"awslogs-group": "g", "awslogs-stream-prefix": "web", "awslogs-datetime-format": "%Y-%m-%d %H:%M:%S",
	}, here, "app", "t1", "rid")
	must(t, err)
	if to.Stream != "web/app/t1" {
		t.Fatalf("stream %q", to.Stream)
	}
	must(t, l.FollowTo(file, to))
	writeLines(t, file, "2026-01-02 03:04:05 panic:", "  at a", "  at b", "2026-01-02 03:04:06 next")
	first := "2026-01-02 03:04:05 panic:\n  at a\n  at b"
	eventually(t, "the first event", func() bool {
		return slices.Equal(all(t, l, "g", "web/app/t1"), []string{first}) ||
			len(all(t, l, "g", "web/app/t1")) == 2
	})
	end()
	writeLines(t, file, "2026-01-02 03:04:07 last")
	l, _ = open(t, dir)
	eventually(t, "all events", func() bool { return len(all(t, l, "g", "web/app/t1")) == 3 })
	if got := all(t, l, "g", "web/app/t1"); got[0] != first {
		t.Fatalf("%q", got)
	}
	for _, bad := range []map[string]string{
		{},
		{"awslogs-group": "g", "awslogs-multiline-pattern": "("},
		{"awslogs-group": "g", "awslogs-multiline-pattern": "a", "awslogs-datetime-format": "%Y"},
	} {
		if _, err := TargetOf(bad, here, "app", "t", "r"); err == nil {
			t.Errorf("%v: accepted", bad)
		}
	}
}

// A log that rotates while the server is away, or faster than it looks, loses
// nothing as long as the files are there.
func TestFollowRotatedFiles(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "c.log")
	var want []string
	n := 0
	write := func(k int) {
		for range k {
			line := fmt.Sprint("line ", n)
			n++
			want = append(want, line)
			writeLines(t, file, line)
		}
	}
	rotate := func() {
		for i := 8; i > 0; i-- {
			os.Rename(fmt.Sprintf("%s.%d", file, i), fmt.Sprintf("%s.%d", file, i+1))
		}
		must(t, os.Rename(file, file+".1"))
	}
	l, end := open(t, dir)
	must(t, l.Follow(file, here, "g", "s"))
	write(5)
	rotate()
	write(5)
	eventually(t, "ten lines", func() bool { return len(all(t, l, "g", "s")) == 10 })
	write(2)
	rotate()
	write(2)
	rotate()
	write(1)
	eventually(t, "fifteen lines", func() bool { return len(all(t, l, "g", "s")) == 15 })
	end()
	write(3)
	rotate()
	write(3)
	rotate()
	l, _ = open(t, dir)
	eventually(t, "what was written meanwhile", func() bool { return len(all(t, l, "g", "s")) >= 15 })
	write(1)
	eventually(t, "all lines", func() bool { return len(all(t, l, "g", "s")) == len(want) })
	if got := all(t, l, "g", "s"); !slices.Equal(got, want) {
		t.Fatalf("%q", got)
	}
}
