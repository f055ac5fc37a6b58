package connect

import (
	"slices"

	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/state"
)

// turns has all instances take turns. Those of revisions that are called in
// different ways, as with tls and without, are groups of their own, whose weights
// are how many instances they have; they are joint.
func (p *part) turns(e *Endpoint, s *state.ConnectEndpoint, list members) []route.Weighted {
	var revisions []string
	for _, i := range list {
		if !slices.Contains(revisions, i.Revision) {
			revisions = append(revisions, i.Revision)
		}
	}
	alike := func(n string) bool {
		a, b := p.spoken(e, s, n), p.spoken(e, s, revisions[0])
		return a.Protocol == b.Protocol && a.TLS == b.TLS
	}
	if len(revisions) == 0 || !slices.ContainsFunc(revisions, func(n string) bool { return !alike(n) }) {
		if len(revisions) > 0 {
			s = p.spoken(e, s, revisions[0])
		}
		return []route.Weighted{{Group: p.group(e, s, "", list), Weight: 1}}
	}
	called := list.well()
	var out []route.Weighted
	for _, n := range revisions {
		w := 0
		for _, i := range called.of(n) {
			if !i.Draining {
				w++
			}
		}
		out = append(out, route.Weighted{Group: p.group(e, p.spoken(e, s, n), n, list.of(n)), Weight: w})
	}
	return out
}

// spoken is how instances of a revision are called. s is how clients call the
// endpoint: they cannot be led from TCP to requests, or back.
func (p *part) spoken(e *Endpoint, s *state.ConnectEndpoint, n string) *state.ConnectEndpoint {
	x := p.provides(e, n)
	if x == nil {
		return s
	}
	own := *x
	if (own.Protocol == route.ProtocolTCP) != (s.Protocol == route.ProtocolTCP) {
		own.Protocol = s.Protocol
	}
	return &own
}
