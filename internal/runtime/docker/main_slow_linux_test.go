//go:build slow

package docker

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The slow tests need a Docker Engine. They install docker.io where dockerd is
// missing and run it, and themselves, in a network namespace of their own: the
// Engine's bridges and rules never touch those of the machine.

var (
	engineHost string // of the Engine under test
	guest      string // path of the test program, built from oci's testdata
)

const insideEnv = "GRUE_TEST_DOCKER"

func TestMain(m *testing.M) {
	if os.Getenv(insideEnv) == "" {
		os.Exit(outside())
	}
	dir := os.Getenv(insideEnv)
	engineHost, guest = "unix://"+filepath.Join(dir, "docker.sock"), filepath.Join(dir, "guest")
	os.Exit(m.Run())
}

// outside prepares what the tests need and runs them inside.
func outside() int {
	if os.Geteuid() != 0 {
		fmt.Println("skipped: a Docker Engine of our own needs root")
		return 0
	}
	if _, err := exec.LookPath("dockerd"); err != nil {
		install := exec.Command("apt-get", "install", "-y", "-qq", "--no-install-recommends", "docker.io")
		install.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1")
		if out, err := install.CombinedOutput(); err != nil {
			fmt.Printf("skipped: docker.io cannot be installed: %v\n%s\n", err, out)
			return 0
		}
	}
	dir, err := os.MkdirTemp("", "grue-docker-")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer os.RemoveAll(dir)
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "guest"), "../oci/testdata/guest")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Printf("%s\n", out)
		return 1
	}
	return inside(dir)
}

// inside runs this test binary again in a network namespace with an Engine.
func inside(dir string) int {
	script := `ip link set lo up && exec "$0" "$@"`
	again := exec.Command("/bin/sh", append([]string{"-c", script, os.Args[0]}, os.Args[1:]...)...)
	again.Env = append(os.Environ(), insideEnv+"="+dir)
	again.Stdout, again.Stderr = os.Stdout, os.Stderr
	engine := exec.Command("/bin/sh", "-c", `mount --make-rprivate / && ip link set lo up && exec dockerd -H unix://$0/docker.sock --data-root $0/data --exec-root $0/exec -p $0/pid --iptables=true`, dir)
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer log.Close()
	engine.Stdout, engine.Stderr = log, log
	if err := inNamespace(engine, again); err != nil {
		text, _ := os.ReadFile(log.Name())
		fmt.Printf("%v\n%s\n", err, tail(text))
		return 1
	}
	return again.ProcessState.ExitCode()
}

// inNamespace starts engine, waits until it answers, runs tests, ends engine.
func inNamespace(engine, tests *exec.Cmd) error {
	engine.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWNS, Pdeathsig: syscall.SIGTERM}
	if err := engine.Start(); err != nil {
		return fmt.Errorf("start dockerd: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- engine.Wait() }()
	defer func() {
		_ = engine.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			_ = engine.Process.Kill()
			<-ended
		}
	}()
	socket := engine.Args[len(engine.Args)-1] + "/docker.sock"
	for deadline := time.Now().Add(60 * time.Second); ; {
		if _, err := os.Stat(socket); err == nil {
			break
		}
		select {
		case err := <-ended:
			ended <- err
			return fmt.Errorf("dockerd ended: %w", err)
		case <-time.After(50 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("dockerd does not answer")
		}
	}
	enter := []string{"--net=/proc/" + fmt.Sprint(engine.Process.Pid) + "/ns/net", "--"}
	tests.Args = append(append([]string{"nsenter"}, enter...), tests.Args...)
	path, err := exec.LookPath("nsenter")
	if err != nil {
		return err
	}
	tests.Path = path
	_ = tests.Run() // its exit code is read by the caller
	return nil
}

func tail(text []byte) []byte { return text[max(0, len(text)-4000):] }
