package proxy

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/link"
	"github.com/grue-ecs/grue/internal/route"
)

// child is what this test binary does when it runs as a process of its own: it
// is grue proxy.
func child(dir string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	err := Run(ctx, Options{Dir: dir, Log: quietLog(), HandoverTimeout: time.Minute, Ready: func() { fmt.Println("ready") }})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// spawn starts a proxy process and waits until it serves.
func spawn(t testing.TB, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "GRUE_PROXY_TEST_ROLE="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, len("ready\n"))); err != nil {
		t.Fatalf("proxy process did not get ready: %v", err)
	}
	return cmd
}

// newProcessWorld is a world whose proxy is a process of its own.
func newProcessWorld(t *testing.T) (*world, *exec.Cmd) {
	w := &world{t: t, dir: filepath.Join(shortDir(t), "proxy"), health: map[string]route.Health{}}
	w.table = &route.Table{Epoch: 1, Groups: map[string]*route.Group{}}
	cmd := spawn(t, w.dir)
	w.client = link.New(filepath.Join(w.dir, socketFile))
	w.client.OnHealth(func(all []route.Health) {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, h := range all {
			w.health[fmt.Sprintf("%s:%d", h.ID, h.Port)] = h
		}
	})
	t.Cleanup(w.client.Close)
	return w, cmd
}

// A proxy that is killed is back with listeners, table and health, without a
// server to ask.
func TestKillAndRestart(t *testing.T) {
	w, cmd := newProcessWorld(t)
	healthy := app(t, says("ok"))
	sick := freeAddress(t)
	w.group("tg", healthy, sick).Check.Interval = 200 * time.Millisecond
	l := w.listener(one("tg"))
	w.publish()
	w.awaitState(healthy, "healthy")
	w.awaitState(sick, "unhealthy")
	w.client.Close()
	await(t, "health on disk", func() bool {
		data, _ := os.ReadFile(filepath.Join(w.dir, healthFile))
		return len(data) > 0 && containsState(data, sick, "unhealthy") && containsState(data, healthy, "healthy")
	})
	c := client(t)
	for range 3 {
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		began := time.Now()
		cmd = spawn(t, w.dir)
		for range 20 {
			if status, body := fetch(t, c, "http://"+l.Address+"/"); status != 200 {
				t.Fatalf("after the kill: %d %q", status, body)
			}
		}
		t.Logf("back after %v", time.Since(began))
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil {
		t.Errorf("end by SIGTERM: %v", err)
	}
}

func containsState(data []byte, address, state string) bool {
	_, port, _ := net.SplitHostPort(address)
	return stateIn(data, port, state)
}

// A new process takes over from an old one under load, and nobody notices.
func TestHandover(t *testing.T) {
	w, cmd := newProcessWorld(t)
	target := app(t, says("ok"))
	w.group("tg", target)
	l := w.listener(one("tg"))
	w.publish()
	w.awaitState(target, "healthy")
	stop := load(t, "http://"+l.Address+"/", 4, false)
	stopNew := loadNewConns(t, "http://"+l.Address+"/")
	for range 5 {
		next := spawn(t, w.dir)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the process before: %v", err)
		}
		cmd = next
		w.publish()
	}
	sent, failed := stop()
	fresh, refused := stopNew()
	if len(failed) > 0 || len(refused) > 0 {
		t.Errorf("%d of %d failed on keep-alive connections, %d of %d on new ones: %v %v",
			len(failed), sent, len(refused), fresh, failed[:min(len(failed), 3)], refused[:min(len(refused), 3)])
	}
	t.Logf("%d requests on keep-alive connections, %d on new ones", sent, fresh)
	_ = cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil {
		t.Errorf("end by SIGTERM: %v", err)
	}
}

// loadNewConns sends requests with a connection each.
func loadNewConns(t testing.TB, url string) (stop func() (int, []string)) {
	quit, done := make(chan struct{}), make(chan struct{})
	sent := 0
	var failed []string
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 2 * time.Minute}
	go func() {
		defer close(done)
		for {
			select {
			case <-quit:
				return
			default:
			}
			sent++
			if why := once(c, url, false); why != "" {
				failed = append(failed, why)
			}
		}
	}()
	return func() (int, []string) {
		close(quit)
		<-done
		return sent, failed
	}
}

func stateIn(data []byte, port, state string) bool {
	var all []route.Health
	if json.Unmarshal(data, &all) != nil {
		return false
	}
	for _, h := range all {
		if fmt.Sprint(h.Port) == port {
			return h.State == state
		}
	}
	return false
}
