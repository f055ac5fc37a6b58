package harness

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"
)

// patience ends a request that hangs. How quick an answer is depends on the machine.
const patience = 2 * time.Minute

// Load is steady traffic on one URL.
type Load struct {
	mu       sync.Mutex
	requests int
	bodies   map[string]int
	failures []string
	slowest  time.Duration // of all answers

	stop chan struct{}
	done sync.WaitGroup
}

// StartLoad sends requests on eight keep-alive connections until it is stopped.
func StartLoad(t testing.TB, url string) *Load {
	t.Helper()
	l := &Load{bodies: map[string]int{}, stop: make(chan struct{})}
	for range 8 {
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1}, Timeout: patience}
		l.done.Go(func() {
			defer client.CloseIdleConnections()
			pace := time.NewTicker(4 * time.Millisecond)
			defer pace.Stop()
			for {
				select {
				case <-l.stop:
					return
				case <-pace.C:
					l.one(client, url)
				}
			}
		})
	}
	t.Cleanup(l.Stop)
	return l
}

func (l *Load) one(client *http.Client, url string) {
	began := time.Now()
	resp, err := client.Get(url)
	var body []byte
	if err == nil {
		body, err = io.ReadAll(resp.Body)
		resp.Body.Close()
		if err == nil && resp.StatusCode != http.StatusOK {
			err = fmt.Errorf("status %d", resp.StatusCode)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requests++
	l.slowest = max(l.slowest, time.Since(began))
	if err != nil {
		l.failures = append(l.failures, fmt.Sprintf("%s after %v: %v", began.Format("05.000"), time.Since(began), err))
		return
	}
	l.bodies[string(body)]++
}

// Seen tells how many answers had a body.
func (l *Load) Seen(body string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bodies[body]
}

// Requests tells how many requests were sent and how many failed.
func (l *Load) Requests() (sent, failed int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.requests, len(l.failures)
}

// Stop ends the traffic; a second call does nothing.
func (l *Load) Stop() {
	l.mu.Lock()
	select {
	case <-l.stop:
	default:
		close(l.stop)
	}
	l.mu.Unlock()
	l.done.Wait()
}

// StopAndExpectNoFailures ends the traffic and fails the test if a request did.
func (l *Load) StopAndExpectNoFailures(t testing.TB) {
	t.Helper()
	l.Stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.requests == 0 {
		t.Error("no request was sent")
	}
	if n := len(l.failures); n > 0 {
		t.Errorf("%d of %d requests failed, first: %v", n, l.requests, l.failures[:min(n, 5)])
	}
	t.Logf("%d requests, %d failed, the slowest took %v, answers %v", l.requests, len(l.failures), l.slowest, l.bodies)
}
