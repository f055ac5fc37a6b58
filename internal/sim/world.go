package sim

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/schedule"
)

// World is one run of a scenario.
type World struct {
	sc    Scenario
	rng   *rand.Rand
	now   time.Time
	queue queue
	seq   int
	steps int

	// the service
	desired, min, max int
	tempers           []Temper // of revision 1, 2, …
	tasks             []*task  // in order of launch; gone ones are removed
	launched          int
	current           *deploy.Deployment
	former            []*deploy.Deployment // replaced, not yet terminal
	made              int                  // service deployments made so far
	primary, lastGood deploy.Rev
	goals             []deploy.Goal
	throttle          schedule.Throttle
	plan, planned     schedule.Input // for the newest plan and the one before it
	idle              bool           // the newest plan was empty
	deleted           bool
	alarms            map[string]string

	// the load balancer
	routes  map[deploy.Rev]int // production shares that the proxies serve
	running map[string]bool    // hook calls under way and pauses looked at, by id
	told    map[string]bool    // weights, by effect id
	down    time.Time          // proxies start again until then
	gone    bool               // the listener rule was deleted
	echoes  []echo             // newest results and facts of each kind
	pauses  []string           // hookIds that people saw

	passQueued bool
	calm       bool // no more happenings and no noise
	calmAt     time.Time
	blocked    schedule.Blocked // of the newest plan
	timer      map[string]time.Time
	aims       []Happening   // wait for their place
	skew       time.Duration // the controller's clock is wrong by so much
	shadows    map[string]*shadow

	cover   *Coverage
	hash    uint64
	verbose func(string) // may be nil
	fault   error        // first breach
}

// newWorld makes the world of a scenario, before anything happened.
func newWorld(sc Scenario, cover *Coverage, verbose func(string)) *World {
	w := &World{
		sc: sc, rng: rand.New(rand.NewPCG(sc.Seed, 2)), now: time.Unix(1_700_000_000, 0).UTC(),
		desired: sc.Desired, min: sc.Min, max: sc.Max, cover: cover, verbose: verbose,
		alarms: map[string]string{}, routes: map[deploy.Rev]int{}, running: map[string]bool{}, told: map[string]bool{}, timer: map[string]time.Time{}, shadows: map[string]*shadow{},
	}
	w.throttle.Minute = sc.Config.Minute
	if !sc.First {
		w.tempers = append(w.tempers, Good)
		w.primary, w.lastGood = "1", "1"
		w.routes["1"] = 1000
		w.goals = []deploy.Goal{{Rev: "1", Want: w.desired}}
		for i := range w.desired {
			t := w.newTask("1", zoneName(i%sc.Zones))
			t.Phase, t.Healthy, t.wasHealthy, t.Started = schedule.Running, true, true, w.now
		}
	}
	end := time.Duration(0)
	for _, h := range sc.Happens {
		if h.Place != "" {
			w.aims = append(w.aims, h)
			continue
		}
		w.after(h.At, func() { w.happen(h, nil) })
		end = max(end, h.At)
	}
	w.after(end+20*time.Second, w.calmDown)
	return w
}

// run lets the world take its course until it is settled or its time is over.
func (w *World) run() {
	for len(w.queue) > 0 && w.fault == nil {
		e := heap.Pop(&w.queue).(event)
		w.now = e.at
		e.do()
		if w.calm && (w.settled() || w.now.After(w.calmAt.Add(3*time.Minute)) && w.excused()) {
			return
		}
		if w.calm && w.now.After(w.calmAt.Add(w.patience())) {
			w.judgeEnd()
			return
		}
		if w.steps > 20000 {
			w.breach("the world does not come to rest")
		}
	}
	if w.fault == nil && !w.settled() {
		w.judgeEnd()
	}
}

// patience is how long a calm world may take to settle.
func (w *World) patience() time.Duration {
	minutes := time.Duration(100)
	if w.sc.Config.Minute < time.Second { // a world of strategies that shift traffic
		minutes = 4000 // stages end after 24 hours
	}
	return 10*time.Minute + minutes*w.sc.Config.Minute
}

// calmDown ends all noise and trouble; from here on everything must end well.
func (w *World) calmDown() {
	w.calm, w.calmAt = true, w.now
	w.sc.Noise, w.aims = Noise{}, nil
	clear(w.running) // whoever hung or looked away is there again
	for _, t := range w.tasks {
		t.Protected = false
	}
	w.note("the world is calm")
	w.poke()
}

// clock is what the controller takes the time to be.
func (w *World) clock() time.Time { return w.now.Add(w.skew) }

// arrive lets happen what was to happen when a deployment comes to a place. What is
// aimed at places happens in the order in which the scenario names it.
func (w *World) arrive(d *deploy.Deployment) {
	place := short(d)
	if len(w.aims) > 0 && w.aims[0].Place == place {
		h := w.aims[0]
		w.aims = w.aims[1:]
		w.after(h.At, func() { w.happen(h, d) })
	}
}

// event is something that is going to happen.
type event struct {
	at  time.Time
	seq int
	do  func()
}

type queue []event

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	if !q[i].at.Equal(q[j].at) {
		return q[i].at.Before(q[j].at)
	}
	return q[i].seq < q[j].seq
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(event)) }
func (q *queue) Pop() any {
	old := *q
	x := old[len(old)-1]
	*q = old[:len(old)-1]
	return x
}

// after lets do happen d from now.
func (w *World) after(d time.Duration, do func()) {
	w.seq++
	heap.Push(&w.queue, event{w.now.Add(d), w.seq, do})
}

// soon is a random moment within d from now.
func (w *World) soon(d time.Duration) time.Duration {
	return time.Duration(w.rng.Int64N(int64(d)) + 1).Round(time.Millisecond)
}

func (w *World) chance(percent int) bool { return percent > 0 && w.rng.IntN(100) < percent }

// note tells what happens to whoever reads along, and mixes it into the hash
// that proves that the same seed takes the same course.
func (w *World) note(format string, args ...any) {
	if w.verbose != nil {
		w.verbose(fmt.Sprintf("%8.3fs  ", w.now.Sub(time.Unix(1_700_000_000, 0)).Seconds()) + fmt.Sprintf(format, args...))
	}
}

// mix adds numbers to the hash.
func (w *World) mix(values ...int64) {
	for _, v := range values {
		w.hash = (w.hash ^ uint64(v)) * 1099511628211
	}
}

func zoneName(i int) string { return string(rune('a' + i)) }
