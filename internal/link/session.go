package link

import (
	"bufio"
	"net"
	"sync"

	"github.com/grue-ecs/grue/internal/route"
)

// session is one connected server.
type session struct {
	endpoint *Endpoint
	conn     net.Conn

	mu    sync.Mutex
	queue []*message
	tail  *message      // last of the queue, if it is ours to add changes of health to
	size  int           // messages and changes in the queue
	wake  chan struct{} // capacity 1
	gone  chan struct{}
	once  sync.Once
}

// maxQueue bounds what waits for a server that does not read; it is cut off and
// gets the full state when it connects again.
const maxQueue = 1 << 18

func newSession(e *Endpoint, conn net.Conn) *session {
	return &session{endpoint: e, conn: conn, wake: make(chan struct{}, 1), gone: make(chan struct{})}
}

func (s *session) end() {
	s.once.Do(func() {
		close(s.gone)
		s.conn.Close()
	})
}

// send queues a message; it never blocks.
func (s *session) send(m *message) {
	s.mu.Lock()
	s.queue, s.tail = append(s.queue, m), nil
	s.size++
	full := s.size > maxQueue
	s.mu.Unlock()
	s.queued(full)
}

// sendHealth queues changes of health. Those that come while others wait go
// with them in one message.
func (s *session) sendHealth(h []route.Health) {
	if len(h) == 0 {
		return
	}
	s.mu.Lock()
	if s.tail == nil {
		s.tail = &message{Kind: kindHealth}
		s.queue = append(s.queue, s.tail)
	}
	s.tail.Health = append(s.tail.Health, h...)
	s.size += len(h)
	full := s.size > maxQueue
	s.mu.Unlock()
	s.queued(full)
}

func (s *session) queued(full bool) {
	if full {
		s.end()
		return
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *session) run() {
	var writer sync.WaitGroup
	writer.Go(s.write)
	s.read()
	s.end()
	writer.Wait()
	s.endpoint.remove(s)
}

func (s *session) write() {
	for {
		s.mu.Lock()
		queue := s.queue
		s.queue, s.tail, s.size = nil, nil, 0
		s.mu.Unlock()
		for _, m := range queue {
			if writeMessage(s.conn, m) != nil {
				s.end()
				return
			}
		}
		select {
		case <-s.gone:
			return
		case <-s.wake:
		}
	}
}

func (s *session) read() {
	r := bufio.NewReaderSize(s.conn, 64<<10)
	for {
		m, err := readMessage(r)
		if err != nil {
			return
		}
		switch m.Kind {
		case kindTable:
			if m.Table != nil {
				s.endpoint.setPace(m.Table.Report)
				s.endpoint.proxy.Apply(m.Table)
			}
		case kindTrafficTaken:
			s.endpoint.taken(m.Sequence)
		case kindShutdown:
			s.endpoint.proxy.Shutdown()
		case kindPing:
			s.send(&message{Kind: kindPong})
		case kindVitals:
			s.sendVitals(m.Sequence)
		}
	}
}
