package logs

import (
	"cmp"
	"slices"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// StreamInfo is a stream with what its events tell.
type StreamInfo struct {
	Stream
	First, Last  int64 // times of the first and last event; 0 = no events
	LastIngested int64
	Bytes        int64
}

// CreateStream makes a stream in a group.
func (l *Store) CreateStream(s arn.Scope, group, name string) error {
	return l.store.Update(func(tx *store.Tx) error {
		if _, ok := groups.Get(tx, groupKey(s, group)); !ok {
			return ErrNoGroup
		}
		key := streamKey(s, group, name)
		if _, ok := streams.Get(tx, key); ok {
			return ErrStreamExists
		}
		streams.Put(tx, key, l.newStream(s, group, name))
		return nil
	})
}

func (l *Store) newStream(s arn.Scope, group, name string) *Stream {
	return &Stream{Scope: s, Group: group, Name: name, Created: l.now(), ID: arn.NewHex(24)}
}

// stream finds a stream.
func (l *Store) stream(s arn.Scope, group, name string) (st Stream, err error) {
	l.store.View(func(tx *store.Tx) {
		found, ok := streams.Get(tx, streamKey(s, group, name))
		if ok {
			st = *found
			return
		}
		err = ErrNoStream
		if _, ok := groups.Get(tx, groupKey(s, group)); !ok {
			err = ErrNoGroup
		}
	})
	return st, err
}

// streams lists the streams whose names begin with prefix.
func (l *Store) streams(s arn.Scope, group, prefix string) []Stream {
	var out []Stream
	l.store.View(func(tx *store.Tx) {
		for _, st := range streams.Prefix(tx, streamKey(s, group, prefix)) {
			out = append(out, *st)
		}
	})
	return out
}

// Streams lists the streams of a group whose names begin with prefix, by name or
// by the time of the last event.
func (l *Store) Streams(s arn.Scope, group, prefix string, byTime bool) ([]StreamInfo, error) {
	if _, err := l.Group(s, group); err != nil {
		return nil, err
	}
	var out []StreamInfo
	for _, st := range l.streams(s, group, prefix) {
		j, err := l.journal(st.ID)
		if err != nil {
			return nil, err
		}
		sum := j.summary()
		out = append(out, StreamInfo{
			Stream: st, First: sum.first, Last: sum.last, LastIngested: sum.ingested, Bytes: sum.bytes,
		})
	}
	slices.SortFunc(out, func(a, b StreamInfo) int {
		if byTime && a.Last != b.Last {
			return cmp.Compare(a.Last, b.Last)
		}
		return cmp.Compare(a.Name, b.Name)
	})
	return out, nil
}

// DeleteStream deletes a stream with its events.
func (l *Store) DeleteStream(s arn.Scope, group, name string) error {
	st, err := l.stream(s, group, name)
	if err != nil {
		return err
	}
	err = l.store.Update(func(tx *store.Tx) error {
		key := streamKey(s, group, name)
		if now, ok := streams.Get(tx, key); !ok || now.ID != st.ID {
			return ErrNoStream
		}
		streams.Delete(tx, key)
		return nil
	})
	if err == nil {
		l.discard([]string{st.ID})
	}
	return err
}

// discard deletes the segments of streams that are gone. What a crash leaves is
// swept at the next retention round.
func (l *Store) discard(ids []string) {
	for _, id := range ids {
		j, err := l.journal(id)
		if err == nil {
			err = j.destroy()
		}
		if err != nil {
			l.log.Warn("segments of a deleted log stream remain", "stream", id, "err", err)
		}
		l.mu.Lock()
		delete(l.journals, id)
		l.mu.Unlock()
	}
}
