package schedule

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// cases is how many services each property is tried on.
const cases = "10000"

func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("rapid.checks"); f != nil && f.Value.String() == f.DefValue && !testing.Short() {
		if err := f.Value.Set(cases); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// drawInput draws any service at any moment.
func drawInput(t *rapid.T) Input {
	in := Input{
		Desired:    rapid.IntRange(0, 12).Draw(t, "desired"),
		MinPercent: rapid.SampledFrom([]int{0, 25, 50, 75, 90, 100}).Draw(t, "min"),
		MaxPercent: rapid.SampledFrom([]int{100, 110, 125, 150, 200, 300}).Draw(t, "max"),
		Deploying:  rapid.Bool().Draw(t, "deploying"),
		Frozen:     map[string]bool{},
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "zones") {
		in.AZs = append(in.AZs, fmt.Sprint("zone", i))
	}
	for i := range rapid.IntRange(1, 3).Draw(t, "revisions") {
		rev := fmt.Sprint("rev", i)
		if rapid.IntRange(0, 9).Draw(t, "named") > 0 {
			in.Goals = append(in.Goals, Goal{Rev: rev, Want: rapid.SampledFrom([]int{0, 0, in.Desired}).Draw(t, "want"), Peak: rapid.IntRange(0, in.Desired).Draw(t, "peak")})
		}
		in.Frozen[rev] = rapid.IntRange(0, 9).Draw(t, "frozen") == 0
		for j := range rapid.IntRange(0, 8).Draw(t, "tasks") {
			task := Task{ID: fmt.Sprint(rev, "-", j), Rev: rev, AZ: fmt.Sprint("zone", rapid.IntRange(0, 2).Draw(t, "zone")), Created: time.Unix(int64(j), 0)}
			switch rapid.IntRange(0, 7).Draw(t, "state") {
			case 0:
				task.Phase = Pending
			case 1:
				task.Phase = Stopping
			case 2:
				task.Phase = Running
			case 3:
				task.Phase, task.Unhealthy = Running, true
			default:
				task.Phase, task.Healthy = Running, true
			}
			task.Protected = rapid.IntRange(0, 5).Draw(t, "protected") == 0
			in.Tasks = append(in.Tasks, task)
		}
	}
	return in
}

// after is the service right after the plan.
func after(in Input, p Plan) Input {
	out := in
	out.Tasks = nil
	stopped := map[string]bool{}
	for _, s := range p.Stop {
		stopped[s.TaskID] = true
	}
	for _, t := range in.Tasks {
		if stopped[t.ID] {
			t.Phase, t.Healthy, t.Unhealthy = Stopping, false, false
		}
		out.Tasks = append(out.Tasks, t)
	}
	for i, l := range p.Launch {
		out.Tasks = append(out.Tasks, Task{ID: fmt.Sprint("launched", i), Rev: l.Rev, AZ: l.AZ, Phase: Pending, Created: time.Unix(100, 0)})
	}
	return out
}

func tally(in Input) (healthy, live int) {
	for _, t := range in.Tasks {
		if t.Phase != Stopping {
			live++
		}
		if t.Healthy {
			healthy++
		}
	}
	return healthy, live
}

// TestPlanWithinBounds: by our own action healthy tasks never fall below
// ceil(D × min %), and PENDING + RUNNING never rise over floor(D × max %).
func TestPlanWithinBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t)
		p := Next(in)
		was, _ := tally(in)
		healthy, live := tally(after(in, p))
		if healthy < was && healthy*100 < in.Desired*in.MinPercent {
			t.Fatalf("%d of %d healthy tasks are left: %+v", healthy, was, p)
		}
		if len(p.Launch) > 0 && live*100 > in.Desired*in.MaxPercent {
			t.Fatalf("%d tasks: %+v", live, p)
		}
	})
}

// TestPlanRespectsTasks: only tasks that exist and run are stopped, once, and
// protected ones only for their health; nothing frozen is launched.
func TestPlanRespectsTasks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t)
		p := Next(in)
		byID := map[string]Task{}
		for _, x := range in.Tasks {
			byID[x.ID] = x
		}
		for _, s := range p.Stop {
			x, ok := byID[s.TaskID]
			delete(byID, s.TaskID)
			if !ok || x.Phase == Stopping || x.Protected && x.Phase == Running && s.Why != Unhealthy || s.Why == Unhealthy && !x.Unhealthy {
				t.Fatalf("%+v stops %+v", s, x)
			}
		}
		for _, l := range p.Launch {
			if in.Frozen[l.Rev] {
				t.Fatalf("launches frozen %v", l)
			}
			if len(in.AZs) > 0 && (l.AZ == "" || !slices.Contains(in.AZs, l.AZ)) {
				t.Fatalf("launches in %q", l.AZ)
			}
		}
	})
}

// TestPlanIsAFunction: the order in which tasks are told does not matter, and
// the input is left as it was.
func TestPlanIsAFunction(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t)
		a := Next(in)
		shuffled := in
		shuffled.Tasks = rapid.Permutation(in.Tasks).Draw(t, "order")
		if b := Next(shuffled); !reflect.DeepEqual(a, b) {
			t.Fatalf("\n%+v\n%+v", a, b)
		}
	})
}

// TestPlanComesToRest: with tasks that become healthy and stop, plans end, and
// end at the goals unless the bounds or protection forbid it.
func TestPlanComesToRest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t)
		in.Deploying = true
		in.Goals = []Goal{{Rev: "rev0", Want: in.Desired}, {Rev: "rev1", Peak: in.Desired}}
		in.Frozen = nil
		var p Plan
		for round := 0; ; round++ {
			p = Next(in)
			settled := len(p.Launch)+len(p.Stop) == 0
			in = after(in, p)
			var left []Task
			for i, x := range in.Tasks {
				if x.Phase == Stopping {
					settled = false
					continue
				}
				settled = settled && x.Healthy
				x.Phase, x.Healthy, x.Unhealthy, x.ID = Running, true, false, fmt.Sprint(round, "-", i)
				left = append(left, x)
			}
			in.Tasks = left
			for i := range in.Goals {
				n := 0
				for _, x := range left {
					if x.Rev == in.Goals[i].Rev {
						n++
					}
				}
				in.Goals[i].Peak = max(in.Goals[i].Peak, n)
			}
			if settled {
				break
			}
			if round > 60 {
				t.Fatalf("no rest: %+v", p)
			}
		}
		n := 0
		for _, x := range in.Tasks {
			if x.Rev == "rev0" {
				n++
			}
		}
		if !p.Blocked.MinMax && p.Blocked.Protected == 0 && (n != in.Desired || len(in.Tasks) != n) {
			t.Fatalf("rests at %d of %d, with %d tasks", n, in.Desired, len(in.Tasks))
		}
	})
}
