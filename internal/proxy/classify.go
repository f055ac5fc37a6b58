package proxy

import "github.com/grue-ecs/grue/internal/route"

// class is how far a request keeps to RFC 9112, in the words of desync mitigation.
type class uint8

const (
	compliant class = iota
	acceptable
	ambiguous
	severe
)

func (c class) String() string {
	return [...]string{"", "Acceptable", "Ambiguous", "Severe"}[c]
}

// classify notes a departure; the worst one counts.
func (q *request) classify(c class, reason string) {
	if c > q.class {
		q.class, q.reason = c, reason
	}
}

// Modes of desync mitigation. Severe requests are refused in every mode, in
// monitor too: we could not tell where they end.
const (
	desyncMonitor   = "monitor"
	desyncStrictest = "strictest"
)

// refuses reports whether the listener's mode refuses the request.
func (q *request) refuses(a *route.LBAttributes) bool {
	return a.DesyncMode == desyncStrictest && q.class > compliant
}

// closes reports whether both connections must be closed behind the request:
// defensive mode does so with ambiguous ones.
func (q *request) closes(a *route.LBAttributes) bool {
	return a.DesyncMode != desyncMonitor && q.class >= ambiguous
}
