package proxy

import (
	"net/netip"
	"strings"

	"github.com/grue-ecs/grue/internal/route"
	"github.com/miekg/dns"
)

// nameBook is what a table says about names, ready to be asked. It does not
// change.
type nameBook struct {
	names   map[string][]string       // addresses of load balancers and the like
	records map[string]*route.Records // of services that have a host
	hosts   map[string]*oneHost       // the hosts that SRV records point at
	zones   map[string]route.Zone
	nodes   map[string]bool // names that exist because something below them does
}

// oneHost is a host and its service.
type oneHost struct {
	host    route.Host
	service *route.Records
}

func newNameBook(t *route.Table) *nameBook {
	b := &nameBook{
		names: t.Names, records: map[string]*route.Records{}, hosts: map[string]*oneHost{},
		zones: map[string]route.Zone{}, nodes: map[string]bool{},
	}
	for _, z := range t.Zones {
		b.zones[z.Name] = z
	}
	for name, records := range t.Records {
		if len(records.Hosts) == 0 {
			continue // without hosts there are no records, so no name
		}
		b.records[name] = records
		b.reach(name)
		if _, srv := records.TTL["SRV"]; srv {
			for _, h := range records.Hosts {
				b.hosts[h.ID+"."+name] = &oneHost{h, records}
				b.reach(h.ID + "." + name)
			}
		}
	}
	return b
}

// reach notes the names between a name and its zone.
func (b *nameBook) reach(name string) {
	for {
		if _, isZone := b.zones[name]; isZone {
			return
		}
		_, parent, below := strings.Cut(name, ".")
		if !below {
			return
		}
		b.nodes[parent] = true
		name = parent
	}
}

// zoneOf finds the longest zone of a name.
func (b *nameBook) zoneOf(name string) (route.Zone, bool) {
	for {
		if z, ok := b.zones[name]; ok {
			return z, true
		}
		_, parent, below := strings.Cut(name, ".")
		if !below {
			return route.Zone{}, false
		}
		name = parent
	}
}

// knows tells whether questions for a name are answered from the table.
func (b *nameBook) knows(name string) bool {
	if _, ok := b.plain(name); ok {
		return true
	}
	_, ok := b.zoneOf(name)
	return ok
}

// plain are the addresses of a name that is of no zone: one of a load balancer, or
// "data-" before an address. SDKs make such a name of an endpoint for
// DiscoverInstances, and nobody else would know it.
func (b *nameBook) plain(name string) ([]string, bool) {
	if addresses, ok := b.names[name]; ok {
		return addresses, true
	}
	address, prefixed := strings.CutPrefix(name, "data-")
	if ip, err := netip.ParseAddr(address); prefixed && err == nil && ip.Is4() {
		return []string{address}, true
	}
	return nil, false
}

// exists tells whether there is something at or below a name of a zone.
func (b *nameBook) exists(name string) bool {
	_, isZone := b.zones[name]
	return isZone || b.nodes[name] || b.records[name] != nil || b.hosts[name] != nil
}

// canonical is a name as tables have it.
func canonical(name string) string { return strings.TrimSuffix(strings.ToLower(name), ".") }

// soa of a zone. What it says about absence holds as long as its own time to live.
func soa(z route.Zone) dns.RR {
	apex := dns.Fqdn(z.Name)
	return &dns.SOA{
		Hdr: dns.RR_Header{Name: apex, Rrtype: dns.TypeSOA, Class: dns.ClassINET, Ttl: z.SOATTL},
		Ns:  "ns." + apex, Mbox: "hostmaster." + apex, Serial: 1, Refresh: 7200, Retry: 900, Expire: 1209600, Minttl: z.SOATTL,
	}
}
