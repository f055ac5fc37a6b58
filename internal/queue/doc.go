// Package queue keeps Amazon SQS queues and their messages, and delivers them.
//
//	Send(tx) ─► message record ── after the commit ─► live queue: visible, delayed,
//	                                                  in flight, groups (memory)
//	Receive ◄── one transaction: the visible messages ◄── picks ──┘   │ wakes
//	            of lowest number, their delivery records              ▼
//	Delete, ChangeVisibility ── by receipt handle ──►       long polls, first come
//
// A message is two records: what was sent, which never changes, and its delivery
// (how often it was received, until when it is invisible, which receipt is the
// newest), which is small, for every receive writes it. Everything that a client
// was told is on disk before it is told: an acknowledged message survives any
// death of the server, a deleted one does not come back, a message in flight stays
// so, with its receipt handle. The flushes of many clients are one (store's group
// commit).
//
// Memory knows of each message its number, its state and when that ends (live.go).
// It follows the commits, and never decides alone: a receive looks into the
// records, in its transaction, before it hands a message out.
//
// Messages are numbered as they are sent. A standard queue delivers the lowest
// number first, as far as it can; a FIFO queue delivers each group strictly in that
// order and nothing of a group while one of its messages is in flight.
//
// Retention, visibility, delays, long polls and the five minutes of deduplication
// are true seconds, whatever --minute says.
//
// Purging and deleting a queue take effect at once; the records go in the
// background, some at a time (sweep.go).
//
// Files: record.go (queues), message.go and digest.go (messages), attribute.go and
// redrive.go (what can be set), queues.go (open, run, stop), change.go (life of
// queues), live.go, group.go and clock.go (memory), send.go, receive.go, take.go, attempt.go,
// poll.go, receipt.go, settle.go (delete, visibility), move.go (back from a
// dead-letter queue), sweep.go, measure.go (metrics), error.go.
package queue
