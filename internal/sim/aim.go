package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/deploy"
)

// forward are the places on the way forward, in order; the way back has a <.
func forward(s deploy.Strategy) []string {
	if s == deploy.Rolling {
		return []string{"PRE_SCALE_UP", "SCALE_UP", "POST_SCALE_UP", "BAKE_TIME", "CLEAN_UP"}
	}
	return []string{
		"RECONCILE_SERVICE", "PRE_SCALE_UP", "SCALE_UP", "POST_SCALE_UP", "TEST_TRAFFIC_SHIFT", "POST_TEST_TRAFFIC_SHIFT",
		"PRE_PRODUCTION_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT", "POST_PRODUCTION_TRAFFIC_SHIFT", "BAKE_TIME", "CLEAN_UP",
	}
}

func backward(s deploy.Strategy) []string {
	if s == deploy.Rolling {
		return []string{"<SCALE_UP"}
	}
	return []string{"<PRODUCTION_TRAFFIC_SHIFT", "<TEST_TRAFFIC_SHIFT", "<CLEAN_UP"}
}

// actions are what may happen at any moment.
var actions = []string{"stop", "update", "delete", "desired", "alarm", "reroute", "echo", "echo", "continue", "kill"}

// aims are every place with every action.
func aims(s deploy.Strategy) []Happening {
	var out []Happening
	for _, place := range slices.Concat(forward(s), backward(s), []string{"PENDING", "STOP_REQUESTED", "ROLLBACK_REQUESTED"}) {
		for _, what := range actions {
			out = append(out, Happening{Place: place, What: what})
		}
	}
	return out
}

// aim makes the n-th aim of the strategy part of the scenario, with what it takes
// to get a deployment to the place and to keep it there for a moment.
func (g generator) aim(sc *Scenario, n int) {
	all := aims(sc.Strategy)
	h := all[n%len(all)]
	h.At, h.Arg = g.moment(h.Place), g.arg(h.What)
	g.rest(sc, h)
	sc.Happens = []Happening{{At: time.Second, What: "update", Arg: string(pick(g, Good, Good, Slow, Flap))}}
	if t, ok := g.turn(sc.Strategy, h); ok {
		sc.Happens = append(sc.Happens, t)
		if slices.Contains(hookable(sc.Strategy), deploy.Stage(t.Place)) {
			sc.Config.Hooks = append(sc.Config.Hooks, g.hookAt(t.Place, sc.Strategy)...)
		}
		if t.What == "alarm" {
			sc.Config.Alarms = deploy.AlarmConfig{Enable: true, Names: []string{"high-5xx", "slow"}, Rollback: true}
		}
	}
	sc.Happens = append(sc.Happens, h, Happening{At: time.Duration(5+g.IntN(25)) * time.Second, What: "quiet"})
}

// rest makes deployments rest at a place.
func (g generator) rest(sc *Scenario, aim Happening) {
	sc.First, sc.Desired = false, max(1, sc.Desired)
	c := &sc.Config
	c.TestTraffic, c.BakeMinutes, c.Early = true, 20+g.IntN(40), deploy.EarlyConfig{}
	c.CanaryBakeMinutes, c.LinearBakeMinutes, c.ShiftWait, c.ScaleUpWait = g.IntN(9), g.IntN(9), 0, 0
	c.Hooks = nil
	if at := strings.TrimPrefix(aim.Place, "<"); aim.What == "echo" || aim.What == "continue" || slices.Contains(hookable(sc.Strategy), deploy.Stage(at)) {
		c.Hooks = g.hookAt(at, sc.Strategy)
	}
	if g.chance(60) {
		sc.Noise = Noise{}
	}
	if g.chance(60) {
		c.Breaker = deploy.BreakerConfig{}
	}
	if sc.Strategy == deploy.Rolling {
		c.Minute, c.BakeMinutes = time.Second, 1+g.IntN(4)
		if aim.Place == "CLEAN_UP" {
			c.Early = deploy.EarlyConfig{Enable: true, HealthyPercent: 50, Cleanup: deploy.Blocking}
			sc.Desired = max(3, sc.Desired)
		}
	}
}

// turn is what must happen before the aim's place can be reached.
func (g generator) turn(s deploy.Strategy, aim Happening) (Happening, bool) {
	stops := forward(s)
	if s != deploy.Rolling {
		stops = stops[1:] // nothing else is interrupted in RECONCILE_SERVICE
	}
	from, what, arg := g.IntN(len(stops)), "stop", string(deploy.StopRollback)
	switch place := aim.Place; {
	case place == "<PRODUCTION_TRAFFIC_SHIFT":
		from = 6 + g.IntN(4)
	case place == "<TEST_TRAFFIC_SHIFT":
		from = 3 + g.IntN(7)
	case place[0] == '<', place == "ROLLBACK_REQUESTED":
	case place == "STOP_REQUESTED" && g.chance(50):
		arg = string(deploy.StopAbort)
	case place == "RECONCILE_SERVICE", aim.What == "echo" && s != deploy.Rolling && strings.HasSuffix(place, "SCALE_UP"):
		from, what, arg = 1+g.IntN(9), "update", string(Good) // leaves something to reconcile, and to echo
	case place == "STOP_REQUESTED":
		what, arg = "update", string(Good)
	default:
		return Happening{}, false
	}
	if s != deploy.Rolling && aim.Place[0] == '<' {
		switch g.IntN(3) {
		case 0:
			what, arg = "reroute", pick(g, "network", "shift", "gone")
		case 1:
			what, arg = "alarm", "ALARM"
		}
	}
	return Happening{Place: stops[from], At: g.moment(stops[from]), What: what, Arg: arg}, true
}

// moment is how long after the arrival: some places are left within the same instant.
func (g generator) moment(place string) time.Duration {
	switch place {
	case "STOP_REQUESTED", "ROLLBACK_REQUESTED":
		return 0
	case "PENDING":
		return time.Duration(g.IntN(15)) * time.Millisecond
	}
	return time.Duration(1+g.IntN(300)) * time.Millisecond
}

// hookAt keeps a deployment in a stage for a while, where hooks can.
func (g generator) hookAt(place string, s deploy.Strategy) []deploy.HookConfig {
	stage := deploy.Stage(strings.TrimPrefix(place, "<"))
	if !slices.Contains(hookable(s), stage) {
		stage = deploy.PreScaleUp
	}
	h := deploy.HookConfig{Type: deploy.Lambda, Target: "arn:check", Stages: []deploy.Stage{stage}}
	if g.chance(30) && stage != deploy.TestShift && stage != deploy.ProductionShift {
		h.Type, h.Target = deploy.Pause, ""
	}
	return []deploy.HookConfig{h}
}

// arg is an argument for what happens.
func (g generator) arg(what string) string {
	switch what {
	case "update":
		return string(g.temper())
	case "desired":
		return fmt.Sprint(g.desired())
	case "stop":
		return string(pick(g, deploy.StopRollback, deploy.StopRollback, deploy.StopRollback, deploy.StopAbort))
	case "continue":
		return string(pick(g, deploy.ActionContinue, deploy.ActionRollback))
	case "kill", "lose", "sicken", "protect", "drain":
		return fmt.Sprint(1 + g.IntN(3))
	case "bounds":
		low, high := g.bounds()
		return fmt.Sprintf("%d/%d", low, high)
	case "alarm":
		return pick(g, "ALARM", "ALARM", "OK", "INSUFFICIENT_DATA")
	case "reroute":
		return pick(g, "network", "shift", "gone")
	case "proxy":
		return fmt.Sprint(1 + g.IntN(9000))
	case "jump":
		return fmt.Sprint(g.IntN(60_000) - 10_000)
	}
	return ""
}
