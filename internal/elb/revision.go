package elb

import "github.com/grue-ecs/grue/internal/store"

// revision counts changes of the routing state. It is written in the
// transaction of the change, so that a reader of the store knows whether a table
// is up to date without comparing anything else.
type revision struct{ N uint64 }

const revisionID = "routes"

var revisions = store.NewTable[revision]("elb.revision")

// touch marks the routing state as changed by tx.
func touch(tx *store.Tx) { revisions.Put(tx, revisionID, &revision{current(tx) + 1}) }

// current is the revision that tx sees.
func current(tx *store.Tx) uint64 {
	if r, ok := revisions.Get(tx, revisionID); ok {
		return r.N
	}
	return 0
}
