package elb

import (
	"github.com/grue-ecs/grue/internal/cloudmap"
	"github.com/grue-ecs/grue/internal/store"
)

// revision counts changes of the routing state. It is written in the
// transaction of the change, so that a reader of the store knows whether a table
// is up to date without comparing anything else.
type revision struct{ N uint64 }

const revisionID = "routes"

var revisions = store.NewTable[revision]("elb.revision")

// touch marks the routing state as changed by tx.
func touch(tx *store.Tx) { revisions.Put(tx, revisionID, &revision{current(tx) + 1}) }

// Touch has a new table made: tx changed what one of Options.Parts reads. Changes
// of Cloud Map's records need no Touch.
func Touch(tx *store.Tx) { touch(tx) }

// current is the revision that tx sees: of load balancers, parts and names.
func current(tx *store.Tx) uint64 {
	n := cloudmap.Changes(tx)
	if r, ok := revisions.Get(tx, revisionID); ok {
		n += r.N
	}
	return n
}
