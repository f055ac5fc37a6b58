package sim

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/grue-ecs/grue/internal/deploy"
)

// Generate makes the scenario of a seed.
func Generate(seed uint64) Scenario {
	g := generator{rand.New(rand.NewPCG(seed, 1))}
	sc := Scenario{Seed: seed, Desired: g.desired(), Zones: 1 + g.IntN(3), First: g.chance(15)}
	sc.Min, sc.Max = g.bounds()
	switch seed % 5 {
	case 0, 1:
		sc.Strategy = deploy.Rolling
	case 2:
		sc.Strategy = deploy.BlueGreen
	case 3:
		sc.Strategy = deploy.Canary
	case 4:
		sc.Strategy = deploy.Linear
	}
	sc.Config = g.config(sc.Strategy)
	if g.chance(60) {
		sc.Noise = Noise{Lose: g.IntN(20), Repeat: g.IntN(20), Late: g.IntN(30), Restart: g.IntN(15)}
	}
	if g.chance(5) {
		sc.Noise.Restart = 100
	}
	if g.chance(30) {
		sc.Noise.Lag = 1 + g.IntN(3000)
	}
	if g.chance(20) {
		sc.Noise.Slow = 1 + g.IntN(8000)
	}
	if n := int(seed / 5); sc.Strategy == deploy.Rolling && n%3 == 0 {
		g.aim(&sc, n/3)
	} else if sc.Strategy != deploy.Rolling && n%8 > 1 {
		g.aim(&sc, n/8*6+n%8)
	} else {
		sc.Happens = g.happenings()
		if sc.Strategy != deploy.Rolling && g.chance(30) {
			g.change(sc.Happens)
		}
	}
	if g.chance(8) { // an alarm that is in ALARM before anything begins
		sc.Happens = slices.Insert(sc.Happens, 0, Happening{At: time.Millisecond, What: "alarm", Arg: "ALARM"})
	}
	return sc
}

// change lets somebody choose another strategy in the middle.
func (g generator) change(list []Happening) {
	for i := range list {
		if i > 0 && g.chance(40) {
			s := pick(g, Strategies...)
			list[i].What, list[i].Arg = "strategy", string(s)
		}
	}
}

// generator draws the parts of a scenario.
type generator struct{ *rand.Rand }

func (g generator) chance(percent int) bool { return g.IntN(100) < percent }

func pick[T any](g generator, of ...T) T { return of[g.IntN(len(of))] }

func (g generator) desired() int {
	return pick(g, 0, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5, 6, 8, 10)
}

func (g generator) bounds() (low, high int) {
	low = pick(g, 100, 100, 100, 50, 50, 0, 75, 90)
	high = pick(g, 200, 200, 200, 100, 150, 125, 110)
	return low, high
}

func (g generator) config(s deploy.Strategy) deploy.Config {
	c := deploy.Config{Minute: pick(g, time.Second, time.Second, 100*time.Millisecond)}
	longest := 3
	switch {
	case s != deploy.Rolling: // stages end after 24 hours: let them be short
		c.Minute, longest = pick(g, 50*time.Millisecond, 100*time.Millisecond, 200*time.Millisecond), 60
	case g.chance(25):
		c.Minute = time.Minute
	}
	if g.chance(70) {
		c.Breaker = deploy.BreakerConfig{Enable: true, Rollback: g.chance(70), ResetOnHealthyTask: g.chance(70)}
		c.Breaker.Type = pick(g, "", deploy.BoundedPercent, deploy.UnboundedPercent, deploy.Count)
		if c.Breaker.Type == deploy.Count {
			c.Breaker.Value = 1 + g.IntN(5)
		}
	}
	if g.chance(30) {
		c.Alarms = deploy.AlarmConfig{Enable: true, Names: []string{"high-5xx", "slow"}, Rollback: g.chance(70), Bake: 2 * time.Minute}
	}
	if g.chance(25) {
		c.BakeMinutes = 1 + g.IntN(longest)
	}
	if s == deploy.Rolling && g.chance(20) {
		c.Early = deploy.EarlyConfig{Enable: true, HealthyPercent: pick(g, 50, 75, 100), Cleanup: pick(g, deploy.Blocking, deploy.Deferred)}
	}
	if g.chance(35) {
		c.Hooks = g.hooks(s, longest)
	}
	c.CanaryTenths, c.CanaryBakeMinutes = 1+g.IntN(500), g.IntN(longest)
	c.LinearTenths, c.LinearBakeMinutes = 100+g.IntN(400), g.IntN(longest)
	c.TestTraffic = g.chance(60)
	if s != deploy.Rolling && g.chance(10) {
		c.ShiftWait, c.ScaleUpWait = 90*time.Second, 3*time.Minute
	}
	return c
}

func (g generator) hooks(s deploy.Strategy, longest int) []deploy.HookConfig {
	stages := hookable(s)
	var hooks []deploy.HookConfig
	for range 1 + g.IntN(3) {
		h := deploy.HookConfig{Type: deploy.Lambda, Target: "arn:check", Stages: []deploy.Stage{pick(g, stages...), pick(g, stages...)}}
		if g.chance(35) {
			h.Type, h.Target = deploy.Pause, ""
		}
		if g.chance(40) {
			h.Minutes, h.Action = 1+g.IntN(longest), pick(g, deploy.ActionContinue, deploy.ActionRollback)
		}
		hooks = append(hooks, h)
	}
	return hooks
}

// happenings begin with an update and go on with anything, close together.
func (g generator) happenings() []Happening {
	list := []Happening{{At: time.Second, What: "update", Arg: string(g.temper())}}
	at := time.Second
	for range g.IntN(7) {
		switch n := g.IntN(100); {
		case n < 8: // at the same moment
		case n < 30: // two people at once
			at += time.Duration(g.IntN(400)+1) * time.Millisecond
		case n < 85:
			at += time.Duration(g.IntN(8000)+1) * time.Millisecond
		default:
			at += time.Duration(g.IntN(60)+1) * time.Second
		}
		list = append(list, g.happening(at))
	}
	if g.chance(8) {
		list = append(list, Happening{At: at + time.Duration(g.IntN(9000))*time.Millisecond, What: "delete"})
	}
	return list
}

func (g generator) happening(at time.Duration) Happening {
	what := pick(g, "update", "update", "update", "desired", "desired", "stop", "kill", "kill",
		"lose", "sicken", "protect", "bounds", "alarm", "alarm", "drain", "quiet", "reroute", "continue", "proxy", "proxy", "echo", "jump")
	return Happening{At: at, What: what, Arg: g.arg(what)}
}

func (g generator) temper() Temper {
	return pick(g, Good, Good, Good, Good, Good, Slow, Slow, Broken, Broken, Crash, Sick, Flaky, Flaky, Flap, Fade)
}

// hookable are the stages at which a strategy calls hooks.
func hookable(s deploy.Strategy) []deploy.Stage {
	if s == deploy.Rolling {
		return []deploy.Stage{deploy.PreScaleUp, deploy.PostScaleUp}
	}
	return []deploy.Stage{
		deploy.PreScaleUp, deploy.PostScaleUp, deploy.ReconcileService, deploy.TestShift, deploy.PostTestShift,
		deploy.PreProductionShift, deploy.ProductionShift, deploy.PostProduction,
	}
}

// kinds of happenings, for the reader of scripts.
var kinds = []string{
	"update", "strategy", "desired", "stop", "continue", "delete", "kill", "lose", "sicken", "protect", "bounds", "alarm", "drain", "quiet",
	"reroute", "proxy", "echo", "jump",
}

func known(what string) bool { return slices.Contains(kinds, what) }
