package elb

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/grue-ecs/grue/internal/route"
)

type totalKey struct{ lb, group string }

// takeTraffic receives the counts since the previous report.
func (b *Balancer) takeTraffic(reports []route.Traffic) {
	b.mu.Lock()
	for i := range reports {
		t := &reports[i]
		sum := b.totals[totalKey{t.LB, t.Group}]
		if sum == nil {
			sum = &route.Traffic{LB: t.LB, Group: t.Group}
			b.totals[totalKey{t.LB, t.Group}] = sum
		}
		sum.Add(t)
	}
	b.mu.Unlock()
	if b.opts.Metrics != nil {
		b.measure(reports, b.opts.Now())
	}
}

// Totals are the counts since the server started, for each load balancer and
// target group.
func (b *Balancer) Totals() []route.Traffic {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]route.Traffic, 0, len(b.totals))
	for _, t := range b.totals {
		out = append(out, *t)
	}
	slices.SortFunc(out, func(x, y route.Traffic) int {
		return cmp.Or(cmp.Compare(x.LB, y.LB), cmp.Compare(x.Group, y.Group))
	})
	return out
}

// ServeTraffic answers GET /grue/traffic with the totals as JSON.
func (b *Balancer) ServeTraffic(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(struct {
		Traffic []route.Traffic `json:"traffic"`
	}{b.Totals()})
}
