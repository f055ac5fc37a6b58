package supervise

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/grue-ecs/grue/internal/runtime"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// box is an essential container that depends on others: "db:HEALTHY".
func box(name string, needs ...string) runtime.Container {
	c := runtime.Container{Name: name, Essential: true}
	for _, n := range needs {
		dep, cond, _ := strings.Cut(n, ":")
		c.DependsOn = append(c.DependsOn, runtime.Dependency{Container: dep, Condition: runtime.Condition(cond)})
	}
	return c
}

func side(c runtime.Container) runtime.Container { c.Essential = false; return c }

func checked(c runtime.Container) runtime.Container {
	c.HealthCheck = &runtime.HealthCheck{Command: []string{"CMD", "true"}, Interval: 5 * time.Second, Timeout: 2 * time.Second, Retries: 3}
	return c
}

func spec(cs ...runtime.Container) runtime.Spec { return runtime.Spec{ID: "t", Containers: cs} }

func phases(p *play) (out []runtime.Phase) {
	for _, s := range p.history {
		if len(out) == 0 || out[len(out)-1] != s.Phase {
			out = append(out, s.Phase)
		}
	}
	return out
}

func TestLifeOfATask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := begin(spec(box("a")), map[string]*act{"a": {stopDelay: time.Second}})
		s := p.at(time.Second)
		if s.Phase != runtime.PhaseRunning || s.Containers[0].Status != "RUNNING" || s.Containers[0].PID != 101 || s.Started.IsZero() {
			t.Fatalf("after start: %+v", s)
		}
		s = p.end()
		if got := *s.Containers[0].ExitCode; got != 143 || s.Fail != nil || s.Phase != runtime.PhaseStopped {
			t.Errorf("after stop: exit %d, %+v", got, s)
		}
		want := []runtime.Phase{runtime.PhaseStarting, runtime.PhaseRunning, runtime.PhaseStopping, runtime.PhaseStopped}
		if got := phases(p); !slices.Equal(got, want) {
			t.Errorf("phases %v, want %v", got, want)
		}
		if s.Stopped.Sub(s.Stopping) != time.Second || s.ExecutionStopped.IsZero() {
			t.Errorf("times: %+v", s)
		}
		for i := 1; i < len(p.history); i++ {
			if p.history[i].Seq <= p.history[i-1].Seq {
				t.Error("Seq does not grow")
			}
		}
	})
}

func TestOrder(t *testing.T) {
	ok := func(time.Duration) (int, error) { return 0, nil }
	tests := []struct {
		name  string
		spec  runtime.Spec
		acts  map[string]*act
		after time.Duration
		log   string // of starts, up to after
		fail  string // part of the stopped reason, if the task stops by itself
	}{
		{
			name: "START", after: time.Minute, log: "start db, start app",
			spec: spec(box("app", "db:START"), box("db")),
			acts: map[string]*act{"db": {startDelay: time.Second}},
		},
		{
			name: "START of one that has already stopped", after: time.Minute, log: "start init, start app",
			spec: spec(box("app", "init:START"), side(box("init"))),
			acts: map[string]*act{"init": {lives: []Exit{{Code: 3}}}},
		},
		{
			name: "COMPLETE with any exit code", after: time.Minute, log: "start init, start app",
			spec: spec(box("app", "init:COMPLETE"), side(box("init"))),
			acts: map[string]*act{"init": {lives: []Exit{{Code: 3}}, after: 5 * time.Second}},
		},
		{
			name: "SUCCESS", after: time.Minute, log: "start init, start app",
			spec: spec(box("app", "init:SUCCESS"), side(box("init"))),
			acts: map[string]*act{"init": {lives: []Exit{{Code: 0}}, after: 5 * time.Second}},
		},
		{
			name: "SUCCESS never", after: time.Minute, log: "start init",
			spec: spec(box("app", "init:SUCCESS"), side(box("init"))),
			acts: map[string]*act{"init": {lives: []Exit{{Code: 4}}, after: 5 * time.Second}},
			fail: "container app waits for SUCCESS of container init, which ended with exit code 4",
		},
		{
			name: "HEALTHY", after: 6 * time.Second, log: "start db, start app",
			spec: spec(box("app", "db:HEALTHY"), checked(box("db"))),
			acts: map[string]*act{"db": {health: ok}},
		},
		{
			name: "HEALTHY not yet", after: 4 * time.Second, log: "start db",
			spec: spec(box("app", "db:HEALTHY"), checked(box("db"))),
			acts: map[string]*act{"db": {health: ok}},
		},
		{
			name: "HEALTHY never, because it exits", after: time.Minute, log: "start db",
			spec: spec(box("app", "db:HEALTHY"), side(checked(box("db")))),
			acts: map[string]*act{"db": {lives: []Exit{{Code: 1}}, after: time.Second}},
			fail: "waits for HEALTHY of container db",
		},
		{
			name: "chain", after: time.Minute, log: "start c, start b, start a",
			spec: spec(box("a", "b:START"), box("b", "c:START"), box("c")),
		},
		{
			name: "unknown dependency", after: time.Minute, log: "",
			spec: spec(box("a", "ghost:START")), fail: "container ghost",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if tt.acts == nil {
					tt.acts = map[string]*act{}
				}
				p := begin(tt.spec, tt.acts)
				s := p.at(tt.after)
				var starts []string
				for _, l := range p.script.log {
					if strings.HasPrefix(l, "start") {
						starts = append(starts, l)
					}
				}
				if got := strings.Join(starts, ", "); got != tt.log {
					t.Errorf("started %q, want %q", got, tt.log)
				}
				switch {
				case tt.fail == "" && s.Fail != nil:
					t.Errorf("stopped by itself: %+v", s.Fail)
				case tt.fail != "" && (s.Fail == nil || !strings.Contains(s.Fail.Reason, tt.fail)):
					t.Errorf("failure %+v, want %q", s.Fail, tt.fail)
				case tt.fail != "" && s.Fail.Code != "TaskFailedToStart":
					t.Errorf("code %s", s.Fail.Code)
				}
				p.end()
			})
		})
	}
}

func TestStartTimeoutCountsFromTheDependency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := checked(box("db"))
		db.StartTimeout = 20 * time.Second
		p := begin(spec(box("app", "db:HEALTHY"), db), map[string]*act{
			"db": {startDelay: 10 * time.Second, health: func(time.Duration) (int, error) { return 1, nil }},
		})
		if s := p.at(29 * time.Second); s.Phase != runtime.PhaseStarting {
			t.Fatalf("after 29 s: %s", s.Phase)
		}
		s := p.at(31 * time.Second)
		if s.Fail == nil || s.Fail.Code != "TaskFailedToStart" || !strings.Contains(s.Fail.Reason, "startTimeout of 20s") {
			t.Errorf("after 31 s: %+v", s.Fail)
		}
		p.end()
	})
}

func TestStopOrderIsReversed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := begin(spec(box("app", "db:START", "log:START"), box("db", "log:START"), box("log")),
			map[string]*act{"app": {stopDelay: time.Second}, "db": {stopDelay: time.Second}})
		p.at(time.Second)
		p.end()
		want := "start log, start db, start app, stop app, stop db, stop log"
		if got := strings.Join(p.script.log, ", "); got != want {
			t.Errorf("order %q, want %q", got, want)
		}
	})
}

func TestStopTimeoutKills(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		deaf := box("deaf")
		deaf.StopTimeout = 7 * time.Second
		p := begin(spec(deaf, box("deafer")), map[string]*act{"deaf": {deaf: true}, "deafer": {deaf: true}})
		p.at(time.Second)
		s := p.end()
		for i, want := range []time.Duration{7 * time.Second, DefaultStopTimeout} {
			c := s.Containers[i]
			if *c.ExitCode != 137 || c.Finished.Sub(s.Stopping) != want {
				t.Errorf("%s: exit %d after %s, want 137 after %s", c.Name, *c.ExitCode, c.Finished.Sub(s.Stopping), want)
			}
		}
	})
}

func TestEssentialExitStopsTheTask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := begin(spec(box("a"), side(box("b")), box("c")), map[string]*act{
			"a": {lives: []Exit{{Code: 1, OOM: true}}, after: 10 * time.Second},
			"b": {lives: []Exit{{Code: 0}}, after: time.Second},
		})
		if s := p.at(5 * time.Second); s.Phase != runtime.PhaseRunning || s.Containers[1].Status != "STOPPED" {
			t.Fatalf("an exit of a container that is not essential: %+v", s)
		}
		s := <-p.finished
		if s.Fail == nil || s.Fail.Code != "EssentialContainerExited" || s.Fail.Reason != "Essential container in task exited" {
			t.Errorf("failure %+v", s.Fail)
		}
		if s.Containers[0].Reason != oomReason || *s.Containers[2].ExitCode != 143 {
			t.Errorf("containers %+v", s.Containers)
		}
	})
}

func TestFailureToStart(t *testing.T) {
	bad := errors.New("CannotStartContainerError: no entry point")
	tests := []struct {
		name string
		act  *act
	}{{"create", &act{createErr: bad}}, {"start", &act{startErr: bad}}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := begin(spec(box("a"), box("b")), map[string]*act{"a": tt.act})
				s := <-p.finished
				if s.Fail == nil || s.Fail.Code != "TaskFailedToStart" || s.Fail.Reason != bad.Error() {
					t.Errorf("failure %+v", s.Fail)
				}
				if s.Containers[0].ExitCode != nil || s.Containers[0].Reason != bad.Error() {
					t.Errorf("container %+v", s.Containers[0])
				}
			})
			synctest.Test(t, func(t *testing.T) {
				tt.act.runs = 0
				p := begin(spec(side(box("a")), box("b")), map[string]*act{"a": tt.act})
				if s := p.at(time.Second); s.Phase != runtime.PhaseRunning || s.Containers[0].Status != "STOPPED" {
					t.Errorf("a container that is not essential: %+v", s)
				}
				p.end()
			})
		})
	}
}

func TestRestartPolicy(t *testing.T) {
	policy := &runtime.RestartPolicy{IgnoredExitCodes: []int{42}, AttemptPeriod: time.Minute}
	tests := []struct {
		name     string
		act      *act
		restarts int
		stopped  bool
	}{
		{"late enough", &act{lives: []Exit{{Code: 1}}, after: time.Minute}, 1, false},
		{"also after success", &act{lives: []Exit{{Code: 0}}, after: time.Minute}, 1, false},
		{"too early", &act{lives: []Exit{{Code: 1}}, after: 59 * time.Second}, 0, true},
		{"ignored exit code", &act{lives: []Exit{{Code: 42}}, after: time.Minute}, 0, true},
		{"each restart counts anew", &act{lives: []Exit{{Code: 1}, {Code: 1}, {Code: 1}}, after: time.Minute}, 3, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := box("a")
				c.Restart = policy
				p := begin(spec(c), map[string]*act{"a": tt.act})
				s := p.at(10 * time.Minute)
				if s.Containers[0].Restarts != tt.restarts || (s.Phase == runtime.PhaseStopped) != tt.stopped {
					t.Errorf("restarts %d, phase %s", s.Containers[0].Restarts, s.Phase)
				}
				if !tt.stopped && s.Containers[0].ExitCode != nil {
					t.Error("a restarted container still shows an exit code")
				}
				s = p.end()
				if got := s.Containers[0].Restarts; got != tt.restarts {
					t.Errorf("stopping restarted it: %d", got)
				}
			})
		})
	}
}

func TestHealth(t *testing.T) {
	after := func(ok time.Duration) func(time.Duration) (int, error) {
		return func(since time.Duration) (int, error) {
			if since >= ok {
				return 0, nil
			}
			return 1, nil
		}
	}
	before := func(ok time.Duration) func(time.Duration) (int, error) {
		return func(since time.Duration) (int, error) {
			if since < ok {
				return 0, nil
			}
			return 1, nil
		}
	}
	tests := []struct {
		name        string
		startPeriod time.Duration
		health      func(time.Duration) (int, error)
		at          time.Duration
		want        runtime.Health
	}{
		{"before the first check", 0, after(0), 4 * time.Second, runtime.HealthUnknown},
		{"after the first check", 0, after(0), 6 * time.Second, runtime.HealthHealthy},
		{"two failures", 0, after(time.Hour), 14 * time.Second, runtime.HealthUnknown},
		{"three failures", 0, after(time.Hour), 16 * time.Second, runtime.HealthUnhealthy},
		{"recovers", 0, after(30 * time.Second), 31 * time.Second, runtime.HealthHealthy},
		{"failures in startPeriod do not count", 20 * time.Second, after(time.Hour), 29 * time.Second, runtime.HealthUnknown},
		{"and after it they do", 20 * time.Second, after(time.Hour), 31 * time.Second, runtime.HealthUnhealthy},
		{"a success in startPeriod counts at once", time.Minute, after(10 * time.Second), 11 * time.Second, runtime.HealthHealthy},
		{"and ends the grace", time.Minute, before(10 * time.Second), 21 * time.Second, runtime.HealthUnhealthy},
		{"time-outs are failures", 0, func(time.Duration) (int, error) { return hang, nil }, 22 * time.Second, runtime.HealthUnhealthy},
		{"errors are failures", 0, func(time.Duration) (int, error) { return 0, errors.New("no shell") }, 16 * time.Second, runtime.HealthUnhealthy},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := checked(box("a"))
				c.HealthCheck.StartPeriod = tt.startPeriod
				p := begin(spec(c), map[string]*act{"a": {health: tt.health}})
				s := p.at(tt.at)
				if got := s.Containers[0].Health; got != tt.want {
					t.Errorf("health %s, want %s (%s)", got, tt.want, s.Containers[0].HealthOut)
				}
				p.end()
			})
		})
	}
}

func TestContextEndLeavesContainersAndANewTaskGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(map[string]*act{"a": {lives: []Exit{{Code: 5}}, after: time.Minute}})
		ctx, cancel := context.WithCancel(context.Background())
		tasks := spec(box("a"), box("b", "a:START"))
		first := New(Options{Spec: tasks, Containers: s})
		done := make(chan runtime.Status)
		go func() { done <- first.Run(ctx) }()
		time.Sleep(time.Second)
		cancel()
		left := <-done
		if left.Phase != runtime.PhaseRunning || len(s.log) != 2 {
			t.Fatalf("left %s after %v", left.Phase, s.log)
		}
		p := resume(tasks, s, left)
		final := <-p.finished
		if *final.Containers[0].ExitCode != 5 || *final.Containers[1].ExitCode != 143 || final.Seq <= left.Seq {
			t.Errorf("final %+v", final)
		}
		if got := strings.Join(s.log, ", "); got != "start a, start b, stop b" {
			t.Errorf("log %q", got)
		}
	})
}

func TestLostContainer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := resume(spec(box("a")), newScript(map[string]*act{}), runtime.Status{
			Phase: runtime.PhaseRunning, Seq: 7,
			Containers: []runtime.ContainerStatus{{Name: "a", Status: "RUNNING", Started: time.Now()}},
		})
		s := <-p.finished
		if s.Containers[0].ExitCode != nil || !strings.HasPrefix(s.Containers[0].Reason, "ContainerRuntimeError: ") {
			t.Errorf("container %+v", s.Containers[0])
		}
	})
}
