// Package store keeps grue's state: records, events and the epoch of the
// process that may write.
//
//	Update(fn) ──► head trees ──► batch ──► one SQLite transaction ──► durable
//	                (writers)                 (synchronous=FULL)        trees
//	View(fn) ◄──────────────────────────────────────────────────────── (readers)
//
// Records are JSON documents in typed tables. A package declares a table once:
//
//	var services = store.NewTable[Service]("service")
//
// and uses it inside a transaction:
//
//	err := st.Update(func(tx *store.Tx) error {
//		s, ok := services.Get(tx, id)
//		if !ok {
//			return ErrNoService
//		}
//		next := *s // values are shared and immutable: copy, change, put
//		next.Desired = 4
//		services.Put(tx, id, &next)
//		tx.Emit(store.Event{Source: "aws.ecs", DetailType: "…", Detail: d})
//		return nil
//	})
//
// Update returns nil only when the change is on disk. Writers run one at a time
// and see each other's changes at once; several of them share one disk flush
// (group commit). Readers see only what is on disk, from memory, without a
// lock: View is as cheap as a map read, and one View is one consistent moment.
// An error from fn, or a failed flush, leaves no trace.
//
// Ids are strings; scope them with slashes ("account/region/cluster/name") and
// read a whole scope with Table.Prefix. Kinds that no table of this program
// declares are kept on disk untouched.
//
// Watch delivers every committed change, in order, after it is durable. It is
// how the engine and the load balancers learn of changes: nothing polls.
//
// Files: store.go (open, close), tx.go (transactions), table.go (typed access),
// commit.go (group commit), disk.go (SQLite), event.go (history), watch.go.
package store
