// Package load sends steady HTTP requests and counts what came back, by the
// version that answered. The traffic generator inside the namespace uses it, and so
// does the program that watches the whole.
package load

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/grue-ecs/grue/examples/unicornwatch/unicorn"
)

// Job is steady traffic.
type Job struct {
	Method      string            `json:"method,omitempty"` // "" = GET
	URL         string            `json:"url"`
	Body        string            `json:"body,omitempty"`
	Header      map[string]string `json:"header,omitempty"`
	Expect      string            `json:"expect,omitempty"`      // part of a right answer
	Rate        int               `json:"rate"`                  // requests a second
	Connections int               `json:"connections,omitempty"` // 0 = 4
}

// patience is how long an answer may take.
const patience = 10 * time.Second

// Load is a running job.
type Load struct {
	job  Job
	stop context.CancelFunc
	work sync.WaitGroup

	mu    sync.Mutex
	tally Tally
}

// Start begins a job.
func Start(job Job) *Load {
	if job.Connections == 0 {
		job.Connections = 4
	}
	if job.Method == "" {
		job.Method = http.MethodGet
	}
	ctx, cancel := context.WithCancel(context.Background())
	l := &Load{job: job, stop: cancel, tally: Tally{Versions: map[string]*Version{}}}
	pace := time.Second * time.Duration(job.Connections) / time.Duration(max(1, job.Rate))
	for i := range job.Connections {
		l.work.Go(func() { l.connection(ctx, pace, pace*time.Duration(i)/time.Duration(job.Connections)) })
	}
	return l
}

// connection sends one request after the other on a connection of its own.
func (l *Load) connection(ctx context.Context, pace, delay time.Duration) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1, DisableCompression: true}, Timeout: patience}
	defer client.CloseIdleConnections()
	select {
	case <-ctx.Done():
	case <-time.After(delay): // not all at once
	}
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for ctx.Err() == nil {
		l.one(client)
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// one request is waited for, even if the load ends meanwhile.
func (l *Load) one(client *http.Client) {
	began := time.Now()
	version, status, body, err := l.ask(client)
	took := time.Since(began)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tally.Sent++
	if err != nil || version == "" {
		l.tally.lose(status, body, err)
		return
	}
	l.tally.count(version, status, took, strings.Contains(body, l.job.Expect), body)
}

func (l *Load) ask(client *http.Client) (version string, status int, body string, err error) {
	req, err := http.NewRequest(l.job.Method, l.job.URL, strings.NewReader(l.job.Body))
	if err != nil {
		return "", 0, "", err
	}
	for k, v := range l.job.Header {
		req.Header.Set(k, v)
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	return resp.Header.Get(unicorn.HeaderVersion), resp.StatusCode, string(text), err
}

// Tally is what came back up to now.
func (l *Load) Tally() Tally {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tally.Clone()
}

// End stops the load, waits for requests under way and returns what came back.
func (l *Load) End() Tally {
	l.stop()
	l.work.Wait()
	return l.Tally()
}
