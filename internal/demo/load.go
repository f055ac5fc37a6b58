package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// load is steady traffic on one URL, counted by the version that answered.
type load struct {
	url  string
	stop context.CancelFunc
	work sync.WaitGroup

	mu      sync.Mutex
	sent    int
	failed  int
	first   string // the first failure
	answers map[string]int
	latest  map[string]time.Time // last answer of each version
	slowest time.Duration
}

// tally is what a load has seen up to a moment.
type tally struct {
	sent, failed int
	answers      map[string]int
}

// startLoad sends rate requests a second over that many connections.
func startLoad(url string, rate, connections int) *load {
	ctx, cancel := context.WithCancel(context.Background())
	l := &load{url: url, stop: cancel, answers: map[string]int{}, latest: map[string]time.Time{}}
	pace := time.Second * time.Duration(connections) / time.Duration(rate)
	for i := range connections {
		l.work.Go(func() {
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1}, Timeout: 10 * time.Second}
			defer client.CloseIdleConnections()
			wait(ctx, pace*time.Duration(i)/time.Duration(connections)) // not all at once
			tick := time.NewTicker(pace)
			defer tick.Stop()
			for ctx.Err() == nil {
				l.one(client)
				select {
				case <-ctx.Done():
				case <-tick.C:
				}
			}
		})
	}
	return l
}

// one request counts as failed when it does not end with 200 and a version. It
// is not tied to the load's end: a request that was sent is waited for.
func (l *load) one(client *http.Client) {
	began := time.Now()
	version, err := ask(client, l.url)
	took := time.Since(began)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent++
	l.slowest = max(l.slowest, took)
	if err != nil {
		l.failed++
		if l.first == "" {
			l.first = err.Error()
		}
		return
	}
	l.answers[version]++
	l.latest[version] = time.Now()
}

// last is when a version last answered.
func (l *load) last(version string) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.latest[version]
}

// byVersion tells how often each version answered.
func (t tally) byVersion() string {
	parts := make([]string, 0, len(t.answers))
	for _, v := range slices.Sorted(maps.Keys(t.answers)) {
		parts = append(parts, fmt.Sprintf("%s answered %d", v, t.answers[v]))
	}
	return strings.Join(parts, ", ")
}

func ask(client *http.Client, url string) (version string, err error) {
	resp, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	if err != nil {
		return "", err
	}
	version, _, ok := strings.Cut(string(body), " ")
	if resp.StatusCode != http.StatusOK || !ok {
		return "", fmt.Errorf("status %d: %.200s", resp.StatusCode, body)
	}
	return version, nil
}

func (l *load) tally() tally {
	l.mu.Lock()
	defer l.mu.Unlock()
	return tally{l.sent, l.failed, maps.Clone(l.answers)}
}

// end stops the load and waits for the requests under way.
func (l *load) end() {
	l.stop()
	l.work.Wait()
}

// awaitAnswer waits until the URL answers with a version.
func awaitAnswer(ctx context.Context, url, version string, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	client := &http.Client{Timeout: 2 * time.Second}
	defer client.CloseIdleConnections()
	last := errors.New("no answer yet")
	for ctx.Err() == nil {
		got, err := ask(client, url)
		if err == nil && got == version {
			return nil
		}
		if last = err; err == nil {
			last = fmt.Errorf("it answered as %s", got)
		}
		wait(ctx, 50*time.Millisecond)
	}
	return fmt.Errorf("%s did not answer as %s: %w", url, version, last)
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
