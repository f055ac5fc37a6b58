package crash

import (
	"strings"
	"testing"
)

// quick are sets of points of which each is one deployment, in which the server
// dies at all that the strategy reaches.
var quick = [][]string{
	{
		"ecs.update-service.after", "elb.publish.after", "engine.list.after", "engine.register.after", "engine.remove.after", "engine.round.after",
		"engine.route.noted", "engine.start.before", "engine.weights.after", "function.answer.before", "store.write.after",
	},
	{
		"ecs.continue-deployment.after", "elb.drain.before", "elb.verdict.after", "engine.deregister.before", "engine.hook.noted", "engine.pin.before",
		"engine.resume.after", "engine.route.acked", "engine.status.after", "engine.stop.after", "network.free.before", "store.commit.before",
	},
	{"engine.alarm.noted", "link.ack.before"},
}

// TestCrashes: deployments of every strategy end well although the server dies a
// dozen times in each.
func TestCrashes(t *testing.T) {
	for _, s := range strategies {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, s)
			for _, set := range quick {
				set = r.only(set)
				if !t.Run(strings.Join(set[:1], ""), func(t *testing.T) { r.run(t, set...) }) {
					return // what follows would begin from a broken state
				}
			}
		})
	}
}

// only keeps the points that the strategy reaches.
func (r *rig) only(set []string) (out []string) {
	for _, p := range reached(r.s.name) {
		for _, x := range set {
			if x == p {
				out = append(out, p)
			}
		}
	}
	return out
}
