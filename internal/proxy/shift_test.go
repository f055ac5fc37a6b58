package proxy

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/route"
)

// A new table takes effect between two requests of one connection, and between two
// streams of one HTTP/2 connection, from the acknowledgement on; what is in flight
// stays where it is.
func TestShiftOnOneConnection(t *testing.T) {
	for _, c := range []struct {
		name   string
		scheme string
		major  int
		client func(testing.TB) *http.Client
	}{
		{"HTTP/1.1", "http", 1, oneConnection},
		{"HTTP/2", "https", 2, func(t testing.TB) *http.Client { return h2client(t, "localhost") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newShift(t, c.scheme == "https")
			s.client, s.url, s.major = c.client(t), c.scheme+"://"+s.listener+"/", c.major
			s.to("blue")
			s.expect("blue", false)
			for range 50 {
				for _, group := range []string{"green", "blue"} {
					s.to(group)
					for range 3 {
						s.expect(group, true)
					}
				}
			}
			if s.major == 2 {
				s.inFlightStays()
			}
		})
	}
}

// oneConnection is a client that never takes another one. That of net/http does when
// it was slow to notice that it wrote a request.
func oneConnection(t testing.TB) *http.Client {
	o := &lasting{}
	t.Cleanup(func() {
		if o.conn != nil {
			o.conn.Close()
		}
	})
	return &http.Client{Transport: o, Timeout: 2 * time.Minute}
}

type lasting struct {
	conn net.Conn
	in   *bufio.Reader
}

// RoundTrip implements http.RoundTripper, for one request after the other.
func (o *lasting) RoundTrip(r *http.Request) (*http.Response, error) {
	httptrace.ContextClientTrace(r.Context()).GotConn(httptrace.GotConnInfo{Reused: o.conn != nil})
	if o.conn == nil {
		conn, err := net.Dial("tcp", r.URL.Host)
		if err != nil {
			return nil, err
		}
		o.conn, o.in = conn, bufio.NewReader(conn)
	}
	if err := r.Write(o.conn); err != nil {
		return nil, err
	}
	return http.ReadResponse(o.in, r)
}

// shift is a proxy before two targets of which one gets everything.
type shift struct {
	*world
	listener, url string
	client        *http.Client
	major         int
	release       chan struct{} // ends what is in flight
}

func newShift(t *testing.T, tls bool) *shift {
	s := &shift{world: newWorld(t), release: make(chan struct{})}
	for _, name := range []string{"blue", "green"} {
		s.group(name, app(t, func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, name)
			if r.URL.Path == "/slow" {
				w.(http.Flusher).Flush()
				<-s.release
				io.WriteString(w, name)
			}
		}))
	}
	l := s.world.listener(one("blue"), one("green"))
	s.listener = l.Address
	if tls {
		secure(l)
	}
	s.publish()
	for _, g := range s.table.Groups {
		s.awaitState(g.Targets[0].Address, "healthy")
	}
	return s
}

// to gives one group all the traffic and waits for the acknowledgement.
func (s *shift) to(group string) {
	s.t.Helper()
	weights := map[string]int{group: 100}
	listeners := append([]route.Listener(nil), s.table.Listeners...)
	listeners[0].Rules = []route.Rule{{ARN: "default", Action: route.Action{Forward: &route.Forward{
		Groups: []route.Weighted{{Group: "blue", Weight: weights["blue"]}, {Group: "green", Weight: weights["green"]}},
	}}}}
	s.table.Listeners = listeners
	s.publish()
}

// expect sends a request and compares who answers, and whether on a connection that
// was used before.
func (s *shift) expect(group string, reused bool) {
	s.t.Helper()
	resp := s.get("", reused)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || string(body) != group {
		s.t.Fatalf("%q answers, %v; want %s", body, err, group)
	}
}

func (s *shift) get(path string, reused bool) *http.Response {
	s.t.Helper()
	ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) {
		if i.Reused != reused {
			s.t.Errorf("connection reused: %v", i.Reused)
		}
	}})
	req, err := http.NewRequestWithContext(ctx, "GET", s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	if resp.StatusCode != 200 || resp.ProtoMajor != s.major {
		s.t.Fatalf("%s %s", resp.Proto, resp.Status)
	}
	return resp
}

// inFlightStays: a stream that began on blue ends on blue, while the next one on
// the same connection is green's.
func (s *shift) inFlightStays() {
	s.t.Helper()
	slow := s.get("slow", true)
	defer slow.Body.Close()
	s.to("green")
	s.expect("green", true)
	close(s.release)
	if body, err := io.ReadAll(slow.Body); err != nil || string(body) != "blueblue" {
		s.t.Errorf("the stream in flight got %q, %v", body, err)
	}
}
