package logs

import (
	"container/heap"
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"math"
	"strings"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/logs/pattern"
)

// scanLimit bounds the bytes that one call of Filter reads; what is left comes
// with the next page, as on AWS.
const scanLimit = 32 << 20

// FilterQuery says what FilterLogEvents is asked for.
type FilterQuery struct {
	From, To *int64 // To is included
	Streams  []string
	Prefix   string
	Pattern  string
	Limit    int
	FromTail bool // newest first
	Token    string
}

// Match is an event that Filter found.
type Match struct {
	Event
	Stream string
	ID     string
}

// Filter reads the events of all chosen streams of a group, interleaved by time.
func (l *Store) Filter(s arn.Scope, group string, q FilterQuery) (found []Match, next string, err error) {
	g, err := l.Group(s, group)
	if err != nil {
		return nil, "", err
	}
	match, err := pattern.Parse(q.Pattern)
	if err != nil {
		return nil, "", err
	}
	at, reverse, err := parseFilterToken(q.Token, q.FromTail)
	if err != nil {
		return nil, "", err
	}
	w := window{from: expiry(l.now(), g.Retention), to: math.MaxInt64, reverse: reverse}
	if q.From != nil {
		w.from = max(w.from, *q.From)
	}
	if q.To != nil && *q.To < math.MaxInt64 {
		w.to = *q.To + 1
	}
	m, err := l.merge(s, group, q, w, at)
	if err != nil {
		return nil, "", err
	}
	return m.read(match, q.Limit)
}

// merge opens a cursor on every chosen stream.
func (l *Store) merge(s arn.Scope, group string, q FilterQuery, w window, at *place) (*merged, error) {
	chosen := l.streams(s, group, q.Prefix)
	if len(q.Streams) > 0 {
		chosen = nil
		for _, name := range q.Streams {
			st, err := l.stream(s, group, name)
			if err != nil {
				return nil, err
			}
			chosen = append(chosen, st)
		}
	}
	m := &merged{reverse: w.reverse}
	for _, st := range chosen {
		j, err := l.journal(st.ID)
		if err != nil {
			return nil, err
		}
		own := &source{stream: st.Name, hash: streamHash(st.ID)}
		view := w
		if at != nil {
			view.after = at.in(own.hash, w.reverse)
		}
		own.cursor = j.cursor(view)
		if own.next, err = own.cursor.peek(); err != nil {
			return nil, err
		}
		if own.next != nil {
			m.sources = append(m.sources, own)
		}
	}
	heap.Init(m)
	return m, nil
}

func streamHash(id string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(id))
	return h.Sum64()
}

// source is one stream in a merge.
type source struct {
	stream string
	hash   uint64
	cursor *cursor
	next   *Event
}

// merged is a heap of streams by their next event.
type merged struct {
	sources []*source
	reverse bool
}

func (m *merged) Len() int      { return len(m.sources) }
func (m *merged) Swap(i, j int) { m.sources[i], m.sources[j] = m.sources[j], m.sources[i] }
func (m *merged) Push(x any)    { m.sources = append(m.sources, x.(*source)) }
func (m *merged) Pop() any {
	last := m.sources[len(m.sources)-1]
	m.sources = m.sources[:len(m.sources)-1]
	return last
}

// Less orders by time, stream and arrival: the order that place speaks of.
func (m *merged) Less(i, j int) bool {
	a, b := m.sources[i], m.sources[j]
	if m.reverse {
		a, b = b, a
	}
	if a.next.Time != b.next.Time {
		return a.next.Time < b.next.Time
	}
	return a.hash < b.hash
}

// read takes events until a limit is reached; then next says where to go on.
func (m *merged) read(match *pattern.Pattern, limit int) (found []Match, next string, err error) {
	if limit == 0 {
		limit = maxEvents
	}
	scanned, bytes := 0, 0
	var last place
	for m.Len() > 0 {
		src := m.sources[0]
		e := *src.next
		hit := match.Match(e.Message)
		if hit {
			bytes += len(e.Message) + eventOverhead
		}
		if len(found) > 0 && bytes > maxAnswerBytes || len(found) >= limit || scanned > scanLimit {
			return found, last.token(m.reverse), nil
		}
		scanned += len(e.Message) + eventOverhead
		last = place{e.key, src.hash}
		if hit {
			found = append(found, Match{e, src.stream, eventID(e.key, src.hash)})
		}
		src.cursor.skip()
		if src.next, err = src.cursor.peek(); err != nil {
			return nil, "", err
		}
		if src.next == nil {
			heap.Pop(m)
		} else {
			heap.Fix(m, 0)
		}
	}
	return found, "", nil
}

// place is the last event of a page among all streams.
type place struct {
	key
	hash uint64
}

// in is the position in the stream with that hash.
func (p *place) in(hash uint64, reverse bool) *key {
	behind := hash > p.hash // such a stream's events of that time come later
	switch {
	case hash == p.hash:
		return &p.key
	case behind != reverse:
		// nothing of that time was sent yet
		return edge(p.time, reverse)
	default:
		return edge(p.time, !reverse)
	}
}

// edge is the position before all events of a time, or, when late, behind them.
func edge(time int64, late bool) *key {
	if late {
		return &key{time, math.MaxUint64}
	}
	return &key{time, 0}
}

func (p place) token(reverse bool) string {
	way := "f"
	if reverse {
		way = "r"
	}
	text := fmt.Sprintf("g1 %s %d %d %d", way, p.time, p.seq, p.hash)
	return base64.URLEncoding.EncodeToString([]byte(text))
}

// parseFilterToken reads a token of Filter, which carries its direction.
func parseFilterToken(token string, fromTail bool) (at *place, reverse bool, err error) {
	if token == "" {
		return nil, fromTail, nil
	}
	text, err := base64.URLEncoding.DecodeString(token)
	if err != nil {
		return nil, false, ErrToken
	}
	var p place
	var way string
	rest, ok := strings.CutPrefix(string(text), "g1 ")
	if n, err := fmt.Sscanf(rest, "%s %d %d %d", &way, &p.time, &p.seq, &p.hash); !ok || err != nil || n != 4 {
		return nil, false, ErrToken
	}
	return &p, way == "r", nil
}
