package proxy

import (
	"os"

	"github.com/grue-ecs/grue/internal/listening"
)

// keepSockets lets grue up hold what listens here, so that nobody is refused while
// a killed proxy is replaced. The caller holds applyMu.
func (p *Proxy) keepSockets() {
	held := make(map[string]listening.Socket, len(p.sockets))
	for key, s := range p.sockets {
		held[key.name()] = s.listener
	}
	for _, s := range p.packets {
		held[s.name()] = s.conn
	}
	add := func(name string, s interface{ File() (*os.File, error) }) {
		if raw, ok := s.(listening.Socket); ok {
			held[name] = raw
		}
	}
	p.forwards.each(add)
	p.resolver.each(add)
	p.adopted.keeper.Sync(held)
}

// checkKeeper hands everything to another grue up when the one that held it has
// gone.
func (p *Proxy) checkKeeper() {
	if p.adopted.keeper.Alive() {
		return
	}
	p.applyMu.Lock()
	defer p.applyMu.Unlock()
	if p.table() != nil && !p.closing.Load() {
		p.keepSockets()
	}
}
