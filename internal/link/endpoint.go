package link

import (
	"net"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/route"
)

// Proxy is what the endpoint needs of the proxy that it speaks for. Its methods
// are called from several goroutines.
type Proxy interface {
	// Identity describes the process and the table in force.
	Identity() Identity
	// Apply starts to serve a table. The result follows by Endpoint.Ack or Nack.
	Apply(*route.Table)
	// Health returns the verdict over every target.
	Health() []route.Health
	// Traffic takes what was counted since the last call.
	Traffic() []route.Traffic
	// Shutdown asks the process to end.
	Shutdown()
}

// Endpoint is the proxy's side of the link.
type Endpoint struct {
	proxy    Proxy
	path     string
	listener net.Listener
	pace     chan time.Duration // capacity 1: another interval of reports
	done     chan struct{}
	settled  chan struct{} // capacity 1: a batch of counts was taken
	running  sync.WaitGroup

	mu       sync.Mutex
	sessions []*session // in the order of their connects
	kept     []route.Traffic
	keptAt   uint64 // sequence of the last batch that was handed out
	keptTo   *session
	batch    []route.Traffic // handed out under keptAt and not yet taken
}

// Serve listens on path, with mode 0600, and serves servers until Close. A
// socket that an earlier proxy left is replaced in one step.
func Serve(path string, p Proxy) (*Endpoint, error) {
	l, err := ListenUnix(path)
	if err != nil {
		return nil, err
	}
	e := &Endpoint{
		proxy: p, path: path, listener: l, pace: make(chan time.Duration, 1),
		done: make(chan struct{}), settled: make(chan struct{}, 1),
	}
	e.running.Go(e.accept)
	e.running.Go(e.report)
	return e, nil
}

// closePatience is how long Close waits for a server to take the last counts.
const closePatience = 250 * time.Millisecond

// Close reports a last time, ends all connections and waits for their
// goroutines. It returns the counts that no server took. The socket file stays:
// it may already be that of a successor.
func (e *Endpoint) Close() []route.Traffic {
	select {
	case <-e.settled: // of an earlier batch
	default:
	}
	e.Report()
	if e.offering() {
		select {
		case <-e.settled:
		case <-time.After(closePatience):
		}
	}
	close(e.done)
	e.listener.Close()
	e.mu.Lock()
	for _, s := range e.sessions {
		s.end()
	}
	e.mu.Unlock()
	e.running.Wait()
	return route.AddTraffic(e.batch, e.kept)
}

// offering reports whether a server was given counts that it has not taken yet.
func (e *Endpoint) offering() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.batch != nil && e.keptTo != nil
}

// Ack tells servers that the version is served and on disk.
func (e *Endpoint) Ack(epoch, version uint64, failures []BindFailure) {
	e.broadcast(&message{Kind: kindAck, Epoch: epoch, Version: version, Failures: failures})
}

// Nack tells servers that the version is not served, and why.
func (e *Endpoint) Nack(epoch, version uint64, reason error) {
	e.broadcast(&message{Kind: kindNack, Epoch: epoch, Version: version, Error: reason.Error()})
}

// HealthChanged tells servers of changed verdicts.
func (e *Endpoint) HealthChanged(h []route.Health) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range e.sessions {
		s.sendHealth(h)
	}
}

func (e *Endpoint) broadcast(m *message) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range e.sessions {
		s.send(m)
	}
}

func (e *Endpoint) accept() {
	for {
		conn, err := e.listener.Accept()
		if err != nil {
			return
		}
		e.open(newSession(e, conn))
	}
}

// open starts a session. It joins the broadcasts before it is told the full
// state, so that no change falls between the two.
func (e *Endpoint) open(s *session) {
	e.mu.Lock()
	select {
	case <-e.done:
		e.mu.Unlock()
		s.conn.Close()
		return
	default:
	}
	e.sessions = append(e.sessions, s)
	e.running.Go(s.run)
	e.mu.Unlock()
	id := e.proxy.Identity()
	s.send(&message{Kind: kindHello, Identity: &id})
	s.send(&message{Kind: kindHealth, Full: true, Health: e.proxy.Health()})
}

func (e *Endpoint) remove(s *session) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i, other := range e.sessions {
		if other == s {
			e.sessions = append(e.sessions[:i], e.sessions[i+1:]...)
			break
		}
	}
	if e.keptTo == s {
		e.keptTo = nil // offered again to the next
	}
}

// usualPace is how often counts are reported when the table says nothing.
const usualPace = time.Second

// report offers what was counted to the newest server every second, or as often
// as the table says. A batch is kept until a server says that it has taken it.
func (e *Endpoint) report() {
	every := usualPace
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-e.done:
			return
		case next := <-e.pace:
			if next != every {
				every = next
				tick.Reset(every)
			}
		case <-tick.C:
			e.Report()
		}
	}
}

// setPace changes how often report reports; only the newest change counts.
func (e *Endpoint) setPace(every time.Duration) {
	if every <= 0 {
		every = usualPace
	}
	select {
	case <-e.pace:
	default:
	}
	select {
	case e.pace <- max(every, minPace):
	default:
	}
}

// minPace bounds what reports may cost.
const minPace = 20 * time.Millisecond

// Report does one round of reporting; the endpoint does it itself at its pace.
func (e *Endpoint) Report() {
	counted := e.proxy.Traffic()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.kept = route.AddTraffic(e.kept, counted)
	if len(e.sessions) == 0 {
		return
	}
	newest := e.sessions[len(e.sessions)-1]
	if e.batch == nil {
		if len(e.kept) == 0 {
			return
		}
		e.batch, e.kept = e.kept, nil
		e.keptAt++
		e.keptTo = nil
	}
	if e.keptTo != newest {
		e.keptTo = newest
		newest.send(&message{Kind: kindTraffic, Sequence: e.keptAt, Traffic: e.batch})
	}
}

func (e *Endpoint) taken(sequence uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if sequence != e.keptAt {
		return
	}
	e.batch, e.keptTo = nil, nil
	select {
	case e.settled <- struct{}{}:
	default:
	}
}
