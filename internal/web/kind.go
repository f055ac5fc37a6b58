package web

import (
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// Kind is a kind of view, "service/CLUSTER/NAME" for one.
type Kind struct {
	Name  string // the first element of the path: "service"
	Parts int    // how many elements follow: 2
	// Open makes the view of a path; parts are unescaped and not empty.
	Open func(s *Site, scope arn.Scope, parts []string) View
}

// View computes the items of one path. Its functions are called one at a time, and
// must be quick. What they answer is marshalled at once; an item whose bytes did
// not change is not sent.
type View struct {
	// All computes every item. A *Problem says that the subject does not exist.
	All func(b *Build) (Items, error)
	// Touch tells which items a change of a record concerns: nothing, keys, or
	// Everything. nil = every change concerns everything. It is called with every
	// commit as long as somebody looks, and must be very quick.
	Touch func(c store.Change) []string
	// Item computes one item that Touch named; nil = there is none of that key. A
	// view without Item is computed as a whole.
	Item func(b *Build, key string) any
	// Measure computes, once a second, items that follow no record: counters,
	// latencies, times left. An item that is nil is gone. nil = the view has none;
	// items of All and Measure that have the same key must be the same.
	Measure func(b *Build) Items
}

// Everything is what Touch answers when the whole view is concerned.
var Everything = []string{"*"}

// Items are documents by key.
type Items map[string]any

// Build is the moment for which a view is computed.
type Build struct {
	*Site
	Tx    *store.Tx
	Now   time.Time
	Scope arn.Scope
}
