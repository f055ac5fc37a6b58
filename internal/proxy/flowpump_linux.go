package proxy

import "golang.org/x/sys/unix"

// Bytes move in one of two ways. Small reads go through the loop's one buffer:
// for a request and its answer that is two system calls. When reads are large
// the bytes stay in the kernel, and splice(2) moves them through a pipe that is
// given back as soon as it is empty.

const (
	// bulkRead is the read after which the next one is spliced.
	bulkRead = 16 << 10
	// bulkLeast is the splice after which the next one is a read again.
	bulkLeast = 4 << 10
	// turnRounds bounds what one stream moves before others have their turn.
	turnRounds = 4
)

// move moves what can be moved in both directions.
func (st *stream) move(l *loop) {
	if st.over {
		return
	}
	c, t := &st.ends[clientSide], &st.ends[targetSide]
	if !st.pump(l, c, t, clientSide) || !st.pump(l, t, c, targetSide) {
		return
	}
	if c.read && t.read && c.wrote && t.wrote {
		st.end(l, false)
	}
}

// pump moves bytes from one end to the other until there is nothing to read, no
// room, or the turn is over. It is false when the stream has ended.
func (st *stream) pump(l *loop, from, to *end, side int) bool {
	for round := 0; ; round++ {
		switch ok := st.flush(l, to); {
		case ok != nil:
			st.salvage(l, to, from)
			st.resetBy(l, 1-side)
			return false
		case to.owes():
			return st.awaitRoom(l, to, 1-side)
		case from.read:
			st.close(to)
			return true
		case !from.readable:
			return true
		case round == turnRounds:
			st.queue(l)
			return true
		}
		n, err := st.take(l, from, to)
		switch {
		case err == unix.EAGAIN:
			from.readable = false
		case err == unix.EINTR:
		case err != nil:
			st.resetBy(l, side)
			return false
		case n == 0:
			from.read = true
		default:
			st.moved = l.now
			st.count.bytes.Add(uint64(n))
		}
	}
}

// salvage hands on what an end had to say before it was broken: an answer to an
// upload that it did not want to read to the end.
func (st *stream) salvage(l *loop, from, to *end) {
	if st.flush(l, to) != nil || to.owes() {
		return
	}
	for {
		n, err := unix.Read(from.fd, l.buf)
		if n <= 0 || err != nil {
			return
		}
		st.count.bytes.Add(uint64(n))
		if _, err := unix.Write(to.fd, l.buf[:n]); err != nil {
			return
		}
	}
}

// owes reports whether bytes wait for room.
func (e *end) owes() bool { return len(e.out) > 0 || e.pipe != nil }

// take reads what there is and keeps it for the other end.
func (st *stream) take(l *loop, from, to *end) (n int, err error) {
	if from.bulk {
		if p := l.takePipe(); p != nil {
			if n, err = p.fill(from.fd); n <= 0 || err != nil {
				l.givePipe(p)
				return n, err
			}
			from.bulk = n >= bulkLeast
			to.pipe = p
			return n, nil
		}
	}
	n, err = unix.Read(from.fd, l.buf)
	if n <= 0 || err != nil {
		return n, err
	}
	from.bulk = n >= bulkRead
	if n < len(l.buf) && !from.closing {
		from.readable = false // all there was; an event tells of more
	}
	w, err := unix.Write(to.fd, l.buf[:n])
	if err != nil {
		w = 0 // it is tried again, and then it counts
	}
	if w < n {
		to.writable = err != nil && err != unix.EAGAIN
		to.out = append([]byte(nil), l.buf[w:n]...)
	}
	return n, nil
}

// flush writes what waits for room.
func (st *stream) flush(l *loop, to *end) error {
	for to.writable && len(to.out) > 0 {
		n, err := unix.Write(to.fd, to.out)
		switch {
		case err == unix.EAGAIN:
			to.writable = false
			return nil
		case err == unix.EINTR:
		case err != nil:
			return err
		case n == len(to.out):
			to.out = nil
		default:
			to.out = to.out[n:]
		}
	}
	for to.writable && to.pipe != nil {
		err := to.pipe.drain(to.fd)
		switch {
		case err == unix.EAGAIN:
			to.writable = false
			return nil
		case err == unix.EINTR:
		case err != nil:
			return err
		case to.pipe.held == 0:
			l.givePipe(to.pipe)
			to.pipe = nil
		}
	}
	return nil
}

// close ends the direction towards an end, once.
func (st *stream) close(to *end) {
	if to.wrote {
		return
	}
	to.wrote = true
	if !to.read { // otherwise both have ended, and close says the same
		_ = unix.Shutdown(to.fd, unix.SHUT_WR)
	}
}

// awaitRoom asks for an event when there is room. Most connections never need
// it.
func (st *stream) awaitRoom(l *loop, to *end, side int) bool {
	if to.waits || side == targetSide { // which is registered so from the start
		return true
	}
	to.waits = true
	// The event also tells of room that there is by now.
	if unix.EpollCtl(l.ep, unix.EPOLL_CTL_MOD, to.fd, l.event(st.slot, side, onRead|onWrite)) != nil {
		st.end(l, true)
		return false
	}
	return true
}

// queue gives others a turn before this stream goes on.
func (st *stream) queue(l *loop) {
	if !st.queued {
		st.queued = true
		l.again = append(l.again, st)
	}
}
