package proxy

import (
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/link"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/miekg/dns"
)

func TestRedirectAndFixedResponse(t *testing.T) {
	w := newWorld(t)
	w.group("tg")
	l := w.listener(one("tg"))
	l.Rules = []route.Rule{
		{
			ARN: "r1", Priority: 1, Conditions: []route.Condition{{Field: "path-pattern", Values: []string{"/old/*"}}},
			Action: route.Action{Redirect: &route.Redirect{Protocol: "HTTPS", Port: "443", Path: "/new/#{path}", Status: 301}},
		},
		{ARN: "r2", Action: route.Action{Fixed: &route.Fixed{Status: 404, ContentType: "application/json", Body: `{"no":1}`}}},
	}
	l.ResponseHeaders = map[string]string{"Strict-Transport-Security": "max-age=1"}
	w.publish()
	c := client(t)
	resp, err := c.Get("http://" + l.Address + "/old/x?y=1")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if got := resp.Header.Get("Location"); resp.StatusCode != 301 || got != "https://127.0.0.1:443/new/old/x?y=1" ||
		!strings.Contains(string(body), "<h1>301 Moved Permanently</h1>") {
		t.Errorf("got %d %q %s", resp.StatusCode, got, body)
	}
	resp, err = c.Post("http://"+l.Address+"/", "text/plain", strings.NewReader(strings.Repeat("x", 30000)))
	if err != nil {
		t.Fatal(err)
	}
	body, _ = io.ReadAll(resp.Body)
	resp.Body.Close()
	if resp.StatusCode != 404 || string(body) != `{"no":1}` || resp.Header.Get("Content-Type") != "application/json" ||
		resp.Header.Get("Strict-Transport-Security") != "max-age=1" || resp.Header.Get("Server") != "awselb/2.0" {
		t.Errorf("got %d %q %v", resp.StatusCode, body, resp.Header)
	}
}

// sticksTo sends requests with a cookie jar and returns the bodies seen.
func sticksTo(t *testing.T, url string, n int, between func(i int)) map[string]int {
	t.Helper()
	c := client(t)
	c.Jar, _ = cookiejar.New(nil)
	seen := map[string]int{}
	for i := range n {
		if between != nil {
			between(i)
		}
		_, body := fetch(t, c, url)
		seen[body]++
	}
	return seen
}

func TestStickiness(t *testing.T) {
	w := newWorld(t)
	var addresses []string
	for i := range 3 {
		addresses = append(addresses, app(t, func(rw http.ResponseWriter, _ *http.Request) {
			http.SetCookie(rw, &http.Cookie{Name: "SESSION", Value: "s"})
			fmt.Fprint(rw, i)
		}))
	}
	w.group("lb", addresses...).Stickiness = "lb_cookie"
	g := w.group("app", addresses...)
	g.Stickiness, g.AppCookie = "app_cookie", "SESSION"
	w.group("none", addresses...)
	w.group("blue", addresses[0])
	w.group("green", addresses[1])
	lb, appCookie, none := w.listener(one("lb")).Address, w.listener(one("app")).Address, w.listener(one("none")).Address
	tg := w.listener(one("blue"), one("green"))
	tg.Rules[0].Action.Forward.Sticky, tg.Rules[0].Action.Forward.StickyDuration = true, time.Minute
	w.publish()
	for _, a := range addresses {
		w.awaitState(a, "healthy")
	}
	await(t, "all groups healthy", func() bool {
		return len(sticksTo(t, "http://"+none+"/", 6, nil)) == 3
	})
	for name, address := range map[string]string{"lb_cookie": lb, "app_cookie": appCookie, "AWSALBTG": tg.Address} {
		if seen := sticksTo(t, "http://"+address+"/", 12, nil); len(seen) != 1 {
			t.Errorf("%s: went to %v", name, seen)
		}
	}
	seen := sticksTo(t, "http://"+tg.Address+"/", 12, func(i int) {
		if i != 6 {
			return
		}
		w.table.Listeners = append([]route.Listener(nil), w.table.Listeners...)
		w.table.Listeners[3].Rules = []route.Rule{{ARN: "default", Action: route.Action{Forward: &route.Forward{
			Sticky: true, StickyDuration: time.Minute, Groups: []route.Weighted{{Group: "blue", Weight: 0}, {Group: "green", Weight: 1}},
		}}}}
		w.publish()
	})
	if seen["1"] < 6 {
		t.Errorf("weight 0 is a hard stop, also for cookies: %v", seen)
	}
}

func TestCookiesCannotBeForged(t *testing.T) {
	s, err := openSealer(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	good := s.seal("p", "value", now.Add(time.Minute))
	if got, ok := s.open("p", good, now); !ok || got != "value" {
		t.Errorf("got %q %v", got, ok)
	}
	for name, open := range map[string]func() (string, bool){
		"other purpose": func() (string, bool) { return s.open("q", good, now) },
		"expired":       func() (string, bool) { return s.open("p", good, now.Add(2*time.Minute)) },
		"changed":       func() (string, bool) { return s.open("p", good[:20]+"AAAA"+good[24:], now) },
		"empty":         func() (string, bool) { return s.open("p", "", now) },
	} {
		if got, ok := open(); ok {
			t.Errorf("%s: opened as %q", name, got)
		}
	}
}

func TestAccessLog(t *testing.T) {
	w := newWorld(t)
	target := app(t, says("hello"))
	w.group("tg", target)
	l := w.listener(one("tg"))
	l.Attributes.AccessLog, l.Attributes.AccessLogPrefix = true, "bucket/pre"
	w.publish()
	w.awaitState(target, "healthy")
	req, _ := http.NewRequest("GET", "http://"+l.Address+"/path?q=1", nil)
	req.Header.Set("User-Agent", `evil"agent`)
	resp, err := client(t).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	raw(t, l.Address, "GET / HTTP/1.1\r\n\r\n", nil)
	w.stop()
	files, _ := filepath.Glob(filepath.Join(filepath.Dir(w.dir), "access-logs/bucket/pre/AWSLogs/000000000000/elasticloadbalancing/us-east-1/*/*/*/*app.web.1*.log.gz"))
	if len(files) != 1 {
		t.Fatalf("files: %v", files)
	}
	f, err := os.Open(files[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, _ := io.ReadAll(z)
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	if len(lines) != 2 {
		t.Fatalf("lines: %q", lines)
	}
	if strings.Contains(lines[1], "/path") { // lines are written when an exchange has ended
		lines[0], lines[1] = lines[1], lines[0]
	}
	fields := splitLog(lines[0])
	if len(fields) != 33 {
		t.Errorf("%d fields: %q", len(fields), fields)
	}
	for i, want := range map[int]string{
		0: "http", 2: "app/web/1", 4: target, 8: "200", 9: "200",
		12: `"GET http://127.0.0.1:` + portOf(l.Address) + `/path?q=1 HTTP/1.1"`, 13: `"evil\"agent"`, 16: "tg", 20: "0", 22: `"forward"`,
	} {
		if fields[i] != want {
			t.Errorf("field %d: got %s, want %s", i+1, fields[i], want)
		}
	}
	if fields := splitLog(lines[1]); fields[8] != "400" || fields[9] != "-" {
		t.Errorf("refused request: %q", lines[1])
	}
}

// splitLog splits a line at spaces outside of quotes.
func splitLog(line string) (fields []string) {
	var b strings.Builder
	quoted := false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\' && quoted:
			b.WriteByte(c)
			i++
		case c == '"':
			quoted = !quoted
		case c == ' ' && !quoted:
			fields = append(fields, b.String())
			b.Reset()
			continue
		}
		b.WriteByte(line[i])
	}
	return append(fields, b.String())
}

func TestCounts(t *testing.T) {
	w := newWorld(t)
	target := app(t, func(rw http.ResponseWriter, r *http.Request) {
		code := 200
		fmt.Sscanf(r.URL.Path, "/%d", &code)
		rw.WriteHeader(code)
	})
	w.group("tg", target)
	w.group("empty")
	l := w.listener(one("tg"))
	l.Rules = []route.Rule{
		{ARN: "first", Priority: 1, Conditions: []route.Condition{{Field: "path-pattern", Values: []string{"/fixed"}}}, Action: route.Action{Fixed: &route.Fixed{Status: 200}}},
		{ARN: "second", Priority: 2, Conditions: []route.Condition{{Field: "path-pattern", Values: []string{"/moved"}}}, Action: route.Action{Redirect: &route.Redirect{Path: "/x", Status: 302}}},
		l.Rules[0],
	}
	address, none := l.Address, w.listener(one("empty")).Address
	w.publish()
	w.awaitState(target, "healthy")
	c := client(t)
	for _, path := range []string{"/200", "/201", "/302", "/404", "/500", "/503", "/fixed", "/moved"} {
		fetch(t, c, "http://"+address+path)
	}
	fetch(t, c, "http://"+none+"/")
	raw(t, address, "bad\r\n\r\n", nil)
	await(t, "counts", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		var sum route.Traffic
		for i := range w.traffic {
			if w.traffic[i].LB != "app/web/1" {
				t.Errorf("load balancer %q", w.traffic[i].LB)
			}
			sum.Add(&w.traffic[i])
		}
		return sum.Requests == 6 && sum.Target2xx == 2 && sum.Target3xx == 1 && sum.Target4xx == 1 && sum.Target5xx == 2 &&
			sum.ELB503 == 1 && sum.ELB5xx == 1 && sum.ELB4xx == 1 && sum.NewConns == 3 && sum.ActiveConns > 0 &&
			sum.Fixed == 1 && sum.Redirects == 1 && sum.Rules == 6*2+1+2
	})
}

func TestBindFailureIsTold(t *testing.T) {
	w := newWorld(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	failures := make(chan string, 10)
	w.client.OnBindFailures(func(all []link.BindFailure) {
		for _, f := range all {
			failures <- f.Address + " " + f.Error
		}
	})
	target := app(t, says("ok"))
	w.group("tg", target)
	w.listener(one("tg")).Address = taken.Addr().String()
	good := w.listener(one("tg"))
	w.publish()
	if got := <-failures; !strings.HasPrefix(got, taken.Addr().String()) || !strings.Contains(got, "address already in use") {
		t.Errorf("told %q", got)
	}
	w.awaitState(target, "healthy")
	if status, _ := fetch(t, client(t), "http://"+good.Address+"/"); status != 200 {
		t.Errorf("the other listener: %d", status)
	}
	taken.Close()
	await(t, "bound once the port is free", func() bool {
		resp, err := client(t).Get("http://" + taken.Addr().String() + "/")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == 200
	})
}

func TestHostPorts(t *testing.T) {
	w := newWorld(t)
	echo, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer echo.Close()
	go func() {
		buf := make([]byte, 2048)
		for {
			n, from, err := echo.ReadFrom(buf)
			if err != nil {
				return
			}
			echo.WriteTo(append([]byte("echo "), buf[:n]...), from)
		}
	}()
	target := app(t, says("tcp"))
	tcp, udp := freeAddress(t), freeAddress(t)
	w.table.Ports = []route.HostPort{{Listen: tcp, Target: target, Protocol: "tcp"}, {Listen: udp, Target: echo.LocalAddr().String(), Protocol: "udp"}}
	w.publish()
	if _, body := fetch(t, client(t), "http://"+tcp+"/"); body != "tcp" {
		t.Errorf("tcp: %q", body)
	}
	conn, err := net.Dial("udp", udp)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Minute))
	for range 3 {
		conn.Write([]byte("hi"))
		buf := make([]byte, 100)
		if n, err := conn.Read(buf); err != nil || string(buf[:n]) != "echo hi" {
			t.Fatalf("udp: %q %v", buf[:n], err)
		}
	}
	w.table.Ports = nil
	w.publish()
	if _, err := net.Dial("tcp", tcp); err == nil {
		t.Error("the port is still open")
	}
}

func TestResolver(t *testing.T) {
	w := newWorld(t)
	address := freeDNS(t)
	w.table.DNS = []string{address}
	w.table.Names = map[string][]string{"web.local": {"10.0.0.1", "10.0.0.2"}}
	w.publish()
	for _, network := range []string{"udp", "tcp"} {
		c := dns.Client{Net: network, Timeout: time.Minute}
		ask := func(name string, kind uint16) *dns.Msg {
			m, _, err := c.Exchange(new(dns.Msg).SetQuestion(name, kind), address)
			if err != nil {
				t.Fatalf("%s %s: %v", network, name, err)
			}
			return m
		}
		if m := ask("WEB.local.", dns.TypeA); len(m.Answer) != 2 || !m.Authoritative || m.Rcode != dns.RcodeSuccess {
			t.Errorf("%s A: %v", network, m)
		}
		if m := ask("web.local.", dns.TypeAAAA); len(m.Answer) != 0 || m.Rcode != dns.RcodeSuccess {
			t.Errorf("%s AAAA: %v", network, m)
		}
		if m := ask("example.com.", dns.TypeA); m.Rcode != dns.RcodeServerFailure {
			t.Errorf("%s without upstream: %v", network, m)
		}
	}
}

// An address may be bound before it exists on the machine.
func TestBindsAddressThatAppearsLater(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs IP_FREEBIND")
	}
	l, err := listenTCP("10.254.254.254:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
}

// A table from a server that lost its lease is refused, and so is an older one.
func TestEpochFencing(t *testing.T) {
	w := newWorld(t)
	w.group("tg")
	w.listener(one("tg"))
	w.table.Epoch, w.table.Version = 5, 10
	w.publish()
	for _, c := range []struct {
		epoch, version uint64
		want           string
	}{{4, 99, "lower"}, {5, 3, "older"}} {
		old, err := link.Dial(t.Context(), filepath.Join(w.dir, socketFile))
		if err != nil {
			t.Fatal(err)
		}
		old.Publish(&route.Table{Epoch: c.epoch, Version: c.version})
		if err := old.WaitAck(t.Context(), c.version); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("epoch %d version %d: %v", c.epoch, c.version, err)
		}
		old.Close()
	}
}
