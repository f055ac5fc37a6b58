package proxy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/route"
)

// mesh adds an endpoint of Service Connect with one bind in the machine's own
// namespace, and returns it with its address.
func (w *world) mesh(protocol string, groups ...route.Weighted) (*route.Listener, string) {
	l := w.endpoint(protocol, groups...)
	address := freeAddress(w.t)
	l.Binds = []route.Bind{{Address: address, Task: "1", Client: "c/caller", Log: "one"}}
	return l, address
}

// resilience are the settings of ECS, with times for tests.
func resilience() *route.Resilience {
	return &route.Resilience{Retries: 2, Failures: 5, Interval: 30 * time.Second, Eject: 300 * time.Millisecond, MaxEject: 3 * time.Second}
}

// h2prior is an HTTP/2 client with prior knowledge.
func h2prior(t testing.TB) *http.Client {
	tr := &http.Transport{Protocols: new(http.Protocols)}
	tr.Protocols.SetUnencryptedHTTP2(true)
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: 2 * time.Minute}
}

// A request passes as it is, but for what the proxy of ECS adds.
func TestMeshRequestPassesAsItIs(t *testing.T) {
	w := newWorld(t)
	seen := make(chan *http.Request, 1)
	handler := func(rw http.ResponseWriter, r *http.Request) {
		seen <- r.Clone(context.Background())
		rw.Header().Set("Server", "its-own")
		io.Copy(rw, r.Body)
	}
	w.unchecked("one", app(t, handler))
	w.unchecked("two", h2app(t, handler)).Version = "HTTP2"
	_, h1 := w.mesh("HTTP", one("one"))
	_, h2 := w.mesh("HTTP2", one("two"))
	w.publish()
	for address, c := range map[string]*http.Client{h1: client(t), h2: h2prior(t)} {
		req, _ := http.NewRequest("POST", "http://"+address+"/a%2Fb?x=1", strings.NewReader("hello"))
		req.Host = "orders:8080"
		req.Header.Set("X-Forwarded-For", "1.2.3.4")
		req.Header.Set("X-Amzn-Trace-Id", "Root=1-2-3")
		resp, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		r := <-seen
		if string(body) != "hello" || resp.Header.Get("Server") != "its-own" || r.Host != "orders:8080" || r.RequestURI != "/a%2Fb?x=1" {
			t.Errorf("got %q %v, target saw %q %q", body, resp.Header, r.Host, r.RequestURI)
		}
		h := r.Header
		if h.Get("X-Forwarded-For") != "1.2.3.4" || h.Get("X-Amzn-Trace-Id") != "Root=1-2-3" || h.Get("X-Forwarded-Proto") != "http" ||
			len(h.Get("X-Request-Id")) != 36 || h.Get("X-Forwarded-Port") != "" {
			t.Errorf("target saw %v", h)
		}
		req, _ = http.NewRequest("GET", "http://"+address+"/", nil)
		req.Header.Set("X-Request-Id", "mine")
		req.Header.Set("X-Forwarded-Proto", "https")
		resp, err = c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if r := <-seen; r.Header.Get("X-Request-Id") != "mine" || r.Header.Get("X-Forwarded-Proto") != "https" {
			t.Errorf("target saw %v", r.Header)
		}
	}
	if got := raw(t, h1, "GET / HTTP/1.0\r\nHost: a\r\n\r\n", nil); !strings.HasPrefix(got, "HTTP/1.1 426 ") {
		t.Errorf("HTTP/1.0: %q", got)
	}
}

// gRPC is balanced per request, and its streams flow both ways.
func TestMeshGRPC(t *testing.T) {
	w := newWorld(t)
	echo := func(name string) string {
		return h2app(t, func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Content-Type", "application/grpc")
			rw.Header().Set("X-Name", name)
			rw.(http.Flusher).Flush() // the head comes before the first message
			buf := make([]byte, 5)
			for {
				n, err := io.ReadFull(r.Body, buf)
				rw.Write(buf[:n])
				rw.(http.Flusher).Flush()
				if err != nil {
					break
				}
			}
			rw.Header().Set(http.TrailerPrefix+"Grpc-Status", "0")
		})
	}
	g := w.unchecked("tg", echo("a"), echo("b"))
	g.Version, g.Resilience = "GRPC", resilience()
	w.unchecked("none").Version = "GRPC"
	_, address := w.mesh("GRPC", one("tg"))
	_, empty := w.mesh("GRPC", one("none"))
	w.publish()
	c := h2prior(t)
	names := map[string]int{}
	for range 10 {
		body, send := io.Pipe()
		req, _ := http.NewRequest("POST", "http://"+address+"/s/m", body)
		req.Header.Set("Content-Type", "application/grpc")
		req.Header.Set("Te", "trailers")
		resp, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		names[resp.Header.Get("X-Name")]++
		for _, message := range []string{"hello", "again"} {
			buf := make([]byte, 5)
			if _, err := io.WriteString(send, message); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(resp.Body, buf); err != nil || string(buf) != message {
				t.Fatalf("got %q %v", buf, err)
			}
		}
		send.Close()
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if resp.Trailer.Get("Grpc-Status") != "0" {
			t.Errorf("trailer %v", resp.Trailer)
		}
	}
	if names["a"] != 5 || names["b"] != 5 {
		t.Errorf("requests by target: %v", names)
	}
	req, _ := http.NewRequest("POST", "http://"+empty+"/s/m", strings.NewReader("hello"))
	req.Header.Set("Content-Type", "application/grpc")
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 200 || resp.Header.Get("Grpc-Status") != "14" {
		t.Errorf("without targets: %d %v", resp.StatusCode, resp.Header)
	}
}

// The test header goes to green, and the weights of the rest are exact over all
// clients, whichever bind they come by.
func TestMeshTestHeaderAndWeights(t *testing.T) {
	w := newWorld(t)
	for _, version := range []string{"HTTP1", "HTTP2"} {
		start, protocol, c := app, "HTTP", client(t)
		if version == "HTTP2" {
			start, protocol, c = h2app, "HTTP2", h2prior(t)
		}
		blue, green := "blue "+version, "green "+version
		w.unchecked(blue, start(t, says("blue"))).Version = version
		w.unchecked(green, start(t, says("green"))).Version = version
		l, first := w.mesh(protocol, route.Weighted{Group: blue, Weight: 70}, route.Weighted{Group: green, Weight: 30})
		l.Rules = append([]route.Rule{{
			ARN: "test", Priority: 1, Conditions: []route.Condition{{Field: "http-header", Header: "x-amzn-ecs-blue-green-test", Values: []string{"*"}}},
			Action: route.Action{Forward: &route.Forward{Groups: []route.Weighted{one(green)}}},
		}}, l.Rules...)
		second := freeAddress(t)
		l.Binds = append(l.Binds, route.Bind{Address: second, Task: "2", Client: "c/other"})
		w.publish()
		for _, value := range []string{"", "yes"} {
			req, _ := http.NewRequest("GET", "http://"+first+"/", nil)
			req.Header["X-Amzn-Ecs-Blue-Green-Test"] = []string{value}
			resp, err := c.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			if string(body) != "green" {
				t.Errorf("%s: header with %q went to %s", version, value, body)
			}
		}
		var counts sync.Map
		var clients sync.WaitGroup
		for i := range 4 {
			clients.Go(func() {
				for range 25 {
					_, body := fetch(t, c, "http://"+[]string{first, second}[i%2]+"/")
					n, _ := counts.LoadOrStore(body, new(atomic.Int64))
					n.(*atomic.Int64).Add(1)
				}
			})
		}
		clients.Wait()
		if n, _ := counts.Load("green"); n == nil || n.(*atomic.Int64).Load() != 30 {
			t.Errorf("%s: %v of 100 requests went to green, want 30", version, n)
		}
	}
}

// A request that could not be sent goes to another target; one that was sent only
// if it can be done twice.
func TestMeshRetries(t *testing.T) {
	var hits atomic.Int64
	reset := func(rw http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		io.ReadAll(r.Body)
		panic(http.ErrAbortHandler)
	}
	status := func(n int) http.HandlerFunc {
		return func(rw http.ResponseWriter, r *http.Request) { hits.Add(1); rw.WriteHeader(n) }
	}
	for _, version := range []string{"HTTP1", "HTTP2"} {
		start, protocol := rawApp, "HTTP"
		if version == "HTTP2" {
			start, protocol = h2app, "HTTP2"
		}
		for _, c := range []struct {
			name, method, body string
			bad                []string // the good target comes after them
			want               int
			hits               int64 // of bad targets
		}{
			{"nobody listens", "POST", "x", []string{"127.0.0.1:1", "127.0.0.1:2"}, 200, 0},
			{"three of them", "GET", "", []string{"127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"}, 503, 0},
			{"reset of a GET", "GET", "", []string{start(t, reset), start(t, reset)}, 200, 2},
			{"reset of a PUT", "PUT", "small", []string{start(t, reset)}, 200, 1},
			{"reset of a POST", "POST", "small", []string{start(t, reset)}, 503, 1},
			{"too long to repeat", "PUT", strings.Repeat("x", 1<<20), []string{start(t, reset)}, 503, 1},
			{"503 is an answer", "GET", "", []string{start(t, status(503))}, 503, 1},
		} {
			t.Run(version+" "+c.name, func(t *testing.T) {
				w := newWorld(t)
				hits.Store(0)
				g := w.unchecked("tg", append(c.bad, start(t, func(rw http.ResponseWriter, r *http.Request) {
					body, err := io.ReadAll(r.Body)
					if err != nil || string(body) != c.body {
						rw.WriteHeader(400)
					}
				}))...)
				g.Version, g.Resilience = version, resilience()
				_, address := w.mesh(protocol, one("tg"))
				w.publish()
				cl := client(t)
				if version == "HTTP2" {
					cl = h2prior(t)
				}
				req, _ := http.NewRequest(c.method, "http://"+address+"/", strings.NewReader(c.body))
				resp, err := cl.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
				if resp.StatusCode != c.want || hits.Load() != c.hits {
					t.Errorf("status %d after %d hits, want %d after %d", resp.StatusCode, hits.Load(), c.want, c.hits)
				}
			})
		}
	}
}

// A target that is alone is tried again.
func TestMeshTriesTheOnlyTargetAgain(t *testing.T) {
	for protocol, version := range map[string]string{"HTTP": "HTTP1", "HTTP2": "HTTP2"} {
		w := newWorld(t)
		start, c := rawApp, client(t)
		if version == "HTTP2" {
			start, c = h2app, h2prior(t)
		}
		var hits atomic.Int64
		g := w.unchecked("tg", start(t, func(http.ResponseWriter, *http.Request) {
			if hits.Add(1) < 3 {
				panic(http.ErrAbortHandler)
			}
		}))
		g.Version, g.Resilience = version, resilience()
		_, address := w.mesh(protocol, one("tg"))
		w.publish()
		if status, _ := fetch(t, c, "http://"+address+"/"); status != 200 || hits.Load() != 3 {
			t.Errorf("%s: status %d after %d hits", version, status, hits.Load())
		}
	}
}

// A target that fails too often gets nothing for a while; when all do, all are used.
func TestMeshOutliers(t *testing.T) {
	w := newWorld(t)
	var sick atomic.Bool
	sick.Store(true)
	var hits atomic.Int64
	bad := app(t, func(rw http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		if sick.Load() {
			rw.WriteHeader(500)
		}
	})
	good := app(t, says("ok"))
	g := w.unchecked("tg", bad, good)
	g.Resilience = resilience()
	g.Resilience.Eject = 2 * time.Second
	alone := w.unchecked("alone", bad)
	alone.Resilience = resilience()
	_, address := w.mesh("HTTP", one("tg"))
	_, single := w.mesh("HTTP", one("alone"))
	w.publish()
	c := client(t)
	seen := 0
	for range 40 {
		if status, _ := fetch(t, c, "http://"+address+"/"); status == 500 {
			seen++
		}
	}
	if seen < 5 || seen > 10 { // more than 5 only on a machine so slow that the ejection ends meanwhile
		t.Errorf("%d requests saw the sick target, want 5", seen)
	}
	before := hits.Load()
	for range 20 {
		fetch(t, c, "http://"+single+"/")
	}
	if n := hits.Load() - before; n != 20 {
		t.Errorf("the last target got %d of 20 requests", n)
	}
	sick.Store(false)
	await(t, "the target back in use", func() bool {
		before := hits.Load()
		fetch(t, c, "http://"+address+"/")
		fetch(t, c, "http://"+address+"/")
		return hits.Load() > before
	})
}

func TestOutlierRecord(t *testing.T) {
	r := &route.Resilience{Failures: 3, Interval: 30 * time.Second, Eject: 30 * time.Second, MaxEject: 100 * time.Second}
	var o outlier
	defer o.stop()
	now := time.Unix(1000, 0)
	fail := func(after time.Duration) bool {
		now = now.Add(after)
		return o.note(r, now, func() {})
	}
	readmitted := func() time.Duration {
		away := o.back.Sub(now)
		now = o.back
		o.ejected.Store(false)
		o.stop()
		return away
	}
	if fail(0) || fail(20*time.Second) || fail(20*time.Second) {
		t.Error("ejected although the first failure is too long ago")
	}
	if !fail(0) {
		t.Error("not ejected after three failures in 20 s")
	}
	for i, want := range []time.Duration{30 * time.Second, 60 * time.Second, 90 * time.Second, 100 * time.Second} {
		if away := readmitted(); away != want {
			t.Errorf("ejection %d lasts %v, want %v", i+1, away, want)
		}
		for n := 1; n <= 3; n++ {
			if fail(0) != (n == 3) {
				t.Errorf("after ejection %d: failure %d of three", i+1, n)
			}
		}
	}
	readmitted()
	now = now.Add(10 * time.Minute)
	fail(0)
	fail(0)
	fail(0)
	if away := readmitted(); away != 30*time.Second {
		t.Errorf("after a long good time: %v", away)
	}
}

// A status of gRPC that stands for a 5xx ejects, too.
func TestMeshOutlierByGRPCStatus(t *testing.T) {
	w := newWorld(t)
	status := func(code string) string {
		return h2app(t, func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Content-Type", "application/grpc")
			rw.WriteHeader(200)
			rw.Header().Set(http.TrailerPrefix+"Grpc-Status", code)
		})
	}
	g := w.unchecked("tg", status("14"), status("5"))
	g.Version, g.Resilience = "GRPC", resilience()
	g.Resilience.Eject = time.Hour
	_, address := w.mesh("GRPC", one("tg"))
	w.publish()
	codes := map[string]int{}
	c := h2prior(t)
	for range 40 {
		resp, err := c.Post("http://"+address+"/s/m", "application/grpc", strings.NewReader("hello"))
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		codes[resp.Trailer.Get("Grpc-Status")]++
	}
	if codes["14"] != 5 || codes["5"] != 35 {
		t.Errorf("statuses: %v", codes)
	}
}

func TestMeshRequestTimeout(t *testing.T) {
	w := newWorld(t)
	release := make(chan struct{})
	defer close(release)
	slow := func(rw http.ResponseWriter, r *http.Request) {
		io.ReadAll(r.Body)
		if r.URL.Path == "/begins" {
			rw.WriteHeader(200)
			rw.(http.Flusher).Flush()
		}
		select {
		case <-r.Context().Done():
		case <-release:
		}
	}
	w.unchecked("one", app(t, slow)).Resilience = resilience()
	two := w.unchecked("two", h2app(t, slow))
	two.Version, two.Resilience = "HTTP2", resilience()
	for protocol, group := range map[string]string{"HTTP": "one", "HTTP2": "two"} {
		l, address := w.mesh(protocol, one(group))
		l.Connect.RequestTimeout = 200 * time.Millisecond
		w.publish()
		c := client(t)
		if protocol == "HTTP2" {
			c = h2prior(t)
		}
		for _, body := range []string{"", "small", strings.Repeat("x", 1<<20)} {
			resp, err := c.Post("http://"+address+"/", "text/plain", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			text, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			if resp.StatusCode != 504 || string(text) != "upstream request timeout" {
				t.Errorf("%s: %d %q", protocol, resp.StatusCode, text)
			}
		}
		l, address = w.mesh(protocol, one(group)) // with time for the answer to begin
		l.Connect.RequestTimeout = 2 * time.Second
		w.publish()
		resp, err := c.Get("http://" + address + "/begins")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(resp.Body); err == nil {
			t.Errorf("%s: an answer that was cut off looks complete", protocol)
		}
		resp.Body.Close()
	}
}

// Access logs: TEXT as Envoy's default, JSON with the same fields, with and
// without queries.
func TestMeshAccessLog(t *testing.T) {
	w := newWorld(t)
	target := app(t, says("hello"))
	w.unchecked("tg", target)
	w.unchecked("none")
	text, textAt := w.mesh("HTTP", one("tg"))
	text.Connect.LogFormat, text.Binds[0].Log = "TEXT", "text.log"
	js, jsonAt := w.mesh("HTTP", one("tg"))
	js.Connect.LogFormat, js.Connect.LogQuery, js.Binds[0].Log = "JSON", true, "json.log"
	empty, emptyAt := w.mesh("HTTP", one("none"))
	empty.Connect.LogFormat, empty.Binds[0].Log = "JSON", "../empty.log"
	w.publish()
	c := client(t)
	for _, a := range []string{textAt, jsonAt, emptyAt} {
		fetch(t, c, "http://"+a+"/path?q=1")
	}
	read := func(name string) string {
		var out outputLine
		await(t, "a line in "+name, func() bool {
			data, _ := os.ReadFile(filepath.Join(w.dir, meshLogDir, name+".log"))
			return strings.HasSuffix(string(data), "\n") && json.Unmarshal(data, &out) == nil
		})
		return out.M
	}
	if got := read("text"); !strings.Contains(got, `"GET /path HTTP/1.1" 200 - 0 `) || !strings.HasSuffix(got, `"`+target+`"`) {
		t.Errorf("text line %q", got)
	}
	var e meshEntry
	if err := json.Unmarshal([]byte(read("json")), &e); err != nil || e.Path != "/path?q=1" || e.Status != 200 || e.UpstreamHost != target ||
		e.UpstreamTime == nil || e.RequestID == "" || e.Authority != jsonAt {
		t.Errorf("%+v %v", e, err)
	}
	if err := json.Unmarshal([]byte(read("empty")), &e); err != nil || e.Status != 503 || e.Flags != flagNoTarget {
		t.Errorf("%+v %v", e, err)
	}
}

// Traffic of endpoints is told by endpoint, client and group, and never as a load
// balancer's.
func TestMeshTraffic(t *testing.T) {
	w := newWorld(t)
	w.unchecked("tg", app(t, says("hello")))
	l, first := w.mesh("HTTP", one("tg"))
	second := freeAddress(t)
	l.Binds = append(l.Binds, route.Bind{Address: second, Task: "2", Client: "c/other"})
	w.publish()
	c := client(t)
	for range 3 {
		fetch(t, c, "http://"+first+"/")
	}
	fetch(t, c, "http://"+second+"/")
	await(t, "reports", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		got := map[string]uint64{}
		for _, r := range w.traffic {
			if r.Endpoint != l.ARN || r.LB != "" {
				continue
			}
			got[r.Client+"|"+r.Group] += r.Target2xx
			got[r.Client+"|conns"] += r.NewConns
		}
		return got["c/caller|tg"] == 3 && got["c/other|tg"] == 1 && got["c/caller|conns"] == 1 && got["c/other|conns"] == 1
	})
}

// Targets' certificates are verified when the group says so.
func TestMeshTLSToTargets(t *testing.T) {
	w := newWorld(t)
	chain, key := certificate(t, "orders.internal")
	for _, version := range []string{"HTTP1", "HTTP2"} {
		target := tlsApp(t, chain, key)
		protocol, c := "HTTP", client(t)
		if version == "HTTP2" {
			protocol, c = "HTTP2", h2prior(t)
		}
		g := w.unchecked("tls "+version, target)
		g.Protocol, g.Version, g.Resilience = "HTTPS", version, resilience()
		_, address := w.mesh(protocol, one(g.ARN))
		other, _ := certificate(t, "orders.internal")
		for _, step := range []struct {
			what   string
			verify *route.Verify
			want   int
		}{
			{"nothing is verified", nil, 200},
			{"the wrong authority", &route.Verify{Roots: other, Name: "orders.internal"}, 503},
			{"the right one", &route.Verify{Roots: chain, Name: "orders.internal"}, 200},
			{"another name", &route.Verify{Roots: chain, Name: "catalog.internal"}, 503},
		} {
			next := *g
			next.Verify = step.verify
			next.Targets = []route.Target{targetAt(target)}
			next.Targets[0].Registered = time.Now() // no connection of before
			w.table.Groups[g.ARN] = &next
			w.publish()
			if status, _ := fetch(t, c, "http://"+address+"/"); status != step.want {
				t.Errorf("%s, %s: status %d, want %d", version, step.what, status, step.want)
			}
		}
	}
}

// A target that leaves the table finishes what it has; its idle connections close
// at once.
func TestMeshDrain(t *testing.T) {
	w := newWorld(t)
	begun, finish := make(chan struct{}), make(chan struct{})
	leaving := app(t, func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(begun)
			<-finish
		}
		io.WriteString(rw, "old")
	})
	w.unchecked("tg", leaving).DrainTimeout = 30 * time.Second
	_, address := w.mesh("HTTP", one("tg"))
	w.publish()
	c := client(t)
	fetch(t, c, "http://"+address+"/")
	slow := make(chan error, 1)
	go func() {
		resp, err := c.Get("http://" + address + "/slow")
		if err == nil {
			var body []byte
			body, err = io.ReadAll(resp.Body)
			resp.Body.Close()
			if resp.StatusCode != 200 || string(body) != "old" {
				err = fmt.Errorf("status %d %q", resp.StatusCode, body)
			}
		}
		slow <- err
	}()
	<-begun
	w.unchecked("tg", app(t, says("new"))).DrainTimeout = 30 * time.Second
	w.publish()
	for range 5 {
		if status, body := fetch(t, c, "http://"+address+"/"); status != 200 || body != "new" {
			t.Errorf("after the table: %d %q", status, body)
		}
	}
	close(finish)
	if err := <-slow; err != nil {
		t.Errorf("the request in flight: %v", err)
	}
}

// A stream that a target refused goes to another one, body included.
func TestReplayOfBodies(t *testing.T) {
	client, send := net.Pipe()
	defer client.Close()
	r := &replay{src: client}
	first, _ := r.again()
	stuck := make(chan error, 1)
	go func() {
		buf := make([]byte, 16)
		for {
			if _, err := first.Read(buf); err != nil {
				stuck <- err
				return
			}
		}
	}()
	if _, err := send.Write([]byte("one ")); err != nil {
		t.Fatal(err)
	}
	second, ok := r.again() // while the first still reads
	if !ok || !r.whole() {
		t.Fatal("a short body is lost")
	}
	go func() {
		send.Write([]byte("two"))
		send.Close()
	}()
	got, err := io.ReadAll(second)
	if err != nil || string(got) != "one two" {
		t.Errorf("got %q %v", got, err)
	}
	if err := <-stuck; !errors.Is(err, errOldAttempt) {
		t.Errorf("the first attempt got %v", err)
	}
	long := &replay{src: strings.NewReader(strings.Repeat("x", smallBody+1))}
	b, _ := long.again()
	if n, err := io.Copy(io.Discard, b); n != smallBody+1 || err != nil {
		t.Errorf("read %d %v", n, err)
	}
	if _, ok := long.again(); ok || long.whole() {
		t.Error("a long body can be sent again")
	}
}
