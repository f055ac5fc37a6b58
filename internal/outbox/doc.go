// Package outbox delivers what was promised in a transaction: calls of the world
// outside that must happen although this process may die.
//
//	store.Update ── Put(tx, lane, body) ──► record ──┐ after the commit, and at
//	                                                 ▼ the start
//	                 lane "a" ──► one goroutine ──► Deliver ─ done ──► record deleted
//	                 lane "b" ──► one goroutine ──► Deliver ─ error ─► due again later,
//	                                                                   or given up
//
// A lane is a receiver. It takes one item at a time, oldest first, so a receiver
// sees the order of what was put; an item that failed waits for its next try and
// lets later ones pass, unless the box is InOrder. A receiver that hangs holds up
// only its own lane.
//
// Delivery is at least once: records are deleted in batches after the delivery,
// and a process that dies in between delivers again. Deliver may return a function
// that runs in the transaction that deletes the record: what that function does in
// the store happens exactly once. So does what Bury does with an item that is given up.
//
// Files: outbox.go (the box), lane.go (one receiver), lag.go (what waits).
package outbox
