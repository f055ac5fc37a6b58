package network

import (
	"encoding/binary"
	"hash/fnv"
	"net/netip"
)

const (
	rangeBits  = 18 // of one grue
	subnetBits = 20 // of one zone, and of the load balancers
	// reserved addresses at the start of each subnet, as in a VPC: network,
	// gateway, DNS, future use; and one at the end.
	reserved = 4
)

// shared is RFC 6598 space. VPN products that live in it filter all of it, so
// one foreign address inside makes the whole block unusable.
var shared = netip.MustParsePrefix("100.64.0.0/10")

// candidates lists the /18s of the pool, starting at a place that depends on
// the data directory, so that two grues seldom try the same one first.
func candidates(pool []netip.Prefix, seed string) []netip.Prefix {
	h := fnv.New32a()
	h.Write([]byte(seed))
	var all []netip.Prefix
	for _, p := range pool {
		p = p.Masked()
		if !p.Addr().Is4() || p.Bits() > rangeBits {
			continue
		}
		n := uint32(1) << (rangeBits - p.Bits())
		start := h.Sum32() % n
		for i := range n {
			all = append(all, netip.PrefixFrom(add(p.Addr(), ((start+i)%n)<<(32-rangeBits)), rangeBits))
		}
	}
	return all
}

// collides tells whether a range overlaps what the machine already routes.
func collides(p netip.Prefix, foreign, grues []netip.Prefix) bool {
	for _, t := range foreign {
		if t.Bits() == 0 {
			continue // the default route leads everywhere and owns nothing
		}
		if p.Overlaps(t) || (shared.Contains(p.Addr()) && shared.Contains(t.Addr()) && t.Bits() >= shared.Bits()) {
			return true
		}
	}
	for _, t := range grues {
		if p.Overlaps(t) {
			return true
		}
	}
	return false
}

// subnet i of a range; 0..2 are the zones, 3 is for load balancers.
func subnet(cidr netip.Prefix, i int) netip.Prefix {
	return netip.PrefixFrom(add(cidr.Addr(), uint32(i)<<(32-subnetBits)), subnetBits)
}

func gatewayOf(p netip.Prefix) netip.Addr { return add(p.Addr(), 1) }

func add(a netip.Addr, n uint32) netip.Addr {
	b := a.As4()
	binary.BigEndian.PutUint32(b[:], binary.BigEndian.Uint32(b[:])+n)
	return netip.AddrFrom4(b)
}

func offset(p netip.Prefix, a netip.Addr) uint32 {
	x, y := p.Addr().As4(), a.As4()
	return binary.BigEndian.Uint32(y[:]) - binary.BigEndian.Uint32(x[:])
}
