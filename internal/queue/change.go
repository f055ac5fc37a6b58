package queue

import (
	"maps"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// maxTags of a queue.
const maxTags = 50

// Create makes a queue, or returns the one that is there: the attributes that are
// given must then be those that it has.
func (q *Queues) Create(tx *store.Tx, s arn.Scope, name string, attributes, tags map[string]string) (*Queue, error) {
	if name == "" {
		return nil, refuse(ErrMissing, "The request must contain the parameter QueueName.")
	}
	if !goodName(name) {
		return nil, refuse(ErrValue, "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
	}
	now := q.opts.Now().UTC().Truncate(time.Second)
	next := &Queue{Scope: s, Name: name, ID: arn.NewHex(16), Attributes: map[string]string{}, Tags: map[string]string{}, Created: now, Modified: now}
	switch {
	case attributes["FifoQueue"] == "true" && !next.FIFO():
		return nil, refuse(ErrValue, "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.")
	case next.FIFO() && attributes["FifoQueue"] != "true":
		return nil, refuse(ErrValue, "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length: a name that ends with .fifo needs the attribute FifoQueue=true.")
	}
	if err := next.setAll(attributes); err != nil {
		return nil, err
	}
	if old, ok := queues.Get(tx, next.key()); ok {
		for _, attr := range sortedNames(attributes) {
			if next.Attribute(attr) != old.Attribute(attr) {
				return nil, refuse(ErrExists, "A queue already exists with the same name and a different value for attribute %s", attr)
			}
		}
		return old, nil
	}
	if err := next.checkRedrive(tx); err != nil {
		return nil, err
	}
	if err := next.tag(tags); err != nil {
		return nil, err
	}
	queues.Put(tx, next.key(), next)
	tx.AfterCommit(func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.open(next)
	})
	return next, nil
}

func (q *Queue) tag(tags map[string]string) error {
	for k, v := range tags {
		if k == "" || len(k) > 128 || len(v) > 256 {
			return refuse(ErrValue, "Tag keys must be between 1 and 128 characters in length, and values have at most 256.")
		}
		q.Tags[k] = v
	}
	if len(q.Tags) > maxTags {
		return refuse(ErrValue, "Too many tags added for queue %s: it has at most %d.", q.Name, maxTags)
	}
	return nil
}

// edit replaces a queue by what fn makes of a copy.
func edit(tx *store.Tx, s arn.Scope, name string, fn func(*Queue) error) error {
	old, err := Find(tx, s, name)
	if err != nil {
		return err
	}
	next := *old
	next.Attributes, next.Tags = maps.Clone(old.Attributes), maps.Clone(old.Tags)
	if next.Attributes == nil {
		next.Attributes = map[string]string{}
	}
	if next.Tags == nil {
		next.Tags = map[string]string{}
	}
	if err := fn(&next); err != nil {
		return err
	}
	queues.Put(tx, next.key(), &next)
	return nil
}

// SetAttributes changes attributes, all or none.
func (q *Queues) SetAttributes(tx *store.Tx, s arn.Scope, name string, attributes map[string]string) error {
	return edit(tx, s, name, func(next *Queue) error {
		if err := next.setAll(attributes); err != nil {
			return err
		}
		next.Modified = q.opts.Now().UTC().Truncate(time.Second)
		return next.checkRedrive(tx)
	})
}

// Tag adds tags and removes others.
func (q *Queues) Tag(tx *store.Tx, s arn.Scope, name string, add map[string]string, remove []string) error {
	return edit(tx, s, name, func(next *Queue) error {
		for _, k := range remove {
			delete(next.Tags, k)
		}
		return next.tag(add)
	})
}

// Delete removes a queue with its messages.
func (q *Queues) Delete(tx *store.Tx, s arn.Scope, name string) error {
	old, err := Find(tx, s, name)
	if err != nil {
		return err
	}
	queues.Delete(tx, old.key())
	for k := range tasks.Prefix(tx, old.Key(old.Name, "")) {
		tasks.Delete(tx, k)
	}
	tx.AfterCommit(func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		if l := q.lives[old.ID]; l != nil {
			q.discard(old.ID, l, q.last.Load())
			l.close()
			delete(q.lives, old.ID)
		}
	})
	return nil
}

// Purge removes the messages that a queue has.
func (q *Queues) Purge(tx *store.Tx, s arn.Scope, name string) error {
	return edit(tx, s, name, func(next *Queue) error {
		next.Purged = q.last.Load()
		id, upTo := next.ID, next.Purged
		tx.AfterCommit(func() {
			q.change(id, func(l *live, _ time.Time) { q.discard(id, l, upTo) })
		})
		return nil
	})
}

// discard forgets the messages of a queue up to a number; their records go later.
// It needs mu.
func (q *Queues) discard(id string, l *live, upTo uint64) {
	for n, e := range l.entries {
		if n <= upTo {
			l.remove(e)
			q.garbage = append(q.garbage, key(id, n))
		}
	}
	select {
	case q.wake <- struct{}{}:
	default:
	}
}
