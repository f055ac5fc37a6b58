package server

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
)

// loopback gives load balancers addresses of 127.0.0.0/8, where grue has no
// bridge of its own. Each data directory uses a /24 that follows from its path, and
// begins somewhere in it: two that meet in one seldom meet in an address.
type loopback struct {
	mu   sync.Mutex
	path string
	base [3]byte
	next byte // where to look first for a free address
	ids  map[string]byte
}

func openLoopback(dir string) (*loopback, error) {
	h := fnv.New32a()
	h.Write([]byte(dir))
	sum := h.Sum32()
	l := &loopback{path: filepath.Join(dir, "addresses.json"), base: [3]byte{127, byte(64 + sum%128), byte(sum >> 8)}, next: byte(sum >> 24), ids: map[string]byte{}}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	doc, err := os.ReadFile(l.path)
	if os.IsNotExist(err) {
		return l, nil
	}
	if err == nil {
		err = json.Unmarshal(doc, &l.ids)
	}
	return l, err
}

// AllocLB gives a load balancer its address; asked again, the same one.
func (l *loopback) AllocLB(id string) (netip.Addr, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n, ok := l.ids[id]; ok {
		return l.addr(n), nil
	}
	used := map[byte]bool{}
	for _, n := range l.ids {
		used[n] = true
	}
	for i := range 254 {
		if n := byte(1 + (int(l.next)+i)%254); !used[n] {
			l.ids[id] = n
			return l.addr(n), l.save()
		}
	}
	return netip.Addr{}, fmt.Errorf("no loopback address left for a load balancer: 254 are in use")
}

// FreeLB gives an address back.
func (l *loopback) FreeLB(id string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.ids, id)
	return l.save()
}

func (l *loopback) addr(n byte) netip.Addr {
	return netip.AddrFrom4([4]byte{l.base[0], l.base[1], l.base[2], n})
}

func (l *loopback) save() error {
	doc, err := json.Marshal(l.ids)
	if err != nil {
		return err
	}
	tmp := l.path + ".new"
	if err := os.WriteFile(tmp, doc, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, l.path)
}
