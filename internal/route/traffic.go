package route

import (
	"math"
	"time"
)

// LatencyBuckets is the number of buckets of Traffic.Latency.
const LatencyBuckets = 48

// latencyFirst is the bound of the first bucket.
const latencyFirst = 100 * time.Microsecond

// latencyBounds are the upper bounds, 100 µs × 2^(i/2).
var latencyBounds = func() (b [LatencyBuckets]time.Duration) {
	for i := range b {
		b[i] = time.Duration(float64(latencyFirst) * math.Pow(2, float64(i)/2))
	}
	return b
}()

// LatencyBound is the upper bound of bucket i of Traffic.Latency.
func LatencyBound(i int) time.Duration { return latencyBounds[i] }

// LatencyBucket is the bucket that counts d; the last one takes all above.
func LatencyBucket(d time.Duration) int {
	low, high := 0, LatencyBuckets-1
	for low < high {
		mid := (low + high) / 2
		if d < latencyBounds[mid] {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return low
}

// Add adds the counts of u, which are for the same load balancer and group.
func (t *Traffic) Add(u *Traffic) {
	t.Requests += u.Requests
	t.Target2xx += u.Target2xx
	t.Target3xx += u.Target3xx
	t.Target4xx += u.Target4xx
	t.Target5xx += u.Target5xx
	t.ELB3xx += u.ELB3xx
	t.ELB4xx += u.ELB4xx
	t.ELB5xx += u.ELB5xx
	t.ELB500 += u.ELB500
	t.ELB502 += u.ELB502
	t.ELB503 += u.ELB503
	t.ELB504 += u.ELB504
	t.ConnectErrors += u.ConnectErrors
	t.Retries += u.Retries
	t.Bytes += u.Bytes
	t.NewConns += u.NewConns
	t.ActiveConns = max(t.ActiveConns, u.ActiveConns)
	t.Rules += u.Rules
	t.Fixed += u.Fixed
	t.Redirects += u.Redirects
	t.TLSErrors += u.TLSErrors
	for i, n := range u.Latency {
		t.Latency[i] += n
	}
	t.LatencySum += u.LatencySum
	t.Flows = addFlows(t.Flows, u.Flows)
}

// AddTraffic adds counts to sums, which has one element for each load balancer
// or endpoint, client and group.
func AddTraffic(sums, counts []Traffic) []Traffic {
	type key struct{ lb, group, endpoint, client string }
	keyOf := func(t *Traffic) key { return key{t.LB, t.Group, t.Endpoint, t.Client} }
	at := make(map[key]int, len(sums))
	for i := range sums {
		at[keyOf(&sums[i])] = i
	}
	for i := range counts {
		k := keyOf(&counts[i])
		if j, ok := at[k]; ok {
			sums[j].Add(&counts[i])
			continue
		}
		at[k] = len(sums)
		sums = append(sums, counts[i])
	}
	return sums
}
