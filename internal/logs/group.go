package logs

import (
	"maps"
	"slices"
	"strings"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// CreateGroup makes a group; Name and Scope of g are required.
func (l *Store) CreateGroup(g Group) error {
	g.Created = l.now()
	return l.store.Update(func(tx *store.Tx) error {
		key := groupKey(g.Scope, g.Name)
		if _, ok := groups.Get(tx, key); ok {
			return ErrGroupExists
		}
		groups.Put(tx, key, &g)
		return nil
	})
}

// Group finds a group.
func (l *Store) Group(s arn.Scope, name string) (g Group, err error) {
	l.store.View(func(tx *store.Tx) {
		found, ok := groups.Get(tx, groupKey(s, name))
		if !ok {
			err = ErrNoGroup
			return
		}
		g = *found
	})
	return g, err
}

// Groups lists the groups of a scope by name.
func (l *Store) Groups(s arn.Scope) []Group {
	var out []Group
	l.store.View(func(tx *store.Tx) {
		for _, g := range groups.Prefix(tx, s.Key("")) {
			out = append(out, *g)
		}
	})
	slices.SortFunc(out, func(a, b Group) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// DeleteGroup deletes a group with its streams and events.
func (l *Store) DeleteGroup(s arn.Scope, name string) error {
	var gone []string
	err := l.store.Update(func(tx *store.Tx) error {
		gone = nil
		key := groupKey(s, name)
		g, ok := groups.Get(tx, key)
		switch {
		case !ok:
			return ErrNoGroup
		case g.Protected:
			return ErrProtected
		}
		groups.Delete(tx, key)
		for key, st := range streams.Prefix(tx, streamPrefix(s, name)) {
			streams.Delete(tx, key)
			gone = append(gone, st.ID)
		}
		return nil
	})
	if err == nil {
		l.discard(gone)
	}
	return err
}

// ChangeGroup changes a group's retention, tags or protection.
func (l *Store) ChangeGroup(s arn.Scope, name string, change func(*Group)) error {
	return l.store.Update(func(tx *store.Tx) error {
		key := groupKey(s, name)
		g, ok := groups.Get(tx, key)
		if !ok {
			return ErrNoGroup
		}
		next := *g
		next.Tags = maps.Clone(g.Tags)
		change(&next)
		groups.Put(tx, key, &next)
		return nil
	})
}

// StoredBytes is what all streams of a group hold.
func (l *Store) StoredBytes(s arn.Scope, group string) int64 {
	var n int64
	for _, st := range l.streams(s, group, "") {
		if j, err := l.journal(st.ID); err == nil {
			n += j.summary().bytes
		}
	}
	return n
}
