package nlb

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/grue-ecs/grue/internal/link"
	"github.com/grue-ecs/grue/internal/route"
)

// threads is what every proxy may use.
const threads = 2

// peer is a load balancer that can be measured. start returns its process id.
type peer struct {
	name  string
	start func(dir, address string, targets []string) (pid int, stop func(), err error)
}

var peers = []peer{
	{"grue", startGrue},
	{"haproxy", func(dir, address string, targets []string) (int, func(), error) {
		return startHAProxy(dir, address, targets, "")
	}},
	{"haproxy, splice", func(dir, address string, targets []string) (int, func(), error) {
		return startHAProxy(dir, address, targets, "option splice-request\n  option splice-response")
	}},
}

// launch starts a process that ends with stop.
func launch(cmd *exec.Cmd) (int, func(), error) {
	if err := cmd.Start(); err != nil {
		return 0, nil, err
	}
	return cmd.Process.Pid, func() {
		_ = cmd.Process.Signal(os.Interrupt)
		late := time.AfterFunc(3*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		late.Stop()
	}, nil
}

// self runs this program in a role.
func self(role string, env ...string) *exec.Cmd {
	exe, _ := os.Executable()
	cmd := exec.Command(exe)
	cmd.Env = append(append(os.Environ(), "BENCH_ROLE="+role, fmt.Sprint("GOMAXPROCS=", threads)), env...)
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
	client.Publish(table(address, targets))
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := client.WaitAck(ctx, 1); err != nil {
		stop()
		return 0, nil, err
	}
	return pid, stop, nil
}

// table is a listener with two weighted target groups.
func table(address string, targets []string) *route.Table {
	t := &route.Table{Epoch: 1, Version: 1, Groups: map[string]*route.Group{}}
	forward := &route.Forward{}
	for i, weight := range []int{90, 10} {
		arn := fmt.Sprintf("group-%d", i)
		host, port, _ := net.SplitHostPort(targets[i])
		target := route.Target{ID: host, Address: targets[i], Registered: time.Unix(1, 0)}
		_, _ = fmt.Sscan(port, &target.Port)
		t.Groups[arn] = &route.Group{
			ARN: arn, Protocol: route.ProtocolTCP, InUse: true, Flows: &route.Flows{}, Targets: []route.Target{target},
			Check: route.Check{
				Enabled: true, Protocol: route.ProtocolTCP, Port: "traffic-port",
				Interval: 5 * time.Second, Timeout: 2 * time.Second, Healthy: 2, Unhealthy: 2,
			},
		}
		forward.Groups = append(forward.Groups, route.Weighted{Group: arn, Weight: weight})
	}
	t.Listeners = []route.Listener{{
		ARN: "listener", LB: "net/bench/1", Address: address, Protocol: route.ProtocolTCP,
		Rules: []route.Rule{{ARN: "default", Action: route.Action{Forward: forward}}},
	}}
	return t
}

func startHAProxy(dir, address string, targets []string, option string) (int, func(), error) {
	config := fmt.Sprintf(`
global
  nbthread %d
  maxconn 4500
defaults
  mode tcp
  timeout connect 5s
  timeout client 350s
  timeout server 350s
  %s
frontend f
  bind %s
  default_backend b
backend b
  server a %s weight 90 check inter 5s
  server b %s weight 10 check inter 5s
`, threads, option, address, targets[0], targets[1])
	file, err := os.CreateTemp(dir, "*.cfg")
	if err != nil {
		return 0, nil, err
	}
	defer file.Close()
	if _, err := file.WriteString(config); err != nil {
		return 0, nil, err
	}
	return launch(exec.Command("haproxy", "-db", "-q", "-f", file.Name()))
}
