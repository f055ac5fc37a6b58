package sim

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/schedule"
)

// happen lets a happening take place; d is the deployment that came to its place, or nil.
func (w *World) happen(h Happening, d *deploy.Deployment) {
	if w.deleted {
		return
	}
	if d == nil {
		d = w.current
	}
	w.note("— %s %s", h.What, h.Arg)
	switch n, _ := strconv.Atoi(h.Arg); h.What {
	case "update":
		w.update(Temper(h.Arg))
	case "desired":
		w.desired = n
		w.tell(deploy.DesiredChanged{N: n})
	case "strategy": // of the deployments to come
		w.sc.Strategy = deploy.Strategy(h.Arg)
	case "bounds":
		if _, err := fmt.Sscanf(h.Arg, "%d/%d", &w.min, &w.max); err != nil {
			w.breach("bounds %q: %v", h.Arg, err)
		}
	case "stop":
		w.call(d, deploy.StopCalled{Type: deploy.StopType(h.Arg)})
	case "continue":
		for _, id := range append(w.pauses, "ecs-pause-unknown") {
			w.call(d, deploy.Continue{HookID: id, Action: deploy.HookAction(h.Arg)})
		}
	case "echo":
		w.echo(d)
	case "jump":
		w.skew += time.Duration(n) * time.Millisecond
	case "delete":
		w.deleted, w.desired = true, 0
		w.call(w.current, deploy.ServiceDeleted{})
		for _, d := range w.former {
			w.step(d, deploy.ServiceDeleted{})
		}
	case "alarm":
		w.alarms["high-5xx"] = h.Arg
		w.tell(deploy.AlarmState{Name: "high-5xx", State: h.Arg})
	case "kill", "lose", "sicken", "protect", "drain":
		w.afflict(h.What, n)
	case "reroute":
		w.reroute(d, h.Arg)
	case "proxy":
		w.down = w.now.Add(time.Duration(n) * time.Millisecond)
	}
	w.poke()
}

// afflict does something to n tasks.
func (w *World) afflict(what string, n int) {
	victims := slices.Clone(w.tasks)
	w.rng.Shuffle(len(victims), func(i, j int) { victims[i], victims[j] = victims[j], victims[i] })
	for _, t := range victims[:min(n, len(victims))] {
		switch what {
		case "kill":
			w.die(t, deploy.CauseExit)
		case "lose":
			w.die(t, deploy.CauseLost)
		case "sicken":
			w.sicken(t)
		case "protect":
			if t.Phase == schedule.Running {
				t.Protected = true
				w.after(w.soon(30*time.Second), func() { t.Protected = false; w.poke() })
			}
		}
	}
	if what == "drain" { // a whole zone goes
		zone := zoneName(n % w.sc.Zones)
		for _, t := range victims {
			if t.AZ == zone {
				w.die(t, deploy.CauseLost)
			}
		}
	}
}

// update makes a new revision and a new service deployment, as UpdateService does.
func (w *World) update(temper Temper) {
	if w.current != nil && w.current.Strategy == deploy.Rolling { // all its tasks are behind the one target group that serves
		clear(w.routes)
		w.routes[w.lastGood] = 1000
	}
	w.tempers = append(w.tempers, temper)
	w.made++
	rev := deploy.Rev(strconv.Itoa(len(w.tempers)))
	var sources []deploy.Rev
	if w.lastGood != "" {
		sources = append(sources, w.lastGood)
	}
	for _, t := range w.tasks {
		if !slices.Contains(sources, deploy.Rev(t.Rev)) {
			sources = append(sources, deploy.Rev(t.Rev))
		}
	}
	old := w.current
	if w.gone { // the person puts the rule back first
		w.gone = false
		w.routes[w.lastGood] = 1000
	}
	w.current = deploy.New(deploy.Request{
		ID: "sd" + strconv.Itoa(w.made), Service: "web", Strategy: w.sc.Strategy, Config: w.sc.Config,
		Target: rev, Sources: sources, RollbackTo: w.lastGood, Desired: w.desired, Production: w.production(),
	}, w.clock())
	w.judgeBegin(old)
	w.shadowOf(w.current)
	w.primary = rev
	w.throttle.Reset()
	w.setTimer(w.current)
	w.arrive(w.current)
	if old != nil && !old.Status.Terminal() {
		w.former = append(w.former, old)
		w.step(old, deploy.Superseded{By: w.current.ID})
	}
}

// production is who serves production traffic, as the proxies know it.
func (w *World) production() []deploy.Share {
	var out []deploy.Share
	for i := range w.tempers {
		if rev := deploy.Rev(strconv.Itoa(i + 1)); w.routes[rev] > 0 {
			out = append(out, deploy.Share{Rev: rev, Tenths: w.routes[rev]})
		}
	}
	return out
}
