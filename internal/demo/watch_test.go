package demo

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLoadCountsByVersion(t *testing.T) {
	var n atomic.Int64
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		switch i := n.Add(1); {
		case i%10 == 0:
			w.WriteHeader(http.StatusBadGateway)
		case i%2 == 0:
			fmt.Fprintln(w, "v2 green task")
		default:
			fmt.Fprintln(w, "v1 blue task")
		}
	}))
	defer web.Close()
	l := startLoad(web.URL, 2000, 4)
	for n.Load() < 100 {
		wait(context.Background(), time.Millisecond)
	}
	l.end()
	got := l.tally()
	if int64(got.sent) != n.Load() || got.failed != got.sent/10 || got.answers["v1"]+got.answers["v2"]+got.failed != got.sent {
		t.Fatalf("%+v of %d", got, n.Load())
	}
	if !strings.Contains(l.first, "status 502") {
		t.Fatalf("first failure: %s", l.first)
	}
	if s := share(tally{}, got, "v1", "v2"); s < 0.3 || s > 0.6 {
		t.Fatalf("share of v2: %f", s)
	}
}

func TestPictureIsXML(t *testing.T) {
	samples := []sample{
		{at: 0, oldTasks: 4, share: 0},
		{at: time.Second, oldTasks: 4, tasks: 2, share: 0.3, sent: 100},
		{at: 2 * time.Second, tasks: 4, share: 1, sent: 200},
	}
	text := picture(samples, 4, act{title: "LINEAR", from: "v1", to: "v2"})
	if err := xml.Unmarshal([]byte(text), new(struct{})); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if strings.Contains(text, "%!") || !strings.Contains(text, "2.0 s, 200 requests, 0 failed") {
		t.Fatal(text)
	}
	if line := samples[1].line(); !strings.Contains(line, "30%") || strings.Contains(line, "%!") {
		t.Fatal(line)
	}
}
