package registry_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/crane"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/grue-ecs/grue/internal/image/registry"
	"github.com/grue-ecs/grue/internal/store"
)

const victimEnv = "GRUE_TEST_REGISTRY"

func TestMain(m *testing.M) {
	if dir := os.Getenv(victimEnv); dir != "" {
		victim(dir)
		return
	}
	os.Exit(m.Run())
}

// victim serves the registry of dir until it is killed.
func victim(dir string) {
	st, err := store.Open(filepath.Join(dir, "state.db"), store.Options{})
	if err != nil {
		panic(err)
	}
	r, err := registry.New(registry.Options{Dir: filepath.Join(dir, "registry"), Store: st})
	if err != nil {
		panic(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(l.Addr())
	panic(http.Serve(l, r)) //nolint:gosec // test
}

// TestKillNine: whatever moment the registry is killed at, every push that it
// acknowledged is whole, and nothing half is left after a sweep.
func TestKillNine(t *testing.T) {
	dir := t.TempDir()
	pushed := map[string]string{} // tag → digest
	for round := range 8 {
		child := exec.Command(os.Args[0], "-test.run=^$")
		child.Env = append(os.Environ(), victimEnv+"="+dir)
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		host, err := bufio.NewReader(out).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		killer := time.AfterFunc(time.Duration(20+round*25)*time.Millisecond, func() { _ = child.Process.Kill() })
		for i := 0; ; i++ {
			img, err := random.Image(2000, 2)
			if err != nil {
				t.Fatal(err)
			}
			tag := fmt.Sprintf("r%d-%d", round, i)
			if crane.Push(img, strings.TrimSpace(host)+"/app:"+tag) != nil {
				break // killed
			}
			d, _ := img.Digest()
			pushed[tag] = d.String()
		}
		_ = child.Wait() // it was killed
		killer.Stop()
	}
	f := &fixture{dir: dir}
	now := time.Now()
	f.open(t, registry.Options{Now: func() time.Time { return now.Add(48 * time.Hour) }})
	if _, err := f.Sweep(); err != nil {
		t.Fatal(err)
	}
	for tag, want := range pushed {
		img, err := crane.Pull(f.host + "/app:" + tag)
		if err != nil {
			t.Fatalf("%s: %v", tag, err)
		}
		if d, err := img.Digest(); err != nil || d.String() != want {
			t.Errorf("%s: %s %v, want %s", tag, d, err, want)
		}
		if err := validate.Image(img); err != nil {
			t.Errorf("%s: %v", tag, err)
		}
	}
	if entries, err := os.ReadDir(filepath.Join(dir, "registry/uploads")); err != nil || len(entries) > 8*3 {
		t.Errorf("%d uploads left %v", len(entries), err)
	}
	t.Logf("%d pushes acknowledged in 8 lives", len(pushed))
}
