package oci

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/runtime"
)

func TestContainerSettings(t *testing.T) {
	w := newWorld(t)
	host := t.TempDir()
	os.WriteFile(filepath.Join(host, "hello"), []byte("from the machine\n"), 0o644)
	swap := int64(0)
	tests := []struct {
		name  string
		verbs []string
		edit  func(*runtime.Spec, *runtime.Container)
		want  []string // lines that must be in the output
		not   []string
	}{
		{
			name: "environment", verbs: []string{"env=FROM", "env=BOTH", "env=HOME", "env=PATH", "env=META"},
			edit: func(s *runtime.Spec, c *runtime.Container) {
				c.Env, c.EndpointID = []string{"BOTH=task"}, "ep1"
				s.MetadataEnv = map[string]string{"META": "http://169.254.170.2/v4/%s"}
			},
			want: []string{"stdout: image", "stdout: task", "stdout: /root", "stdout: http://169.254.170.2/v4/ep1"},
		},
		{name: "streams", verbs: []string{"print=out", "warn=err", "raw=partial"}, want: []string{"stdout: out", "stderr: err", "stdout: partial"}},
		{name: "root by default", verbs: []string{"id="}, want: []string{"stdout: 0 0 []"}},
		{name: "user by name, with groups", verbs: []string{"id=", "env=HOME"}, edit: user("app"), want: []string{"stdout: 1000 1001 [2000]", "stdout: /home/app"}},
		{name: "user and group by number", verbs: []string{"id="}, edit: user("1234:5678"), want: []string{"stdout: 1234 5678 []"}},
		{name: "group by name", verbs: []string{"id="}, edit: user("app:extra"), want: []string{"stdout: 1000 2000 []"}},
		{
			name: "default capabilities", verbs: []string{"status=CapEff", "mount=/tmp"},
			want: []string{"stdout: CapEff:\t00000000a80425fb", "stdout: mount operation not permitted"},
		},
		{
			name: "capabilities dropped and added", verbs: []string{"status=CapEff"},
			edit: func(_ *runtime.Spec, c *runtime.Container) {
				c.Linux.CapDrop, c.Linux.CapAdd = []string{"ALL"}, []string{"NET_ADMIN"}
			},
			want: []string{"stdout: CapEff:\t0000000000001000"},
		},
		{name: "no effective capabilities but for root", verbs: []string{"status=CapEff"}, edit: user("app"), want: []string{"stdout: CapEff:\t0000000000000000"}},
		{name: "system call filter", verbs: []string{"status=Seccomp", "unshare="}, want: []string{"stdout: Seccomp:\t2", "stdout: unshare operation not permitted"}},
		{
			name: "privileged", verbs: []string{"status=Seccomp", "mount=/tmp"},
			edit: func(_ *runtime.Spec, c *runtime.Container) { c.Privileged = true },
			want: []string{"stdout: Seccomp:\t0", "stdout: mount <nil>"},
		},
		{
			name: "no new privileges", verbs: []string{"status=NoNewPrivs"},
			edit: func(_ *runtime.Spec, c *runtime.Container) { c.SecurityOpts = []string{"no-new-privileges"} },
			want: []string{"stdout: NoNewPrivs:\t1"},
		},
		{
			name: "read-only root", verbs: []string{"touch=/x", "touch=/scratch/x", "touch=/dev/shm/x"},
			edit: func(_ *runtime.Spec, c *runtime.Container) {
				c.ReadOnlyRoot = true
				c.Linux.Tmpfs = []runtime.Tmpfs{{Path: "/scratch", SizeMiB: 3}}
			},
			want: []string{"stdout: touch /x false open /x: read-only file system", "stdout: touch /scratch/x true <nil>", "stdout: touch /dev/shm/x true <nil>"},
		},
		{
			name: "sizes of tmpfs and shared memory", verbs: []string{"statfs=/scratch", "statfs=/dev/shm"},
			edit: func(_ *runtime.Spec, c *runtime.Container) {
				c.Linux.Tmpfs = []runtime.Tmpfs{{Path: "/scratch", SizeMiB: 3}}
				c.Linux.SharedMemoryMiB = 7
			},
			want: []string{fmt.Sprintf("stdout: size %d", 3<<20), fmt.Sprintf("stdout: size %d", 7<<20)},
		},
		{
			name: "open files", verbs: []string{"nofile="},
			edit: func(_ *runtime.Spec, c *runtime.Container) {
				c.Ulimits = []runtime.Ulimit{{Name: "nofile", Soft: 200, Hard: 200}}
			},
			want: []string{"stdout: 200 200"}, // Go raises the soft limit to the hard one
		},
		{
			name: "bind volume", verbs: []string{"cat=/mnt/hello", "touch=/mnt/x", "touch=/mnt-ro/x"},
			edit: func(s *runtime.Spec, c *runtime.Container) {
				s.Volumes = []runtime.Volume{{Name: "v", HostPath: host}}
				c.Mounts = []runtime.Mount{{Volume: "v", Path: "/mnt"}, {Volume: "v", Path: "/mnt-ro", ReadOnly: true}}
			},
			want: []string{"stdout: from the machine", "stdout: touch /mnt/x true <nil>", "stdout: touch /mnt-ro/x false open /mnt-ro/x: read-only file system"},
		},
		{
			name: "an empty volume takes over what the image has there", verbs: []string{"cat=/data/seed"},
			edit: func(s *runtime.Spec, c *runtime.Container) {
				s.Volumes = []runtime.Volume{{Name: "v"}}
				c.Mounts = []runtime.Mount{{Volume: "v", Path: "/data"}}
			},
			want: []string{"stdout: seed"},
		},
		{
			name: "names", verbs: []string{"cat=/etc/hosts", "cat=/etc/resolv.conf", "cat=/etc/hostname", "host="},
			edit: func(_ *runtime.Spec, c *runtime.Container) {
				c.ExtraHosts, c.DNSSearch = []string{"db:10.1.2.3"}, []string{"example.test"}
				c.Hostname = "hal"
			},
			want: []string{"stdout: 10.1.2.3\tdb", "stdout: 127.0.0.1\tlocalhost", "stdout: nameserver " + w.net.Info().Gateway.String(), "stdout: search example.test", "stdout: hal"},
		},
		{
			name: "own name server", verbs: []string{"cat=/etc/resolv.conf"},
			edit: func(_ *runtime.Spec, c *runtime.Container) { c.DNS = []string{"10.9.9.9"} },
			want: []string{"stdout: nameserver 10.9.9.9"},
		},
		{
			name: "working directory is made", verbs: []string{"cwd="},
			edit: func(_ *runtime.Spec, c *runtime.Container) { c.WorkingDir = "/srv/new" },
			want: []string{"stdout: /srv/new"},
		},
		{name: "first process", verbs: []string{"pid="}, want: []string{"stdout: pid 1"}},
		{
			name: "init process", verbs: []string{"orphan=", "pid="},
			edit: func(_ *runtime.Spec, c *runtime.Container) { c.Linux.Init = true },
			want: []string{"stdout: child true"}, not: []string{"stdout: pid 1"},
		},
		{
			name: "init process without write access to the root", verbs: []string{"id="},
			edit: func(_ *runtime.Spec, c *runtime.Container) {
				c.Linux.Init, c.ReadOnlyRoot, c.User = true, true, "app"
			},
			want: []string{"stdout: 1000 1001 [2000]"},
		},
		{
			name: "terminal", verbs: []string{"print=on a terminal", "env=TERM"},
			edit: func(_ *runtime.Spec, c *runtime.Container) { c.TTY = true },
			want: []string{"stdout: on a terminal", "stdout: xterm"},
		},
		{
			name: "system controls", verbs: []string{"cat=/proc/sys/net/core/somaxconn"},
			edit: func(_ *runtime.Spec, c *runtime.Container) {
				c.Sysctls = map[string]string{"net.core.somaxconn": "321"}
			},
			want: []string{"stdout: 321"},
		},
		{
			name: "device", verbs: []string{"ls=/dev"},
			edit: func(_ *runtime.Spec, c *runtime.Container) {
				c.Linux.Devices = []runtime.Device{{HostPath: "/dev/null", Path: "/dev/special", Permissions: "r"}}
			},
			want: []string{"stdout: special"},
		},
		{
			name: "no network", verbs: []string{"ls=/sys/class/net"},
			edit: func(_ *runtime.Spec, c *runtime.Container) { c.NoNetwork = true },
			want: []string{"stdout: lo"}, not: []string{"stdout: eth0"},
		},
		{
			name: "network mode none", verbs: []string{"ls=/sys/class/net"},
			edit: func(s *runtime.Spec, _ *runtime.Container) { s.NetworkMode = runtime.ModeNone },
			want: []string{"stdout: lo"}, not: []string{"stdout: eth0"},
		},
		{
			name: "network mode host", verbs: []string{"ls=/sys/class/net"},
			edit: func(s *runtime.Spec, _ *runtime.Container) { s.NetworkMode = runtime.ModeHost },
			want: []string{"stdout: " + w.net.Info().Bridge},
		},
		{
			name: "limits", verbs: []string{"cat=/sys/fs/cgroup/memory/memory.limit_in_bytes"},
			edit: func(s *runtime.Spec, c *runtime.Container) {
				s.CPU, s.MemoryMiB = 256, 128
				c.CPU, c.MemoryMiB, c.ReserveMiB, c.Linux.MaxSwapMiB = 128, 64, 32, &swap
			},
			want: []string{fmt.Sprintf("stdout: %d", 64<<20)},
		},
		{
			name: "processes of the machine", verbs: []string{"pid="},
			edit: func(s *runtime.Spec, _ *runtime.Container) { s.PIDMode = "host" },
			not:  []string{"stdout: pid 1"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if strings.Contains(tt.verbs[0], "/cgroup/memory") {
				if _, err := os.Stat("/sys/fs/cgroup/memory"); err != nil {
					t.Skip("cgroup v1 only")
				}
			}
			s := w.spec(app("a", tt.verbs...))
			if tt.edit != nil {
				tt.edit(&s, &s.Containers[0])
			}
			st := w.stopped(w.start(s))
			out := w.output(st, "a")
			for _, l := range tt.want {
				if !slices.Contains(out, l) {
					t.Errorf("no line %q in %q; %s", l, out, show(st))
				}
			}
			for _, l := range tt.not {
				if slices.Contains(out, l) {
					t.Errorf("line %q in %q", l, out)
				}
			}
			w.remove(s.ID)
		})
	}
}

func user(u string) func(*runtime.Spec, *runtime.Container) {
	return func(_ *runtime.Spec, c *runtime.Container) { c.User = u }
}

func TestExitCodes(t *testing.T) {
	w := newWorld(t)
	tests := []struct {
		name  string
		verbs []string
		stop  bool
		init  bool
		early bool // stopped before the program has looked after signals
		code  string
	}{
		{name: "0", verbs: []string{"exit=0"}, code: "0"},
		{name: "1", verbs: []string{"exit=1"}, code: "1"},
		{name: "143 by handler", verbs: []string{"obey="}, stop: true, code: "143"},
		{name: "own code on SIGTERM", verbs: []string{"term=7"}, stop: true, code: "7"},
		{name: "own code on an early SIGTERM", verbs: []string{"late="}, stop: true, code: "7"},
		{name: "137 after the stop time-out", verbs: []string{"deaf="}, stop: true, code: "137"},
		{name: "139", verbs: []string{"segv="}, init: true, code: "139"},
		{name: "143 under init", verbs: []string{"hang="}, stop: true, init: true, early: true, code: "143"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := w.spec(app("a", tt.verbs...))
			if tt.code == "137" {
				s.Containers[0].StopTimeout = 500 * time.Millisecond
			}
			s.Containers[0].Linux.Init = tt.init
			id := w.start(s)
			var st runtime.Status
			if tt.stop {
				st = w.running(id)
				if !tt.early {
					until(t, "ready", func() bool { return slices.Contains(w.output(st, "a"), "stdout: ready") })
				}
				st = w.stop(id)
				if st.Fail != nil {
					t.Errorf("a stopped task failed: %+v", st.Fail)
				}
			} else {
				st = w.stopped(id)
				if st.Fail == nil || st.Fail.Reason != "Essential container in task exited" {
					t.Errorf("failure %+v", st.Fail)
				}
			}
			if got := exitCode(st, 0); got != tt.code {
				t.Errorf("exit code %s, want %s: %s %q", got, tt.code, show(st), w.output(st, "a"))
			}
			w.remove(id)
		})
	}
}

func TestReasons(t *testing.T) {
	w := newWorld(t)
	tests := []struct {
		name string
		edit func(*runtime.Spec, *runtime.Container)
		want string
	}{
		{"image missing", func(_ *runtime.Spec, c *runtime.Container) { c.Image = "nope" }, "CannotPullContainerError: image not found: nope"},
		{"program missing", cmd("/nope"), `CannotStartContainerError: exec: "/nope": stat /nope: file does not exist`},
		{"program missing in PATH", cmd("nope"), `CannotStartContainerError: exec: "nope": executable file not found in $PATH`},
		{"not executable", cmd("/plain"), `CannotStartContainerError: exec: "/plain": permission denied`},
		{"directory", cmd("/etc"), `CannotStartContainerError: exec: "/etc": permission denied`},
		{"interpreter missing", cmd("/bin/script"), "its interpreter /no/such/shell is not in the image"},
		{"no program", cmd("/bin/garbage"), "CannotStartContainerError: exec /bin/garbage: exec format error"},
		{"other machine", cmd("/bin/arm"), "exec format error: the program is for aarch64, this machine is amd64"},
		{"unknown user", user("ghost"), "CannotCreateContainerError: unable to find user ghost: no matching entries in passwd file"},
		{"unknown volume", func(_ *runtime.Spec, c *runtime.Container) {
			c.Mounts = []runtime.Mount{{Volume: "ghost", Path: "/x"}}
		}, `names volume "ghost"`},
		{"volume driver", func(s *runtime.Spec, _ *runtime.Container) {
			s.Volumes = []runtime.Volume{{Name: "v", Docker: true, Driver: "rexray"}}
		}, "CannotCreateVolumeError: "},
		{"runtime refuses", func(_ *runtime.Spec, c *runtime.Container) {
			c.Sysctls = map[string]string{"kernel.nonsense": "1"}
		}, "CannotStartContainerError: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := w.spec(app("a", "exit=0"))
			tt.edit(&s, &s.Containers[0])
			st := w.stopped(w.start(s))
			if st.Fail == nil || st.Fail.Code != "TaskFailedToStart" || !strings.Contains(st.Fail.Reason, tt.want) {
				t.Errorf("failure %+v, want %q", st.Fail, tt.want)
			}
			if c := st.Containers[0]; c.Status != "STOPPED" || c.ExitCode != nil || c.Reason == "" {
				t.Errorf("container %+v", c)
			}
			w.remove(s.ID)
		})
	}
}

func cmd(argv ...string) func(*runtime.Spec, *runtime.Container) {
	return func(_ *runtime.Spec, c *runtime.Container) { c.EntryPoint, c.Command = argv, nil }
}

func TestOutOfMemory(t *testing.T) {
	w := newWorld(t)
	for name, edit := range map[string]func(*runtime.Spec){
		"container limit": func(s *runtime.Spec) { s.Containers[0].MemoryMiB = 20 },
		"task limit":      func(s *runtime.Spec) { s.MemoryMiB = 20 },
	} {
		t.Run(name, func(t *testing.T) {
			s := w.spec(app("a", "alloc=200"))
			edit(&s)
			st := w.stopped(w.start(s))
			if c := st.Containers[0]; exitCode(st, 0) != "137" || c.Reason != "OutOfMemoryError: Container killed due to memory usage" {
				t.Errorf("%s", show(st))
			}
			w.remove(s.ID)
		})
	}
}

func TestContainersOfATask(t *testing.T) {
	w := newWorld(t)
	t.Run("order, localhost and shared volumes", func(t *testing.T) {
		prepare := app("prepare", "touch=/shared/x")
		prepare.Essential = false
		prepare.Mounts = []runtime.Mount{{Volume: "v", Path: "/shared"}}
		web := app("web", "serve=127.0.0.1:8080")
		web.DependsOn = []runtime.Dependency{{Container: "prepare", Condition: runtime.DependSuccess}}
		client := app("client", "cat=/shared/x", "get=http://localhost:8080/")
		client.VolumesFrom = []runtime.VolumeFrom{{Container: "prepare", ReadOnly: true}}
		client.DependsOn = []runtime.Dependency{{Container: "web", Condition: runtime.DependStart}}
		s := w.spec(client, web, prepare)
		s.Volumes = []runtime.Volume{{Name: "v"}}
		st := w.stopped(w.start(s))
		if out := strings.Join(w.output(st, "client"), ","); !strings.Contains(out, "got ok") || exitCode(st, 0) != "0" {
			t.Errorf("client said %q: %s", out, show(st))
		}
		if !st.Containers[1].Started.After(st.Containers[2].Finished) {
			t.Error("web started before prepare had finished")
		}
		w.remove(s.ID)
	})
	t.Run("shared process and IPC namespaces", func(t *testing.T) {
		a := app("a", "touch=/dev/shm/mark", "hang=")
		b := app("b", "pid=", "ls=/dev/shm", "ls=/proc")
		b.DependsOn = []runtime.Dependency{{Container: "a", Condition: runtime.DependHealthy}}
		a.HealthCheck = &runtime.HealthCheck{
			Command: []string{"CMD", "/guest", "cat=/dev/shm/mark"}, Interval: 50 * time.Millisecond, Timeout: time.Minute, Retries: 3,
		}
		s := w.spec(a, b)
		s.PIDMode, s.IPCMode = "task", "task"
		s.Containers[0].StopTimeout = 100 * time.Millisecond
		st := w.stopped(w.start(s))
		out := w.output(st, "b")
		if !slices.Contains(out, "stdout: mark") || slices.Contains(out, "stdout: pid 1") {
			t.Errorf("b said %q: %s", out, show(st))
		}
		w.remove(s.ID)
	})
}

func TestHealthAndRestart(t *testing.T) {
	w := newWorld(t)
	t.Run("health", func(t *testing.T) {
		c := app("a", "hang=")
		c.HealthCheck = &runtime.HealthCheck{
			Command: []string{"CMD", "/guest", "print=fine", "cat=/tmp/ok"}, Interval: 50 * time.Millisecond, Timeout: time.Minute, Retries: 2,
		}
		c.StopTimeout = 100 * time.Millisecond
		id := w.start(w.spec(c))
		s := w.await(id, "UNHEALTHY", func(s runtime.Status) bool { return s.Containers[0].Health == runtime.HealthUnhealthy })
		if c := s.Containers[0]; c.HealthExit != 99 || !strings.HasPrefix(c.HealthOut, "fine\nerror: ") {
			t.Errorf("%+v", c)
		}
		code, err := w.Exec(t.Context(), id, "a", []string{"/guest", "touch=/tmp/ok"}, runtime.ExecIO{})
		if code != 0 || err != nil {
			t.Errorf("exec: %d, %v", code, err)
		}
		w.await(id, "HEALTHY", func(s runtime.Status) bool { return s.Containers[0].Health == runtime.HealthHealthy })
		w.stop(id)
		w.remove(id)
	})
	t.Run("output of a check that leaves a child", func(t *testing.T) {
		c := app("a", "hang=")
		c.HealthCheck = &runtime.HealthCheck{
			Command: []string{"CMD", "/guest", "leave=", "print=all of it", "exit=3"}, Interval: 50 * time.Millisecond, Timeout: time.Minute, Retries: 1,
		}
		c.StopTimeout = 100 * time.Millisecond
		id := w.start(w.spec(c))
		s := w.await(id, "UNHEALTHY", func(s runtime.Status) bool { return s.Containers[0].Health == runtime.HealthUnhealthy })
		if c := s.Containers[0]; c.HealthExit != 3 || c.HealthOut != "all of it\n" && c.HealthOut != "all of it" {
			t.Errorf("%+v", c)
		}
		w.stop(id)
		w.remove(id)
	})
	t.Run("restart", func(t *testing.T) {
		c := app("a", "touch=/tmp/x", "print=again", "sleep=50ms", "exit=3")
		c.Restart = &runtime.RestartPolicy{AttemptPeriod: time.Millisecond}
		id := w.start(w.spec(c))
		s := w.await(id, "three restarts", func(s runtime.Status) bool { return s.Containers[0].Restarts >= 3 })
		if s.Phase != runtime.PhaseRunning {
			t.Errorf("%s", show(s))
		}
		s = w.stop(id)
		if n := strings.Count(strings.Join(w.output(s, "a"), "\n"), "again"); n < 3 {
			t.Errorf("%d runs in the log, want 3 or more", n)
		}
		w.remove(id)
	})
}
