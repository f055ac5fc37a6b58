package logs

import (
	"math"
	"slices"

	"github.com/grue-ecs/grue/internal/arn"
)

// Limits of one answer.
const (
	maxEvents      = 10_000
	maxAnswerBytes = 1 << 20
)

// Query says what GetLogEvents is asked for. Times are milliseconds; nil = open.
type Query struct {
	From, To *int64 // To is excluded
	Limit    int    // 0 = 10,000
	FromHead bool
	Token    string
}

// Page is an answer of Get.
type Page struct {
	Events            []Event
	Forward, Backward string
}

// Get reads a page of a stream, its events in ascending order. At either end the
// token of that direction comes back unchanged.
func (l *Store) Get(s arn.Scope, group, name string, q Query) (Page, error) {
	st, err := l.stream(s, group, name)
	if err != nil {
		return Page{}, err
	}
	w, err := l.window(s, group, q)
	if err != nil {
		return Page{}, err
	}
	j, err := l.journal(st.ID)
	if err != nil {
		return Page{}, err
	}
	events, err := readPage(j.cursor(w), q.Limit)
	if err != nil {
		return Page{}, err
	}
	if w.reverse {
		slices.Reverse(events)
	}
	return tokens(events, w), nil
}

// window turns a query into what a cursor wants.
func (l *Store) window(s arn.Scope, group string, q Query) (window, error) {
	g, err := l.Group(s, group)
	if err != nil {
		return window{}, err
	}
	w := window{from: expiry(l.now(), g.Retention), to: math.MaxInt64, reverse: !q.FromHead}
	if q.From != nil {
		w.from = max(w.from, *q.From)
	}
	if q.To != nil {
		w.to = *q.To
	}
	if q.Token != "" {
		at, forward, err := parseToken(q.Token)
		if err != nil {
			return w, err
		}
		w.after, w.reverse = &at, !forward
	}
	return w, nil
}

func readPage(c *cursor, limit int) ([]Event, error) {
	if limit == 0 {
		limit = maxEvents
	}
	var out []Event
	for bytes := 0; len(out) < limit; c.skip() {
		e, err := c.peek()
		if err != nil {
			return nil, err
		}
		if e == nil {
			break
		}
		bytes += len(e.Message) + eventOverhead
		if bytes > maxAnswerBytes && len(out) > 0 {
			break
		}
		out = append(out, *e)
	}
	return out, nil
}

// tokens are the positions before the first and behind the last event. Of an
// empty page both are the position that was asked for.
func tokens(events []Event, w window) Page {
	p := Page{Events: events}
	switch {
	case len(events) > 0:
		p.Backward = backwardToken(events[0].key)
		p.Forward = forwardToken(events[len(events)-1].key)
	case w.after == nil:
		p.Backward, p.Forward = backwardToken(key{}), forwardToken(key{})
	case w.reverse: // the gap before after
		p.Backward = backwardToken(*w.after)
		p.Forward = forwardToken(key{w.after.time, max(w.after.seq, 1) - 1})
	default: // the gap behind after
		p.Forward = forwardToken(*w.after)
		p.Backward = backwardToken(key{w.after.time, w.after.seq + 1})
	}
	return p
}
