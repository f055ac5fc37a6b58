package queue

import (
	"context"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// Move is a task that moves messages out of a dead-letter queue.
type Move struct {
	arn.Scope
	Name        string // of the dead-letter queue
	ID          string
	Destination string // ARN; "" = the queue from which each message came
	Rate        int    // messages a second; 0 = as fast as it goes
	Status      string // RUNNING, COMPLETED, CANCELLED or FAILED
	Moved       int64
	ToMove      int64
	Started     time.Time
	Failure     string
}

// Moves by account/region/queue/id; ids grow.
var tasks = store.NewTable[Move]("sqs.move")

// States of a Move.
const (
	Running   = "RUNNING"
	Completed = "COMPLETED"
	Cancelled = "CANCELLED"
	Failed    = "FAILED"
)

const (
	maxRate  = 500 // of AWS
	keptRuns = 10  // tasks of a queue that are listed
	moveStep = 100 * time.Millisecond
)

func (m *Move) key() string { return m.Key(m.Name, m.ID) }

// Source is the ARN of the dead-letter queue.
func (m *Move) Source() string { return ARN(m.Scope, m.Name) }

// Handle is how clients name the task.
func (m *Move) Handle() string {
	return base64.StdEncoding.EncodeToString([]byte(m.ID + " " + m.Source()))
}

// moves wakes the mover.
type moves struct{ begun chan struct{} }

// StartMove begins to move the messages of a dead-letter queue to the queue of
// destination, or with "" to where each came from. rate is in messages a second;
// nil = as fast as it goes.
func (q *Queues) StartMove(tx *store.Tx, source, destination string, rate *int32) (*Move, error) {
	from, err := FindARN(tx, source)
	if err != nil {
		return nil, refuse(ErrNoTask, "The resource that you specified for the SourceArn parameter doesn't exist.")
	}
	if len(Sources(tx, from.Scope, source)) == 0 {
		return nil, refuse(ErrValue, "Source queue must be configured as a Dead Letter Queue.")
	}
	if destination != "" {
		to, err := FindARN(tx, destination)
		switch {
		case err != nil:
			return nil, refuse(ErrNoTask, "The resource that you specified for the DestinationArn parameter doesn't exist.")
		case to.FIFO() != from.FIFO():
			return nil, refuse(ErrValue, "Source and destination must be queues of the same type.")
		case to.ID == from.ID:
			return nil, refuse(ErrValue, "Source queue arn and destination queue arn cannot be the same.")
		}
	}
	if rate != nil && (*rate < 1 || *rate > maxRate) {
		return nil, refuse(ErrValue, "Value for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: You must enter a value between 1 and 500.")
	}
	old := Moves(tx, from)
	if len(old) > 0 && old[0].Status == Running {
		return nil, refuse(ErrValue, "There is already a task running. Only one active task is allowed for a source queue arn at a given time.")
	}
	for _, m := range old[min(len(old), keptRuns-1):] {
		tasks.Delete(tx, m.key())
	}
	next := &Move{
		Scope: from.Scope, Name: from.Name, ID: sequence(q.last.Add(1)), Destination: destination, Status: Running,
		Started: q.opts.Now().UTC().Truncate(time.Millisecond), ToMove: int64(q.Counts(from).Visible),
	}
	if rate != nil {
		next.Rate = int(*rate)
	}
	tasks.Put(tx, next.key(), next)
	tx.AfterCommit(func() {
		select {
		case q.begun <- struct{}{}:
		default:
		}
	})
	return next, nil
}

// Moves lists the tasks of a dead-letter queue, the newest first.
func Moves(tx *store.Tx, from *Queue) (out []*Move) {
	for _, m := range tasks.Prefix(tx, from.Key(from.Name, "")) {
		out = append([]*Move{m}, out...)
	}
	return out
}

// CancelMove ends a task; what it moved stays moved.
func (q *Queues) CancelMove(tx *store.Tx, handle string) (*Move, error) {
	var id, source string
	text, err := base64.StdEncoding.DecodeString(handle)
	if n, _ := fmt.Sscanf(string(text), "%s %s", &id, &source); err != nil || n != 2 {
		return nil, badValue("TaskHandle", handle, "It is not the handle of a task.")
	}
	s, name, ok := ParseARN(source)
	old, found := tasks.Get(tx, s.Key(name, id))
	if !ok || !found {
		return nil, refuse(ErrNoTask, "Task does not exist.")
	}
	if old.Status != Running {
		return nil, refuse(ErrNoTask, "Only active tasks can be cancelled.")
	}
	next := *old
	next.Status = Cancelled
	tasks.Put(tx, next.key(), &next)
	return &next, nil
}

// runMoves carries out the tasks that are running until ctx ends.
func (q *Queues) runMoves(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-q.begun:
		case <-timer.C:
		}
		var running []string
		q.opts.Store.View(func(tx *store.Tx) {
			for k, m := range tasks.All(tx) {
				if m.Status == Running {
					running = append(running, k)
				}
			}
		})
		for _, k := range running {
			if err := q.opts.Store.Update(func(tx *store.Tx) error { return q.step(tx, k) }); err != nil {
				q.log.Error("messages of a dead-letter queue not moved; another try follows", "task", k, "err", err)
			}
		}
		if len(running) > 0 {
			timer.Reset(moveStep)
		}
	}
}

// step moves some messages of a task, or ends it when no visible one is left.
func (q *Queues) step(tx *store.Tx, k string) error {
	old, ok := tasks.Get(tx, k)
	if !ok || old.Status != Running {
		return nil
	}
	next := *old
	from, err := FindARN(tx, old.Source())
	if err != nil {
		next.Status, next.Failure = Failed, "AWS.SimpleQueueService.NonExistentQueue"
		tasks.Put(tx, k, &next)
		return nil
	}
	limit := maxMoved
	if old.Rate > 0 { // by now it should have moved so many
		due := int64(float64(old.Rate)*q.opts.Now().Sub(old.Started).Seconds()) + 1
		limit = int(max(0, min(int64(limit), due-old.Moved)))
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.lives[from.ID]
	if limit == 0 || l == nil {
		return nil
	}
	tasks.Put(tx, k, &next)
	l.promote(q.opts.Now())
	some := l.candidates(limit)
	if len(some) == 0 {
		next.Status = Completed
		return nil
	}
	for _, e := range some {
		if !q.moveBack(tx, &next, from, l, e) {
			break
		}
	}
	return nil
}

// moveBack moves one message; to its queue it is a new one. It needs mu.
func (q *Queues) moveBack(tx *store.Tx, task *Move, from *Queue, l *live, e *entry) bool {
	k := key(from.ID, e.number)
	m, ok := messages.Get(tx, k)
	if !ok { // deleted by a transaction that memory has yet to follow
		return true
	}
	target := task.Destination
	if target == "" {
		target = m.Source
	}
	to, err := FindARN(tx, target)
	if err != nil {
		task.Status, task.Failure = Failed, "AWS.SimpleQueueService.NonExistentQueue"
		if target == "" {
			task.Failure = "CouldNotDetermineMessageSource"
		}
		return false
	}
	now := q.opts.Now().UTC()
	next := *m
	next.ID, next.Sent, next.Due = store.NewUUID(), now.Truncate(time.Millisecond), now
	next.Source, next.Before, next.First = "", 0, time.Time{}
	drop(tx, k)
	q.keep(tx, to, q.last.Add(1), &next)
	tx.AfterCommit(func() { q.change(from.ID, func(l *live, _ time.Time) { l.remove(e) }) })
	task.Moved++
	return true
}
