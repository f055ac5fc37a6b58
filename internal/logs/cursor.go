package logs

import (
	"cmp"
	"errors"
	"io/fs"
	"slices"
)

// window is what a reader wants of a stream.
type window struct {
	from, to int64 // times, from included and to excluded
	after    *key  // only events behind this one, or, when reverse, before it
	reverse  bool  // newest first
}

// cursor walks the events of one stream in order. Segments whose times overlap
// form a cluster and are sorted together; one cluster at a time is in memory.
type cursor struct {
	dir      string
	window   window
	clusters [][]segment
	events   []Event
}

func (j *journal) cursor(w window) *cursor {
	segs := j.snapshot()
	slices.SortStableFunc(segs, func(a, b segment) int { return cmp.Compare(a.first, b.first) })
	c := &cursor{dir: j.dir, window: w}
	var last int64
	for _, s := range segs {
		if n := len(c.clusters); n > 0 && s.first <= last {
			c.clusters[n-1] = append(c.clusters[n-1], s)
			last = max(last, s.last)
			continue
		}
		c.clusters = append(c.clusters, []segment{s})
		last = s.last
	}
	if w.reverse {
		slices.Reverse(c.clusters)
	}
	return c
}

// peek is the next event; nil at the end.
func (c *cursor) peek() (*Event, error) {
	for len(c.events) == 0 {
		if len(c.clusters) == 0 {
			return nil, nil
		}
		cluster := c.clusters[0]
		c.clusters = c.clusters[1:]
		if err := c.load(cluster); err != nil {
			return nil, err
		}
	}
	return &c.events[0], nil
}

func (c *cursor) skip() { c.events = c.events[1:] }

// load reads a cluster, as far as it can hold something wanted.
func (c *cursor) load(cluster []segment) error {
	for _, s := range cluster {
		if s.last < c.window.from || s.first >= c.window.to {
			continue
		}
		events, err := s.events(c.dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue // expired or deleted since
		}
		if err != nil {
			return err
		}
		c.events = append(c.events, events...)
	}
	c.events = slices.DeleteFunc(c.events, func(e Event) bool { return !c.window.wants(e) })
	sortEvents(c.events)
	if c.window.reverse {
		slices.Reverse(c.events)
	}
	return nil
}

func (w *window) wants(e Event) bool {
	if e.Time < w.from || e.Time >= w.to {
		return false
	}
	if w.after == nil {
		return true
	}
	order := e.key.compare(*w.after)
	return order > 0 && !w.reverse || order < 0 && w.reverse
}
