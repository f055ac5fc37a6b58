//go:build slow

package docker

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"github.com/grue-ecs/grue/internal/runtime"
)

func TestServeStopRemove(t *testing.T) {
	w := newWorld(t)
	// Two containers share localhost; the second one is asked through the first's address.
	id := w.begin(spec(app("web", "serve=:80"), app("side", "get=http://127.0.0.1:80/", "term=0")))
	s := w.phase(id, runtime.PhaseRunning)
	w.answers("http://" + s.IP)
	if s.MAC == "" || s.Gateway == "" || s.Subnet == "" || s.Containers[0].PID == 0 || s.Containers[0].RuntimeID == "" || !strings.HasPrefix(s.Containers[0].ImageDigest, "sha256:") {
		t.Errorf("%+v", s)
	}
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(strings.Join(logs(t, s, "side"), " "), "got ok"); {
		if time.Now().After(deadline) {
			t.Fatalf("side: %q", logs(t, s, "side"))
		}
	}
	if err := w.Driver.Remove(t.Context(), id); err == nil {
		t.Error("a running task was removed")
	}
	if err := w.Stop(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	s = w.phase(id, runtime.PhaseStopped)
	if s.Fail != nil || s.Stopping.IsZero() || s.ExecutionStopped.IsZero() || s.Stopped.IsZero() {
		t.Errorf("%+v", s)
	}
	if err := w.Driver.Remove(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	found, err := w.ours(t.Context())
	if err != nil || len(found.Items) != 0 {
		t.Errorf("left: %+v %v", found.Items, err)
	}
	if err := w.Stop(t.Context(), id); err == nil {
		t.Error("an unknown task was stopped")
	}
}

func TestEndings(t *testing.T) {
	w := newWorld(t)
	zero, seven := 0, 7
	for what, c := range map[string]struct {
		spec   runtime.Spec
		code   *int
		reason string // of the container
		fail   string // of the task
	}{
		"exit 0":        {spec(app("a", "print=hello", "exit=0")), &zero, "", "Essential container in task exited"},
		"exit 7":        {spec(app("a", "exit=7")), &seven, "", "Essential container in task exited"},
		"no program":    {spec(withEntry(app("a"), "/nothing")), nil, "CannotStartContainerError: ", "CannotStartContainerError: "},
		"not a program": {spec(withEntry(app("a"), "/plain")), nil, "CannotStartContainerError: ", "CannotStartContainerError: "},
		"no image":      {spec(withImage(app("a"), "1.dkr.ecr.us-east-1.amazonaws.com/none:v1")), nil, "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref", "CannotPullContainerError: "},
		"no registry":   {spec(withImage(app("a"), "registry.invalid/none:v1")), nil, "CannotPullContainerError: ", "CannotPullContainerError: "},
	} {
		t.Run(what, func(t *testing.T) {
			s := w.run(c.spec)
			got := s.Containers[0]
			if c.code != nil && (got.ExitCode == nil || *got.ExitCode != *c.code) || !strings.HasPrefix(got.Reason, c.reason) {
				t.Errorf("%+v", got)
			}
			if s.Fail == nil || !strings.HasPrefix(s.Fail.Reason, c.fail) {
				t.Errorf("fail %+v", s.Fail)
			}
		})
	}
}

func withEntry(c runtime.Container, entry ...string) runtime.Container {
	c.EntryPoint = entry
	return c
}

func withImage(c runtime.Container, ref string) runtime.Container {
	c.Image = ref
	return c
}

func TestOutOfMemory(t *testing.T) {
	w := newWorld(t)
	c := app("a", "alloc=200", "hang=")
	c.MemoryMiB = 32
	s := w.run(spec(c))
	got := s.Containers[0]
	if got.ExitCode == nil || *got.ExitCode != 137 || got.Reason != "OutOfMemoryError: Container killed due to memory usage" {
		t.Errorf("%+v", got)
	}
}

func TestOutput(t *testing.T) {
	w := newWorld(t)
	s := w.run(spec(app("a", "print=one", "warn=two", "lines=500", "raw=no newline", "exit=0")))
	got := logs(t, s, "a")
	if len(got) != 503 {
		t.Errorf("%d lines", len(got))
	}
	text := "\n" + strings.Join(got, "\n") + "\n"
	for _, want := range []string{"stdout one", "stderr two", "stdout line 0", "stdout line 499", "stdout no newline"} {
		if !strings.Contains(text, "\n"+want+"\n") {
			t.Errorf("no %q", want)
		}
	}
}

func TestBridgePorts(t *testing.T) {
	w := newWorld(t)
	c := app("web", "serve=:80")
	c.Ports = []runtime.Port{{Container: 80}, {Container: 81, Host: 8181, Protocol: "tcp"}}
	sp := spec(c)
	sp.NetworkMode = runtime.ModeBridge
	id := w.begin(sp)
	s := w.phase(id, runtime.PhaseRunning)
	ports := s.Containers[0].Ports
	if len(ports) != 2 || ports[0].Host == 0 || ports[1].Host != 8181 {
		t.Fatalf("%+v", ports)
	}
	w.answers(fmt.Sprintf("http://127.0.0.1:%d", ports[0].Host))
	other := spec(c)
	other.NetworkMode = runtime.ModeBridge
	if s := w.run(other); s.Fail == nil || !strings.Contains(s.Fail.Reason, "port is already allocated") {
		t.Errorf("%+v", s.Fail)
	}
	if err := w.Stop(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	w.phase(id, runtime.PhaseStopped)
	third := spec(c) // the port is free as soon as the task is STOPPED
	third.NetworkMode = runtime.ModeBridge
	w.phase(w.begin(third), runtime.PhaseRunning)
}

func TestHostNetwork(t *testing.T) {
	w := newWorld(t)
	c := app("web", "serve=:8088")
	c.Ports = []runtime.Port{{Container: 8088}}
	sp := spec(c)
	sp.NetworkMode = runtime.ModeHost
	s := w.phase(w.begin(sp), runtime.PhaseRunning)
	w.answers("http://127.0.0.1:8088")
	if len(s.Containers[0].Ports) != 1 || s.Containers[0].Ports[0].Host != 8088 {
		t.Errorf("%+v", s.Containers[0].Ports)
	}
}

// TestInside asks a container about itself.
func TestInside(t *testing.T) {
	w := newWorld(t)
	c := app("a", "env=BOTH", "env=FROM", "env=META", "cwd=", "id=", "cat=/vol/seed", "touch=/vol/x", "touch=/nope", "nofile=", "host=", "status=Seccomp", "exit=0")
	c.Env = []string{"BOTH=task"}
	c.EndpointID, c.WorkingDir, c.User, c.Hostname = "e1", "/data", "app", "box"
	c.ReadOnlyRoot = true
	c.Mounts = []runtime.Mount{{Volume: "host", Path: "/vol", ReadOnly: true}}
	c.Ulimits = []runtime.Ulimit{{Name: "nofile", Soft: 100, Hard: 200}}
	sp := spec(c)
	sp.MetadataEnv = map[string]string{"META": "http://169.254.170.2/v4/%s"}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "seed"), []byte("from the host\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	sp.Volumes = []runtime.Volume{{Name: "host", HostPath: dir}}
	s := w.run(sp)
	got := strings.Join(logs(t, s, "a"), "\n")
	for _, want := range []string{"stdout task", "stdout image", "stdout http://169.254.170.2/v4/e1", "stdout /data", "stdout 1000 1001", "from the host", "touch /vol/x false", "touch /nope false", " 200\nstdout box", "Seccomp:\t2"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestSharedVolumeAndOrder(t *testing.T) {
	w := newWorld(t)
	writer, reader := app("writer", "touch=/shared/x", "exit=0"), app("reader", "ls=/shared", "exit=0")
	writer.Essential = false
	writer.Mounts = []runtime.Mount{{Volume: "v", Path: "/shared"}}
	reader.VolumesFrom = []runtime.VolumeFrom{{Container: "writer", ReadOnly: true}}
	reader.DependsOn = []runtime.Dependency{{Container: "writer", Condition: runtime.DependSuccess}}
	sp := spec(reader, writer)
	sp.Volumes = []runtime.Volume{{Name: "v"}}
	s := w.run(sp)
	if got := logs(t, s, "reader"); len(got) != 1 || got[0] != "stdout x" {
		t.Errorf("%q %+v", got, s)
	}
	if err := w.Driver.Remove(t.Context(), sp.ID); err != nil {
		t.Fatal(err)
	}
	volumes, err := w.engine.VolumeList(t.Context(), client.VolumeListOptions{Filters: client.Filters{}.Add("label", labelTask+"="+sp.ID)})
	if err != nil || len(volumes.Items) != 0 {
		t.Errorf("volumes left: %+v %v", volumes.Items, err)
	}
}

func TestHealthAndRestart(t *testing.T) {
	w := newWorld(t)
	web := app("web", "serve=:80")
	web.HealthCheck = &runtime.HealthCheck{Command: []string{"CMD", "/guest", "get=http://127.0.0.1:80/"}, Interval: 100 * time.Millisecond, Timeout: 5 * time.Second, Retries: 2}
	once := app("once", "print=run", "exit=3")
	once.Essential = false
	once.Restart = &runtime.RestartPolicy{}
	id := w.begin(spec(web, once))
	s := w.until(id, "healthy and restarted", func(s runtime.Status) bool {
		return s.Containers[0].Health == runtime.HealthHealthy && s.Containers[1].Restarts >= 2
	})
	if n := len(logs(t, s, "once")); n < 2 {
		t.Errorf("%d lines of 3 runs", n)
	}
}

func TestExecAndStats(t *testing.T) {
	w := newWorld(t)
	id := w.begin(spec(app("web", "serve=:80")))
	s := w.phase(id, runtime.PhaseRunning)
	w.answers("http://" + s.IP)
	var out, errs bytes.Buffer
	code, err := w.Exec(t.Context(), id, "web", []string{"/guest", "print=hi", "warn=oh", "exit=5"}, runtime.ExecIO{Stdout: &out, Stderr: &errs})
	if err != nil || code != 5 || out.String() != "hi\n" || errs.String() != "oh\n" {
		t.Errorf("%d %q %q %v", code, &out, &errs, err)
	}
	out.Reset()
	code, err = w.Exec(t.Context(), id, "web", []string{"/guest", "echo="}, runtime.ExecIO{Stdin: strings.NewReader("through"), Stdout: &out})
	if err != nil || code != 0 || out.String() != "through" {
		t.Errorf("%d %q %v", code, &out, err)
	}
	out.Reset()
	sizes := make(chan runtime.TerminalSize, 1)
	sizes <- runtime.TerminalSize{Cols: 100, Rows: 30}
	code, err = w.Exec(t.Context(), id, "web", []string{"/guest", "size=100x30", "id=", "env=EXTRA", "exit=4"},
		runtime.ExecIO{Stdout: &out, TTY: true, Sizes: sizes, User: "0:0", Env: []string{"EXTRA=1"}})
	if lines := strings.Split(out.String(), "\r\n"); err != nil || code != 4 || len(lines) != 4 || lines[0] != "size 100x30" || !strings.HasPrefix(lines[1], "0 0 ") || lines[2] != "1" {
		t.Errorf("%d %q %v", code, &out, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := w.Exec(ctx, id, "web", []string{"/guest", "hang="}, runtime.ExecIO{}); err == nil {
		t.Error("a command outlived its context")
	}
	for deadline := time.Now().Add(5 * time.Second); ; {
		stats, err := w.Stats(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		// One process: the command that hung was killed.
		if st := stats["web"]; st.CPU > 0 && st.MemoryBytes > 0 && st.RxBytes > 0 && st.PIDs > 0 && !hangs(t) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%+v, hung command running: %v", stats, hangs(t))
		}
	}
	if _, err := w.Exec(t.Context(), id, "none", nil, runtime.ExecIO{}); err == nil {
		t.Error("a command ran in no container")
	}
}

// hangs tells whether a process "guest hang=" exists.
func hangs(t *testing.T) bool {
	t.Helper()
	return exec.Command("pgrep", "-f", "^/guest hang=$").Run() == nil
}

func TestStopWhilePreparing(t *testing.T) {
	w := newWorld(t)
	id := w.begin(spec(app("web", "serve=:80")))
	if err := w.Stop(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if s := w.phase(id, runtime.PhaseStopped); s.Fail != nil {
		t.Errorf("%+v", s.Fail)
	}
}

func TestDeafContainerIsKilled(t *testing.T) {
	w := newWorld(t)
	c := app("deaf", "deaf=")
	c.StopTimeout = 500 * time.Millisecond
	id := w.begin(spec(c))
	w.phase(id, runtime.PhaseRunning)
	if err := w.Stop(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	s := w.phase(id, runtime.PhaseStopped)
	if code := s.Containers[0].ExitCode; code == nil || *code != 137 {
		t.Errorf("%+v", s.Containers[0])
	}
}

func TestSharedPIDNamespace(t *testing.T) {
	w := newWorld(t)
	sp := spec(app("a", "pid=", "orphan=", "sleep=300ms", "exit=0"))
	sp.PIDMode, sp.IPCMode = "task", "task"
	s := w.run(sp)
	if got := strings.Join(logs(t, s, "a"), " "); !strings.Contains(got, "stdout pid ") || strings.Contains(got, "pid 1 ") || strings.HasSuffix(got, "pid 1") {
		t.Errorf("%q: the pause program is process 1", got)
	}
}
