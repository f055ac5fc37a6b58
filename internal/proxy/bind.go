package proxy

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"

	"github.com/grue-ecs/grue/internal/link"
	"github.com/grue-ecs/grue/internal/route"
)

// socketKey is the identity of a listening socket. The task belongs to it, for
// the path of a namespace comes again when its address goes to another task: a
// socket that stayed would listen in a namespace that nobody is in.
type socketKey struct{ netns, address, task string }

func keyOfBind(b *route.Bind) socketKey {
	if b.NetNS == "" {
		return socketKey{address: b.Address}
	}
	return socketKey{b.NetNS, b.Address, b.Task}
}

// name is what a socket is called in a hand-over.
func (k socketKey) name() string {
	if k.netns == "" {
		return "tcp|" + k.address
	}
	return "tcp|" + k.netns + "|" + k.address + "|" + k.task
}

// opening is a socket that is to be opened.
type opening struct {
	key      socketKey
	front    *front
	bind     *route.Bind
	listener *net.TCPListener
	err      error
}

// bindListeners prepares fronts for each listener and sockets for its address
// and its binds. Sockets that are open stay as they are, so that a table costs
// as much as it changes. New ones are returned: they accept once the view is in
// force.
func (p *Proxy) bindListeners(t *route.Table, v *view) (fresh []*socket) {
	p.failures = nil
	var pending []*opening
	for i := range t.Listeners {
		l := &t.Listeners[i]
		var config *tls.Config
		var err error
		if l.Protocol == route.ProtocolHTTPS || l.Protocol == route.ProtocolTLS {
			config, err = p.tlsOf(t, l)
		}
		log := p.accessLogOf(l)
		byClient := make(map[string]*front)
		for _, b := range placesOf(l) {
			f := byClient[b.Client]
			if f == nil {
				f = p.newFront(v.router, l, b.Client, p.groups)
				f.tls, f.log = config, log
				byClient[b.Client] = f
				v.all = append(v.all, f)
			}
			if o := p.place(v, f, b, err); o != nil {
				pending = append(pending, o)
			}
		}
	}
	p.openAll(pending)
	for _, o := range pending {
		if s := p.sockets[o.key]; o.err == nil && s != nil {
			o.err = errors.Join(fmt.Errorf("address %s stands in the table twice", o.key.address), o.listener.Close())
		}
		if o.err != nil {
			p.bindFailed(o.front.listener, o.bind, o.err)
			continue
		}
		s := &socket{proxy: p, key: o.key, listener: o.listener, done: make(chan struct{})}
		s.bind.Store(o.bind)
		p.sockets[o.key] = s
		v.fronts[s] = o.front
		fresh = append(fresh, s)
	}
	return fresh
}

// placesOf lists where a listener accepts: on its own address and its binds.
func placesOf(l *route.Listener) []*route.Bind {
	places := make([]*route.Bind, 0, 1+len(l.Binds))
	if l.Protocol == route.ProtocolUDP {
		return nil
	}
	if l.Address != "" {
		places = append(places, &route.Bind{Address: l.Address})
	}
	for i := range l.Binds {
		places = append(places, &l.Binds[i])
	}
	return places
}

// place puts a front on the open socket of a bind, or returns the socket that is
// to be opened for it.
func (p *Proxy) place(v *view, f *front, b *route.Bind, err error) *opening {
	key := keyOfBind(b)
	s := p.sockets[key]
	if err == nil && s != nil && v.fronts[s] != nil {
		err = fmt.Errorf("address %s belongs to listener %s", b.Address, v.fronts[s].listener.ARN)
	}
	switch {
	case err != nil:
		p.bindFailed(f.listener, b, err)
	case s == nil:
		return &opening{key: key, front: f, bind: b}
	default:
		s.bind.Store(b)
		v.fronts[s] = f
	}
	return nil
}

func (p *Proxy) bindFailed(l *route.Listener, b *route.Bind, err error) {
	p.failures = append(p.failures, link.BindFailure{
		Listener: l.ARN, NetNS: b.NetNS, Address: b.Address, Task: b.Task, Error: err.Error(),
	})
}

// openAll opens sockets, or takes over those of the process before.
func (p *Proxy) openAll(pending []*opening) {
	var inside []*opening
	for _, o := range pending {
		o.listener, o.err = p.adopted.tcp(o.key.name())
		switch {
		case o.err != nil || o.listener != nil:
		case o.key.netns == "":
			o.listener, o.err = listenTCP(o.key.address)
		default:
			inside = append(inside, o)
		}
	}
	listenInside(inside)
}

func fail(pending []*opening, err error) {
	for _, o := range pending {
		o.err = err
	}
}

// unbindListeners closes sockets that no listener of the view has.
func (p *Proxy) unbindListeners(v *view) {
	var closing []*socket
	for key, s := range p.sockets {
		if v.fronts[s] == nil {
			delete(p.sockets, key)
			closing = append(closing, s)
		}
	}
	closeSockets(closing)
}

// closeSockets closes all before it waits for the first.
func closeSockets(all []*socket) {
	for _, s := range all {
		s.proxy.loops.ignore(s)
		s.listener.Close()
	}
	for _, s := range all {
		if s.accepts {
			<-s.done
		}
	}
}

// retryBinds takes the table in force over once more while an address could not
// be bound: what held it may have gone.
func (p *Proxy) retryBinds() {
	p.applyMu.Lock()
	defer p.applyMu.Unlock()
	t := p.table()
	if len(p.failures) == 0 || t == nil || p.closing.Load() {
		return
	}
	if p.anyBindable() && p.apply(t) == nil {
		p.persist.put(t)
	}
}

// anyBindable reports whether an address that failed can be bound now.
func (p *Proxy) anyBindable() bool {
	var inside []*opening
	for _, f := range p.failures {
		key := keyOfBind(&route.Bind{NetNS: f.NetNS, Address: f.Address, Task: f.Task})
		switch {
		case p.sockets[key] != nil:
		case f.NetNS != "":
			inside = append(inside, &opening{key: key})
		case bindable(f.Address):
			return true
		}
	}
	listenInside(inside)
	any := false
	for _, o := range inside {
		if o.err == nil {
			o.listener.Close()
			any = true
		}
	}
	return any
}

// logFailures tells of addresses that could be bound before, or were not asked for.
func (p *Proxy) logFailures(before []link.BindFailure) {
	known := make(map[link.BindFailure]bool, len(before))
	for _, f := range before {
		known[f] = true
	}
	for _, f := range p.failures {
		if !known[f] {
			p.log.Warn("cannot listen", "listener", f.Listener, "netns", f.NetNS, "address", f.Address, "err", f.Error)
		}
	}
}
