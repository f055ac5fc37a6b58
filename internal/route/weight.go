package route

import "sync/atomic"

// Chooser spreads turns over the target groups of one forward action. Its
// schedule is one round of smooth weighted round robin, as long as the sum of
// the reduced weights, so that shares are exact after each round, neighbours
// alternate as much as they can, and a choice is one atomic addition.
type Chooser struct {
	forward *Forward
	order   []uint8 // index into forward.Groups; empty when every weight is 0
	turn    *atomic.Uint64
}

// newChooser computes the schedule. Groups of weight 0 are not in it: 0 is a
// hard stop.
func newChooser(f *Forward) *Chooser {
	c := &Chooser{forward: f, turn: new(atomic.Uint64)}
	weights := make([]int, len(f.Groups))
	divisor := 0
	for i, g := range f.Groups {
		weights[i] = max(g.Weight, 0)
		divisor = gcd(divisor, weights[i])
	}
	if divisor == 0 {
		return c
	}
	total := 0
	for i := range weights {
		weights[i] /= divisor
		total += weights[i]
	}
	c.order = schedule(weights, total)
	return c
}

// schedule is one round of smooth weighted round robin over reduced weights:
// each turn everyone earns his weight, the richest goes and pays the total.
func schedule(weights []int, total int) []uint8 {
	order := make([]uint8, total)
	credit := make([]int, len(weights))
	for n := range order {
		best := -1
		for i, w := range weights {
			credit[i] += w
			if w > 0 && (best < 0 || credit[i] > credit[best]) {
				best = i
			}
		}
		credit[best] -= total
		order[n] = uint8(best)
	}
	return order
}

// Next returns the group of the next turn. It is false when all weights are 0.
func (c *Chooser) Next() (group string, ok bool) {
	switch len(c.order) {
	case 0:
		return "", false
	case 1:
		return c.forward.Groups[c.order[0]].Group, true
	}
	n := c.turn.Add(1) - 1
	return c.forward.Groups[c.order[n%uint64(len(c.order))]].Group, true
}

// Allows reports whether group may get a sticky request: it is in the action
// and its weight is not 0.
func (c *Chooser) Allows(group string) bool {
	for i := range c.forward.Groups {
		if g := &c.forward.Groups[i]; g.Group == group {
			return g.Weight > 0
		}
	}
	return false
}

// Forward returns the action that the chooser spreads.
func (c *Chooser) Forward() *Forward { return c.forward }

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
