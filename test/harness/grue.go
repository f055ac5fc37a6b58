package harness

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/grue-ecs/grue/test/port"
)

// Grue is a running `grue up`.
type Grue struct {
	Bin, Data, Listen string
	Args              []string // further flags of grue up
	Env               []string // further variables of its environment
	Log               *os.File // standard error of all its processes
	TLS               bool     // Listen is not loopback, or there is a certificate

	t   testing.TB
	cmd *exec.Cmd
}

// binary is built once for a test process.
var binary = sync.OnceValues(func() (string, error) {
	// One place for each test program, used again the next time.
	dir := filepath.Join(os.TempDir(), "grue-test", filepath.Base(os.Args[0]))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "grue")
	cmd := exec.Command("go", "build", "-o", bin, "github.com/grue-ecs/grue/cmd/grue")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build grue: %w\n%s", err, out)
	}
	return bin, nil
})

// Start runs `grue up` with a data directory and a port of its own, and
// removes everything it made when the test ends.
func Start(t testing.TB, args ...string) *Grue {
	t.Helper()
	return StartIn(t, nil, args...)
}

// StartIn is Start with further variables in the environment.
func StartIn(t testing.TB, env []string, args ...string) *Grue {
	t.Helper()
	g := Prepare(t, args...)
	g.Env = env
	g.Up()
	return g
}

// Prepare gives a grue that is not up yet a data directory and a port, and
// removes everything that it makes when the test ends.
func Prepare(t testing.TB, args ...string) *Grue {
	t.Helper()
	bin, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.MkdirTemp("", "grue-data-")
	if err != nil {
		t.Fatal(err)
	}
	g := &Grue{Bin: bin, Data: data, Listen: FreeAddress(t), Args: args, t: t}
	if g.Log, err = os.CreateTemp("", "grue-log-"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.remove)
	return g
}

// FreeAddress is a loopback address that nobody listens on, nor takes before the test
// has ended.
func FreeAddress(t testing.TB) string {
	t.Helper()
	return port.Address(t)
}

// URL is the endpoint for AWS clients.
func (g *Grue) URL() string {
	if g.TLS {
		return "https://" + g.Listen
	}
	return "http://" + g.Listen
}

// Up starts `grue up` and waits for its ready line.
func (g *Grue) Up() {
	g.t.Helper()
	args := append([]string{"up", "--listen", g.Listen, "--data", g.Data}, g.Args...)
	cmd := exec.Command(g.Bin, args...)
	cmd.Env = append(os.Environ(), g.Env...)
	cmd.Stderr = g.Log
	out, err := cmd.StdoutPipe()
	if err != nil {
		g.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		g.t.Fatal(err)
	}
	g.cmd = cmd
	ready := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(out).ReadString('\n')
		ready <- line
		_, _ = io.Copy(io.Discard, out)
	}()
	select {
	case line := <-ready:
		if want := "grue ready " + g.URL() + "\n"; line != want {
			g.t.Fatalf("grue up said %q, want %q\n%s", line, want, g.logTail())
		}
	case <-time.After(longest):
		g.t.Fatalf("grue up was not ready in time\n%s", g.logTail())
	}
}

// Down ends `grue up` with SIGTERM and tells how long it took.
func (g *Grue) Down() time.Duration {
	g.t.Helper()
	began := time.Now()
	_ = g.cmd.Process.Signal(syscall.SIGTERM)
	if err := g.cmd.Wait(); err != nil {
		g.t.Errorf("grue up ended: %v\n%s", err, g.logTail())
	}
	g.cmd = nil
	return time.Since(began)
}

// Crash ends `grue up` itself with SIGKILL.
func (g *Grue) Crash() {
	_ = g.cmd.Process.Kill()
	_ = g.cmd.Wait()
	g.cmd = nil
}

// Kill ends one of grue's processes ("server", "proxy") with SIGKILL; it is dead
// when Kill returns.
func (g *Grue) Kill(verb string) {
	g.t.Helper()
	if !g.KillAny(verb) {
		g.t.Fatalf("no grue %s runs", verb)
	}
}

// KillAny is Kill for processes that may have ended by themselves; it tells
// whether there was one.
func (g *Grue) KillAny(verb string) bool {
	g.t.Helper()
	pids := g.PIDs(verb)
	for _, pid := range pids {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	defer transport.CloseIdleConnections() // some may be to it, and fail the next calls
	Await(g.t, "the killed process has ended", func() bool {
		return !slices.ContainsFunc(g.PIDs(verb), func(pid int) bool { return slices.Contains(pids, pid) })
	})
	return len(pids) > 0
}

// PIDs finds the processes of this grue that run a verb.
func (g *Grue) PIDs(verb string) (pids []int) {
	dirs, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range dirs {
		doc, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		args := strings.Split(string(doc), "\x00")
		if len(args) > 1 && args[1] == verb && strings.Contains(string(doc), g.Data) {
			pid, _ := strconv.Atoi(strings.Split(path, "/")[2])
			pids = append(pids, pid)
		}
	}
	return pids
}

// remove takes away everything that this grue made.
func (g *Grue) remove() {
	if g.cmd != nil {
		_ = g.cmd.Process.Signal(syscall.SIGTERM)
		done := make(chan struct{})
		go func() { _ = g.cmd.Wait(); close(done) }()
		select {
		case <-done:
		case <-time.After(longest):
			g.t.Errorf("grue up did not end within %v of SIGTERM", longest)
			_ = g.cmd.Process.Kill()
			<-done
		}
	}
	if out, err := exec.Command(g.Bin, "down", "--data", g.Data, "--purge").CombinedOutput(); err != nil {
		g.t.Errorf("grue down: %v\n%s", err, out)
	}
	if g.t.Failed() {
		g.t.Log("log of grue:\n" + g.logTail())
	}
	g.Log.Close()
	os.Remove(g.Log.Name())
	if err := os.RemoveAll(g.Data); err != nil {
		g.t.Error(err)
	}
}

func (g *Grue) logTail() string {
	doc, err := os.ReadFile(g.Log.Name())
	if err != nil {
		return err.Error()
	}
	return string(doc[max(0, len(doc)-12000):])
}

// Healthy waits until GET /grue/health answers 200.
func (g *Grue) Healthy() {
	g.t.Helper()
	Await(g.t, "GET /grue/health answers 200", func() bool {
		resp, err := http.Get(g.URL() + "/grue/health")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}

// longest ends the wait for what never comes.
const longest = 4 * time.Minute

// Await waits for a condition and fails the test when it does not come true.
func Await(t testing.TB, what string, cond func() bool) {
	t.Helper()
	if err := awaitFor(longest, cond); err != nil {
		t.Fatalf("never: %s", what)
	}
}

// Eventually waits as Await does and tells whether the condition came true.
func Eventually(cond func() bool) error { return awaitFor(longest, cond) }

func awaitFor(limit time.Duration, cond func() bool) error {
	return awaitEvery(20*time.Millisecond, limit, cond)
}

// awaitEvery asks for a condition at intervals.
func awaitEvery(pause, limit time.Duration, cond func() bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for !cond() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.New("time is up")
		}
	}
	return nil
}
