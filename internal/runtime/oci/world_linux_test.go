package oci

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/network"
	"github.com/grue-ecs/grue/internal/runtime"
)

// Paths of the program in the containers, and of the one that supervises them.
var guest, helperProgram string

func TestMain(m *testing.M) {
	if dir := os.Getenv("GRUE_TEST_VICTIM"); dir != "" {
		victim(dir)
		return
	}
	dir, err := os.MkdirTemp("", "guest")
	if err != nil {
		panic(err)
	}
	guest, helperProgram = filepath.Join(dir, "guest"), filepath.Join(dir, "grue-shim")
	for path, pkg := range map[string]string{guest: "./testdata/guest", helperProgram: "../../../cmd/grue-shim"} {
		build := exec.Command("go", "build", "-ldflags", "-s -w", "-o", path, pkg)
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			panic(string(out))
		}
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// store is an ImageStore with images made of directories.
type store map[string]Image

func (s store) Prepare(_ context.Context, ref, digest string, _ runtime.RegistryAuth, _ func(done, total int64)) (Image, error) {
	if img, ok := s[ref]; ok {
		return img, nil
	}
	return Image{}, errors.New("image not found: " + ref)
}

// rootfs makes a layer with the test program and a few files.
func rootfs(t testing.TB, dir string) Image {
	t.Helper()
	for _, d := range []string{"etc", "tmp", "data", "bin"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	program, err := os.ReadFile(guest)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"etc/passwd": "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001:app:/home/app:/bin/sh\n",
		"etc/group":  "root:x:0:\napp:x:1001:\nextra:x:2000:app,other\n",
		"data/seed":  "seed\n",
		"plain":      "no program\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	os.Chmod(filepath.Join(dir, "tmp"), 0o1777)
	for name, data := range map[string][]byte{
		"guest": program, "bin/script": []byte("#!/no/such/shell\n"), "bin/garbage": []byte("garbage\n"),
		"bin/arm": armELF(program),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return Image{
		Digest: "sha256:test", Layers: []string{dir},
		Config: Config{Entrypoint: []string{"/guest"}, Cmd: []string{"serve=:80"}, Env: []string{"FROM=image", "BOTH=image"}},
	}
}

func armELF(program []byte) []byte {
	head := append([]byte(nil), program[:64]...)
	head[18], head[19] = 183, 0 // EM_AARCH64
	return head
}

// world is a driver with network and images, and what tests ask of them.
type world struct {
	t    testing.TB
	opts Options
	net  *network.Network
	*Driver
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := prepareWorld(t)
	w.openNetwork()
	w.open()
	return w
}

// prepareWorld makes everything but the network and the driver.
func prepareWorld(t testing.TB) *world {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	if _, err := findRuntime(""); err != nil {
		t.Skip(err)
	}
	base := t.TempDir()
	w := &world{t: t, opts: Options{
		Dir: filepath.Join(base, "oci"), Helper: helperProgram, Runtime: os.Getenv("GRUE_TEST_RUNTIME"),
		Images: store{"app": rootfs(t, filepath.Join(base, "layer"))},
		Log:    slog.New(slog.NewTextHandler(t.Output(), nil)),
	}}
	t.Cleanup(func() {
		if t.Failed() {
			w.dump()
		}
		if w.Driver != nil {
			w.Close()
		}
		if err := Destroy(w.opts); err != nil {
			t.Error(err)
		}
		if w.net != nil {
			w.net.Close()
		}
		if err := network.Destroy(w.netOptions()); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *world) netOptions() network.Options { return netOptions(filepath.Dir(w.opts.Dir)) }

// netOptions leave the run directory to be that of the machine: there, all who start
// networks at the same time agree on who has which range.
func netOptions(base string) network.Options {
	return network.Options{Dir: filepath.Join(base, "net"), NoFilter: true}
}

func (w *world) openNetwork() {
	w.t.Helper()
	n, err := network.New(w.netOptions())
	if err != nil {
		w.t.Fatal(err)
	}
	w.net, w.opts.Network = n, n
}

func (w *world) cgroupParent() string {
	o, err := withDefaults(w.opts)
	if err != nil {
		w.t.Fatal(err)
	}
	return o.CgroupParent
}

// vethPrefix is how the names of this network's interfaces begin.
func (w *world) vethPrefix() string {
	if w.net == nil {
		return "no interfaces yet"
	}
	return "gr" + strings.TrimPrefix(w.net.Info().Bridge, "grue-")
}

func (w *world) open() {
	w.t.Helper()
	d, err := New(w.opts)
	if err != nil {
		w.t.Fatal(err)
	}
	w.Driver = d
}

func (w *world) dump() {
	data, _ := os.ReadFile(filepath.Join(w.opts.Dir, "shim.log"))
	w.t.Logf("shims: %s", data)
}

// app is an essential container that runs the test program with verbs.
func app(name string, verbs ...string) runtime.Container {
	return runtime.Container{Name: name, Image: "app", Essential: true, Command: verbs, StopTimeout: time.Minute}
}

func withEntry(c runtime.Container) runtime.Container {
	c.EntryPoint = []string{"/guest"}
	return c
}

var taskCount int

func (w *world) spec(cs ...runtime.Container) runtime.Spec {
	taskCount++
	for i := range cs {
		if cs[i].EntryPoint == nil && len(cs[i].Command) > 0 {
			cs[i] = withEntry(cs[i])
		}
	}
	return runtime.Spec{
		ID: fmt.Sprintf("%032x", taskCount), Cluster: "default", Family: "test",
		NetworkMode: runtime.ModeAWSVPC, Containers: cs,
	}
}

func (w *world) start(s runtime.Spec) string {
	w.t.Helper()
	if err := w.Start(w.t.Context(), s); err != nil {
		w.t.Fatal(err)
	}
	return s.ID
}

// patience is how long a test waits for what must come.
const patience = 5 * time.Minute

// await waits for a state of a task, by Watch.
func (w *world) await(id, what string, ok func(runtime.Status) bool) runtime.Status {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	var last runtime.Status
	for s := range w.Watch(ctx) {
		if s.ID != id {
			continue
		}
		last = s
		if ok(s) {
			return s
		}
		if s.Phase == runtime.PhaseStopped {
			w.t.Fatalf("the task stopped before %s: %s", what, show(s))
		}
	}
	w.t.Fatalf("not in %s: %s; last %s", patience, what, show(last))
	return last
}

func show(s runtime.Status) string {
	data, _ := json.Marshal(s)
	return string(data)
}

func (w *world) running(id string) runtime.Status {
	w.t.Helper()
	return w.await(id, "RUNNING", func(s runtime.Status) bool { return s.Phase == runtime.PhaseRunning })
}

func (w *world) stopped(id string) runtime.Status {
	w.t.Helper()
	return w.await(id, "STOPPED", func(s runtime.Status) bool { return s.Phase == runtime.PhaseStopped })
}

func (w *world) stop(id string) runtime.Status {
	w.t.Helper()
	if err := w.Stop(w.t.Context(), id); err != nil {
		w.t.Fatal(err)
	}
	return w.stopped(id)
}

func (w *world) remove(id string) {
	w.t.Helper()
	if err := w.Remove(w.t.Context(), id); err != nil {
		w.t.Fatal(err)
	}
}

// output gives what a container wrote, "stream: line" each.
func (w *world) output(s runtime.Status, container string) (out []string) {
	w.t.Helper()
	for _, c := range s.Containers {
		if c.Name != container {
			continue
		}
		f, err := os.Open(c.LogFile)
		if err != nil {
			w.t.Fatal(err)
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var l struct {
				T    time.Time
				S, M string
			}
			if err := json.Unmarshal(lines.Bytes(), &l); err != nil || l.T.IsZero() {
				w.t.Fatalf("log line %q: %v", lines.Text(), err)
			}
			out = append(out, l.S+": "+l.M)
		}
	}
	return out
}

// until waits for a condition that comes about by itself.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("not in %s: %s", patience, what)
		case <-tick.C:
		}
	}
}

func exitCode(s runtime.Status, i int) string {
	if c := s.Containers[i].ExitCode; c != nil {
		return fmt.Sprint(*c)
	}
	return "none"
}
