package deploy

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// parseRequest reads "deploy rolling to 2 from 1 back 1 desired 4 option…".
func parseRequest(t *testing.T, w []string) Request {
	t.Helper()
	r := Request{ID: "sd", Service: "web", Strategy: Strategy(strings.ToUpper(w[0]))}
	for i := 1; i < len(w); i++ {
		name, value, _ := strings.Cut(w[i], "=")
		switch name {
		case "to":
			r.Target = Rev(value)
		case "from":
			for s := range strings.SplitSeq(value, ",") {
				r.Sources = append(r.Sources, Rev(s))
			}
		case "back":
			r.RollbackTo = Rev(value)
		case "desired":
			r.Desired = number(t, value)
		default:
			parseOption(t, &r.Config, name, strings.Split(value, ":"))
		}
	}
	return r
}

func parseOption(t *testing.T, c *Config, name string, v []string) {
	t.Helper()
	switch name {
	case "breaker": // breaker=rollback, breaker=stop:COUNT:5
		c.Breaker = BreakerConfig{Enable: true, Rollback: v[0] == "rollback", ResetOnHealthyTask: true}
		if len(v) > 2 {
			c.Breaker.Type, c.Breaker.Value = ThresholdType(v[1]), number(t, v[2])
		}
	case "accumulate":
		c.Breaker.ResetOnHealthyTask = false
	case "alarms": // alarms=high,slow:rollback
		c.Alarms = AlarmConfig{Enable: true, Names: strings.Split(v[0], ","), Rollback: v[1] == "rollback", Bake: 3 * time.Minute}
	case "bake":
		c.BakeMinutes = number(t, v[0])
	case "early":
		c.Early = EarlyConfig{Enable: true, HealthyPercent: number(t, v[0]), Cleanup: Cleanup(v[1])}
	case "canary":
		c.CanaryTenths, c.CanaryBakeMinutes = 10*number(t, v[0]), number(t, v[1])
	case "linear":
		c.LinearTenths, c.LinearBakeMinutes = 10*number(t, v[0]), number(t, v[1])
	case "test":
		c.TestTraffic = true
	case "nlb": // nlb=10: minutes to wait after each change of weights
		c.ShiftWait = time.Duration(number(t, v[0])) * time.Minute
	case "hook": // hook=STAGE[:timeout:action]
		h := HookConfig{Type: Lambda, Target: "arn:check", Stages: []Stage{Stage(v[0])}}
		parseTimeout(t, &h, v)
		c.Hooks = append(c.Hooks, h)
	case "pause":
		h := HookConfig{Type: Pause, Stages: []Stage{Stage(v[0])}}
		parseTimeout(t, &h, v)
		c.Hooks = append(c.Hooks, h)
	default:
		t.Fatalf("unknown option %q", name)
	}
}

func parseTimeout(t *testing.T, h *HookConfig, v []string) {
	if len(v) > 2 {
		h.Minutes, h.Action = number(t, v[1]), HookAction(v[2])
	}
}

// parseEvent reads one line of what happens.
func parseEvent(t *testing.T, d *Deployment, w []string) Event {
	t.Helper()
	arg := func(i int) string {
		if i < len(w) {
			return w[i]
		}
		return ""
	}
	switch w[0] {
	case "start": // start [alarms in ALARM]
		return Start{Desired: d.Desired, Counts: d.Counts, InAlarm: w[1:]}
	case "see": // see 1=2h 2=1p1h: p pending, r running, h healthy, s stopping
		e := Observed{Desired: d.Desired}
		for _, s := range w[1:] {
			e.Counts = append(e.Counts, parseCounts(t, s))
		}
		return e
	case "want":
		return DesiredChanged{N: number(t, arg(1))}
	case "fail": // fail 2 task CAUSE [healthy]
		return TaskFailed{Rev: Rev(arg(1)), TaskID: arg(2), Cause: Cause(arg(3)), WasHealthy: arg(4) == "healthy"}
	case "healthy":
		return TaskHealthy{Rev: Rev(arg(1)), TaskID: arg(2)}
	case "stop":
		return StopCalled{Type: StopType(arg(1))}
	case "replaced":
		return Superseded{By: arg(1)}
	case "delete":
		return ServiceDeleted{}
	case "tick", "wait":
		return Tick{}
	case "again": // the caller was restarted
		return Tick{Repeat: true}
	case "alarm":
		return AlarmState{Name: arg(1), State: arg(2)}
	case "acked":
		return RouteAcked{Version: d.Traffic.Version}
	case "unroutable":
		return RouteFailed{Version: d.Traffic.Version, Reason: strings.Join(w[1:], " "), Network: true}
	case "gone": // a rule or target group no longer exists
		return RouteFailed{Version: d.Traffic.Version, Reason: strings.Join(w[1:], " "), Network: true, Permanent: true}
	case "crash": // crash hook-index sentence
		h := d.Hooks[number(t, arg(1))]
		return HookResult{Execution: h.Execution, Call: h.Call, Error: strings.Join(w[2:], " ")}
	case "answer": // answer hook-index STATUS
		h := d.Hooks[number(t, arg(1))]
		return HookResult{Execution: h.Execution, Call: h.Call, Status: HookStatus(arg(2))}
	case "continue":
		return Continue{HookID: d.Hooks[number(t, arg(1))].ID, Action: HookAction(arg(2))}
	}
	t.Fatalf("unknown line %v", w)
	return nil
}

func parseCounts(t *testing.T, s string) Counts {
	rev, states, _ := strings.Cut(s, "=")
	c := Counts{Rev: Rev(rev)}
	for states != "" {
		i := strings.IndexAny(states, "prhs")
		if i < 0 {
			t.Fatalf("counts %q", s)
		}
		n := number(t, states[:i])
		switch states[i] {
		case 'p':
			c.Pending += n
		case 'r':
			c.Running += n
		case 'h':
			c.Running += n
			c.Healthy += n
		case 's':
			c.Stopping += n
		}
		states = states[i+1:]
	}
	return c
}

func number(t *testing.T, s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatalf("number %q", s)
	}
	return n
}
