package proxy

import (
	"container/list"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// Bounds of asking upstream.
const (
	upstreamTimeout = 2 * time.Second
	maxCached       = 4096
	maxCacheTTL     = 60 * time.Second
)

// forward asks the upstream resolvers in order until one answers.
func (r *resolver) forward(q *dns.Msg, overUDP bool) *dns.Msg {
	if m := r.cache.get(q, time.Now()); m != nil {
		return m
	}
	network := "tcp"
	if overUDP {
		network = "udp"
	}
	for _, server := range r.upstream {
		client := dns.Client{Net: network, Timeout: upstreamTimeout, UDPSize: dns.DefaultMsgSize}
		m, _, err := client.Exchange(q.Copy(), server)
		if err == nil && m.Truncated && overUDP {
			client.Net = "tcp"
			if whole, _, terr := client.Exchange(q.Copy(), server); terr == nil {
				m = whole
			}
		}
		if err != nil || m.Rcode == dns.RcodeServerFailure || m.Rcode == dns.RcodeRefused {
			r.proxy.log.Debug("upstream resolver", "server", server, "err", err)
			continue
		}
		r.cache.put(q, m, time.Now())
		m.Id = q.Id
		return m
	}
	return new(dns.Msg).SetRcode(q, dns.RcodeServerFailure)
}

// dnsCache keeps answers as long as their shortest time to live.
type dnsCache struct {
	mu    sync.Mutex
	by    map[dnsKey]*list.Element
	order list.List // oldest first
}

type dnsKey struct {
	question dns.Question
	dnssec   bool
}

type dnsEntry struct {
	key            dnsKey
	answer         *dns.Msg
	stored, expiry time.Time
}

func keyOfQuestion(q *dns.Msg) dnsKey {
	opt := q.IsEdns0()
	return dnsKey{q.Question[0], opt != nil && opt.Do()}
}

// get returns a copy of a cached answer, its times to live counted down.
func (c *dnsCache) get(q *dns.Msg, now time.Time) *dns.Msg {
	c.mu.Lock()
	defer c.mu.Unlock()
	el := c.by[keyOfQuestion(q)]
	if el == nil {
		return nil
	}
	e := el.Value.(*dnsEntry)
	if !now.Before(e.expiry) {
		c.drop(el)
		return nil
	}
	m := e.answer.Copy()
	m.Id = q.Id
	age := uint32(now.Sub(e.stored) / time.Second)
	for _, section := range [][]dns.RR{m.Answer, m.Ns, m.Extra} {
		for _, rr := range section {
			if h := rr.Header(); h.Rrtype != dns.TypeOPT {
				h.Ttl -= min(age, h.Ttl)
			}
		}
	}
	return m
}

func (c *dnsCache) put(q, m *dns.Msg, now time.Time) {
	ttl := shortestTTL(m)
	if ttl <= 0 || m.Truncated {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by == nil {
		c.by = make(map[dnsKey]*list.Element)
	}
	key := keyOfQuestion(q)
	if old := c.by[key]; old != nil {
		c.drop(old)
	}
	for len(c.by) >= maxCached {
		c.drop(c.order.Front())
	}
	c.by[key] = c.order.PushBack(&dnsEntry{key, m.Copy(), now, now.Add(ttl)})
}

// drop removes an entry. The caller holds the lock.
func (c *dnsCache) drop(el *list.Element) {
	delete(c.by, el.Value.(*dnsEntry).key)
	c.order.Remove(el)
}

// shortestTTL is how long an answer may be kept; answers without records, whose
// authority we do not study, for a moment only.
func shortestTTL(m *dns.Msg) time.Duration {
	if m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeNameError {
		return 0
	}
	ttl := maxCacheTTL
	if len(m.Answer) == 0 {
		ttl = 5 * time.Second
	}
	for _, rr := range append(append([]dns.RR(nil), m.Answer...), m.Ns...) {
		ttl = min(ttl, time.Duration(rr.Header().Ttl)*time.Second)
	}
	return ttl
}
