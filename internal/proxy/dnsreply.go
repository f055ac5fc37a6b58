package proxy

import (
	"math/rand/v2"
	"net"

	"github.com/grue-ecs/grue/internal/route"
	"github.com/miekg/dns"
)

const (
	// nameTTL is the time to live of the names of load balancers, in seconds.
	nameTTL = 1
	// maxHosts is how many hosts an answer of a MULTIVALUE service names.
	maxHosts = 8
)

// nameReply is an answer in the making.
type nameReply struct {
	book  *nameBook
	m     *dns.Msg
	kind  uint16 // of the question
	alias string // the name whose alias was followed
}

// follow answers for a name and for those that its CNAME records lead to, as long
// as the table knows them. It returns the name that has to be asked elsewhere.
func (r *nameReply) follow(name string) (outside string) {
	for range maxChain {
		if !r.book.knows(canonical(name)) {
			return name
		}
		next := r.at(name)
		if next == "" {
			return ""
		}
		name = next
	}
	r.m.Rcode = dns.RcodeServerFailure // a circle
	return ""
}

// at answers for one name, and returns the one that it stands for, if any.
func (r *nameReply) at(name string) (next string) {
	key := canonical(name)
	if addresses, ok := r.book.plain(key); ok {
		r.addresses(r.owner(name), addresses, nameTTL, &r.m.Answer)
		rand.Shuffle(len(r.m.Answer), func(i, j int) { r.m.Answer[i], r.m.Answer[j] = r.m.Answer[j], r.m.Answer[i] })
		return ""
	}
	before := len(r.m.Answer)
	zone, _ := r.book.zoneOf(key)
	if records := r.book.records[key]; records != nil {
		next = r.service(name, key, records)
	} else if h := r.book.hosts[key]; h != nil {
		r.host(name, h, &r.m.Answer, r.kind)
	}
	if key == zone.Name && r.wants(dns.TypeSOA) {
		r.m.Answer = append(r.m.Answer, soa(zone))
	}
	if next == "" && len(r.m.Answer) == before {
		r.m.Ns = append(r.m.Ns, soa(zone))
		if !r.book.exists(key) {
			r.m.Rcode = dns.RcodeNameError
		}
	}
	return next
}

// owner is the name that records of name are given: an alias hides where it leads.
func (r *nameReply) owner(name string) string {
	if r.alias != "" {
		return r.alias
	}
	return dns.Fqdn(name)
}

func (r *nameReply) wants(kind uint16) bool { return r.kind == kind || r.kind == dns.TypeANY }

// service answers with the records of a service.
func (r *nameReply) service(name, key string, s *route.Records) (next string) {
	if ttl, ok := s.TTL["CNAME"]; ok {
		for _, h := range pick(s, func(h *route.Host) bool { return h.CNAME != "" }) {
			r.m.Answer = append(r.m.Answer, &dns.CNAME{Hdr: header(name, dns.TypeCNAME, ttl), Target: dns.Fqdn(h.CNAME)})
			if !r.wants(dns.TypeCNAME) {
				next = h.CNAME
			}
		}
		return next
	}
	if ttl, ok := s.TTL["A"]; ok && r.wants(dns.TypeA) {
		next = r.plain(name, s, dns.TypeA, ttl)
	}
	if ttl, ok := s.TTL["AAAA"]; ok && r.wants(dns.TypeAAAA) && next == "" {
		next = r.plain(name, s, dns.TypeAAAA, ttl)
	}
	if ttl, ok := s.TTL["SRV"]; ok && r.wants(dns.TypeSRV) {
		for _, h := range pick(s, func(h *route.Host) bool { return h.Port != 0 }) {
			target := dns.Fqdn(h.ID + "." + key)
			r.m.Answer = append(r.m.Answer, &dns.SRV{
				Hdr: header(name, dns.TypeSRV, ttl), Priority: 1, Weight: 1, Port: h.Port, Target: target,
			})
			r.host(target, &oneHost{h, s}, &r.m.Extra, dns.TypeANY)
		}
	}
	return next
}

// plain answers with A or AAAA records, or returns the name that an alias leads to.
func (r *nameReply) plain(name string, s *route.Records, kind uint16, ttl uint32) (next string) {
	for _, h := range pick(s, func(h *route.Host) bool { return addressOf(h, kind) != "" || h.Alias != "" }) {
		if h.Alias != "" {
			r.alias = r.owner(name)
			return h.Alias
		}
		r.addresses(r.owner(name), []string{addressOf(&h, kind)}, ttl, &r.m.Answer)
	}
	return ""
}

// host answers with the addresses of one host of an SRV service.
func (r *nameReply) host(name string, h *oneHost, section *[]dns.RR, kind uint16) {
	for _, k := range []uint16{dns.TypeA, dns.TypeAAAA} {
		if kind == k || kind == dns.TypeANY {
			if a := addressOf(&h.host, k); a != "" {
				*section = append(*section, addressRR(dns.Fqdn(name), a, h.service.TTL["SRV"])...)
			}
		}
	}
}

func addressOf(h *route.Host, kind uint16) string {
	if kind == dns.TypeA {
		return h.IPv4
	}
	return h.IPv6
}

// addresses adds those addresses that the question asks for.
func (r *nameReply) addresses(name string, all []string, ttl uint32, section *[]dns.RR) {
	for _, a := range all {
		for _, rr := range addressRR(name, a, ttl) {
			if r.wants(rr.Header().Rrtype) {
				*section = append(*section, rr)
			}
		}
	}
}

// addressRR is the A or AAAA record of an address; none of what is no address.
func addressRR(name, address string, ttl uint32) []dns.RR {
	ip := net.ParseIP(address)
	switch {
	case ip == nil:
		return nil
	case ip.To4() != nil:
		return []dns.RR{&dns.A{Hdr: header(name, dns.TypeA, ttl), A: ip.To4()}}
	}
	return []dns.RR{&dns.AAAA{Hdr: header(name, dns.TypeAAAA, ttl), AAAA: ip}}
}

func header(name string, kind uint16, ttl uint32) dns.RR_Header {
	return dns.RR_Header{Name: dns.Fqdn(name), Rrtype: kind, Class: dns.ClassINET, Ttl: ttl}
}

// pick chooses the hosts of an answer: healthy ones that have what is asked for,
// all of these if none is healthy; in random order, one by weight, else eight.
func pick(s *route.Records, has func(*route.Host) bool) []route.Host {
	var well, all []route.Host
	for i := range s.Hosts {
		if h := &s.Hosts[i]; has(h) {
			all = append(all, *h)
			if !h.Sick {
				well = append(well, *h)
			}
		}
	}
	if len(well) == 0 {
		well = all
	}
	rand.Shuffle(len(well), func(i, j int) { well[i], well[j] = well[j], well[i] })
	most := maxHosts
	if s.Weighted {
		most = 1
	}
	return well[:min(len(well), most)]
}
