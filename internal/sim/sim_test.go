package sim

import (
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

var (
	seeds = flag.Int("seeds", 10_000, "how many worlds to try")
	from  = flag.Uint64("from", 0, "the first of them")
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
	c := Try(*from, uint64(n), func(done uint64, took time.Duration) {
		t.Logf("%d worlds in %v", done, took.Round(time.Second))
	})
	for _, f := range c.Failures {
		t.Errorf("seed %d: %v\nThe story:\n%s", f.Scenario.Seed, f, f.Story())
	}
	each := 1 / c.Took.Seconds()
	t.Logf("%d worlds, %d deployments, %d steps in %v: %.0f worlds/s, %.0f deployments/s on %d cores", c.Worlds, c.Cover.Deployments, c.Steps,
		c.Took.Round(time.Millisecond), float64(c.Worlds)*each, float64(c.Cover.Deployments)*each, runtime.GOMAXPROCS(0))
	cover := c.Cover
	for _, s := range Strategies {
		t.Logf("\n%s\n\n%s", cover.Table(s), cover.TurnTable(s))
		if missing := cover.Missing(s); n >= 10_000 && len(missing) > 0 {
			t.Errorf("never happened:\n%s", strings.Join(missing, "\n"))
		}
	}
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
