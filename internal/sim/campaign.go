package sim

import (
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// Campaign is what many worlds came to.
type Campaign struct {
	Worlds, Steps int
	Cover         *Coverage
	Failures      []*Failure // the first few
	Took          time.Duration
}

// enough failures end a campaign.
const enough = 5

// Try plays the worlds of n seeds from first on, on all cores, and tells how many are
// done every few seconds, if tell is not nil.
func Try(first, n uint64, tell func(done uint64, took time.Duration)) *Campaign {
	c := &Campaign{Cover: NewCoverage()}
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // worlds are small and soon over
	began := time.Now()
	var (
		next, failed atomic.Uint64
		mu           sync.Mutex
		workers      sync.WaitGroup
		told         = began
	)
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			mine := Campaign{Cover: NewCoverage()}
			for failed.Load() < enough {
				i := next.Add(1) - 1
				if i >= n {
					break
				}
				r := Run(Generate(first+i), mine.Cover, nil)
				mine.Worlds, mine.Steps = mine.Worlds+1, mine.Steps+r.Steps
				if f, ok := r.Err.(*Failure); ok {
					mine.Failures = append(mine.Failures, f)
					failed.Add(1)
				}
				if i%1000 != 0 || tell == nil {
					continue
				}
				mu.Lock()
				if now := time.Now(); now.Sub(told) > 5*time.Second {
					told = now
					tell(i, now.Sub(began))
				}
				mu.Unlock()
			}
			mu.Lock()
			defer mu.Unlock()
			c.Worlds, c.Steps = c.Worlds+mine.Worlds, c.Steps+mine.Steps
			c.Failures = append(c.Failures, mine.Failures...)
			c.Cover.Merge(mine.Cover)
		})
	}
	workers.Wait()
	c.Took = time.Since(began)
	return c
}

// Story plays the scenario of a failure again and tells what happened.
func (f *Failure) Story() string {
	var b []byte
	Run(f.Scenario, nil, func(s string) { b = append(append(b, s...), '\n') })
	return string(b)
}
