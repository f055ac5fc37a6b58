package network

import (
	"net/netip"
	"testing"
	"time"
)

func TestCollides(t *testing.T) {
	p := netip.MustParsePrefix
	tests := []struct {
		name           string
		candidate      string
		foreign, grues []netip.Prefix
		want           bool
	}{
		{name: "empty machine", candidate: "100.80.0.0/18"},
		{name: "default route owns nothing", candidate: "100.80.0.0/18", foreign: []netip.Prefix{p("0.0.0.0/0")}},
		{name: "overlap", candidate: "10.208.0.0/18", foreign: []netip.Prefix{p("10.0.0.0/8")}, want: true},
		{name: "beside", candidate: "10.208.0.0/18", foreign: []netip.Prefix{p("10.0.0.0/16")}},
		{name: "a VPN anywhere in shared space takes all of it", candidate: "100.80.0.0/18", foreign: []netip.Prefix{p("100.101.102.103/32")}, want: true},
		{name: "a VPN leaves other space alone", candidate: "10.208.0.0/18", foreign: []netip.Prefix{p("100.101.102.103/32")}},
		{name: "another grue elsewhere in shared space", candidate: "100.80.0.0/18", grues: []netip.Prefix{p("100.80.64.0/18")}},
		{name: "another grue in the same place", candidate: "100.80.0.0/18", grues: []netip.Prefix{p("100.80.0.0/18")}, want: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := collides(p(tt.candidate), tt.foreign, tt.grues); got != tt.want {
				t.Errorf("collides = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestCandidatesCoverThePoolOnce(t *testing.T) {
	seen := map[netip.Prefix]bool{}
	for _, c := range candidates([]netip.Prefix{netip.MustParsePrefix("100.80.0.0/12")}, "seed") {
		if seen[c] || c.Bits() != rangeBits || !netip.MustParsePrefix("100.80.0.0/12").Contains(c.Addr()) {
			t.Fatalf("candidate %s is out of place", c)
		}
		seen[c] = true
	}
	if len(seen) != 64 {
		t.Errorf("%d candidates, want 64", len(seen))
	}
}

func TestRingRestsFreedAddresses(t *testing.T) {
	r := newRing(netip.MustParsePrefix("10.0.0.0/29")) // .4 .5 .6 can be given out
	now := time.Unix(0, 0)
	take := func() netip.Addr {
		t.Helper()
		a, ok := r.take(now, time.Minute)
		if !ok {
			t.Fatal("no address")
		}
		return a
	}
	first := take()
	r.put(first, now)
	now = now.Add(time.Second)
	if second := take(); second == first {
		t.Error("an address was reused while others had rested longer")
	} else {
		r.put(second, now)
	}
	now = now.Add(time.Second)
	r.put(take(), now)
	if again := take(); again != first {
		t.Errorf("under pressure %s was reused, want %s, which rested longest", again, first)
	}
	take()
	take()
	if _, ok := r.take(now, time.Minute); ok {
		t.Error("a full ring gave an address")
	}
}

func TestRingNeverGivesReserved(t *testing.T) {
	p := netip.MustParsePrefix("10.0.0.0/20")
	r := newRing(p)
	for range 1<<12 - reserved - 1 {
		a, ok := r.take(time.Time{}, 0)
		if n := offset(p, a); !ok || n < reserved || n == 1<<12-1 {
			t.Fatalf("gave %s", a)
		}
	}
	if _, ok := r.take(time.Time{}, 0); ok {
		t.Error("gave an address too many")
	}
}
