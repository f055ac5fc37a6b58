package session

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// wire is one end of a connection in memory that may lose and repeat messages.
type wire struct {
	in, out chan []byte
	gone    chan struct{}
	close   func()
	mangle  mangler
	late    []byte // held back by mangle
}

// mangler tells what becomes of a message on its way.
type mangler func(late *[]byte, b []byte) [][]byte

func wires(mangle mangler) (a, b *wire) {
	gone := make(chan struct{})
	end := sync.OnceFunc(func() { close(gone) })
	x, y := make(chan []byte, 10000), make(chan []byte, 10000)
	return &wire{in: x, out: y, gone: gone, close: end, mangle: mangle}, &wire{in: y, out: x, gone: gone, close: end, mangle: mangle}
}

func (w *wire) Read(ctx context.Context) ([]byte, error) {
	select {
	case b := <-w.in:
		return b, nil
	case <-w.gone:
		return nil, io.EOF
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (w *wire) Write(_ context.Context, b []byte) error {
	for _, b := range w.mangle(&w.late, b) {
		select {
		case w.out <- b:
		case <-w.gone:
			return net.ErrClosed
		}
	}
	return nil
}

func (w *wire) Close() { w.close() }

func whole(_ *[]byte, b []byte) [][]byte { return [][]byte{b} }

// end is a stream with what it got.
type end struct {
	*Stream
	mu  sync.Mutex
	got bytes.Buffer
}

func newEnd(kind string) *end {
	e := &end{}
	e.Stream = NewStream(StreamOptions{Kind: kind, Handle: func(m Message) {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.got.Write(m.Payload)
	}})
	return e
}

func (e *end) text() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.got.String()
}

// TestStreamOverBadConnections: connections lose, repeat, exchange and break, and
// both directions arrive whole.
func TestStreamOverBadConnections(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var lock sync.Mutex
	mangle := func(late *[]byte, b []byte) [][]byte {
		lock.Lock()
		defer lock.Unlock()
		switch rng.IntN(10) {
		case 0:
			return nil
		case 1:
			return [][]byte{b, b}
		case 2:
			*late, b = b, *late
			if b == nil {
				return nil
			}
		}
		return whole(late, b)
	}
	client, server := newEnd(InputData), newEnd(OutputData)
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() {
		for ctx.Err() == nil { // one connection after the other
			a, b := wires(mangle)
			var both sync.WaitGroup
			both.Go(func() { client.Serve(ctx, a) })
			both.Go(func() { server.Serve(ctx, b) })
			select {
			case <-time.After(100 * time.Millisecond):
			case <-ctx.Done():
			}
			a.Close()
			both.Wait()
		}
	})
	var want [2]bytes.Buffer
	for i := range 500 {
		for side, e := range []*end{client, server} {
			piece := bytes.Repeat([]byte{byte(i)}, 1+i%50)
			want[side].Write(piece)
			if err := e.Send(ctx, Output, piece); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, e := range []*end{client, server} {
		if err := e.Flush(ctx); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	work.Wait()
	if server.text() != want[0].String() || client.text() != want[1].String() {
		t.Error("what arrived is not what was sent")
	}
}

func TestStreamWindow(t *testing.T) {
	s := NewStream(StreamOptions{Kind: OutputData, Window: 10, Handle: func(Message) {}})
	for range 2 {
		if err := s.Send(t.Context(), Output, []byte("12345")); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Send(ctx, Output, []byte("6")); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestStreamReplacesConnection(t *testing.T) {
	s := newEnd(OutputData)
	first, other := wires(whole)
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(t.Context(), first) }()
	if err := s.Send(t.Context(), Output, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if raw, err := other.Read(t.Context()); err != nil || !bytes.HasSuffix(raw, []byte("x")) {
		t.Fatal(err)
	}
	second, end := wires(whole)
	go func() { ended <- s.Serve(t.Context(), second) }()
	if err := <-ended; !errors.Is(err, ErrReplaced) {
		t.Errorf("%v", err)
	}
	if raw, err := end.Read(t.Context()); err != nil || !bytes.HasSuffix(raw, []byte("x")) {
		t.Errorf("what was not acknowledged does not come again: %v", err)
	}
	s.Close(Closed{Output: "why"})
	for m := (Message{}); m.Type != ChannelClosed; {
		raw, err := end.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if m, err = Parse(raw); err != nil {
			t.Fatal(err)
		}
	}
	end.Close()
	<-ended
}

func TestIncoming(t *testing.T) {
	in := newIncoming()
	for _, c := range []struct {
		seq   int64
		room  bool
		ready string
		ack   bool
	}{
		{0, true, "0", true},
		{2, true, "", true},
		{2, true, "", true},
		{3, false, "", false}, // no room: it comes again
		{3, true, "", true},
		{0, false, "", true}, // known: its acknowledgement was lost
		{1, true, "123", true},
		{-5, true, "", true},
	} {
		ready, ack := in.accept(Message{Sequence: c.seq}, c.room)
		got := ""
		for _, m := range ready {
			got += string(rune('0' + m.Sequence))
		}
		if got != c.ready || ack != c.ack {
			t.Errorf("%d: %q, %v; want %q, %v", c.seq, got, ack, c.ready, c.ack)
		}
	}
	for seq := int64(100); len(in.held) < maxHeld; seq++ {
		in.accept(Message{Sequence: seq}, true)
	}
	if _, ack := in.accept(Message{Sequence: 1 << 40}, true); ack {
		t.Error("more is held than fits")
	}
}

func TestOutgoing(t *testing.T) {
	o := newOutgoing(OutputData)
	now := time.Unix(1000, 0)
	for range 3 {
		o.push(Output, []byte("ab"), now)
	}
	if o.bytes != 6 || len(o.due(now.Add(firstWait-1))) != 0 || len(o.due(now.Add(firstWait))) != 3 {
		t.Error("the first repetition")
	}
	if len(o.due(now.Add(firstWait+firstWait))) != 0 || len(o.due(now.Add(3*firstWait))) != 3 {
		t.Error("the second waits twice as long")
	}
	o.ack(1, now)
	o.ack(1, now)
	o.ack(99, now)
	o.ack(-1, now)
	if o.bytes != 4 || len(o.unacked) != 3 || len(o.all(now)) != 2 {
		t.Errorf("%d bytes, %d", o.bytes, len(o.unacked))
	}
	o.ack(0, now)
	o.ack(2, now)
	if o.bytes != 0 || len(o.unacked) != 0 || o.wait != firstWait {
		t.Errorf("%+v", o)
	}
	o.push(Output, nil, now)
	o.ack(3, now.Add(time.Millisecond))
	if o.wait != shortest {
		t.Errorf("wait %v", o.wait)
	}
	o.push(Output, nil, now)
	o.ack(4, now.Add(time.Hour))
	if o.wait != longestWait {
		t.Errorf("wait %v", o.wait)
	}
}
