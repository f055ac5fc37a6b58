package cloudmap

import (
	"slices"
	"strconv"
	"strings"

	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/store"
)

// Names adds the zones of DNS namespaces and the records of their services to a
// table. Of two zones with one name the private one counts, then the older one.
func Names(tx *store.Tx, t *route.Table) {
	zones := map[string]*Namespace{}
	for _, n := range namespaces.All(tx) {
		if name := strings.ToLower(n.Name); n.DNS() && before(n, zones[name]) {
			zones[name] = n
		}
	}
	if len(zones) == 0 {
		return
	}
	byID := map[string]*Namespace{}
	for name, n := range zones {
		t.Zones = append(t.Zones, route.Zone{Name: name, SOATTL: uint32(n.SOATTL)})
		byID[n.ID] = n
	}
	slices.SortFunc(t.Zones, func(a, b route.Zone) int { return strings.Compare(a.Name, b.Name) })
	t.Records = map[string]*route.Records{}
	for _, s := range services.All(tx) {
		if n := byID[s.NamespaceID]; n != nil && len(s.Records) > 0 {
			t.Records[DNSName(n, s)] = records(tx, s)
		}
	}
}

// before tells whether n serves its name rather than other.
func before(n, other *Namespace) bool {
	switch {
	case other == nil:
		return true
	case n.Type != other.Type:
		return n.Type == DNSPrivate
	}
	return n.Created.Before(other.Created)
}

// DNSName is the name of a service of a DNS namespace, in lower case, without a
// dot at its end. The service "." is the namespace itself.
func DNSName(n *Namespace, s *Service) string {
	if s.Name == "." {
		return strings.ToLower(n.Name)
	}
	return strings.ToLower(s.Name + "." + n.Name)
}

func records(tx *store.Tx, s *Service) *route.Records {
	out := &route.Records{Weighted: s.Policy == Weighted, TTL: map[string]uint32{}}
	for _, r := range s.Records {
		out.TTL[r.Type] = uint32(r.TTL)
	}
	for _, i := range Instances(tx, s.ID) {
		port, _ := strconv.ParseUint(i.Attributes[Port], 10, 16)
		out.Hosts = append(out.Hosts, route.Host{
			ID: strings.ToLower(i.ID), IPv4: i.Attributes[IPv4], IPv6: i.Attributes[IPv6], Port: uint16(port),
			CNAME: i.Attributes[CNAME], Alias: i.Attributes[Alias], Sick: HealthOf(s, i) == Unhealthy,
		})
	}
	return out
}
