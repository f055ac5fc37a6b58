package elb

import (
	"maps"
	"sync"

	"github.com/grue-ecs/grue/internal/route"
)

// Sums sums reports by the revision whose tasks answered. The zero value is ready for use by several
// goroutines.
type Sums struct {
	mu sync.Mutex
	of map[Served]*route.Traffic
}

// Add adds a report.
func (y *Sums) Add(o Served, t *route.Traffic) {
	y.mu.Lock()
	defer y.mu.Unlock()
	sum := y.of[o]
	if sum == nil {
		if y.of == nil {
			y.of = map[Served]*route.Traffic{}
		}
		sum = &route.Traffic{}
		y.of[o] = sum
	}
	sum.Add(t)
}

// All are the sums of which keep is true; the others are forgotten.
func (y *Sums) All(keep func(Served) bool) map[Served]route.Traffic {
	y.mu.Lock()
	defer y.mu.Unlock()
	maps.DeleteFunc(y.of, func(o Served, _ *route.Traffic) bool { return !keep(o) })
	out := make(map[Served]route.Traffic, len(y.of))
	for o, t := range y.of {
		var sum route.Traffic
		sum.Add(t) // a copy of its own
		out[o] = sum
	}
	return out
}
