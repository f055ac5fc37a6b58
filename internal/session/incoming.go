package session

// maxHeld bounds the messages that came before their turn.
const maxHeld = 10000

// incoming puts messages in order. It is not safe for concurrent use.
type incoming struct {
	expected int64
	held     map[int64]Message
}

func newIncoming() incoming { return incoming{held: map[int64]Message{}} }

// accept takes a message and returns what is next in order, and whether it is to
// be acknowledged: a message that is not comes again. Without room only what is
// known already is acknowledged.
func (in *incoming) accept(m Message, room bool) (ready []Message, ack bool) {
	switch {
	case m.Sequence < in.expected:
		return nil, true // the acknowledgement was lost
	case !room:
		return nil, false
	case m.Sequence > in.expected:
		if _, ok := in.held[m.Sequence]; ok {
			return nil, true
		}
		if len(in.held) >= maxHeld {
			return nil, false
		}
		in.held[m.Sequence] = m
		return nil, true
	}
	for ok := true; ok; m, ok = in.held[in.expected] {
		delete(in.held, in.expected)
		ready = append(ready, m)
		in.expected++
	}
	return ready, true
}
