package dashboard

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/bench/rig"
	"github.com/grue-ecs/grue/test/harness"
)

const (
	dashboards = 100
	window     = 20 * time.Second
)

func TestMain(m *testing.M) { os.Exit(harness.Main(m)) }

// BenchmarkDashboards watches a canary of 50 % that bakes.
func BenchmarkDashboards(b *testing.B) {
	rig.NeedRoot(b)
	g := harness.Start(b)
	s := g.NewShift(b, harness.ShiftSpec{Name: "bench", Image: g.Guest(b, "v1", ""), Count: 2})
	load := harness.StartTraffic(b, harness.Lane{Kind: "prod", URL: s.Fronts[0].URL})
	s.Configure(b, harness.Canary(50, 60))
	s.Update(b, g.Guest(b, "v2", ""))
	d := s.Deployment(b, "half of the traffic", func(d types.ServiceDeployment) bool {
		w := d.TargetServiceRevision
		return w != nil && w.RequestedProductionTrafficWeight != nil && *w.RequestedProductionTrafficWeight == 50
	})
	_, id, _ := strings.Cut(*d.ServiceDeploymentArn, "/"+s.Name+"/")
	server := g.PIDs("server")

	alone := share(server)
	w := open(b, g, dashboards, "home", "deployment/default/"+s.Name+"/"+id)
	harness.Await(b, "every page to be there", func() bool { return w.frames.Load() >= 2*dashboards })
	began := w.frames.Load()
	watched := share(server)
	frames := w.frames.Load() - began
	w.close()
	load.Stop()

	t := rig.NewTable("100 open dashboards (home and a deployment in progress under load)", "dashboards", "server, % of a core", "events a second", "target")
	t.Row(0, 100*alone, 0, "")
	t.Row(dashboards, 100*watched, float64(frames)/window.Seconds(), "")
	t.Row("difference", 100*(watched-alone), "", "< 10 %")
	t.Print()
	b.ReportMetric(100*(watched-alone), "%core")
	b.ReportMetric(0, "ns/op")
}

// share is how much of a core processes use, over a window.
func share(pids []int) float64 {
	before, began := rig.CPU(pids...), time.Now()
	time.Sleep(window)
	return (rig.CPU(pids...) - before).Seconds() / time.Since(began).Seconds()
}

// watchers are browsers that read.
type watchers struct {
	frames atomic.Int64
	stop   context.CancelFunc
	wg     sync.WaitGroup
}

// open opens n dashboards, each with streams of its own.
func open(b *testing.B, g *harness.Grue, n int, paths ...string) *watchers {
	b.Helper()
	ctx, stop := context.WithCancel(context.Background())
	w := &watchers{stop: stop}
	res, err := http.Get(g.URL() + "/ui/api/session")
	if err != nil {
		b.Fatal(err)
	}
	var session struct{ SignedIn bool }
	err = json.NewDecoder(res.Body).Decode(&session)
	res.Body.Close()
	if err != nil || !session.SignedIn {
		b.Fatalf("session: %+v %v", session, err)
	}
	for range n {
		for _, path := range paths {
			r, _ := http.NewRequestWithContext(ctx, http.MethodGet, g.URL()+"/ui/live/"+path, nil)
			for _, c := range res.Cookies() {
				r.AddCookie(c)
			}
			stream, err := http.DefaultClient.Do(r)
			if err != nil || stream.StatusCode != http.StatusOK {
				b.Fatalf("%s: %v %v", path, stream, err)
			}
			w.wg.Go(func() { w.read(stream.Body) })
		}
	}
	return w
}

func (w *watchers) read(body io.ReadCloser) {
	defer body.Close()
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "data: ") {
			w.frames.Add(1)
		}
	}
}

func (w *watchers) close() {
	w.stop()
	w.wg.Wait()
}
