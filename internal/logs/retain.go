package logs

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/grue-ecs/grue/internal/store"
)

// retainEvery is how often expired segments are looked for.
const retainEvery = 10 * time.Minute

func (l *Store) retainLoop(ctx context.Context) {
	t := time.NewTicker(retainEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			l.Retain()
		}
	}
}

// Retain deletes segments whose events have all expired, directories that no
// stream owns, and, past MaxBytes, the oldest segments of the largest streams.
// It runs by itself every ten minutes.
func (l *Store) Retain() {
	l.keepOffsets()
	owned, limits := l.owners()
	l.sweep(owned)
	var total int64
	for id, cutoff := range limits {
		j, err := l.journal(id)
		if err == nil {
			_, err = j.drop(func(s *segment) bool { return s.last < cutoff })
		}
		if err != nil {
			l.log.Warn("expired log events remain on disk", "stream", id, "err", err)
			continue
		}
		total += j.summary().bytes
	}
	l.shrink(owned, total)
}

// owners are the streams by directory, and the time before which each expires.
func (l *Store) owners() (owned map[string]Stream, cutoff map[string]int64) {
	owned, cutoff = map[string]Stream{}, map[string]int64{}
	now := l.now()
	l.store.View(func(tx *store.Tx) {
		for _, st := range streams.All(tx) {
			owned[st.ID] = *st
			days := 0
			if g, ok := groups.Get(tx, groupKey(st.Scope, st.Group)); ok {
				days = g.Retention
			}
			cutoff[st.ID] = expiry(now, days)
		}
	})
	return owned, cutoff
}

// sweep deletes the directories that a crash left behind a deleted stream. It
// looks at the directory first: a stream made since is not in owned.
func (l *Store) sweep(owned map[string]Stream) {
	entries, err := os.ReadDir(l.opts.Dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if _, ok := owned[e.Name()]; ok || !e.IsDir() {
			continue
		}
		if now, _ := l.owners(); now[e.Name()].ID != "" {
			continue
		}
		if err := os.RemoveAll(filepath.Join(l.opts.Dir, e.Name())); err != nil {
			l.log.Warn("segments of a deleted log stream remain", "stream", e.Name(), "err", err)
		}
	}
}

// shrink takes the oldest segment from the largest stream until all fit.
func (l *Store) shrink(owned map[string]Stream, total int64) {
	for total > l.opts.MaxBytes {
		var largest *journal
		var st Stream
		var size int64
		for id, o := range owned {
			if j, err := l.journal(id); err == nil {
				if n := j.summary(); n.bytes > size && n.bytes > segmentSize {
					largest, st, size = j, o, n.bytes
				}
			}
		}
		if largest == nil {
			return
		}
		once := true
		n, err := largest.drop(func(*segment) bool { was := once; once = false; return was })
		if n == 0 || err != nil {
			return
		}
		total -= size - largest.summary().bytes
		l.log.Warn("log events deleted: the log store is full; set a retention, or free disk and raise its limit",
			"group", st.Group, "stream", st.Name, "limit_bytes", l.opts.MaxBytes)
	}
}

// keepOffsets writes down how far each file was read, before the segments that
// say so may go.
func (l *Store) keepOffsets() {
	l.mu.Lock()
	tails := make([]*tail, 0, len(l.tails))
	for _, t := range l.tails {
		tails = append(tails, t)
	}
	l.mu.Unlock()
	for _, t := range tails {
		l.remember(t)
	}
}
