package route

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func chooser(weights ...int) *Chooser {
	f := &Forward{}
	for i, w := range weights {
		f.Groups = append(f.Groups, Weighted{fmt.Sprint(i), w})
	}
	return newChooser(f)
}

// Shares are exact after each round, whatever the weights.
func TestSharesAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.IntRange(0, 999), 1, 5).Draw(t, "weights")
		c := chooser(weights...)
		total := 0
		for _, w := range weights {
			total += w
		}
		counts := map[string]int{}
		for range total {
			g, ok := c.Next()
			if !ok {
				t.Fatal("no group")
			}
			counts[g]++
		}
		for i, w := range weights {
			if counts[fmt.Sprint(i)] != w {
				t.Fatalf("weights %v: got %v", weights, counts)
			}
		}
	})
}

// At no time is a group more than one turn ahead of its share with two groups.
func TestSharesAreSmooth(t *testing.T) {
	c := chooser(70, 30)
	got := 0
	for n := 1; n <= 1000; n++ {
		if g, _ := c.Next(); g == "1" {
			got++
		}
		if want := float64(n) * 0.3; float64(got) < want-1 || float64(got) > want+1 {
			t.Fatalf("after %d turns: %d", n, got)
		}
	}
}

// With two groups every window of requests, of whatever length and from wherever,
// is within one request of its share, and exact when it is a multiple of a round.
// So is a canary of 0.1 %, which weights 1 and 999 mean.
func TestEveryWindowIsExact(t *testing.T) {
	for _, weights := range [][2]int{{1, 999}, {1, 9}, {125, 875}, {999, 1}, {3, 997}, {333, 667}} {
		c := chooser(weights[0], weights[1])
		total := weights[0] + weights[1]
		sums := []int{0} // of the first group's turns
		for n := range 4 * total {
			g, _ := c.Next()
			sums = append(sums, sums[n])
			if g == "0" {
				sums[n+1]++
			}
		}
		for from := range total {
			for n := 1; n <= 3*total; n++ {
				got, turns := sums[from+n]-sums[from], n*weights[0]
				if off := got*total - turns; off <= -total || off >= total || n%total == 0 && off != 0 {
					t.Fatalf("weights %v: %d of %d turns from turn %d", weights, got, n, from)
				}
			}
		}
	}
}

// The turns of one action are one counter, whichever connection asks: a million
// requests of many connections are divided exactly too.
func TestSharesAreExactAcrossConnections(t *testing.T) {
	c := chooser(1, 999)
	var canary atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 125_000 {
				if g, _ := c.Next(); g == "0" {
					canary.Add(1)
				}
			}
		})
	}
	all.Wait()
	if canary.Load() != 1000 {
		t.Errorf("%d of 1,000,000", canary.Load())
	}
}

func BenchmarkNext(b *testing.B) {
	c := chooser(1, 999)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			c.Next()
		}
	})
}

func TestZeroWeights(t *testing.T) {
	if _, ok := chooser(0, 0).Next(); ok {
		t.Error("all weights are 0, and a group was chosen")
	}
	c := chooser(0, 1)
	for range 10 {
		if g, _ := c.Next(); g != "1" {
			t.Errorf("chose %s", g)
		}
	}
	if c.Allows("0") || !c.Allows("1") || c.Allows("2") {
		t.Error("Allows")
	}
}

// Frequent changes of the table do not bend the shares.
func TestSharesSurviveSwaps(t *testing.T) {
	var before *Router
	counts := map[string]int{}
	for range 1000 {
		r, err := Compile(&Table{Groups: map[string]*Group{"0": {}, "1": {}}, Listeners: []Listener{{ARN: "l", Rules: []Rule{
			{ARN: "r", Action: Action{Forward: &Forward{Groups: []Weighted{{"0", 75}, {"1", 25}}}}},
		}}}})
		if err != nil {
			t.Fatal(err)
		}
		r.Continue(before)
		for range 3 {
			g, _ := r.Listener("l").Match(&Request{}).Chooser.Next()
			counts[g]++
		}
		before = r
	}
	if counts["1"] != 750 {
		t.Errorf("got %v of 3000", counts)
	}
}

func members(healthy ...bool) []Member[int] {
	var out []Member[int]
	for i, h := range healthy {
		out = append(out, Member[int]{Handle: i, Healthy: h, Load: new(atomic.Int64)})
	}
	return out
}

func TestFailOpen(t *testing.T) {
	for _, c := range []struct {
		name    string
		group   Group
		healthy []bool
		want    int
		open    bool
	}{
		{"healthy only", Group{}, []bool{true, false, true}, 2, false},
		{"none healthy", Group{}, []bool{false, false}, 2, true},
		{"below count", Group{MinHealthyCount: 2}, []bool{true, false, false}, 3, true},
		{"at count", Group{MinHealthyCount: 2}, []bool{true, true, false}, 2, false},
		{"below percentage", Group{MinHealthyPct: 50}, []bool{true, false, false}, 3, true},
		{"at percentage", Group{MinHealthyPct: 50}, []bool{true, false}, 1, false},
		{"no targets", Group{}, nil, 0, false},
	} {
		p := NewPool(&c.group, members(c.healthy...))
		if p.Len() != c.want || p.FailOpen() != c.open {
			t.Errorf("%s: %d targets, fail-open %v", c.name, p.Len(), p.FailOpen())
		}
		if _, ok := p.Pick(0, 0, time.Time{}); ok != (c.want > 0) {
			t.Errorf("%s: picked %v", c.name, ok)
		}
	}
}

func TestRoundRobin(t *testing.T) {
	p := NewPool(&Group{}, members(true, true, true))
	counts := map[int]int{}
	for turn := range 30 {
		m, _ := p.Pick(uint64(turn), 0, time.Time{})
		counts[m]++
	}
	if counts[0] != 10 || counts[1] != 10 || counts[2] != 10 {
		t.Errorf("got %v", counts)
	}
}

func TestLeastOutstanding(t *testing.T) {
	ms := members(true, true, true)
	ms[0].Load.Store(2)
	ms[1].Load.Store(1)
	ms[2].Load.Store(2)
	p := NewPool(&Group{Algorithm: "least_outstanding_requests"}, ms)
	for turn := range 5 {
		if m, _ := p.Pick(uint64(turn), 0, time.Time{}); m != 1 {
			t.Errorf("turn %d: %d", turn, m)
		}
	}
}

func TestWeightedRandomIsEven(t *testing.T) {
	p := NewPool(&Group{Algorithm: "weighted_random"}, members(true, true))
	random := rand.New(rand.NewPCG(1, 2))
	counts := map[int]int{}
	for range 10000 {
		m, _ := p.Pick(0, random.Uint64(), time.Time{})
		counts[m]++
	}
	if counts[0] < 4700 || counts[0] > 5300 {
		t.Errorf("got %v", counts)
	}
}

// The share of a target in slow start rises linearly.
func TestSlowStart(t *testing.T) {
	from := time.Unix(1000, 0)
	ms := members(true, true)
	ms[1].RampFrom = from
	p := NewPool(&Group{SlowStart: 100 * time.Second}, ms)
	random := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		after time.Duration
		want  float64
	}{{0, 0.01 / 1.01}, {25 * time.Second, 0.2}, {50 * time.Second, 1.0 / 3}, {100 * time.Second, 0.5}} {
		got := 0
		const n = 20000
		for turn := range n {
			if m, _ := p.Pick(uint64(turn), random.Uint64(), from.Add(c.after)); m == 1 {
				got++
			}
		}
		if share := float64(got) / n; share < c.want-0.015 || share > c.want+0.015 {
			t.Errorf("after %v: share %.3f, want %.3f", c.after, share, c.want)
		}
	}
}

func TestLatencyBuckets(t *testing.T) {
	for i := range LatencyBuckets - 1 {
		if got := LatencyBucket(LatencyBound(i) - 1); got != i {
			t.Errorf("just below bound %d: bucket %d", i, got)
		}
		if got := LatencyBucket(LatencyBound(i)); got != i+1 {
			t.Errorf("at bound %d: bucket %d", i, got)
		}
	}
	if got := LatencyBucket(1 << 62); got != LatencyBuckets-1 {
		t.Errorf("long: bucket %d", got)
	}
}
