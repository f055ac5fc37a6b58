package docker

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	netapi "github.com/moby/moby/api/types/network"

	"github.com/grue-ecs/grue/internal/runtime"
)

// TestPauseProgram runs the program that waits for ever.
func TestPauseProgram(t *testing.T) {
	for arch, code := range pauseCode {
		program, err := pauseProgram(arch)
		if err != nil || len(program) != 120+len(code)+32 {
			t.Errorf("%s: %d bytes %v", arch, len(program), err)
		}
	}
	if _, err := pauseProgram("riscv64"); err == nil {
		t.Error("a program for an unknown architecture")
	}
	if goruntime.GOOS != "linux" || pauseCode[goruntime.GOARCH] == nil {
		t.Skip("needs Linux on amd64 or arm64")
	}
	program, err := pauseProgram(goruntime.GOARCH)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "pause")
	if err := os.WriteFile(path, program, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-time.After(200 * time.Millisecond)
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("it ended by itself: %v", err)
	}
}

func frameOf(stream byte, text string) []byte {
	head := [8]byte{stream}
	binary.BigEndian.PutUint32(head[4:], uint32(len(text)))
	return append(head[:], text...)
}

func TestCopyOutput(t *testing.T) {
	at := "2026-01-02T03:04:05.000000006Z "
	var in bytes.Buffer
	for _, f := range [][]byte{
		frameOf(1, at+"one\n"), frameOf(2, at+"two\r\n"), frameOf(1, at+"long "), frameOf(2, at+"between\n"),
		frameOf(1, at+"line\n"), frameOf(1, at+"\n"), frameOf(1, "no time\n"), frameOf(1, at+"open end"),
	} {
		in.Write(f)
	}
	path := filepath.Join(t.TempDir(), "x", "log.jsonl")
	out, err := openOutput(path, 1<<20, 3)
	if err != nil {
		t.Fatal(err)
	}
	if err := copyOutput(out, &in, false); err != nil {
		t.Fatal(err)
	}
	out.close()
	var got []string
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for text := range strings.Lines(string(data)) {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatal(err)
		}
		got = append(got, l.S+":"+l.M)
	}
	want := "stdout:one|stderr:two|stderr:between|stdout:long line|stdout:|stdout:no time|stdout:open end"
	if strings.Join(got, "|") != want {
		t.Errorf("\n got %s\nwant %s", strings.Join(got, "|"), want)
	}
	again, err := openOutput(path, 1<<20, 3)
	if err != nil || again.last.Nanosecond() != 6 {
		t.Errorf("resume at %v %v", again.last, err)
	}
	again.close()
}

func TestRotation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.jsonl")
	out, err := openOutput(path, 300, 3)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Unix(1, 0).UTC()
	for i := range 50 {
		out.write(line{at.Add(time.Duration(i)), "stdout", fmt.Sprint("line ", i)})
	}
	out.close()
	for _, name := range []string{path, path + ".1", path + ".2"} {
		info, err := os.Stat(name)
		if err != nil || info.Size() > 300 || info.Size() == 0 {
			t.Errorf("%s: %v %v", name, info, err)
		}
	}
	if _, err := os.Stat(path + ".3"); !errors.Is(err, os.ErrNotExist) {
		t.Error("a fourth file")
	}
	if last := lastLine(path); !last.Equal(at.Add(49)) {
		t.Errorf("last %v", last)
	}
}

func FuzzCopyOutput(f *testing.F) {
	f.Add(frameOf(1, "2026-01-02T03:04:05Z x\n"), false)
	f.Add([]byte("2026-01-02T03:04:05Z tty\r\n"), true)
	f.Fuzz(func(t *testing.T, in []byte, tty bool) {
		out, err := openOutput(filepath.Join(t.TempDir(), "log"), 1<<20, 2)
		if err != nil {
			t.Fatal(err)
		}
		defer out.close()
		_ = copyOutput(out, bytes.NewReader(in), tty)
	})
}

func testTask(spec runtime.Spec) *task {
	d := &Driver{opts: Options{Dir: "/data", PIDsLimit: 100}, network: network{name: "grue-net"}, pauseID: "pause"}
	spec.ID = "0123"
	return d.newTask(record{Spec: spec})
}

func TestHostConfig(t *testing.T) {
	swap, swappiness := int64(64), int64(10)
	c := runtime.Container{
		Name: "web", CPU: 256, ReserveMiB: 32, Privileged: true, ReadOnlyRoot: true,
		Ulimits: []runtime.Ulimit{{Name: "nofile", Soft: 1, Hard: 2}}, SecurityOpts: []string{"no-new-privileges"},
		Sysctls: map[string]string{"net.core.somaxconn": "1", "kernel.msgmax": "2"},
		Linux: runtime.Linux{
			Init: true, CapAdd: []string{"SYS_PTRACE"}, CapDrop: []string{"ALL"}, SharedMemoryMiB: 8,
			Devices: []runtime.Device{{HostPath: "/dev/fuse"}}, Tmpfs: []runtime.Tmpfs{{Path: "/run", SizeMiB: 5, Options: []string{"noexec"}}},
			MaxSwapMiB: &swap, Swappiness: &swappiness,
		},
		Mounts: []runtime.Mount{{Volume: "h", Path: "/h", ReadOnly: true}, {Volume: "t", Path: "/t"}},
		Ports:  []runtime.Port{{Container: 80}},
	}
	task := testTask(runtime.Spec{
		NetworkMode: runtime.ModeAWSVPC, CPU: 512, MemoryMiB: 128, PIDMode: "task", IPCMode: "task", Containers: []runtime.Container{c},
		Volumes: []runtime.Volume{{Name: "h", HostPath: "/srv"}, {Name: "t"}},
	})
	h, err := task.hostConfig(t.Context(), &task.spec().Containers[0])
	if err != nil {
		t.Fatal(err)
	}
	pause := "container:" + task.objectName("pause")
	for what, ok := range map[string]bool{
		"network": string(h.NetworkMode) == pause, "pid": string(h.PidMode) == pause, "ipc": string(h.IpcMode) == pause,
		"cpu": h.CPUShares == 256 && h.NanoCPUs == 5e8, "memory": h.Memory == 128<<20 && h.MemorySwap == 192<<20 && h.MemoryReservation == 32<<20,
		"pids": *h.PidsLimit == 100, "ulimit": h.Ulimits[0].Hard == 2, "tmpfs": h.Tmpfs["/run"] == "size=5m,noexec",
		"sysctls": len(h.Sysctls) == 1 && h.Sysctls["kernel.msgmax"] == "2", "device": h.Devices[0].PathInContainer == "/dev/fuse" && h.Devices[0].CgroupPermissions == "rwm",
		"binds": strings.Join(h.Binds, " ") == "/srv:/h:ro "+task.objectName("t")+":/t", "flags": h.Privileged && h.ReadonlyRootfs && *h.Init,
		"shm": h.ShmSize == 0, "capabilities": h.CapAdd[0] == "SYS_PTRACE" && h.CapDrop[0] == "ALL",
	} {
		if !ok {
			t.Errorf("%s: %+v", what, h)
		}
	}
	config, ph, err := task.pauseConfig()
	if err != nil || ph.Sysctls["net.core.somaxconn"] != "1" || len(ph.PortBindings) != 0 || len(config.ExposedPorts) != 1 || ph.IpcMode != "shareable" {
		t.Errorf("%+v %+v %v", config, ph, err)
	}
}

func TestPauseConfigGathersTheNetwork(t *testing.T) {
	port := func(n uint16) netapi.Port { p, _ := netapi.PortFrom(n, "tcp"); return p }
	task := testTask(runtime.Spec{NetworkMode: runtime.ModeBridge, Containers: []runtime.Container{
		{Name: "a", Hostname: "ha", DNS: []string{"10.0.0.2"}, DNSSearch: []string{"s"}, ExtraHosts: []string{"x:1.2.3.4"}, Ports: []runtime.Port{{Container: 80}, {Container: 81, Host: 8081}}},
		{Name: "b", Hostname: "hb", DNS: []string{"10.0.0.2"}, Links: []string{"a:alias", "a"}, NoNetwork: true, Ports: []runtime.Port{{Container: 82}}},
	}})
	config, h, err := task.pauseConfig()
	if err != nil {
		t.Fatal(err)
	}
	for what, ok := range map[string]bool{
		"hostname": config.Hostname == "ha", "dns": len(h.DNS) == 1, "hosts": strings.Join(h.ExtraHosts, " ") == "x:1.2.3.4 alias:127.0.0.1 a:127.0.0.1",
		"dynamic": len(h.PortBindings[port(80)]) == 1 && h.PortBindings[port(80)][0].HostPort == "", "fixed": h.PortBindings[port(81)][0].HostPort == "8081",
		"no network": len(h.PortBindings[port(82)]) == 0, "network": h.NetworkMode == container.NetworkMode("grue-net"),
	} {
		if !ok {
			t.Errorf("%s: %+v %+v", what, config, h)
		}
	}
	for _, bad := range []runtime.Container{{Name: "a", DNS: []string{"nonsense"}}} {
		if _, _, err := testTask(runtime.Spec{Containers: []runtime.Container{bad}}).pauseConfig(); err == nil {
			t.Errorf("accepted %+v", bad)
		}
	}
	for mode, want := range map[runtime.NetworkMode]string{runtime.ModeAWSVPC: "[10.9.0.1]", runtime.ModeHost: "[]"} {
		asks := testTask(runtime.Spec{NetworkMode: mode, Containers: []runtime.Container{{Name: "a"}}})
		asks.d.network.resolver = "10.9.0.1"
		if _, h, err := asks.pauseConfig(); err != nil || fmt.Sprint(h.DNS) != want {
			t.Errorf("network mode %s: name servers %v, want %s (%v)", mode, h.DNS, want, err)
		}
	}
	colon := testTask(runtime.Spec{Volumes: []runtime.Volume{{Name: "v", HostPath: "/a:b"}}, Containers: []runtime.Container{{Name: "a", Mounts: []runtime.Mount{{Volume: "v", Path: "/x"}}}}})
	if _, err := colon.binds(&colon.spec().Containers[0]); err == nil {
		t.Error("a path with a colon was mounted")
	}
}

func TestNoEngine(t *testing.T) {
	dir := t.TempDir()
	_, err := New(Options{Dir: dir, Host: "unix:///nonexistent.sock"})
	if !errors.Is(err, ErrNoEngine) || !strings.Contains(err.Error(), "DOCKER_HOST") {
		t.Errorf("%v", err)
	}
	if Used(dir) {
		t.Error("an Engine that never answered is to be tidied up")
	}
}
