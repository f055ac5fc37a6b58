package queue

import (
	"time"

	"github.com/grue-ecs/grue/internal/arn"
)

// Depth is how full a queue is.
type Depth struct {
	arn.Scope
	Name string
	Counts
	Oldest time.Duration // age of the oldest message; 0 = there is none
}

// Depths tells how full every queue is, in no order.
func (q *Queues) Depths(each func(Depth)) {
	now := q.opts.Now()
	var all []Depth
	q.mu.Lock()
	for _, l := range q.lives {
		l.promote(now)
		d := Depth{Scope: l.scope, Name: l.name, Counts: Counts{Visible: l.count[visible], InFlight: l.count[flying], Delayed: l.count[delayed]}}
		if at, ok := l.oldest(); ok {
			d.Oldest = max(now.Sub(at), 0)
		}
		all = append(all, d)
	}
	q.mu.Unlock()
	for _, d := range all {
		each(d)
	}
}
