package proxy

import "time"

// A target leaves in this order: it gets no new request; its idle connections
// are closed; requests that still wait for a connection to it go elsewhere, for
// the target may be gone without a word; the requests in flight may end until the deregistration delay is
// over; what is left then is cut off, which its clients see as 502.

// connectGrace is how long a connection that was begun before its target left
// may take: any target that lives answers within it.
const connectGrace = 100 * time.Millisecond

// drain begins or moves the end of draining.
func (t *target) drain(until time.Time) {
	if !t.draining.Swap(true) {
		time.AfterFunc(connectGrace, t.giveUp)
	}
	t.closeIdle()
	t.mu.Lock()
	if t.cutAt != nil {
		t.cutAt.Stop()
	}
	t.cutAt = time.AfterFunc(time.Until(until), t.drained)
	t.mu.Unlock()
}

// drained is the end of the drain. Flows go on until one side ends them, unless
// the group says otherwise (deregistration_delay.connection_termination.enabled).
func (t *target) drained() {
	if t.layer4 && !t.group.flows().CutDrained {
		return
	}
	t.cut()
}

// cut ends everything that the target still does.
func (t *target) cut() {
	t.draining.Store(true)
	t.gone.Store(true)
	t.giveUp()
	t.outlier.stop()
	t.closeIdle()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cutAt != nil {
		t.cutAt.Stop()
	}
	for b := range t.conns {
		b.interrupt()
	}
	for _, f := range t.cuts {
		go f()
	}
	for c := range t.owned {
		c.Conn.Close()
	}
	t.cuts = nil
	if t.layer4 {
		t.group.proxy.resetFlows(t)
	}
}
