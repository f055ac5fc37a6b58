// Package logs keeps log groups, log streams and log events, as Amazon
// CloudWatch Logs does, and follows the output of containers.
//
//	task's log file ── Follow ──┐
//	PutLogEvents ──── Put ──────┼──► journal of a stream: segment, segment, …
//	GetLogEvents ◄─── Get ──────┤
//	FilterLogEvents ◄ Filter ───┘
//
// Groups and streams are records in the store. Events are frames in append-only
// segment files, one directory a stream. A frame carries the event's time, its
// time of ingestion, the message, and, for a followed file, the offset in that
// file up to which it was read. So the journal itself says where to go on after a
// crash: no line is lost and none comes twice, with nothing else to keep in step.
// A torn frame at the end of the last segment is cut off when the journal opens.
//
// Events of a stream are read in the order of their time, then of their arrival.
// Segments whose times do not overlap are read one by one; only the others are
// sorted together.
//
// What is bounded: a segment by segmentSize, a stream's age by the retention of
// its group, everything by Options.MaxBytes: past it the largest stream loses its
// oldest segment, and the log says so.
//
// Where to change what: group.go and stream.go (records), frame.go, segment.go and
// journal.go (files), cursor.go, get.go, filter.go and token.go (reading), put.go
// (AWS's rules for a batch), follow.go, tail.go and multiline.go (the awslogs
// driver), retain.go (expiry), pattern/ (filter patterns).
package logs
