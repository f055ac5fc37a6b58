package oci

import (
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"testing"
	"time"
)

// answer waits for the first HTTP answer and gives the time since begin.
func answer(t testing.TB, addr string, begin time.Time) time.Duration {
	t.Helper()
	pause := time.NewTicker(500 * time.Microsecond)
	defer pause.Stop()
	for time.Since(begin) < 10*time.Second {
		c, err := net.DialTimeout("tcp", addr, time.Second)
		if err != nil {
			<-pause.C // refused: nobody listens yet
			continue
		}
		c.SetDeadline(time.Now().Add(time.Second))
		c.Write([]byte("GET / HTTP/1.0\r\n\r\n"))
		n, _ := c.Read(make([]byte, 16))
		c.Close()
		if n > 0 {
			return time.Since(begin)
		}
	}
	t.Fatal("no answer in 10 s")
	return 0
}

func median(d []time.Duration) time.Duration {
	sort.Slice(d, func(i, j int) bool { return d[i] < d[j] })
	return d[len(d)/2]
}

// BenchmarkStart compares start to first HTTP answer with a bare `runc run` of
// the same root file system on the machine's network.
func BenchmarkStart(b *testing.B) {
	w := newWorld(b)
	var ours, stops, bare []time.Duration
	bundle := bareBundle(b, w)
	for i := range 20 {
		s := w.spec(app("web", "serve=:80"))
		s.Containers[0].StopTimeout = time.Millisecond
		begin := time.Now()
		id := w.start(s)
		ip := ""
		for ; ip == ""; <-time.After(100 * time.Microsecond) {
			ip = w.tasks[id].snapshot().IP
		}
		ours = append(ours, answer(b, ip+":80", begin))
		w.running(id)
		begin = time.Now()
		w.stop(id)
		stops = append(stops, time.Since(begin))
		w.remove(id)
		bare = append(bare, runBare(b, w, bundle, "bare"+strconv.Itoa(i)))
	}
	b.ReportMetric(float64(median(ours).Microseconds())/1000, "ms/start")
	b.ReportMetric(float64(median(bare).Microseconds())/1000, "ms/bare")
	b.ReportMetric(float64(median(ours))/float64(median(bare)), "ratio")
	b.ReportMetric(float64(median(stops).Microseconds())/1000, "ms/stop")
	b.ReportMetric(0, "ns/op")
}

func bareBundle(b *testing.B, w *world) string {
	dir := b.TempDir()
	cmd := exec.Command(w.runtime, "spec")
	cmd.Dir = dir
	if err := cmd.Run(); err != nil {
		b.Fatal(err)
	}
	data, _ := os.ReadFile(filepath.Join(dir, "config.json"))
	var c map[string]any
	if err := json.Unmarshal(data, &c); err != nil {
		b.Fatal(err)
	}
	p := c["process"].(map[string]any)
	p["terminal"], p["args"] = false, []string{"/guest", "serve=127.0.0.1:18099"}
	c["root"] = map[string]any{"path": w.opts.Images.(store)["app"].Layers[0]}
	l := c["linux"].(map[string]any)
	var ns []any
	for _, n := range l["namespaces"].([]any) {
		if n.(map[string]any)["type"] != "network" {
			ns = append(ns, n)
		}
	}
	l["namespaces"] = ns
	data, _ = json.Marshal(c)
	os.WriteFile(filepath.Join(dir, "config.json"), data, 0o600)
	return dir
}

func runBare(b *testing.B, w *world, bundle, id string) time.Duration {
	root := filepath.Join(bundle, "state")
	begin := time.Now()
	cmd := exec.Command(w.runtime, "--root", root, "run", "--bundle", bundle, id)
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	took := answer(b, "127.0.0.1:18099", begin)
	exec.Command(w.runtime, "--root", root, "kill", id, "KILL").Run()
	cmd.Wait()
	exec.Command(w.runtime, "--root", root, "delete", "--force", id).Run()
	return took
}
