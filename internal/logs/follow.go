package logs

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"maps"
	"os"
	"regexp"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// Target says which stream takes the lines of a followed file.
type Target struct {
	Scope         arn.Scope
	Group, Stream string
	// Multiline is a regular expression that the first line of an event
	// matches; "" = every line is an event.
	Multiline string
}

// Follow reads a container's log file (JSON lines, see runtime.LogConfig) into a
// stream from now on, also after a restart, until Finish. Group and stream are
// made where they are missing. Repeating it changes nothing.
func (l *Store) Follow(file string, s arn.Scope, group, stream string) error {
	return l.FollowTo(file, Target{Scope: s, Group: group, Stream: stream})
}

// FollowTo is Follow with all that the awslogs driver can say.
func (l *Store) FollowTo(file string, to Target) error {
	if _, err := regexp.Compile(to.Multiline); err != nil {
		return fmt.Errorf("the pattern of multi-line events: %w", err)
	}
	faultFollow.Hit()
	defer faultFollowed.Hit()
	var record following
	err := l.store.Update(func(tx *store.Tx) error {
		l.ensure(tx, to)
		old, ok := followings.Get(tx, file)
		if ok && old.Scope == to.Scope && old.Group == to.Group && old.Stream == to.Stream {
			record = *old
		} else {
			record = following{File: file, Scope: to.Scope, Group: to.Group, Stream: to.Stream, Salt: newSalt()}
		}
		record.Multiline, record.Done = to.Multiline, false
		next := record
		followings.Put(tx, file, &next)
		return nil
	})
	if err != nil {
		return err
	}
	return l.addTail(record)
}

// ensure makes group and stream where they are missing.
func (l *Store) ensure(tx *store.Tx, to Target) {
	if _, ok := groups.Get(tx, groupKey(to.Scope, to.Group)); !ok {
		groups.Put(tx, groupKey(to.Scope, to.Group), &Group{
			Scope: to.Scope, Name: to.Group, Created: l.now(), Class: "STANDARD",
		})
	}
	key := streamKey(to.Scope, to.Group, to.Stream)
	if _, ok := streams.Get(tx, key); !ok {
		streams.Put(tx, key, l.newStream(to.Scope, to.Group, to.Stream))
	}
}

// Finish ends the following of a file once every line of it has been read. An
// unknown file is no error.
func (l *Store) Finish(file string) {
	faultFinish.Hit()
	defer faultFinished.Hit()
	known := false
	err := l.store.Update(func(tx *store.Tx) error {
		f, ok := followings.Get(tx, file)
		if known = ok; ok && !f.Done {
			next := *f
			next.Done = true
			followings.Put(tx, file, &next)
		}
		return nil
	})
	if err != nil || !known {
		return
	}
	l.mu.Lock()
	if t, ok := l.tails[file]; ok {
		t.finishing = true
	}
	l.mu.Unlock()
	l.wake()
}

// resume takes up what an earlier process followed.
func (l *Store) resume() {
	var records []following
	l.store.View(func(tx *store.Tx) {
		for _, f := range followings.All(tx) {
			records = append(records, *f)
		}
	})
	for _, f := range records {
		_, err := os.Stat(f.File)
		if f.Done && os.IsNotExist(err) {
			l.forget(f.File)
			continue
		}
		if err := l.addTail(f); err != nil {
			l.log.Warn("container output is no longer followed", "file", f.File, "err", err)
		}
	}
}

func (l *Store) addTail(f following) error {
	st, err := l.stream(f.Scope, f.Group, f.Stream)
	if err != nil {
		return err
	}
	j, err := l.journal(st.ID)
	if err != nil {
		return err
	}
	start, err := regexp.Compile(f.Multiline)
	if err != nil {
		return err
	}
	if f.Multiline == "" {
		start = nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return ErrClosed
	}
	if t, ok := l.tails[f.File]; ok && t.record.Salt == f.Salt {
		t.finishing = f.Done
		return nil
	}
	t := &tail{record: f, journal: j, finishing: f.Done, join: joiner{start: start}, offsets: map[uint32]int64{}}
	maps.Copy(t.offsets, f.Offsets)
	l.tails[f.File] = t
	l.wake()
	return nil
}

// forget ends the record of a following.
func (l *Store) forget(file string) {
	_ = l.store.Update(func(tx *store.Tx) error { followings.Delete(tx, file); return nil })
}

func (l *Store) wake() {
	select {
	case l.kick <- struct{}{}:
	default:
	}
}

func newSalt() uint32 {
	var b [4]byte
	rand.Read(b[:]) // never fails
	return binary.BigEndian.Uint32(b[:])
}
