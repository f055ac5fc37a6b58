package rig

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moby/moby/client"
	"github.com/vishvananda/netlink"
)

// Docker is a Docker Engine of our own: private socket, data and bridge, and no
// rule in the machine's firewall, so that it disturbs nobody and leaves nothing.
type Docker struct {
	*client.Client
	Version string

	dir    string
	cmd    *exec.Cmd
	exited chan struct{}
	gw     bool // docker_gwbridge was there before
}

const (
	dockerBridge  = "gruebench0"
	dockerSubnet  = "10.213.77.1/24"
	swarmGateway  = "docker_gwbridge" // made by Docker when it joins a swarm
	dockerPatient = 60 * time.Second
)

// StartDocker runs dockerd until the benchmark ends. The error says why there
// is none (apt-get install docker.io).
func StartDocker(t testing.TB) (*Docker, error) {
	t.Helper()
	bin, err := exec.LookPath("dockerd")
	switch {
	case err != nil:
		return nil, errors.New("dockerd is not installed")
	case os.Geteuid() != 0:
		return nil, errors.New("dockerd needs root")
	}
	d := &Docker{exited: make(chan struct{}), gw: hasLink(swarmGateway)}
	if d.dir, err = os.MkdirTemp("", "grue-bench-docker-"); err != nil {
		return nil, err
	}
	if err := d.start(bin); err != nil {
		return nil, errors.Join(err, d.close())
	}
	t.Cleanup(func() {
		if err := d.close(); err != nil {
			t.Error("stop dockerd: ", err)
		}
	})
	return d, nil
}

func (d *Docker) start(bin string) error {
	if err := addBridge(); err != nil {
		return fmt.Errorf("bridge for dockerd: %w", err)
	}
	at := func(name string) string { return filepath.Join(d.dir, name) }
	log, err := os.Create(at("log"))
	if err != nil {
		return err
	}
	defer log.Close()
	socket := "unix://" + at("docker.sock")
	d.cmd = exec.Command(bin, "-H", socket, "--data-root", at("data"), "--exec-root", at("exec"), "-p", at("pid"),
		"--bridge", dockerBridge, "--iptables=false", "--ip-masq=false", "--ip-forward=false", "--log-level", "warn")
	d.cmd.Stdout, d.cmd.Stderr = log, log
	if err := d.cmd.Start(); err != nil {
		return err
	}
	go func() { _ = d.cmd.Wait(); close(d.exited) }()
	if d.Client, err = client.New(client.WithHost(socket)); err != nil {
		return err
	}
	for wait := time.Now().Add(dockerPatient); time.Now().Before(wait); time.Sleep(50 * time.Millisecond) {
		if v, err := d.ServerVersion(context.Background(), client.ServerVersionOptions{}); err == nil {
			d.Version = v.Version
			return nil
		}
		select {
		case <-d.exited:
			return fmt.Errorf("dockerd ended: %s", tail(at("log")))
		default:
		}
	}
	return fmt.Errorf("dockerd does not answer: %s", tail(at("log")))
}

// PID of dockerd.
func (d *Docker) PID() int { return d.cmd.Process.Pid }

// Pull brings an image of a registry on loopback, which needs no TLS.
func (d *Docker) Pull(ctx context.Context, ref string) error {
	answer, err := d.ImagePull(ctx, ref, client.ImagePullOptions{})
	if err != nil {
		return err
	}
	defer answer.Close()
	return answer.Wait(ctx)
}

// Remove kills and removes a container.
func (d *Docker) Remove(ctx context.Context, id string) error {
	_, err := d.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true})
	return err
}

// close ends dockerd and takes away all that it made.
func (d *Docker) close() error {
	var errs []error
	if d.Client != nil {
		errs = append(errs, d.removeAll(), d.Client.Close())
	}
	if d.cmd != nil && d.cmd.Process != nil {
		_ = d.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-d.exited:
		case <-time.After(dockerPatient):
			errs = append(errs, errors.New("dockerd did not end on SIGTERM"), d.cmd.Process.Kill())
		}
	}
	for _, m := range mountsBelow(d.dir) {
		_ = exec.Command("umount", "-l", m).Run()
	}
	errs = append(errs, removeLink(dockerBridge))
	if !d.gw {
		errs = append(errs, removeLink(swarmGateway))
	}
	return errors.Join(append(errs, os.RemoveAll(d.dir))...)
}

func (d *Docker) removeAll() error {
	ctx, cancel := context.WithTimeout(context.Background(), dockerPatient)
	defer cancel()
	_, _ = d.SwarmLeave(ctx, client.SwarmLeaveOptions{Force: true}) // refused where there is no swarm
	list, err := d.ContainerList(ctx, client.ContainerListOptions{All: true})
	if err != nil {
		return nil // dockerd is gone, and its containers with it
	}
	for _, c := range list.Items {
		_ = d.Remove(ctx, c.ID)
	}
	return nil
}

func addBridge() error {
	address, err := netlink.ParseAddr(dockerSubnet)
	if err != nil {
		return err
	}
	bridge := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: dockerBridge}}
	if err := netlink.LinkAdd(bridge); err != nil {
		return err
	}
	if err := netlink.AddrAdd(bridge, address); err != nil {
		return err
	}
	return netlink.LinkSetUp(bridge)
}

func hasLink(name string) bool {
	_, err := netlink.LinkByName(name)
	return err == nil
}

func removeLink(name string) error {
	l, err := netlink.LinkByName(name)
	if err != nil {
		return nil // it was never made
	}
	return netlink.LinkDel(l)
}

// mountsBelow lists mount points in a directory, the deepest first.
func mountsBelow(dir string) (points []string) {
	data, _ := os.ReadFile("/proc/self/mounts")
	for line := range strings.Lines(string(data)) {
		if f := strings.Fields(line); len(f) > 1 && strings.HasPrefix(f[1], dir+"/") {
			points = append([]string{f[1]}, points...)
		}
	}
	return points
}

func tail(path string) string {
	data, _ := os.ReadFile(path)
	return string(data[max(0, len(data)-2000):])
}
