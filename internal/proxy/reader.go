package proxy

import (
	"errors"
	"net"
	"sync"
)

// Sizes of buffers. An idle connection holds one of the small ones.
const (
	smallBuffer = 8 << 10
	largeBuffer = 32 << 10
)

var errBufferFull = errors.New("proxy: message part exceeds its limit")

// reader reads a connection through a buffer. Bytes before pin stay where they
// are until release, so that a parsed head remains valid while the body behind
// it streams through the rest of the buffer.
type reader struct {
	conn net.Conn
	buf  []byte
	pin  int // end of the part that must not move
	r, w int // unread bytes are buf[r:w]
}

var (
	smallBuffers = sync.Pool{New: func() any { b := make([]byte, smallBuffer); return &b }}
	// largeBuffers have room for a head in front of the body.
	largeBuffers = sync.Pool{New: func() any { b := make([]byte, largeBuffer+smallBuffer); return &b }}
)

func (b *reader) reset(conn net.Conn) {
	b.conn = conn
	if b.buf == nil {
		b.buf = *smallBuffers.Get().(*[]byte)
	}
	b.pin, b.r, b.w = 0, 0, 0
}

// free gives the buffer back. Nothing may refer to it any more.
func (b *reader) free() {
	recycle(b.buf)
	b.buf = nil
}

func recycle(buf []byte) {
	switch cap(buf) {
	case smallBuffer:
		buf = buf[:smallBuffer]
		smallBuffers.Put(&buf)
	case largeBuffer + smallBuffer:
		buf = buf[:largeBuffer+smallBuffer]
		largeBuffers.Put(&buf)
	}
}

// unread returns the bytes that have arrived and are not consumed.
func (b *reader) unread() []byte { return b.buf[b.r:b.w] }

// consume marks n bytes as used.
func (b *reader) consume(n int) {
	b.r += n
	if b.r == b.w {
		b.r, b.w = b.pin, b.pin
	}
}

// hold consumes a head of n bytes and pins it.
func (b *reader) hold(n int) {
	b.r += n
	b.pin = b.r
}

// release unpins, and moves what is unread to the front.
func (b *reader) release() {
	if b.r > 0 && b.w > b.r {
		copy(b.buf, b.buf[b.r:b.w])
	}
	b.pin, b.r, b.w = 0, 0, b.w-b.r
	if b.w == 0 && cap(b.buf) > smallBuffer { // idle connections hold little
		recycle(b.buf)
		b.buf = *smallBuffers.Get().(*[]byte)
	}
}

// fill reads more bytes. limit bounds the unread bytes; the buffer grows when
// it is full and less than limit.
func (b *reader) fill(limit int) error {
	if b.w-b.r >= limit {
		return errBufferFull
	}
	if b.w == len(b.buf) {
		b.makeRoom(limit)
	}
	n, err := b.conn.Read(b.buf[b.w:])
	b.w += n
	if n > 0 {
		return nil
	}
	return err
}

// makeRoom moves the unread bytes down to the pin, or grows the buffer. The old
// buffer is left to the garbage collector, for strings may point into it.
func (b *reader) makeRoom(limit int) {
	if b.r > b.pin && len(b.buf)-b.pin-(b.w-b.r) >= len(b.buf)/4 {
		copy(b.buf[b.pin:], b.buf[b.r:b.w])
		b.w -= b.r - b.pin
		b.r = b.pin
		return
	}
	grown := make([]byte, b.pin+max(2*(len(b.buf)-b.pin), min(limit, smallBuffer)))
	copy(grown, b.buf[:b.pin])
	n := copy(grown[b.pin:], b.buf[b.r:b.w])
	b.buf, b.r, b.w = grown, b.pin, b.pin+n
}

// enlarge grows the part behind the pin to size.
func (b *reader) enlarge(size int) {
	if len(b.buf)-b.pin >= size {
		return
	}
	var grown []byte
	if b.pin <= smallBuffer && size <= largeBuffer {
		grown = *largeBuffers.Get().(*[]byte)
	} else {
		grown = make([]byte, b.pin+size)
	}
	copy(grown, b.buf[:b.pin])
	n := copy(grown[b.pin:], b.buf[b.r:b.w])
	b.buf, b.r, b.w = grown, b.pin, b.pin+n
}
