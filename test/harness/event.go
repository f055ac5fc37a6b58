package harness

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Event is an EventBridge event.
type Event struct {
	Version, ID, Source, Account, Region string
	DetailType                           string `json:"detail-type"`
	Time                                 time.Time
	Resources                            []string
	Detail                               map[string]any
}

// Events records GET /grue/events from now on.
type Events struct {
	mu   sync.Mutex
	list []Event
}

// Events starts to record; the stream ends with the test.
func (g *Grue) Events(t testing.TB) *Events {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, g.URL()+"/grue/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if ct := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || !strings.HasPrefix(ct, "text/event-stream") {
		t.Fatalf("GET /grue/events: status %d, %s", resp.StatusCode, ct)
	}
	e := &Events{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer resp.Body.Close()
		sc := bufio.NewScanner(resp.Body)
		sc.Buffer(nil, 1<<20)
		for sc.Scan() {
			doc, ok := strings.CutPrefix(sc.Text(), "data:")
			var ev Event
			if ok && json.Unmarshal([]byte(doc), &ev) == nil {
				e.mu.Lock()
				e.list = append(e.list, ev)
				e.mu.Unlock()
			}
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
	return e
}

// Of lists the events that concern a resource whose ARN contains part.
func (e *Events) Of(part string) (out []Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, ev := range e.list {
		if slices.ContainsFunc(ev.Resources, func(r string) bool { return strings.Contains(r, part) }) {
			out = append(out, ev)
		}
	}
	return out
}
