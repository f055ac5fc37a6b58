package proxy

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/grue-ecs/grue/internal/route"
)

const (
	clientsParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	ourParent     = "00-0af7651916cd43dd8448eb211c80319c-0000000000000001-01"
)

// notes is a Tracer that writes down what it is told.
type notes struct {
	mu    sync.Mutex
	begun int
	ended []Traced
}

func (n *notes) Begin(r *Traced) Span {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.begun++
	return &noted{n, strings.Clone(r.Parent) + "|" + strings.Clone(r.State)}
}

type noted struct {
	n      *notes
	parent string
}

func (*noted) Traceparent() string { return ourParent }

func (s *noted) End(r *Traced) {
	s.n.mu.Lock()
	defer s.n.mu.Unlock()
	t := *r
	t.Parent, t.Method, t.Path, t.Host = s.parent, strings.Clone(r.Method), strings.Clone(r.Path), strings.Clone(r.Host)
	s.n.ended = append(s.n.ended, t)
}

// take waits for the end of the next span.
func (n *notes) take(t *testing.T) (out Traced) {
	t.Helper()
	await(t, "a span has ended", func() bool {
		n.mu.Lock()
		defer n.mu.Unlock()
		if len(n.ended) == 0 {
			return false
		}
		out, n.ended = n.ended[0], n.ended[1:]
		return true
	})
	return out
}

// TestSpans: on every way through the proxy the target gets our traceparent once,
// beside the client's tracestate and X-Amzn-Trace-Id, and one span ends with the
// outcome. Without a tracer the client's passes.
func TestSpans(t *testing.T) {
	for _, tracer := range []*notes{{}, nil} {
		w := newWorld(t)
		if tracer != nil {
			w = newTracedWorld(t, tracer)
		}
		seen := make(chan http.Header, 10)
		handler := func(rw http.ResponseWriter, r *http.Request) {
			seen <- r.Header.Clone()
			io.Copy(rw, r.Body)
		}
		plain := app(t, handler)
		w.group("tg", plain)
		w.unchecked("one", app(t, handler))
		w.unchecked("two", h2app(t, handler)).Version = "HTTP2"
		h1 := w.listener(one("tg")).Address
		tls := w.listener(one("tg"))
		secure(tls)
		h2 := tls.Address
		_, mesh1 := w.mesh("HTTP", one("one"))
		_, mesh2 := w.mesh("HTTP2", one("two"))
		w.publish()
		w.awaitState(plain, "healthy")
		for url, c := range map[string]*http.Client{
			"http://" + h1: client(t), "https://" + h2: h2client(t, "localhost"), "http://" + mesh1: client(t), "http://" + mesh2: h2prior(t),
		} {
			req, _ := http.NewRequest("POST", url+"/path?secret=1", strings.NewReader("hello"))
			req.Header.Set("traceparent", clientsParent)
			req.Header.Set("tracestate", "vendor=1")
			req.Header.Set("X-Amzn-Trace-Id", "Root=1-67891233-abcdef012345678912345678")
			resp, err := c.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			h := <-seen
			want := clientsParent
			if tracer != nil {
				want = ourParent
			}
			if got := h["Traceparent"]; len(got) != 1 || got[0] != want || h.Get("Tracestate") != "vendor=1" ||
				!strings.Contains(h.Get("X-Amzn-Trace-Id"), "Root=1-67891233-abcdef012345678912345678") {
				t.Errorf("%s: target saw %v", url, h)
			}
			if tracer == nil {
				continue
			}
			s := tracer.take(t)
			if s.Parent != clientsParent+"|vendor=1" || s.Method != "POST" || s.Path != "/path" || s.Status != 200 || s.TargetStatus != 200 ||
				s.Group == "" || s.Target == "" || s.Ended.Before(s.Began) || (s.LB == "") == (s.Endpoint == "") || s.Wrote < 5 {
				t.Errorf("%s: span %+v", url, s)
			}
		}
	}
}

// TestSpansWithoutTarget: what the load balancer answers itself has a span, too,
// even what was no request.
func TestSpansWithoutTarget(t *testing.T) {
	tracer := &notes{}
	w := newTracedWorld(t, tracer)
	w.group("tg")
	l := w.listener(one("tg")).Address
	fixed := w.listener(one("tg"))
	fixed.Rules = []route.Rule{{ARN: "r", Action: route.Action{Fixed: &route.Fixed{Status: 404}}}}
	w.publish()
	for _, c := range []struct {
		url    string
		status int
	}{{"http://" + l + "/", 503}, {"http://" + fixed.Address + "/", 404}} {
		if status, _ := fetch(t, client(t), c.url); status != c.status {
			t.Errorf("%s: %d", c.url, status)
		}
		if s := tracer.take(t); s.Status != c.status || s.TargetStatus != 0 || s.Target != "" {
			t.Errorf("%s: span %+v", c.url, s)
		}
	}
	raw(t, l, "nonsense\r\n\r\n", nil)
	if s := tracer.take(t); s.Status != 400 {
		t.Errorf("span %+v", s)
	}
}

// TestVitals asks a proxy how it does while it has a request in flight.
func TestVitals(t *testing.T) {
	w := newWorld(t)
	arrived, goOn := make(chan struct{}), make(chan struct{})
	target := app(t, func(http.ResponseWriter, *http.Request) {
		close(arrived)
		<-goOn
	})
	w.group("tg", target)
	l := w.listener(one("tg"))
	w.publish()
	w.awaitState(target, "healthy")
	done := make(chan struct{})
	go func() {
		defer close(done)
		fetch(t, client(t), "http://"+l.Address+"/")
	}()
	<-arrived
	v, err := w.client.Vitals(t.Context())
	close(goOn)
	<-done
	if err != nil || v.PID == 0 || v.InFlight["tg"] != 1 || v.Connections < 1 || v.Goroutines < 1 || v.CPUSeconds <= 0 || v.Heap == 0 {
		t.Errorf("%+v %v", v, err)
	}
}
