package crash

import (
	"strings"
	"testing"
)

// quick are sets of points of which each is one deployment, in which the server
// dies at all that the strategy reaches.
var quick = [][]string{
	{
		"registry.manifest.after", "ecs.update-service.after", "store.write.after", "engine.round.after", "engine.start.after", "oci.plan.after",
		"engine.register.after", "elb.publish.after", "engine.weights.after", "engine.route.noted", "engine.hook.answered", "engine.stop.after", "engine.remove.after",
	},
	{
		"ecs.update-service.before", "engine.pin.before", "store.commit.before", "network.lease.after", "oci.shim.after", "engine.status.after",
		"elb.verdict.after", "ecs.continue-deployment.after", "function.answer.before", "engine.hook.noted", "engine.route.acked", "link.ack.before",
		"engine.deregister.before", "elb.drain.before", "network.free.before", "logs.finish.before",
	},
	{"engine.resume.after", "engine.list.after"},
	{"engine.alarm.noted", "watch.change.after"},
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
