package logs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"time"

	"github.com/grue-ecs/grue/internal/store"
)

const (
	// A file is looked at this often while it grows, and less and less often,
	// down to tailSlow, while it does not.
	tailFast = 100 * time.Millisecond
	tailSlow = time.Second
	// tailChunk is read at once; a line longer than it is cut.
	tailChunk = 2 << 20
	// tailTurn bounds what one file may take before the next has its turn.
	tailTurn = 8 << 20
)

// tail is one followed file. Only tailLoop uses what is not marked.
type tail struct {
	record  following
	journal *journal
	join    joiner
	source  uint32      // the generation being read; 0 = none yet
	seen    fs.FileInfo // of the file when it had nothing more; nil = not known
	due     time.Time
	pause   time.Duration

	// Guarded by Store.mu.
	finishing bool
	offsets   map[uint32]int64 // by generation; only tailLoop writes it
}

// tailLoop reads all followed files in turn.
func (l *Store) tailLoop(ctx context.Context) {
	t := time.NewTicker(tailFast)
	defer t.Stop()
	for {
		l.tailRound(false)
		select {
		case <-ctx.Done():
			l.tailRound(true)
			return
		case <-t.C:
		case <-l.kick:
		}
	}
}

// tailRound looks at the files that are due; all says at every one.
func (l *Store) tailRound(all bool) {
	now := time.Now()
	l.mu.Lock()
	var due []*tail
	last := map[*tail]bool{}
	for _, t := range l.tails {
		if all || t.finishing || !now.Before(t.due) {
			due = append(due, t)
			last[t] = t.finishing
		}
	}
	l.mu.Unlock()
	for _, t := range due {
		l.tailOne(t, now, last[t])
	}
}

// tailOne reads what a file has more. At the last look it takes what is left
// and lets the file go.
func (l *Store) tailOne(t *tail, now time.Time, last bool) {
	n, err := l.readMore(t, now, last)
	switch {
	case errors.Is(err, ErrNoStream):
		l.log.Warn("container output is no longer followed: its log stream was deleted",
			"group", t.record.Group, "stream", t.record.Stream)
		l.letGo(t, false)
		return
	case err != nil:
		l.log.Error("cannot read container output", "file", t.record.File, "err", err)
	case last && n < tailTurn:
		l.letGo(t, true)
		return
	}
	if n > 0 {
		t.pause = tailFast
	} else {
		t.pause = min(max(2*t.pause, tailFast), tailSlow)
	}
	t.due = now.Add(t.pause)
}

// letGo ends a following whose file has been read whole.
func (l *Store) letGo(t *tail, whole bool) {
	if whole {
		if err := t.journal.sync(); err != nil {
			l.log.Error("cannot write log events to the disk", "stream", t.record.Stream, "err", err)
			return // the next round tries again
		}
	}
	if whole && l.opts.RemoveFinished {
		if err := os.Remove(t.record.File); err != nil && !errors.Is(err, fs.ErrNotExist) {
			l.log.Warn("cannot delete a log file that is no longer needed", "file", t.record.File, "err", err)
		}
	}
	_, err := os.Stat(t.record.File)
	if !whole || errors.Is(err, fs.ErrNotExist) {
		l.forget(t.record.File)
	} else {
		l.remember(t)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.tails[t.record.File] == t {
		delete(l.tails, t.record.File)
	}
}

// remember writes down how far a file was read, so that following it again
// doubles nothing.
func (l *Store) remember(t *tail) {
	l.mu.Lock()
	offsets := maps.Clone(t.offsets)
	l.mu.Unlock()
	_ = l.store.Update(func(tx *store.Tx) error {
		f, ok := followings.Get(tx, t.record.File)
		if !ok || f.Salt != t.record.Salt || maps.Equal(f.Offsets, offsets) {
			return nil
		}
		next := *f
		next.Offsets = offsets
		followings.Put(tx, f.File, &next)
		return nil
	})
}

// readMore moves new lines into the journal and tells how many bytes it read.
// When the shim has rotated the file, the older generations come first.
func (l *Store) readMore(t *tail, now time.Time, last bool) (read int, err error) {
	look, err := os.Stat(t.record.File)
	if err == nil && !last && t.idle(look) {
		return 0, nil
	}
	g, err := openGeneration(t.record.File, t.record.Salt, last)
	if err != nil {
		return 0, err
	}
	if g == nil { // not yet there, or just rotated
		if last {
			return l.readOlder(t, now)
		}
		return 0, nil
	}
	defer g.close()
	if g.source != t.source {
		if read, err = l.readOlder(t, now); err != nil || read >= tailTurn {
			return read, err
		}
		l.enter(t, g.source)
	}
	n, err := l.readGeneration(t, g, now, last)
	if err == nil && n == 0 {
		t.seen = look // from before the reading: what comes later looks different
	}
	return read + n, err
}

// idle tells whether the file is as it was when there was nothing to read.
func (t *tail) idle(look fs.FileInfo) bool {
	return t.seen != nil && len(t.join.lines) == 0 && os.SameFile(t.seen, look) &&
		t.seen.Size() == look.Size() && t.seen.ModTime().Equal(look.ModTime())
}

// readOlder reads what is left of rotated files, the oldest first.
func (l *Store) readOlder(t *tail, now time.Time) (read int, err error) {
	for i := maxGenerations; i > 0 && read < tailTurn; i-- {
		g, err := openGeneration(fmt.Sprintf("%s.%d", t.record.File, i), t.record.Salt, true)
		if err != nil {
			return read, err
		}
		if g == nil {
			continue
		}
		l.enter(t, g.source)
		n, err := l.readGeneration(t, g, now, true)
		g.close()
		if read += n; err != nil {
			return read, err
		}
	}
	return read, nil
}

// enter begins or continues another generation of the file.
func (l *Store) enter(t *tail, source uint32) {
	if t.source == source {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	t.source = source
	t.offsets[source] = max(t.offsets[source], t.journal.offset(source))
	t.join.reset(t.offsets[source])
}

// readGeneration reads one file from where it was left. final says that nothing
// more will be written to it.
func (l *Store) readGeneration(t *tail, g *generation, now time.Time, final bool) (read int, err error) {
	at := t.offsets[t.source] + t.join.pendingBytes()
	if at > g.size {
		return 0, nil
	}
	buf := make([]byte, min(int64(tailChunk), g.size-at))
	for {
		n, err := g.file.ReadAt(buf, at)
		if err != nil && err != io.EOF {
			return read, err
		}
		ended := err == io.EOF || at+int64(n) >= g.size
		used := t.take(buf[:n], at, final && ended, n == tailChunk, now)
		at, read = at+int64(used), read+used
		if ended && final {
			t.join.flush()
		} else {
			t.join.flushOld(now)
		}
		if err := l.write(t, now); err != nil {
			return read, err
		}
		if used == 0 || ended || read >= tailTurn {
			return read, nil
		}
	}
}

// take splits b, which stands at offset at, into lines and hands them to the
// joiner. It returns how much of b it used: whole lines, or all of it when
// nothing more can come (rest) or the line is too long to wait for (full).
func (t *tail) take(b []byte, at int64, rest, full bool, now time.Time) (used int) {
	for used < len(b) {
		n := bytes.IndexByte(b[used:], '\n')
		if n < 0 {
			if rest || full && used == 0 {
				t.join.add(parseLine(b[used:], now), at+int64(len(b)), now)
				used = len(b)
			}
			break
		}
		line := b[used : used+n]
		used += n + 1
		t.join.add(parseLine(line, now), at+int64(used), now)
	}
	return used
}

// write brings the events that are complete into the journal. They are on the
// disk later: until then the file has them.
func (l *Store) write(t *tail, now time.Time) error {
	frames := t.join.complete()
	for i := range frames {
		frames[i].source, frames[i].ingested = t.source, now.UnixMilli()
	}
	if len(frames) > 0 {
		faultAppend.Hit()
		defer faultAppended.Hit()
	}
	if err := t.journal.append(frames, false); err != nil {
		t.join.reset(t.offsets[t.source]) // and read again
		return err
	}
	if t.offsets[t.source] != t.join.behind {
		l.mu.Lock()
		t.offsets[t.source] = t.join.behind
		l.mu.Unlock()
	}
	return nil
}

// line is one line that a container wrote.
type line struct {
	time int64
	text string
}

// parseLine reads {"t":…,"s":…,"m":…}. What is not of that form is taken as it
// stands: better an odd event than a lost one.
func parseLine(b []byte, now time.Time) line {
	var in struct {
		T time.Time `json:"t"`
		M *string   `json:"m"`
	}
	if err := json.Unmarshal(b, &in); err != nil || in.M == nil {
		return line{now.UnixMilli(), string(bytes.ToValidUTF8(bytes.TrimRight(b, "\x00"), []byte("\uFFFD")))}
	}
	if in.T.IsZero() {
		in.T = now
	}
	return line{in.T.UnixMilli(), *in.M}
}
