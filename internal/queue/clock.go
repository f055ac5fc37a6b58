package queue

import "time"

// clock is a heap of what waits for its time, soonest first. It knows where each
// entry is, so that one can leave before its time.
type clock []*entry

func (c clock) Len() int { return len(c) }
func (c clock) Less(i, j int) bool {
	if !c[i].due.Equal(c[j].due) {
		return c[i].due.Before(c[j].due)
	}
	return c[i].number < c[j].number
}

func (c clock) Swap(i, j int) {
	c[i], c[j] = c[j], c[i]
	c[i].at, c[j].at = i, j
}

// Push is for container/heap.
func (c *clock) Push(x any) {
	e := x.(*entry)
	e.at = len(*c)
	*c = append(*c, e)
}

// Pop is for container/heap.
func (c *clock) Pop() any {
	last := len(*c) - 1
	e := (*c)[last]
	(*c)[last] = nil
	*c = (*c)[:last]
	e.at = -1
	return e
}

// next is when the first entry is due; ok is false where none waits.
func (c clock) next() (due time.Time, ok bool) {
	if len(c) == 0 {
		return time.Time{}, false
	}
	return c[0].due, true
}
