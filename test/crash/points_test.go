package crash

import (
	"slices"
	"strings"
	"testing"

	"github.com/grue-ecs/grue/internal/fault"
	_ "github.com/grue-ecs/grue/internal/server" // declares the points of the server
)

// kind is what happens to the deployment in which the server dies.
type kind int

const (
	plain   kind = iota // it succeeds
	anew                // it succeeds, with an image whose layer must be pushed and pulled
	restart             // the server is killed during it, and dies again while it starts
	stopped             // StopServiceDeployment rolls it back
	alarmed             // an alarm rolls it back
	another             // it is the first of a service, which is then deleted
)

// kinds tells which points need more than a plain deployment.
var kinds = map[string]kind{
	"engine.resume.before": restart, "engine.resume.after": restart, "engine.list.after": restart,
	"engine.sweep.before": restart, "engine.sweep.after": restart,
	"ecs.stop-deployment.before": stopped, "ecs.stop-deployment.after": stopped,
	"engine.alarm.noted": alarmed, "watch.change.before": alarmed, "watch.change.after": alarmed,
	"ecs.create-service.before": another, "ecs.create-service.after": another,
	"ecs.delete-service.before": another, "ecs.delete-service.after": another,
	"image.unpack.before": anew, "image.unpack.after": anew, "image.layer.after": anew,
}

// later tells at which hit to die where much else gets, too: late enough to be in
// the middle of the deployment.
var later = map[string]int{
	"store.write.before": 40, "store.commit.before": 60, "store.write.after": 80, "store.told.after": 100,
	"engine.round.before": 2, "engine.round.decided": 3, "engine.round.after": 4, "engine.effects.after": 5,
	"engine.status.before": 2, "engine.status.after": 4, "link.send.before": 2, "elb.publish.before": 2,
}

// unreached tells which points deployments of a strategy never reach, and why. A
// name that ends with a dot stands for all points that begin with it.
var unreached = map[string]map[string]string{
	"rolling": {
		"engine.weights.":          "it shifts no traffic",
		"engine.route.":            "it waits for no shift to be acknowledged",
		"engine.hook.":             "it has no lifecycle hooks",
		"function.":                "it has no lifecycle hooks",
		"ecs.continue-deployment.": "it has no lifecycle hooks",
	},
}

// reached lists the points that deployments of a strategy reach.
func reached(strategy string) []string {
	return slices.DeleteFunc(fault.Names(), func(name string) bool {
		for prefix := range unreached[strategy] {
			if name == prefix || strings.HasSuffix(prefix, ".") && strings.HasPrefix(name, prefix) {
				return true
			}
		}
		return false
	})
}

func TestPoints(t *testing.T) {
	if n := len(fault.Names()); n < 40 {
		t.Errorf("there are %d points, want at least 40", n)
	}
	for name := range kinds {
		if !slices.Contains(fault.Names(), name) {
			t.Errorf("kinds names %s, which is no point", name)
		}
	}
	for name := range later {
		if !slices.Contains(fault.Names(), name) || kinds[name] != plain {
			t.Errorf("later names %s, which no plain deployment reaches", name)
		}
	}
	for strategy, prefixes := range unreached {
		for prefix := range prefixes {
			if !slices.ContainsFunc(fault.Names(), func(n string) bool { return strings.HasPrefix(n, prefix) }) {
				t.Errorf("%s: unreached names %s, which is no point", strategy, prefix)
			}
		}
	}
	for _, s := range strategies {
		if n := len(reached(s.name)); n < 40 {
			t.Errorf("deployments of %s reach %d points, want at least 40", s.name, n)
		}
	}
}
