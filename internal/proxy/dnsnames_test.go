package proxy

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/route"
	"github.com/miekg/dns"
)

// names is a table with a zone and a service of each kind.
func names() *route.Table {
	hosts := func(n int, sick ...int) (out []route.Host) {
		for i := range n {
			out = append(out, route.Host{
				ID: fmt.Sprintf("i%d", i), IPv4: fmt.Sprintf("10.0.0.%d", i), IPv6: fmt.Sprintf("fd00::%d", i), Port: uint16(8000 + i),
				Sick: slices.Contains(sick, i),
			})
		}
		return out
	}
	a := map[string]uint32{"A": 60}
	return &route.Table{
		Names: map[string][]string{"lb.example.net": {"10.1.1.1"}},
		Zones: []route.Zone{{Name: "prod.local", SOATTL: 15}, {Name: "sub.prod.local", SOATTL: 7}},
		Records: map[string]*route.Records{
			"api.prod.local":         {TTL: a, Hosts: hosts(3)},
			"many.prod.local":        {TTL: map[string]uint32{"A": 10, "AAAA": 20}, Hosts: hosts(20, 1, 2)},
			"one.prod.local":         {TTL: a, Weighted: true, Hosts: hosts(3, 0)},
			"sick.prod.local":        {TTL: a, Hosts: hosts(2, 0, 1)},
			"none.prod.local":        {TTL: a},
			"_srv._tcp.prod.local":   {TTL: map[string]uint32{"SRV": 5}, Hosts: hosts(2)},
			"alias.prod.local":       {TTL: a, Weighted: true, Hosts: []route.Host{{ID: "x", Alias: "LB.example.net"}}},
			"far.prod.local":         {TTL: a, Weighted: true, Hosts: []route.Host{{ID: "x", Alias: "elsewhere.example.org"}}},
			"cname.prod.local":       {TTL: map[string]uint32{"CNAME": 30}, Weighted: true, Hosts: []route.Host{{ID: "x", CNAME: "api.prod.local"}}},
			"outside.prod.local":     {TTL: map[string]uint32{"CNAME": 30}, Weighted: true, Hosts: []route.Host{{ID: "x", CNAME: "elsewhere.example.org"}}},
			"circle.prod.local":      {TTL: map[string]uint32{"CNAME": 30}, Weighted: true, Hosts: []route.Host{{ID: "x", CNAME: "circle.prod.local"}}},
			"prod.local":             {TTL: a, Hosts: hosts(1)},
			"deep.er.sub.prod.local": {TTL: a, Hosts: hosts(1)},
		},
	}
}

// testResolver serves a table without sockets; names elsewhere are 192.0.2.1.
func testResolver(t testing.TB, table *route.Table) *resolver {
	t.Helper()
	p, err := newProxy(Options{Dir: shortDir(t), Log: quietLog()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.stop(0) })
	r := newResolver(p, []string{upstreamDNS(t, &atomic.Int64{})})
	r.apply(table)
	return r
}

// brief is an answer in words: rcode, answers, "soa" for a negative one, extra.
func brief(m *dns.Msg) string {
	var out []string
	word := func(rr dns.RR) string {
		f := strings.Fields(rr.String())
		return strings.Join(slices.Delete(f, 2, 3), " ") // without the class
	}
	for _, rr := range m.Answer {
		out = append(out, word(rr))
	}
	for _, rr := range m.Ns {
		if s, ok := rr.(*dns.SOA); ok {
			out = append(out, fmt.Sprintf("soa %s %d", s.Hdr.Name, min(s.Hdr.Ttl, s.Minttl)))
		}
	}
	for _, rr := range m.Extra {
		if rr.Header().Rrtype != dns.TypeOPT {
			out = append(out, "+ "+word(rr))
		}
	}
	slices.Sort(out)
	return dns.RcodeToString[m.Rcode] + ": " + strings.Join(out, "; ")
}

func TestNamesOfServices(t *testing.T) {
	r := testResolver(t, names())
	for _, c := range []struct{ name, kind, want string }{
		{"api.prod.local.", "A", "NOERROR: api.prod.local. 60 A 10.0.0.0; api.prod.local. 60 A 10.0.0.1; api.prod.local. 60 A 10.0.0.2"},
		{"API.Prod.LOCAL.", "A", "NOERROR: API.Prod.LOCAL. 60 A 10.0.0.0; API.Prod.LOCAL. 60 A 10.0.0.1; API.Prod.LOCAL. 60 A 10.0.0.2"},
		{"api.prod.local.", "AAAA", "NOERROR: soa prod.local. 15"},
		{"api.prod.local.", "SRV", "NOERROR: soa prod.local. 15"},
		{"api.prod.local.", "TXT", "NOERROR: soa prod.local. 15"},
		{"sick.prod.local.", "A", "NOERROR: sick.prod.local. 60 A 10.0.0.0; sick.prod.local. 60 A 10.0.0.1"},
		{"none.prod.local.", "A", "NXDOMAIN: soa prod.local. 15"},
		{"nothing.prod.local.", "A", "NXDOMAIN: soa prod.local. 15"},
		{"x.api.prod.local.", "A", "NXDOMAIN: soa prod.local. 15"},
		{"_tcp.prod.local.", "A", "NOERROR: soa prod.local. 15"},
		{
			"_srv._tcp.prod.local.", "SRV",
			"NOERROR: + i0._srv._tcp.prod.local. 5 A 10.0.0.0; + i0._srv._tcp.prod.local. 5 AAAA fd00::; " +
				"+ i1._srv._tcp.prod.local. 5 A 10.0.0.1; + i1._srv._tcp.prod.local. 5 AAAA fd00::1; " +
				"_srv._tcp.prod.local. 5 SRV 1 1 8000 i0._srv._tcp.prod.local.; _srv._tcp.prod.local. 5 SRV 1 1 8001 i1._srv._tcp.prod.local.",
		},
		{"_srv._tcp.prod.local.", "A", "NOERROR: soa prod.local. 15"},
		{"i1._srv._tcp.prod.local.", "A", "NOERROR: i1._srv._tcp.prod.local. 5 A 10.0.0.1"},
		{"i2._srv._tcp.prod.local.", "A", "NXDOMAIN: soa prod.local. 15"},
		{"lb.example.net.", "A", "NOERROR: lb.example.net. 1 A 10.1.1.1"},
		{"alias.prod.local.", "A", "NOERROR: alias.prod.local. 1 A 10.1.1.1"},
		{"far.prod.local.", "A", "NOERROR: far.prod.local. 60 A 192.0.2.1"},
		{"cname.prod.local.", "CNAME", "NOERROR: cname.prod.local. 30 CNAME api.prod.local."},
		{
			"cname.prod.local.", "A",
			"NOERROR: api.prod.local. 60 A 10.0.0.0; api.prod.local. 60 A 10.0.0.1; api.prod.local. 60 A 10.0.0.2; cname.prod.local. 30 CNAME api.prod.local.",
		},
		{"outside.prod.local.", "A", "NOERROR: elsewhere.example.org. 60 A 192.0.2.1; outside.prod.local. 30 CNAME elsewhere.example.org."},
		{"prod.local.", "A", "NOERROR: prod.local. 60 A 10.0.0.0"},
		{"prod.local.", "SOA", "NOERROR: prod.local. 15 SOA ns.prod.local. hostmaster.prod.local. 1 7200 900 1209600 15"},
		{"deep.er.sub.prod.local.", "A", "NOERROR: deep.er.sub.prod.local. 60 A 10.0.0.0"},
		{"er.sub.prod.local.", "A", "NOERROR: soa sub.prod.local. 7"},
		{"no.sub.prod.local.", "A", "NXDOMAIN: soa sub.prod.local. 7"},
		{"data-10.88.0.1.", "A", "NOERROR: data-10.88.0.1. 1 A 10.88.0.1"},
		{"data-10.88.0.1.", "AAAA", "NOERROR: "},
		{"elsewhere.example.org.", "A", "NOERROR: elsewhere.example.org. 60 A 192.0.2.1"},
		{"xprod.local.", "A", "NOERROR: xprod.local. 60 A 192.0.2.1"},
	} {
		q := new(dns.Msg).SetQuestion(c.name, dns.StringToType[c.kind])
		m := r.answer(q, true)
		if got := brief(m); got != c.want {
			t.Errorf("%s %s:\n got %s\nwant %s", c.kind, c.name, got, c.want)
		}
		if m.Id != q.Id || !m.Response || !m.RecursionAvailable && m.Authoritative {
			t.Errorf("%s %s: head %v", c.kind, c.name, m.MsgHdr)
		}
	}
	if m := r.answer(new(dns.Msg).SetQuestion("circle.prod.local.", dns.TypeA), false); m.Rcode != dns.RcodeServerFailure {
		t.Errorf("a circle: %s", brief(m))
	}
}

// A MULTIVALUE name answers with eight healthy hosts, others every time; a
// WEIGHTED one with one healthy host; in the long run each host is named.
func TestChoiceOfHosts(t *testing.T) {
	r := testResolver(t, names())
	for _, c := range []struct {
		name  string
		count int
		never []string
		all   int
	}{
		{"many.prod.local.", 8, []string{"10.0.0.1", "10.0.0.2"}, 18},
		{"one.prod.local.", 1, []string{"10.0.0.0"}, 2},
	} {
		seen := map[string]bool{}
		for range 500 {
			m := r.answer(new(dns.Msg).SetQuestion(c.name, dns.TypeA), true)
			if len(m.Answer) != c.count {
				t.Fatalf("%s: %d answers", c.name, len(m.Answer))
			}
			for _, rr := range m.Answer {
				seen[rr.(*dns.A).A.String()] = true
			}
		}
		for _, a := range c.never {
			if seen[a] {
				t.Errorf("%s: %s is unhealthy", c.name, a)
			}
		}
		if len(seen) != c.all {
			t.Errorf("%s: %d hosts seen, want %d", c.name, len(seen), c.all)
		}
	}
}

// An answer that does not fit is cut over UDP, whole over TCP and for those who
// take more.
func TestLongAnswers(t *testing.T) {
	table := names()
	srv := &route.Records{TTL: map[string]uint32{"SRV": 5}}
	for i := range 8 {
		srv.Hosts = append(srv.Hosts, route.Host{ID: fmt.Sprintf("%s%d", strings.Repeat("x", 50), i), IPv4: "10.0.0.1", Port: 80})
	}
	table.Records["long.prod.local"] = srv
	r := testResolver(t, table)
	q := new(dns.Msg).SetQuestion("long.prod.local.", dns.TypeSRV)
	if m := r.answer(q, true); !m.Truncated || m.Len() > dns.MinMsgSize {
		t.Errorf("UDP: truncated %v, %d bytes", m.Truncated, m.Len())
	}
	if m := r.answer(q, false); m.Truncated || len(m.Answer) != 8 || len(m.Extra) != 8 {
		t.Errorf("TCP: %v", m)
	}
	q.SetEdns0(4096, false)
	if m := r.answer(q, true); m.Truncated || len(m.Answer) != 8 || m.IsEdns0() == nil {
		t.Errorf("EDNS: %v", m)
	}
	q.IsEdns0().SetVersion(1)
	if m := r.answer(q, true); m.Rcode != dns.RcodeBadVers {
		t.Errorf("EDNS version 1: %v", m)
	}
}

// A real client asks over both transports while the table changes.
func TestNamesFollowTheTable(t *testing.T) {
	w := newWorld(t)
	w.table.Zones, w.table.Records = names().Zones, names().Records
	w.table.DNS = []string{freeDNS(t)}
	w.publish()
	for _, network := range []string{"udp", "tcp"} {
		m := w.ask(network, "api.prod.local.")
		if len(m.Answer) != 3 {
			t.Errorf("%s: %s", network, brief(m))
		}
	}
	w.table.Records = map[string]*route.Records{"api.prod.local": {TTL: map[string]uint32{"A": 60}, Hosts: []route.Host{{ID: "n", IPv4: "10.9.9.9"}}}}
	w.publish()
	if got := brief(w.ask("udp", "api.prod.local.")); got != "NOERROR: api.prod.local. 60 A 10.9.9.9" {
		t.Error(got)
	}
	w.table.Zones, w.table.Records = nil, nil
	w.publish()
	if m := w.ask("udp", "api.prod.local."); m.Rcode != dns.RcodeServerFailure { // upstream is away
		t.Error(brief(m))
	}
}

func (w *world) ask(network, name string) *dns.Msg {
	w.t.Helper()
	c := dns.Client{Net: network, Timeout: time.Minute}
	m, _, err := c.Exchange(new(dns.Msg).SetQuestion(name, dns.TypeA), w.table.DNS[0])
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

// freeDNS is an address that is free for UDP and TCP.
func freeDNS(t testing.TB) string {
	t.Helper()
	for range 20 {
		address := freeAddress(t)
		if c, err := net.ListenPacket("udp", address); err == nil {
			c.Close()
			return address
		}
	}
	t.Fatal("no free address")
	return ""
}

// FuzzQuestion asks anything: an answer comes that can be packed, belongs to the
// question and fits.
func FuzzQuestion(f *testing.F) {
	for name := range names().Records {
		q := new(dns.Msg).SetQuestion(dns.Fqdn(name), dns.TypeA)
		wire, _ := q.Pack()
		f.Add(wire, true)
		q.SetQuestion(dns.Fqdn(strings.ToUpper(name)), dns.TypeANY).SetEdns0(1232, true)
		wire, _ = q.Pack()
		f.Add(wire, false)
	}
	r := testResolver(f, names())
	r.upstream = nil
	f.Fuzz(func(t *testing.T, wire []byte, overUDP bool) {
		q := new(dns.Msg)
		if q.Unpack(wire) != nil {
			return
		}
		m := r.answer(q, overUDP)
		packed, err := m.Pack()
		if err != nil {
			t.Fatalf("%v\n%v", err, q)
		}
		if m.Id != q.Id {
			t.Fatalf("id %d for %d", m.Id, q.Id)
		}
		if overUDP && len(packed) > sizeFor(q) && len(m.Question) > 0 && len(m.Answer) > 0 {
			t.Fatalf("%d bytes over UDP\n%v", len(packed), m)
		}
	})
}
