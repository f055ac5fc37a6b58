package queue

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/grue-ecs/grue/internal/store"
)

// modelMessage is a message as the rules have it.
type modelMessage struct {
	body, group string
	handle      string
	sent        time.Time
	due         time.Time // invisible until then
	receives    int
}

// model is two queues told by their rules, with nothing but lists: the second is
// the dead-letter queue of the first.
type model struct {
	fifo   bool
	queues [2][]*modelMessage // in the order of sending
	dedup  [2]map[string]time.Time
	now    time.Time
}

const (
	modelVisibility = 20  // seconds
	modelRetention  = 300 // seconds
	modelReceives   = 2
)

func (m *model) live(q int) []*modelMessage {
	m.queues[q] = slices.DeleteFunc(m.queues[q], func(x *modelMessage) bool { return !m.now.Before(x.sent.Add(modelRetention * time.Second)) })
	return m.queues[q]
}

// candidates are the messages that a receive looks at next: those that are
// visible, in the order of sending; in a FIFO queue group by group, each up to the
// first message that is not visible, and none of a group with one in flight.
func (m *model) candidates(q, limit int, taken []*modelMessage) (out []*modelMessage) {
	all := m.live(q)
	done := map[string]bool{}
	for _, x := range all {
		if !m.fifo {
			if !x.due.After(m.now) && !slices.Contains(taken, x) {
				out = append(out, x)
			}
			continue
		}
		if done[x.group] {
			continue
		}
		done[x.group] = true
		var run []*modelMessage
		open, busy := true, false
		for _, y := range all {
			if y.group != x.group {
				continue
			}
			hidden := y.due.After(m.now) || slices.Contains(taken, y)
			busy = busy || hidden && y.receives > 0
			open = open && !hidden
			if open {
				run = append(run, y)
			}
		}
		if !busy {
			out = append(out, run...)
		}
	}
	return out[:min(len(out), limit)]
}

// receive is the rule of a receive: what was received too often goes to the
// dead-letter queue, the rest is handed out.
func (m *model) receive(q, limit, visibility int) (out []*modelMessage) {
	for len(out) < limit {
		some := m.candidates(q, limit-len(out), out)
		if len(some) == 0 {
			break
		}
		for _, x := range some {
			if q == 0 && x.receives >= modelReceives {
				m.queues[0] = slices.DeleteFunc(m.queues[0], func(y *modelMessage) bool { return x == y })
				next := *x
				next.receives, next.due = 0, m.now
				if m.fifo {
					next.sent = m.now
				}
				m.queues[1] = append(m.queues[1], &next)
				continue
			}
			x.receives++
			x.due = m.now.Add(time.Duration(visibility) * time.Second)
			out = append(out, x)
		}
	}
	return out
}

// TestModel plays the queues against the model: what is received, in which order,
// and what is counted must agree after every step, restarts included.
func TestModel(t *testing.T) {
	for _, fifo := range []bool{false, true} {
		t.Run(fmt.Sprintf("fifo=%v", fifo), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(r *rapid.T) { playModel(t, r, fifo) })
		})
	}
}

func playModel(t *testing.T, r *rapid.T, fifo bool) {
	w := &world{fataler: r, dir: t.TempDir(), now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	w.open()
	defer func() { w.store.Close() }()
	m := &model{fifo: fifo, dedup: [2]map[string]time.Time{{}, {}}}
	names, common := [2]string{"main", "dead"}, []string{"VisibilityTimeout", "20", "MessageRetentionPeriod", "300"}
	if fifo {
		names = [2]string{"main.fifo", "dead.fifo"}
		common = append(common, "FifoQueue", "true")
	}
	w.create(names[1], common...)
	w.create(names[0], append(common, "RedrivePolicy", `{"deadLetterTargetArn":"`+ARN(scope, names[1])+`","maxReceiveCount":2}`)...)
	var handles [2][]*modelMessage
	sent := 0

	pick := func(r *rapid.T, q int) *modelMessage {
		if len(handles[q]) == 0 {
			r.Skip("nothing was received")
		}
		return rapid.SampledFrom(handles[q]).Draw(r, "message")
	}
	which := rapid.IntRange(0, 1)
	r.Repeat(map[string]func(*rapid.T){
		"send": func(r *rapid.T) {
			q := 0
			out := Outgoing{Body: fmt.Sprintf("%d ", sent)}
			sent++
			x := &modelMessage{body: out.Body, sent: w.now, due: w.now}
			if fifo {
				out.Group = rapid.SampledFrom([]string{"a", "b", "c"}).Draw(r, "group")
				out.Dedup = rapid.SampledFrom([]string{"1", "2", "3", "4", "5", "6", "7", "8"}).Draw(r, "dedup")
				x.group = out.Group
			} else if d := rapid.Int32Range(0, 30).Draw(r, "delay"); d > 0 {
				out.Delay = &d
				x.due = w.now.Add(time.Duration(d) * time.Second)
			}
			if _, err := w.send(names[q], out); err != nil {
				r.Fatal(err)
			}
			if at, ok := m.dedup[q][out.Dedup]; fifo && ok && w.now.Before(at.Add(dedupTime)) {
				return
			}
			m.dedup[q][out.Dedup] = w.now
			m.queues[q] = append(m.queues[q], x)
		},
		"receive": func(r *rapid.T) {
			q, limit, visibility := which.Draw(r, "queue"), rapid.IntRange(1, 10).Draw(r, "max"), rapid.SampledFrom([]int{0, 5, 20}).Draw(r, "visibility")
			got, want := w.receive(names[q], limit, visibility), m.receive(q, limit, visibility)
			text := ""
			for _, x := range want {
				text += x.body
			}
			if bodies(got) != text {
				r.Fatalf("received %q, want %q", bodies(got), text)
			}
			for i, x := range want {
				x.handle = got[i].Handle
				if n := x.receives; q == 0 && got[i].Receives != n {
					r.Fatalf("%s was received %d times, want %d", x.body, got[i].Receives, n)
				}
				if !slices.Contains(handles[q], x) {
					handles[q] = append(handles[q], x)
				}
			}
		},
		"delete": func(r *rapid.T) {
			q := which.Draw(r, "queue")
			x := pick(r, q)
			there := slices.Contains(m.live(q), x)
			late := fifo && there && !x.due.After(w.now)
			if err := w.remove(names[q], x.handle); (err != nil) != late {
				r.Fatalf("delete: %v, too late: %v", err, late)
			}
			if there && !late {
				m.queues[q] = slices.DeleteFunc(m.queues[q], func(y *modelMessage) bool { return x == y })
			}
		},
		"hide": func(r *rapid.T) {
			q, s := which.Draw(r, "queue"), rapid.SampledFrom([]int{0, 3, 40}).Draw(r, "seconds")
			x := pick(r, q)
			good := slices.Contains(m.live(q), x) && x.due.After(w.now)
			err := w.hide(names[q], x.handle, s)
			if (err == nil) != good {
				r.Fatalf("change of visibility: %v, allowed: %v", err, good)
			}
			if good {
				x.due = w.now.Add(time.Duration(s) * time.Second)
			}
		},
		"time":    func(r *rapid.T) { w.tick(rapid.IntRange(1, 60).Draw(r, "seconds")) },
		"sweep":   func(*rapid.T) { w.expire(); w.collect(context.Background()) },
		"restart": func(*rapid.T) { w.restart() },
		"purge": func(r *rapid.T) {
			if rapid.IntRange(0, 3).Draw(r, "rarely") > 0 {
				r.Skip("not now")
			}
			q := which.Draw(r, "queue")
			if err := w.Update(func(tx *store.Tx) error { return w.Purge(tx, scope, names[q]) }); err != nil {
				r.Fatal(err)
			}
			m.queues[q] = nil
		},
		"": func(r *rapid.T) {
			m.now = w.now
			w.expire()
			for q, name := range names {
				var want Counts
				for _, x := range m.live(q) {
					switch {
					case !x.due.After(m.now):
						want.Visible++
					case x.receives > 0:
						want.InFlight++
					default:
						want.Delayed++
					}
				}
				if got := w.Counts(w.get(name)); got != want {
					r.Fatalf("%s: %+v, want %+v", name, got, want)
				}
			}
		},
	})
}
