package session

import "time"

// Times of sending again.
const (
	firstWait   = 200 * time.Millisecond
	longestWait = time.Second
	shortest    = 20 * time.Millisecond
	burst       = 64 // messages sent again at once
)

// outgoing numbers messages and keeps each until it is acknowledged. It is not
// safe for concurrent use.
type outgoing struct {
	kind    string // type of the messages
	next    int64
	unacked []*sent // by number; the first one is not acknowledged
	bytes   int     // of payloads not acknowledged
	rtt     time.Duration
	spread  time.Duration // mean deviation of rtt
	wait    time.Duration // before the first repetition
}

type sent struct {
	raw   []byte
	size  int
	at    time.Time // last sent
	tries int
	acked bool
}

func newOutgoing(kind string) outgoing { return outgoing{kind: kind, wait: firstWait} }

// push makes the next message.
func (o *outgoing) push(kind PayloadType, payload []byte, now time.Time) []byte {
	m := newMessage(o.kind, payload, now)
	m.Kind, m.Sequence, m.Flags = kind, o.next, 0
	if o.next == 0 {
		m.Flags = 1 // the first of the stream
	}
	o.next++
	s := &sent{raw: m.Marshal(), size: len(payload), at: now, tries: 1}
	o.unacked = append(o.unacked, s)
	o.bytes += s.size
	return s.raw
}

// ack takes an acknowledgement; numbers that are not awaited are ignored.
func (o *outgoing) ack(seq int64, now time.Time) {
	i := seq - (o.next - int64(len(o.unacked)))
	if i < 0 || i >= int64(len(o.unacked)) || o.unacked[i].acked {
		return
	}
	s := o.unacked[i]
	s.acked = true
	o.bytes -= s.size
	if s.tries == 1 { // otherwise nobody knows which one it answers
		o.measure(now.Sub(s.at))
	}
	s.raw = nil
	for len(o.unacked) > 0 && o.unacked[0].acked {
		o.unacked = o.unacked[1:]
	}
}

// measure learns from a round trip how long to wait, as TCP does (RFC 6298).
func (o *outgoing) measure(trip time.Duration) {
	if o.rtt == 0 {
		o.rtt, o.spread = trip, trip/2
	} else {
		o.spread = (3*o.spread + (o.rtt - trip).Abs()) / 4
		o.rtt = (7*o.rtt + trip) / 8
	}
	o.wait = min(max(o.rtt+4*o.spread, shortest), longestWait)
}

// due are the oldest messages that should have been acknowledged by now; they
// count as sent again.
func (o *outgoing) due(now time.Time) (out [][]byte) {
	for _, s := range o.unacked {
		if len(out) == burst {
			break
		}
		if !s.acked && now.Sub(s.at) >= min(o.wait<<min(s.tries-1, 6), longestWait) {
			out = append(out, s.again(now))
		}
	}
	return out
}

// all are the messages for a new connection: it has seen none.
func (o *outgoing) all(now time.Time) (out [][]byte) {
	for _, s := range o.unacked {
		if !s.acked {
			out = append(out, s.again(now))
		}
	}
	return out
}

func (s *sent) again(now time.Time) []byte {
	s.at = now
	s.tries++
	return s.raw
}
