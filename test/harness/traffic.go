package harness

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"
)

// Lane is one kind of request that Traffic sends.
type Lane struct {
	Kind, URL   string
	Header      http.Header
	Host        string        // "" = that of the URL
	Connections int           // kept alive; 0 = 2
	Pace        time.Duration // between the requests of a connection; 0 = 10 ms, negative = none
	HTTP2       bool          // over TLS, without checking the certificate
	Network     string        // "tcp" or "udp": below HTTP, to the host:port in URL, a new flow for each word
	Long        bool          // with Network: flows live until the guest asks to leave
}

// Sample is one request.
type Sample struct {
	Began, Ended time.Time
	Lane         int
	Version      string // the body of the answer
	Err          error
}

// Counts are answers by version.
type Counts map[string]int

// Total is the number of answers.
func (c Counts) Total() (n int) {
	for _, x := range c {
		n += x
	}
	return n
}

// Traffic is steady traffic whose every request is remembered.
type Traffic struct {
	mu      sync.Mutex
	lanes   []Lane
	samples []Sample
	failed  int
	stop    chan struct{}
	done    sync.WaitGroup
}

// StartTraffic sends requests on all lanes until it is stopped.
func StartTraffic(t testing.TB, lanes ...Lane) *Traffic {
	t.Helper()
	x := &Traffic{lanes: lanes, stop: make(chan struct{})}
	for i, lane := range lanes {
		if lane.Connections == 0 {
			lane.Connections = 2
		}
		for range lane.Connections {
			x.done.Go(func() { x.drive(i, lane) })
		}
	}
	t.Cleanup(x.Stop)
	return x
}

// drive sends requests on one connection.
func (x *Traffic) drive(i int, lane Lane) {
	pace := lane.Pace
	if pace == 0 {
		pace = 10 * time.Millisecond
	}
	tick := time.NewTicker(max(pace, 1))
	defer tick.Stop()
	if lane.Network != "" {
		x.converse(i, lane, tick.C)
		return
	}
	tr := &http.Transport{MaxIdleConnsPerHost: 1, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: lane.HTTP2}
	defer tr.CloseIdleConnections()
	client := &http.Client{Transport: tr, Timeout: patience}
	for {
		select {
		case <-x.stop:
			return
		case <-tick.C:
			x.note(lane.send(client, i))
		}
	}
}

func (l *Lane) send(client *http.Client, i int) Sample {
	s := Sample{Began: time.Now(), Lane: i}
	req, err := http.NewRequest(http.MethodGet, l.URL, nil)
	if err != nil {
		s.Err = err
		return s
	}
	if l.Header != nil {
		req.Header = l.Header.Clone()
	}
	req.Host = l.Host
	resp, err := client.Do(req)
	if err == nil {
		var body []byte
		body, err = io.ReadAll(resp.Body)
		resp.Body.Close()
		s.Version = string(body)
		if err == nil && resp.StatusCode != http.StatusOK {
			err = fmt.Errorf("status %d", resp.StatusCode)
		}
		if err == nil && l.HTTP2 != (resp.ProtoMajor == 2) {
			err = fmt.Errorf("answered over %s", resp.Proto)
		}
	}
	s.Err, s.Ended = err, time.Now()
	return s
}

func (x *Traffic) note(s Sample) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.samples = append(x.samples, s)
	if s.Err != nil {
		x.failed++
	}
}

// Since counts the answers to requests of the lanes of a kind ("" = all) that
// began at or after a moment.
func (x *Traffic) Since(kind string, from time.Time) Counts {
	x.mu.Lock()
	defer x.mu.Unlock()
	c := Counts{}
	for _, s := range x.samples {
		if s.Err == nil && !s.Began.Before(from) && (kind == "" || x.lanes[s.Lane].Kind == kind) {
			c[s.Version]++
		}
	}
	return c
}

// Next waits for n answers to requests that begin now or later on the lanes of
// a kind ("" = all), and counts them by version.
func (x *Traffic) Next(t testing.TB, kind string, n int) Counts {
	t.Helper()
	from := time.Now()
	var c Counts
	Await(t, fmt.Sprintf("%d answers", n), func() bool { c = x.Since(kind, from); return c.Total() >= n })
	return c
}

// Only waits for n further answers of each kind of lane and checks that all came
// from one version.
func (x *Traffic) Only(t testing.TB, what, version string, n int, kinds ...string) {
	t.Helper()
	for _, kind := range kinds {
		if c := x.Next(t, kind, n); c[version] != c.Total() {
			t.Errorf("%s: %s requests were answered by %v, want %s alone", what, kind, c, version)
		}
	}
}

// Seen tells how many answers of a kind of lane came from a version.
func (x *Traffic) Seen(kind, version string) int { return x.Since(kind, time.Time{})[version] }

// Stop ends the traffic; a second call does nothing.
func (x *Traffic) Stop() {
	x.mu.Lock()
	select {
	case <-x.stop:
	default:
		close(x.stop)
	}
	x.mu.Unlock()
	x.done.Wait()
}

// StopAndExpectNoFailures ends the traffic and fails the test if a request did.
func (x *Traffic) StopAndExpectNoFailures(t testing.TB) {
	t.Helper()
	x.Stop()
	shown, slowest := 0, time.Duration(0)
	for _, s := range x.samples {
		slowest = max(slowest, s.Ended.Sub(s.Began))
		if s.Err != nil && shown < 5 {
			shown++
			t.Errorf("%s of %s after %v: %v %q", x.lanes[s.Lane].Kind, s.Began.Format("05.000"), s.Ended.Sub(s.Began), s.Err, s.Version)
		}
	}
	if len(x.samples) == 0 || x.failed > 0 {
		t.Errorf("%d of %d requests failed", x.failed, len(x.samples))
	}
	t.Logf("%d requests, %d failed, the slowest took %v, answers %v", len(x.samples), x.failed, slowest, x.Since("", time.Time{}))
}
