package logs

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/store"
)

func benchLogs(b *testing.B) (*Store, string) {
	b.Helper()
	dir := b.TempDir()
	st, err := store.Open(filepath.Join(dir, "state.db"), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { st.Close() })
	l, err := New(Options{Dir: filepath.Join(dir, "logs"), Store: st})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	return l, dir
}

// BenchmarkFollow is the rate at which container output enters a stream.
func BenchmarkFollow(b *testing.B) {
	l, dir := benchLogs(b)
	file := filepath.Join(dir, "c.log")
	f, err := os.Create(file)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	size := 0
	for i := range b.N {
		n, _ := fmt.Fprintf(w, `{"t":%q,"s":"stdout","m":"GET /path/%d 200 some more text of a usual line"}`+"\n", time.Now().Format(time.RFC3339Nano), i)
		size += n
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	f.Close()
	b.SetBytes(int64(size / b.N))
	b.ResetTimer()
	if err := l.Follow(file, here, "g", "s"); err != nil {
		b.Fatal(err)
	}
	st, err := l.stream(here, "g", "s")
	if err != nil {
		b.Fatal(err)
	}
	j, err := l.journal(st.ID)
	if err != nil {
		b.Fatal(err)
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for j.summary().count < b.N {
		<-tick.C
	}
}

// BenchmarkPut is one durable batch of ten events.
func BenchmarkPut(b *testing.B) {
	l, _ := benchLogs(b)
	if err := l.CreateGroup(Group{Scope: here, Name: "g"}); err != nil {
		b.Fatal(err)
	}
	if err := l.CreateStream(here, "g", "s"); err != nil {
		b.Fatal(err)
	}
	batch := make([]Input, 10)
	for b.Loop() {
		for i := range batch {
			batch[i] = Input{time.Now().UnixMilli(), "an event of a usual length, more or less"}
		}
		if _, err := l.Put(here, "g", "s", batch); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkIdle is one look at a thousand followed files that do not grow.
func BenchmarkIdle(b *testing.B) {
	l, dir := benchLogs(b)
	for i := range 1000 {
		file := filepath.Join(dir, fmt.Sprint(i, ".log"))
		line := fmt.Sprintf(`{"t":%q,"s":"stdout","m":"line"}`+"\n", time.Now().Format(time.RFC3339Nano))
		if err := os.WriteFile(file, []byte(line), 0o600); err != nil {
			b.Fatal(err)
		}
		if err := l.Follow(file, here, "g", fmt.Sprint("s", i)); err != nil {
			b.Fatal(err)
		}
	}
	l.stop()
	l.work.Wait()
	for b.Loop() {
		l.tailRound(true)
	}
}
