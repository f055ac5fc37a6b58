package logs

import (
	"slices"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
)

// Limits of a batch of PutLogEvents.
const (
	maxBatch      = 10_000
	maxBatchBytes = 1_048_576
	eventOverhead = 26 // bytes counted for each event beside its message
	maxFuture     = 2 * time.Hour
	maxPast       = 14 * 24 * time.Hour
	maxSpan       = 24 * time.Hour
)

// Input is an event to be put.
type Input struct {
	Time    int64
	Message string
}

// Rejected tells which events of a batch were left out, as PutLogEvents does;
// -1 = none.
type Rejected struct {
	TooNewFrom  int // this and all later ones
	TooOldUpTo  int // all before this one: older than 14 days
	ExpiredUpTo int // all before this one: older than the group's retention
}

// Put adds a batch of events to a stream; it is on disk when Put returns.
func (l *Store) Put(s arn.Scope, group, name string, batch []Input) (Rejected, error) {
	none := Rejected{-1, -1, -1}
	st, err := l.stream(s, group, name)
	if err != nil {
		return none, err
	}
	g, err := l.Group(s, group)
	if err != nil {
		return none, err
	}
	if err := checkBatch(batch); err != nil {
		return none, err
	}
	now := l.now()
	good, rejected := admit(batch, now, g.Retention)
	frames := make([]frame, len(good))
	for i, in := range good {
		frames[i] = frame{time: in.Time, ingested: now, message: in.Message}
	}
	j, err := l.journal(st.ID)
	if err != nil {
		return none, err
	}
	return rejected, j.append(frames, true)
}

// checkBatch holds the rules that fail the whole batch.
func checkBatch(batch []Input) error {
	if len(batch) == 0 || len(batch) > maxBatch {
		return BatchError("Log events in a single PutLogEvents request must number between 1 and 10000.")
	}
	bytes := 0
	for i, in := range batch {
		bytes += len(in.Message) + eventOverhead
		switch {
		case in.Message == "":
			return BatchError("Log event message must not be empty.")
		case len(in.Message) > maxMessage:
			return BatchError("Log event too large: the limit is 1048576 bytes.")
		case i > 0 && in.Time < batch[i-1].Time:
			return BatchError("Log events in a single PutLogEvents request must be in chronological order.")
		}
	}
	if bytes > maxBatchBytes {
		return BatchError("Upload too large: a batch holds at most 1048576 bytes, each event counted with 26 bytes more.")
	}
	if span := batch[len(batch)-1].Time - batch[0].Time; span > maxSpan.Milliseconds() {
		return BatchError("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
	}
	return nil
}

// admit leaves out what is too old or too new; the batch is in order of time.
func admit(batch []Input, now int64, retention int) ([]Input, Rejected) {
	r := Rejected{-1, -1, -1}
	firstAt := func(t int64) int {
		i, _ := slices.BinarySearchFunc(batch, t, func(in Input, t int64) int {
			if in.Time < t {
				return -1
			}
			return 1
		})
		return i
	}
	from, to := 0, len(batch)
	if i := firstAt(now + maxFuture.Milliseconds() + 1); i < to {
		r.TooNewFrom, to = i, i
	}
	if i := firstAt(now - maxPast.Milliseconds()); i > from {
		r.TooOldUpTo, from = i, i
	}
	if i := firstAt(expiry(now, retention)); i > from {
		r.ExpiredUpTo, from = i, i
	}
	return batch[min(from, to):to], r
}

// expiry is the time before which events of a group have expired.
func expiry(now int64, retentionDays int) int64 {
	if retentionDays == 0 {
		return -1 << 62
	}
	return now - int64(retentionDays)*24*time.Hour.Milliseconds()
}
