package proxy

import (
	"bufio"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/grue-ecs/grue/internal/link"
	"github.com/grue-ecs/grue/internal/route"
)

// Hand-over from one proxy process to its successor, over handover.sock:
//
//	new ──"take"──► old
//	    ◄── manifest (names, health) and the sockets themselves (SCM_RIGHTS)
//	new serves on the same sockets
//	    ──"serving"──► old: closes its copies, lets its requests finish
//	    ◄── traffic that the old one still counts, until it ends
//
// Both accept from the same queue in between, so that no connection is refused.
// When the new one dies before it serves, the old one just goes on.
const handoverFile = "handover.sock"

type handover struct {
	listener *net.UnixListener
	taken    chan struct{}
	once     sync.Once
	mu       sync.Mutex
	conn     *net.UnixConn // to the process before, or after
}

// manifest describes what follows it.
type manifest struct {
	Names  []string       `json:"names"` // of each socket; network|address, see socketKey.name
	Health []route.Health `json:"health"`
	Flows  []udpMemo      `json:"flows,omitempty"`
}

// serve listens for a successor.
func (h *handover) serve(p *Proxy) error {
	l, err := link.ListenUnix(filepath.Join(p.dir, handoverFile))
	if err != nil {
		return err
	}
	h.listener = l
	p.running.Go(func() {
		for {
			conn, err := l.AcceptUnix()
			if err != nil {
				return
			}
			if err := h.give(p, conn); err != nil {
				p.log.Warn("hand-over failed; going on", "err", err)
				conn.Close()
				continue
			}
			h.mu.Lock()
			h.conn = conn
			h.mu.Unlock()
			h.once.Do(func() { close(h.taken) })
			return
		}
	})
	return nil
}

// handoverPatience bounds each side's patience with the other.
const handoverPatience = 30 * time.Second

// give hands the sockets to a successor and waits until it serves.
func (h *handover) give(p *Proxy, conn *net.UnixConn) error {
	_ = conn.SetDeadline(time.Now().Add(handoverPatience))
	r := bufio.NewReader(conn)
	if line, err := r.ReadString('\n'); err != nil || line != "take\n" {
		return errors.Join(errors.New("no request"), err)
	}
	names, files, err := p.inheritance()
	defer func() {
		for _, f := range files {
			f.Close()
		}
	}()
	if err != nil {
		return err
	}
	if err := sendSockets(conn, manifest{names, p.Health(), p.loops.flows()}, files); err != nil {
		return err
	}
	if line, err := r.ReadString('\n'); err != nil || line != "serving\n" {
		return errors.Join(errors.New("the successor does not serve"), err)
	}
	_ = conn.SetDeadline(time.Time{})
	return nil
}

// inheritance lists every socket that listens.
func (p *Proxy) inheritance() (names []string, files []*os.File, err error) {
	p.applyMu.Lock()
	defer p.applyMu.Unlock()
	add := func(name string, s interface{ File() (*os.File, error) }) {
		f, ferr := s.File()
		if ferr != nil {
			err = errors.Join(err, ferr)
			return
		}
		names, files = append(names, name), append(files, f)
	}
	for key, s := range p.sockets {
		add(key.name(), s.listener)
	}
	for _, s := range p.packets {
		add(s.name(), s.conn)
	}
	p.forwards.each(add)
	p.resolver.each(add)
	return names, files, err
}

// socketsPerMessage stays below the kernel's limit of descriptors in a message.
const socketsPerMessage = 100

func sendSockets(conn *net.UnixConn, m manifest, files []*os.File) error {
	line, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if _, err := conn.Write(append(line, '\n')); err != nil {
		return err
	}
	for len(files) > 0 {
		n := min(len(files), socketsPerMessage)
		fds, err := descriptors(files[:n])
		if err != nil {
			return err
		}
		if _, _, err := conn.WriteMsgUnix([]byte{'.'}, syscall.UnixRights(fds...), nil); err != nil {
			return err
		}
		files = files[n:]
	}
	return nil
}

// descriptors returns the files' descriptors without making them blocking, as
// File.Fd may do: the running accept loops share that setting.
func descriptors(files []*os.File) ([]int, error) {
	fds := make([]int, len(files))
	for i, f := range files {
		raw, err := f.SyscallConn()
		if err != nil {
			return nil, err
		}
		if err := raw.Control(func(fd uintptr) { fds[i] = int(fd) }); err != nil {
			return nil, err
		}
	}
	return fds, nil
}

// takeOver gets the sockets of a process that serves the same directory.
func (p *Proxy) takeOver() error {
	conn, err := link.DialUnix(p.ctx, filepath.Join(p.dir, handoverFile))
	if err != nil { // nobody there
		return p.adopted.inherit()
	}
	_ = conn.SetDeadline(time.Now().Add(handoverPatience))
	m, err := p.adopted.receive(conn)
	if err != nil {
		conn.Close()
		return err
	}
	p.health.learn(m.Health)
	p.inherit(m.Flows)
	p.handover.mu.Lock()
	p.handover.conn = conn
	p.handover.mu.Unlock()
	return nil
}

// confirmTakeover tells the process before that it may go, and collects what it
// counts until it has gone.
func (p *Proxy) confirmTakeover() {
	p.handover.mu.Lock()
	conn := p.handover.conn
	p.handover.conn = nil
	p.handover.mu.Unlock()
	if conn == nil {
		return
	}
	if _, err := conn.Write([]byte("serving\n")); err != nil {
		p.log.Warn("the process before does not answer", "err", err)
	}
	_ = conn.SetDeadline(time.Time{})
	p.running.Go(func() { p.collectTraffic(conn) })
}

func (p *Proxy) collectTraffic(conn *net.UnixConn) {
	defer conn.Close()
	stop := make(chan struct{})
	defer close(stop)
	p.running.Go(func() {
		select {
		case <-p.ctx.Done():
			conn.Close()
		case <-stop:
		}
	})
	d := json.NewDecoder(conn)
	for {
		var counted []route.Traffic
		if d.Decode(&counted) != nil {
			return
		}
		p.meters.add(counted)
	}
}

// bequeath sends the successor what was counted since it took over.
func (h *handover) bequeath(t []route.Traffic) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.conn != nil && len(t) > 0 {
		_ = json.NewEncoder(h.conn).Encode(t)
	}
}

func (h *handover) close() {
	if h.listener != nil {
		h.listener.Close()
	}
}

func (h *handover) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.conn != nil {
		h.conn.Close()
		h.conn = nil
	}
}
