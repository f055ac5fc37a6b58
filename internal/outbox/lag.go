package outbox

import (
	"time"

	"github.com/grue-ecs/grue/internal/store"
)

// Lag is how much waits in a box, and for how long.
type Lag struct {
	Items  int           // promised and not delivered
	Oldest time.Duration // since the oldest of them was promised
	Tried  int           // of them, those that failed at least once
}

// Lag looks at every item that waits.
func (b *Box) Lag() (l Lag) {
	now := b.opts.Now()
	b.opts.Store.View(func(tx *store.Tx) {
		for _, it := range b.opts.Table.All(tx) {
			l.Items++
			l.Oldest = max(l.Oldest, now.Sub(it.Created))
			if it.Tries > 0 {
				l.Tried++
			}
		}
	})
	return l
}
