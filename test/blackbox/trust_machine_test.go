package blackbox

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/grue-ecs/grue/test/harness"
	"github.com/grue-ecs/grue/test/port"
)

// TestStartFailsClearly: each cause is told in one sentence that names it, the
// exit code says so, and nothing that was there changes.
func TestStartFailsClearly(t *testing.T) {
	g := grueFor(t, "--runtime", "fake")
	good := g.Data
	g.Down()
	defer g.Up()
	copyOf := func(t *testing.T) string {
		dir := filepath.Join(t.TempDir(), "d")
		if out, err := exec.Command("cp", "-a", good, dir).CombinedOutput(); err != nil {
			t.Fatal(err, string(out))
		}
		return dir
	}
	damage := func(file string, change func([]byte) []byte) func(*testing.T) []string {
		return func(t *testing.T) []string {
			dir := copyOf(t)
			path := filepath.Join(dir, file)
			doc, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			changed := change(doc)
			if err := os.WriteFile(path, changed, 0o600); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if now, _ := os.ReadFile(path); !bytes.Equal(now, changed) {
					t.Errorf("%s was written to", file)
				}
			})
			return []string{"--data", dir, "--runtime", "fake"}
		}
	}
	for _, c := range []struct {
		name  string
		args  func(*testing.T) []string
		env   []string
		wants []string
	}{
		{"garbage in the state", damage("state.db", func(b []byte) []byte { return bytes.Repeat([]byte("grue"), 4096) }), nil, []string{"state.db", "damaged", "--data"}},
		{"state cut short", damage("state.db", func(b []byte) []byte { return b[:len(b)/3] }), nil, []string{"state.db", "damaged"}},
		{"damaged key", damage("secrets.key", func(b []byte) []byte { return b[:5] }), nil, []string{"secrets.key", "damaged"}},
		{"data below a file", func(t *testing.T) []string {
			return []string{"--data", filepath.Join(good, "secrets.key", "x"), "--runtime", "fake"}
		}, nil, []string{"file", "--data"}},
		{"no runc", func(t *testing.T) []string {
			dir := t.TempDir()
			t.Cleanup(func() {
				if out, err := exec.Command(g.Bin, "down", "--data", dir, "--purge").CombinedOutput(); err != nil {
					t.Error(err, string(out))
				}
			})
			return []string{"--data", dir, "--runtime", "oci"}
		}, []string{"PATH=/nonexistent"}, []string{"runc", "install"}},
		{"not an address", func(t *testing.T) []string {
			return []string{"--data", t.TempDir(), "--listen", "192.0.2.1:4566", "--runtime", "fake"}
		}, nil, []string{"192.0.2.1", "--listen"}},
		{"port in use", func(t *testing.T) []string {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { l.Close() })
			return []string{"--data", t.TempDir(), "--listen", l.Addr().String(), "--runtime", "fake"}
		}, nil, []string{"in use by", fmt.Sprintf("pid %d", os.Getpid()), "--listen"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := c.args(t)
			if !strings.Contains(strings.Join(args, " "), "--listen") {
				args = append(args, "--listen", harness.FreeAddress(t))
			}
			ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, g.Bin, append([]string{"up"}, args...)...)
			var said bytes.Buffer
			cmd.Env, cmd.Stderr = append(os.Environ(), c.env...), &said
			err := cmd.Run()
			if cmd.ProcessState.ExitCode() <= 0 {
				t.Errorf("grue up ended with %v", err)
			}
			last := ""
			for line := range strings.Lines(said.String()) {
				if strings.HasPrefix(line, "grue: ") {
					last += line
				}
			}
			if strings.Count(last, "\n") != 1 {
				t.Errorf("want one sentence, got %q", last)
			}
			for _, want := range c.wants {
				if !strings.Contains(last, want) {
					t.Errorf("%q does not tell %q", last, want)
				}
			}
		})
	}
}

// TestFullDisk: changes are refused in words, reads go on, and all is well once
// there is space.
func TestFullDisk(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("mounts a tmpfs")
	}
	g := grueFor(t, "--runtime", "fake")
	g.Down()
	if err := syscall.Mount("none", g.Data, "tmpfs", 0, "size=16m"); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { // grue has ended by then: cleanups run backwards
		g.Down()
		if err := syscall.Unmount(g.Data, 0); err != nil {
			t.Error(err)
		}
		g.Up()
	})
	g.Up()
	client := ecs.NewFromConfig(g.Config(), func(o *ecs.Options) { o.RetryMaxAttempts = 1 })
	create := func(name string) error {
		_, err := client.CreateCluster(t.Context(), &ecs.CreateClusterInput{ClusterName: aws.String(name)})
		return err
	}
	if err := create("before"); err != nil {
		t.Fatal(err)
	}
	ballast := filepath.Join(g.Data, "ballast")
	f, err := os.Create(ballast)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	f.Close()
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	known := []string{"before"}
	for i := 0; ; i++ { // what room the log had is used up
		name := fmt.Sprintf("full-%d", i)
		if err = create(name); err != nil {
			break
		}
		known = append(known, name)
	}
	if !strings.Contains(err.Error(), "disk") || !strings.Contains(err.Error(), "full") {
		t.Errorf("CreateCluster on a full disk: %v", err)
	}
	os.Remove(ballast)
	if err := create("after"); err != nil {
		t.Errorf("CreateCluster with space again: %v", err)
	}
	known = append(known, "after")
	g.Kill("server")
	g.Healthy()
	out, err := client.DescribeClusters(t.Context(), &ecs.DescribeClustersInput{Clusters: known})
	if err != nil || len(out.Failures) > 0 {
		t.Errorf("clusters that were acknowledged are gone: %v %v", out, err)
	}
}

// TestAwayFromLoopback: TLS, and the key that everybody knows does not work.
func TestAwayFromLoopback(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs an address of grue's own bridge")
	}
	host := harness.Shared(t)
	address := ownAddress(t, host)
	bin, data := host.Bin, t.TempDir()
	listen := net.JoinHostPort(address, strconv.Itoa(port.Free(t)))
	cmd := exec.Command(bin, "up", "--listen", listen, "--data", data, "--runtime", "fake")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Signal(syscall.SIGTERM); _ = cmd.Wait() })
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	get := func(method, path string, body []byte, change func(*http.Request)) (int, string) {
		req, err := http.NewRequest(method, "https://"+listen+path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		change(req)
		resp, err := client.Do(req)
		if err != nil {
			return 0, err.Error()
		}
		defer resp.Body.Close()
		text, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(text)
	}
	harness.Await(t, "health over TLS", func() bool {
		status, _ := get("GET", "/grue/health", nil, func(*http.Request) {})
		return status == http.StatusOK
	})
	status, text := get("POST", "/", []byte(`{}`), func(req *http.Request) {
		req.Header.Set("X-Amz-Target", listClusters)
		req.Header.Set("Content-Type", "application/x-amz-json-1.1")
		sign(t, req, []byte(`{}`), "test", "test", "ecs", time.Now())
	})
	if status < 400 || status >= 500 {
		t.Errorf("the development key from %s: %d %s", address, status, text)
	}
	for _, path := range []string{"/grue/events", "/grue/traffic", "/v2/", "/v2/_catalog"} {
		if status, text := get("GET", path, nil, func(*http.Request) {}); status != 401 && status != 403 {
			t.Errorf("%s without a key: %d %s", path, status, text)
		}
	}
	if resp, err := http.Get("http://" + listen + "/grue/health"); err == nil {
		resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			t.Error("plain HTTP is served away from loopback")
		}
	}
}

// ownAddress is an address of the bridge of a running grue.
func ownAddress(t *testing.T, g *harness.Grue) string {
	t.Helper()
	doc, err := os.ReadFile(filepath.Join(g.Data, "network", "network.json"))
	if err != nil {
		t.Skip(err)
	}
	_, rest, _ := strings.Cut(string(doc), `"bridge":"`)
	name, _, _ := strings.Cut(rest, `"`)
	link, err := net.InterfaceByName(name)
	if err != nil {
		t.Skip(err)
	}
	all, _ := link.Addrs()
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && !n.IP.IsLinkLocalUnicast() {
			return n.IP.String()
		}
	}
	t.Skip("the bridge has no address")
	return ""
}
