package proxy

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/grue-ecs/grue/internal/route"
)

// Sticky groups share clients by weight, and a shift moves only those that must.
func TestStickyGroupShares(t *testing.T) {
	t.Parallel()
	clients := make([]netip.Addr, 20000)
	for i := range clients {
		clients[i] = netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
	}
	choose := func(blue, green int) (all []string, toGreen int) {
		f := &route.Forward{Groups: []route.Weighted{{Group: "blue", Weight: blue}, {Group: "green", Weight: green}}}
		for _, c := range clients {
			g := stickyGroup(f, c)
			if g == "green" {
				toGreen++
			}
			all = append(all, g)
		}
		return all, toGreen
	}
	var before []string
	for _, share := range []int{0, 10, 50, 100} {
		now, green := choose(100-share, share)
		if want := len(clients) * share / 100; green < want-400 || green > want+400 {
			t.Errorf("%d %%: %d of %d", share, green, len(clients))
		}
		for i := range before {
			if before[i] == "green" && now[i] != "green" {
				t.Fatalf("client %s went back to blue", clients[i])
			}
		}
		before = now
	}
}

// The hash spreads flows over targets evenly, and keeps most of them where they
// are when a target joins.
func TestFlowHashSpreads(t *testing.T) {
	t.Parallel()
	pick := func(targets int) (all []int, counts []int) {
		counts = make([]int, targets)
		for port := range 20000 {
			key := mix(hashAddr(netip.MustParseAddr("192.0.2.1")), uint64(port))
			best, high := 0, uint64(0)
			for i := range targets {
				if score := mix(key, hashString(fmt.Sprintf("10.0.0.%d:80|10.0.0.%d", i, i))); score > high {
					best, high = i, score
				}
			}
			all = append(all, best)
			counts[best]++
		}
		return all, counts
	}
	four, counts := pick(4)
	for i, n := range counts {
		if n < 4600 || n > 5400 {
			t.Errorf("target %d got %d of 20000", i, n)
		}
	}
	five, _ := pick(5)
	for i := range four {
		if four[i] != five[i] && five[i] != 4 {
			t.Fatal("a flow moved between targets that stayed")
		}
	}
}
