package queue

import (
	"context"
	"time"

	"github.com/grue-ecs/grue/internal/metric"
)

// tally is what happened in a queue since it was last measured.
type tally struct {
	sent, received, deleted, empty int
	sizes                          map[int]int // of messages sent, in bytes
}

func (t *tally) send(size int) {
	t.sent++
	if t.sizes == nil {
		t.sizes = map[int]int{}
	}
	t.sizes[size]++
}

// looks is how often a queue is measured in a minute. What is counted is told each
// time; what is gauged is told once a minute, so that Sum and Average agree, as in
// AWS.
const looks = 4

// measure publishes the metrics of AWS/SQS until ctx ends.
func (q *Queues) measure(ctx context.Context) {
	if q.opts.Metrics == nil {
		return
	}
	minute := q.opts.Metrics.Minute()
	tick := time.NewTicker(max(minute/looks, 50*time.Millisecond))
	defer tick.Stop()
	var last time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			now := q.opts.Now()
			bucket := now.Truncate(minute)
			q.publish(now, !bucket.Equal(last))
			last = bucket
		}
	}
}

// reading is what was seen of a queue.
type reading struct {
	of                         metric.Metric
	tally                      tally
	visible, inFlight, delayed int
	age                        time.Duration
}

// publish tells what happened, and with gauges also how things are.
func (q *Queues) publish(now time.Time, gauges bool) {
	for _, r := range q.read(now, gauges) {
		r.counter("NumberOfMessagesSent", r.tally.sent, gauges, q.opts.Metrics, now)
		r.counter("NumberOfMessagesReceived", r.tally.received, gauges, q.opts.Metrics, now)
		r.counter("NumberOfMessagesDeleted", r.tally.deleted, gauges, q.opts.Metrics, now)
		r.counter("NumberOfEmptyReceives", r.tally.empty, gauges, q.opts.Metrics, now)
		for size, n := range r.tally.sizes {
			q.opts.Metrics.AddSample(r.metric("SentMessageSize", "Bytes"), metric.Of(float64(size), float64(n)), now)
		}
		if !gauges {
			continue
		}
		for name, n := range map[string]int{
			"ApproximateNumberOfMessagesVisible":    r.visible,
			"ApproximateNumberOfMessagesNotVisible": r.inFlight,
			"ApproximateNumberOfMessagesDelayed":    r.delayed,
		} {
			q.opts.Metrics.Add(r.metric(name, "Count"), float64(n), now)
		}
		q.opts.Metrics.Add(r.metric("ApproximateAgeOfOldestMessage", "Seconds"), r.age.Truncate(time.Second).Seconds(), now)
	}
}

// counter adds a count; a minute in which nothing happened gets its zero.
func (r *reading) counter(name string, n int, zero bool, to *metric.Store, now time.Time) {
	if n > 0 || zero {
		to.Add(r.metric(name, "Count"), float64(n), now)
	}
}

func (r *reading) metric(name, unit string) metric.Metric {
	m := r.of
	m.Name, m.Unit = name, unit
	return m
}

// read looks at every queue and begins new tallies. The age is only there with
// gauges: it takes a look at every message.
func (q *Queues) read(now time.Time, gauges bool) (out []reading) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, l := range q.lives {
		l.promote(now)
		l.nudge(now)
		r := reading{
			of:    metric.Metric{Scope: l.scope, Namespace: "AWS/SQS", Dimensions: metric.Dims("QueueName", l.name)},
			tally: l.tally, visible: l.count[visible], inFlight: l.count[flying], delayed: l.count[delayed],
		}
		if gauges {
			if at, ok := l.oldest(); ok {
				r.age = max(now.Sub(at), 0)
			}
		}
		l.tally = tally{}
		out = append(out, r)
	}
	return out
}
