package console

import (
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// Record is a session that has begun and not ended.
type Record struct {
	arn.Scope
	ID, Task string
	Began    time.Time
}

// records are by session id.
var records = store.NewTable[Record]("ssm.session")

// memory is how long the record of a session that a crash ended is kept: longer
// than any client tries to come back.
const memory = time.Hour

// remember and forget keep the record; a crash in between leaves one too many.
func (c *Sessions) remember(s *console) error {
	return c.o.Store.Update(func(tx *store.Tx) error {
		records.Put(tx, s.id, &Record{Scope: s.Scope, ID: s.id, Task: s.Task, Began: c.o.Now()})
		return nil
	})
}

func (c *Sessions) forget(id string) {
	err := c.o.Store.Update(func(tx *store.Tx) error {
		records.Delete(tx, id)
		return nil
	})
	if err != nil {
		c.o.Log.Warn("the record of a session stays", "session", id, "err", err)
	}
}

// recall finds the sessions that ended with the process before this one.
func (c *Sessions) recall() error {
	return c.o.Store.Update(func(tx *store.Tx) error {
		for id, r := range records.All(tx) {
			if c.o.Now().Sub(r.Began) > memory {
				records.Delete(tx, id)
				continue
			}
			c.lost[id] = &lost{Scope: r.Scope}
		}
		return nil
	})
}
