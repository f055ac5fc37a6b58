package web

import (
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	// freeTries is how many wrong sign-ins an address has before it must wait;
	// one more is free after each tryEvery.
	freeTries = 5
	tryEvery  = 5 * time.Second
	// allTries is the same for all addresses together.
	allTries = 100
	// maxPeers bounds what is remembered of addresses.
	maxPeers = 10_000
)

// tries limits how fast sign-ins can be guessed. An address, and all of them
// together, have a debt that grows with each wrong one and shrinks with time.
type tries struct {
	mu    sync.Mutex
	all   debt
	peers map[string]debt
}

// debt is the moment at which all wrong tries are forgotten, at one each tryEvery.
type debt struct{ until time.Time }

func (d debt) wait(free int, now time.Time) time.Duration {
	if d.until.Before(now) {
		return 0
	}
	return d.until.Sub(now) - time.Duration(free-1)*tryEvery
}

func (d debt) more(now time.Time) debt {
	if d.until.Before(now) {
		d.until = now
	}
	return debt{d.until.Add(tryEvery)}
}

// wait is how long an address must wait before it may try; 0 or less = not at all.
func (t *tries) wait(peer string, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return max(t.peers[peer].wait(freeTries, now), t.all.wait(allTries, now))
}

// wrong notes a wrong sign-in.
func (t *tries) wrong(peer string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.peers == nil || len(t.peers) >= maxPeers {
		kept := map[string]debt{}
		for p, d := range t.peers {
			if len(kept) < maxPeers/2 && d.until.After(now) {
				kept[p] = d
			}
		}
		t.peers = kept
	}
	t.peers[peer] = t.peers[peer].more(now)
	t.all = t.all.more(now)
}

func tooMany(w http.ResponseWriter, wait time.Duration) *Problem {
	seconds := int(math.Ceil(wait.Seconds()))
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	return &Problem{
		Code: "Throttling", Status: http.StatusTooManyRequests,
		Message: "Too many wrong sign-ins. Try again in " + strconv.Itoa(seconds) + " seconds.",
	}
}
