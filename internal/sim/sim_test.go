package sim

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/deploy"
)

var (
	seeds = flag.Int("seeds", 10_000, "how many worlds to try")
	seed  = flag.Int64("seed", -1, "tell the story of this one")
)

// TestSeeds plays many worlds and then asks whether they went everywhere.
func TestSeeds(t *testing.T) {
	if *seed >= 0 {
		if r := Run(Generate(uint64(*seed)), nil, func(s string) { t.Log(s) }); r.Err != nil {
			t.Fatal(r.Err)
		}
		return
	}
	n := *seeds
	if testing.Short() {
		n /= 10
	}
	cover, began, steps, failed := NewCoverage(), time.Now(), 0, 0
	for i := range n {
		r := Run(Generate(uint64(i)), cover, nil)
		steps += r.Steps
		if r.Err != nil {
			t.Errorf("seed %d: %v", i, r.Err)
			if failed++; failed == 5 {
				t.Fatal("enough")
			}
		}
	}
	took := time.Since(began)
	t.Logf("%d worlds, %d steps in %v: %.0f worlds/s", n, steps, took.Round(time.Millisecond), float64(n)/took.Seconds())
	for _, s := range []deploy.Strategy{deploy.Rolling, deploy.BlueGreen, deploy.Canary, deploy.Linear} {
		t.Logf("\n%s", cover.Table(s))
	}
	if n >= 10_000 {
		for _, p := range legalRolling() {
			if cover.Pairs[p] == 0 {
				t.Errorf("never reached: %v", p)
			}
		}
	}
}

// legalRolling are the pairs that can occur in a rolling deployment.
func legalRolling() []Pair {
	var out []Pair
	add := func(place string, events ...string) {
		for _, e := range events {
			out = append(out, Pair{deploy.Rolling, place, e})
		}
	}
	anywhere := []string{"Observed", "Tick", "DesiredChanged", "TaskFailed", "TaskHealthy", "AlarmState", "Superseded", "ServiceDeleted"}
	for _, stage := range []deploy.Stage{deploy.PreScaleUp, deploy.ScaleUp, deploy.PostScaleUp, deploy.BakeTime, deploy.CleanUp} {
		add("IN_PROGRESS "+string(stage), anywhere...)
		add("IN_PROGRESS "+string(stage), "StopCalled")
	}
	add("IN_PROGRESS PRE_SCALE_UP", "HookResult", "Continue")
	add("IN_PROGRESS POST_SCALE_UP", "HookResult", "Continue")
	add("ROLLBACK_IN_PROGRESS SCALE_UP", anywhere...)
	add("ROLLBACK_IN_PROGRESS SCALE_UP", "StopCalled")
	add("PENDING", "Start", "Observed", "DesiredChanged", "StopCalled", "Superseded", "ServiceDeleted")
	add("STOP_REQUESTED", "Tick", "Observed", "TaskFailed", "TaskHealthy")
	add("ROLLBACK_REQUESTED", "Start", "Tick", "Observed", "TaskFailed", "TaskHealthy")
	return out
}

// TestSameSeedSameCourse plays worlds twice.
func TestSameSeedSameCourse(t *testing.T) {
	for i := range 300 {
		a, b := Run(Generate(uint64(i)), nil, nil), Run(Generate(uint64(i)), nil, nil)
		if a.Hash != b.Hash || a.Steps != b.Steps {
			t.Fatalf("seed %d took two courses", i)
		}
	}
}

// TestScripts replays the worlds that once failed.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			script, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			sc, err := Parse(string(script))
			if err != nil {
				t.Fatal(err)
			}
			if r := Run(sc, nil, nil); r.Err != nil {
				Run(sc, nil, func(s string) { t.Log(s) })
				t.Error(r.Err)
			}
		})
	}
}

// TestScriptRoundTrip reads what scenarios print.
func TestScriptRoundTrip(t *testing.T) {
	for i := range 200 {
		sc := Generate(uint64(i))
		back, err := Parse(sc.String())
		if err != nil {
			t.Fatal(err)
		}
		if back.String() != sc.String() || Run(back, nil, nil).Hash != Run(sc, nil, nil).Hash {
			t.Fatalf("seed %d reads back as another world", i)
		}
	}
}
