package proxy

import (
	"errors"
	"io"
)

// framing is how the end of a body is found.
type framing uint8

const (
	framedNone framing = iota
	framedLength
	framedChunked
	framedClose // a response that ends with its connection
)

// body reads one message body from a connection's buffer.
type body struct {
	in      *reader
	framing framing
	remain  int64 // of framedLength
	chunks  chunked
	done    bool
	read    int64 // bytes of data returned
}

func (b *body) reset(in *reader, f framing, length int64) {
	trailer := b.chunks.trailer[:0]
	*b = body{in: in, framing: f, remain: length}
	b.chunks.trailer = trailer
	b.done = f == framedNone || f == framedLength && length == 0
}

// next returns the next bytes of data, which are valid until the call after. At
// the end it returns io.EOF, and io.ErrUnexpectedEOF when the connection ended
// before the body did.
func (b *body) next() ([]byte, error) {
	for {
		if data, err := b.take(); len(data) > 0 || err != nil {
			return data, err
		}
		if err := b.wait(); err != nil {
			return nil, err
		}
	}
}

// wait reads more from the connection.
func (b *body) wait() error {
	if b.read > smallBuffer {
		b.in.enlarge(largeBuffer) // a large body earns a large buffer
	}
	err := b.in.fill(largeBuffer)
	if !errors.Is(err, io.EOF) {
		return err
	}
	if b.framing == framedClose {
		b.done = true
		return io.EOF
	}
	return io.ErrUnexpectedEOF
}

// take returns what has arrived already.
func (b *body) take() ([]byte, error) {
	if b.done {
		return nil, io.EOF
	}
	in := b.in.unread()
	if len(in) == 0 {
		return nil, nil
	}
	switch b.framing {
	case framedLength:
		in = in[:min(int64(len(in)), b.remain)]
		b.remain -= int64(len(in))
		b.done = b.remain == 0
		b.in.consume(len(in))
	case framedChunked:
		data, n, err := b.chunks.decode(in)
		b.in.consume(n)
		if err != nil {
			return nil, err
		}
		b.done = b.chunks.state == chunkDone
		if b.done && len(data) == 0 {
			return nil, io.EOF
		}
		in = data
	default:
		b.in.consume(len(in))
	}
	b.read += int64(len(in))
	return in, nil
}
