package oci

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/network"
	"github.com/grue-ecs/grue/internal/runtime"
)

const victims = 4

// victim is the part of a server that will be killed: it runs in a process of
// its own, starts tasks and never ends by itself.
func victim(base string) {
	check := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, "victim:", err)
			os.Exit(1)
		}
	}
	n, err := network.New(netOptions(base))
	check(err)
	d, err := New(Options{
		Dir: filepath.Join(base, "oci"), Network: n, Helper: os.Getenv("GRUE_TEST_HELPER"),
		Images: store{"app": Image{Digest: "sha256:test", Layers: []string{filepath.Join(base, "layer")}}},
	})
	check(err)
	for i := range victims {
		check(d.Start(context.Background(), runtime.Spec{
			ID: fmt.Sprintf("victim%d", i), NetworkMode: runtime.ModeAWSVPC, Containers: []runtime.Container{{
				Name: "web", Image: "app", Essential: true, StopTimeout: time.Second, EntryPoint: []string{"/guest", "serve=:80"},
			}},
		}))
		fmt.Println("started")
	}
	select {}
}

func (w *world) startVictim() *exec.Cmd {
	w.t.Helper()
	self, err := os.Executable()
	if err != nil {
		w.t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "GRUE_TEST_VICTIM="+filepath.Dir(w.opts.Dir), "GRUE_TEST_HELPER="+helperProgram)
	cmd.Stderr = w.t.Output()
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	return cmd
}

// TestKillOfTheDriver kills a driver at many moments of starting tasks. Every
// task that the directory holds must run in the end, and nothing else.
func TestKillOfTheDriver(t *testing.T) {
	w := prepareWorld(t)
	before := resources(w)
	for _, after := range []time.Duration{5, 15, 25, 35, 50, 70, 100, 150, 300} {
		t.Run(fmt.Sprint(after), func(t *testing.T) {
			cmd := w.startVictim()
			<-time.After(after * time.Millisecond)
			cmd.Process.Signal(syscall.SIGKILL)
			cmd.Wait()
			w.openNetwork()
			w.open()
			list, err := w.List(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range list {
				s = w.running(s.ID)
				until(t, "an answer of "+s.ID, func() bool {
					r, err := http.Get("http://" + s.IP + "/")
					if err == nil {
						r.Body.Close()
					}
					return err == nil
				})
				w.stop(s.ID)
				w.remove(s.ID)
			}
			t.Logf("%d tasks after %d ms", len(list), after)
			w.Close()
			w.net.Close()
		})
	}
	if err := network.Destroy(w.netOptions()); err != nil {
		t.Fatal(err)
	}
	before.compare(w)
}

func TestNewDriverAdoptsRunningTasks(t *testing.T) {
	w := newWorld(t)
	c := app("a", "print=before", "serve=:80")
	c.HealthCheck = &runtime.HealthCheck{Command: []string{"CMD", "/guest", "print=fine"}, Interval: 50 * time.Millisecond, Timeout: time.Minute, Retries: 3}
	id := w.start(w.spec(c))
	first := w.await(id, "HEALTHY", func(s runtime.Status) bool { return s.Containers[0].Health == runtime.HealthHealthy })
	ended := w.start(w.spec(app("a", "exit=3")))
	w.stopped(ended)
	w.Close()
	if err := w.Start(t.Context(), w.spec(c)); err == nil {
		t.Error("a closed driver started a task")
	}
	w.open()
	s := w.running(id)
	if s.Containers[0].PID != first.Containers[0].PID || s.IP != first.IP || s.Seq < first.Seq {
		t.Errorf("after: %s\nbefore: %s", show(s), show(first))
	}
	if st := w.stopped(ended); exitCode(st, 0) != "3" {
		t.Errorf("%s", show(st))
	}
	if _, err := http.Get("http://" + s.IP); err != nil {
		t.Error(err)
	}
	s = w.stop(id)
	if s.Fail != nil {
		t.Errorf("%s", show(s))
	}
	w.remove(id)
	w.remove(ended)
}

func TestKillOfTheShim(t *testing.T) {
	for _, attached := range []bool{true, false} {
		t.Run(fmt.Sprintf("driver attached=%v", attached), func(t *testing.T) {
			w := newWorld(t)
			id := w.start(w.spec(app("a", "serve=:80"), app("b", "hang=")))
			s := w.running(id)
			pids := map[string]int{}
			for _, c := range s.Containers {
				pids[c.Name] = c.PID
			}
			if !attached {
				w.Close()
			}
			w.killShim(id)
			if !attached {
				w.open()
			}
			s = w.stopped(id)
			if s.Fail == nil || s.Fail.Reason != lostReason || s.Fail.Code != "EssentialContainerExited" {
				t.Errorf("%s", show(s))
			}
			for _, c := range s.Containers {
				if c.Status != "STOPPED" || *c.ExitCode != 137 || c.Reason != lostReason {
					t.Errorf("%+v", c)
				}
				if state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pids[c.Name])); err == nil && !strings.Contains(string(state), ") Z ") {
					t.Errorf("process %d of %s still lives: %s", pids[c.Name], c.Name, state)
				}
			}
			w.remove(id)
		})
	}
}

func (w *world) killShim(id string) {
	w.t.Helper()
	lock, err := os.Open(filepath.Join(w.opts.Dir, "tasks", id, "plan.json"))
	if err != nil {
		w.t.Fatal(err)
	}
	killShims(filepath.Join(w.opts.Dir, "tasks", id))
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_SH); err != nil {
		w.t.Fatal(err)
	}
}

// TestKillOfTheShimAtAnyMoment kills shims that are just starting containers.
func TestKillOfTheShimAtAnyMoment(t *testing.T) {
	w := newWorld(t)
	before := resources(w)
	for _, after := range []time.Duration{2, 4, 6, 8, 10, 13, 16, 20, 25, 30, 40, 50} {
		s := w.spec(app("a", "print="+w.opts.Dir, "serve=:80"), app("b", "print="+w.opts.Dir, "hang="))
		if after%4 == 0 {
			s.PIDMode = "task"
		}
		id := w.start(s)
		<-time.After(after * time.Millisecond)
		until(t, "a shim to kill", func() bool {
			killShims(filepath.Join(w.opts.Dir, "tasks"))
			return w.tasks[id].snapshot().Phase == runtime.PhaseStopped
		})
		if st := w.stopped(id); st.Fail == nil || st.Fail.Reason != lostReason {
			t.Errorf("after %d ms: %s", after, show(st))
		}
		w.remove(id)
	}
	before.spare(w).compare(w)
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, name := range lines {
		if line, _ := os.ReadFile(name); strings.Contains(string(line), "print="+w.opts.Dir) {
			t.Errorf("a container lives on: %q", line)
		}
	}
}

func TestRebootLeavesStoppedTasks(t *testing.T) {
	w := newWorld(t)
	id := w.start(w.spec(app("a", "hang=")))
	w.running(id)
	w.Close()
	w.killShim(id)
	plan := filepath.Join(w.opts.Dir, "tasks", id, "plan.json")
	data, _ := os.ReadFile(plan)
	os.WriteFile(plan, []byte(strings.Replace(string(data), bootID(), "another-boot", 1)), 0o600)
	w.open()
	if s := w.stopped(id); s.Fail == nil || s.Fail.Reason != rebootReason {
		t.Errorf("%s", show(s))
	}
	w.remove(id)
}

// TestALockWithoutShim: a process that the last driver was just starting may hold
// a task's lock for a moment. When it lets go and no shim ever told a status, the
// task is not lost: it was not started yet.
func TestALockWithoutShim(t *testing.T) {
	w := newWorld(t)
	id := w.start(w.spec(app("a", "hang=")))
	w.running(id)
	w.Close()
	w.killShim(id)
	dir := filepath.Join(w.opts.Dir, "tasks", id)
	if err := os.Remove(filepath.Join(dir, "status.json")); err != nil {
		t.Fatal(err)
	}
	lock, err := os.Open(filepath.Join(dir, "plan.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	w.open()
	lock.Close()
	w.running(id)
	w.stop(id)
	w.remove(id)
}

func TestHalfWrittenTasksAreDropped(t *testing.T) {
	w := newWorld(t)
	w.Close()
	for name, text := range map[string]string{"empty": "", "cut": `{"ID":"cut","Contai`} {
		dir := filepath.Join(w.opts.Dir, "tasks", name)
		os.MkdirAll(dir, 0o700)
		if text != "" {
			os.WriteFile(filepath.Join(dir, specFile), []byte(text), 0o600)
		}
	}
	w.open()
	if list, err := w.List(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
	if left, _ := os.ReadDir(filepath.Join(w.opts.Dir, "tasks")); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// counts of what tasks use on the machine.
type counts struct{ links, mounts, cgroups, fds, shims int }

func resources(w *world) counts {
	var c counts
	links, _ := os.ReadDir("/sys/class/net")
	for _, l := range links {
		if strings.HasPrefix(l.Name(), w.vethPrefix()) {
			c.links++
		}
	}
	mounts, _ := os.ReadFile("/proc/self/mounts")
	c.mounts = strings.Count(string(mounts), filepath.Dir(w.opts.Dir))
	groups, _ := filepath.Glob("/sys/fs/cgroup/*/" + w.cgroupParent() + "/*/cgroup.procs")
	c.cgroups = len(groups)
	fds, _ := os.ReadDir("/proc/self/fd")
	c.fds = len(fds)
	procs, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, p := range procs {
		if line, err := os.ReadFile(p); err == nil && strings.HasPrefix(string(line), helperProgram) {
			c.shims++
		}
	}
	return c
}

// spare allows for the namespaces and shims that are kept in store.
func (c counts) spare(w *world) counts {
	c.links, c.mounts, c.shims = c.links+2, c.mounts+2, c.shims+ahead
	c.fds += 2 * ahead
	return c
}

func (c counts) compare(w *world) {
	t := w.t
	t.Helper()
	var now counts
	for range 6000 {
		if now = resources(w); now.links <= c.links && now.mounts <= c.mounts && now.cgroups <= c.cgroups && now.fds <= c.fds+2 && now.shims <= c.shims {
			return
		}
		<-time.After(10 * time.Millisecond)
	}
	t.Errorf("left behind: before %+v, after %+v", c, now)
}

func TestTasksLeaveNothing(t *testing.T) {
	w := newWorld(t)
	round := func() {
		var ids []string
		for i := range 8 {
			s := w.spec(app("a", "exit=0"))
			switch i % 4 {
			case 1:
				s = w.spec(app("a", "serve=:80"), app("b", "hang="))
			case 2:
				s.PIDMode, s.IPCMode = "task", "task"
			case 3:
				s.Containers[0].Image = "nope"
			}
			ids = append(ids, w.start(s))
		}
		for i, id := range ids {
			if i%4 == 1 {
				w.running(id)
				w.stop(id)
			}
			w.stopped(id)
			w.remove(id)
		}
	}
	round()
	before := resources(w).spare(w)
	for range 3 {
		round()
	}
	before.compare(w)
	if left, _ := os.ReadDir(filepath.Join(w.opts.Dir, "tasks")); len(left) != 0 {
		t.Errorf("directories are left: %v", left)
	}
}

func TestStopAtAnyMoment(t *testing.T) {
	w := newWorld(t)
	for _, after := range []time.Duration{0, 1, 3, 6, 10, 15, 25, 40, 60} {
		id := w.start(w.spec(app("a", "obey=")))
		<-time.After(after * time.Millisecond)
		s := w.stop(id)
		if s.Fail != nil || s.Containers[0].Status != "STOPPED" {
			t.Errorf("after %d ms: %s", after, show(s))
		}
		w.stop(id)
		w.remove(id)
		w.remove(id)
	}
	if err := w.Stop(t.Context(), "ghost"); err == nil || !strings.Contains(err.Error(), "no such task") {
		t.Errorf("stop of an unknown task: %v", err)
	}
	if list, _ := w.List(t.Context()); len(list) != 0 {
		t.Errorf("%d tasks are left", len(list))
	}
}
