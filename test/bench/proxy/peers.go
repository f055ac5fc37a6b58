package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/link"
	"github.com/grue-ecs/grue/internal/route"
)

// peer is a proxy that can be measured. start returns its process id.
type peer struct {
	name  string
	start func(dir, address string, targets []string) (pid int, stop func(), err error)
}

var peers = []peer{
	{"grue", startGrue},
	{"grue-swaps", startGrueSwapping},
	{"haproxy", startHAProxy},
	{"nginx", startNginx},
	{"caddy", startCaddy},
	{"httputil", startHTTPUtil},
}

// launch starts a process that ends with stop.
func launch(cmd *exec.Cmd) (int, func(), error) {
	cmd.Stderr = nil
	if err := cmd.Start(); err != nil {
		return 0, nil, err
	}
	return cmd.Process.Pid, func() {
		_ = cmd.Process.Signal(os.Interrupt)
		done := make(chan struct{})
		go func() { _ = cmd.Wait(); close(done) }()
		select {
		case <-done:
		case <-time.After(3 * time.Second):
			_ = cmd.Process.Kill()
			<-done
		}
	}, nil
}

// self runs this program in a role.
func self(role string, env ...string) *exec.Cmd {
	exe, _ := os.Executable()
	cmd := exec.Command(exe)
	cmd.Env = append(append(os.Environ(), "BENCH_ROLE="+role), env...)
	return cmd
}

func startGrue(dir, address string, targets []string) (int, func(), error) {
	dir, err := os.MkdirTemp(dir, "g")
	if err != nil {
		return 0, nil, err
	}
	pid, stop, err := launch(self("grue", "BENCH_DIR="+dir))
	if err != nil {
		return 0, nil, err
	}
	client := link.New(filepath.Join(dir, "proxy.sock"))
	defer client.Close()
	client.Publish(grueTable(address, targets))
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := client.WaitAck(ctx, 1); err != nil {
		stop()
		return 0, nil, err
	}
	return pid, stop, nil
}

// startGrueSwapping is grue while its weights change a thousand times a second.
func startGrueSwapping(dir, address string, targets []string) (int, func(), error) {
	dir, err := os.MkdirTemp(dir, "g")
	if err != nil {
		return 0, nil, err
	}
	pid, stop, err := launch(self("grue", "BENCH_DIR="+dir))
	if err != nil {
		return 0, nil, err
	}
	client := link.New(filepath.Join(dir, "proxy.sock"))
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for version := uint64(1); ; version++ {
			t := grueTable(address, targets)
			t.Version = version
			share := int(version % 101)
			for i := range t.Listeners[0].Rules {
				groups := t.Listeners[0].Rules[i].Action.Forward
				groups.Groups = []route.Weighted{{Group: "group-0", Weight: 100 - share}, {Group: "group-1", Weight: share}}
			}
			client.Publish(t)
			select {
			case <-quit:
				return
			case <-tick.C:
			}
		}
	}()
	return pid, func() {
		close(quit)
		<-done
		client.Close()
		stop()
	}, nil
}

// grueTable has rules of several kinds before the one that matches, and two
// weighted target groups.
func grueTable(address string, targets []string) *route.Table {
	t := &route.Table{Epoch: 1, Version: 1, Groups: map[string]*route.Group{}}
	forward := &route.Forward{}
	for i, weight := range []int{90, 10} {
		arn := fmt.Sprintf("group-%d", i)
		host, port, _ := strings.Cut(targets[i], ":")
		target := route.Target{ID: host, Address: targets[i], Registered: time.Unix(1, 0)}
		fmt.Sscan(port, &target.Port)
		t.Groups[arn] = &route.Group{
			ARN: arn, Protocol: "HTTP", Version: "HTTP1", InUse: true,
			Check: route.Check{
				Enabled: true, Protocol: "HTTP", Path: "/health", Interval: 5 * time.Second, Timeout: 2 * time.Second,
				Healthy: 2, Unhealthy: 2, Port: "traffic-port",
			},
			Targets: []route.Target{target},
		}
		forward.Groups = append(forward.Groups, route.Weighted{Group: arn, Weight: weight})
	}
	to := route.Action{Forward: forward}
	t.Listeners = []route.Listener{{ARN: "listener", LB: "app/bench/1", Address: address, Protocol: "HTTP", ServerHeader: true, Rules: []route.Rule{
		{ARN: "1", Priority: 1, Action: to, Conditions: []route.Condition{{Field: "http-header", Header: "X-Test", Values: []string{"test"}}}},
		{ARN: "2", Priority: 2, Action: to, Conditions: []route.Condition{{Field: "host-header", Values: []string{"admin.example.com"}}}},
		{ARN: "3", Priority: 3, Action: to, Conditions: []route.Condition{{Field: "path-pattern", Values: []string{"/static/*", "*.png"}}}},
		{ARN: "4", Priority: 4, Action: to, Conditions: []route.Condition{{Field: "path-pattern", Values: []string{"/api/*"}}}},
		{ARN: "5", Action: to},
	}}}
	return t
}

func startHAProxy(dir, address string, targets []string) (int, func(), error) {
	config := fmt.Sprintf(`
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option forwardfor
  option httpchk GET /health
  http-reuse always
frontend f
  bind %s
  acl test hdr(X-Test) test
  acl admin hdr(host) admin.example.com
  acl static path_beg /static/
  acl api path_beg /api/
  use_backend b if test
  use_backend b if admin
  use_backend b if static
  use_backend b if api
  default_backend b
backend b
  server a %s weight 90 check inter 5s
  server b %s weight 10 check inter 5s
`, address, targets[0], targets[1])
	path := filepath.Join(dir, "haproxy.cfg")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		return 0, nil, err
	}
	return launch(exec.Command("haproxy", "-db", "-q", "-f", path))
}

func startNginx(dir, address string, targets []string) (int, func(), error) {
	config := fmt.Sprintf(`
worker_processes auto;
daemon off;
pid %[1]s/nginx.pid;
error_log /dev/null;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
  keepalive_requests 100000000;
  upstream b { server %[3]s weight=90; server %[4]s weight=10; keepalive 128; keepalive_requests 100000000; }
  server {
    listen %[2]s;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $scheme;
    location /static/ { proxy_pass http://b; }
    location /api/ { proxy_pass http://b; }
    location / { proxy_pass http://b; }
  }
}
`, dir, address, targets[0], targets[1])
	path := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		return 0, nil, err
	}
	return launch(exec.Command("nginx", "-p", dir, "-c", path))
}

func startCaddy(dir, address string, targets []string) (int, func(), error) {
	config := fmt.Sprintf(`{
  admin off
  auto_https off
}
http://%s {
  bind 127.0.0.1
  reverse_proxy /static/* %[2]s %[3]s
  reverse_proxy /api/* %[2]s %[3]s
  reverse_proxy %[2]s %[3]s
}
`, ":"+address[strings.LastIndexByte(address, ':')+1:], targets[0], targets[1])
	path := filepath.Join(dir, "Caddyfile")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		return 0, nil, err
	}
	return launch(exec.Command("caddy", "run", "--config", path, "--adapter", "caddyfile"))
}

func startHTTPUtil(_, address string, targets []string) (int, func(), error) {
	return launch(self("httputil", "BENCH_ADDRESS="+address, "BENCH_TARGETS="+strings.Join(targets, ",")))
}
