package blackbox

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/harness"
)

// tell asks every task of the newest deployment's target for a path, and answers how
// many said 200: a task that dies of it does not.
func tell(t *testing.T, x *harness.Service, path string) (well int) {
	t.Helper()
	arn := *x.Newest(t).TargetServiceRevision.Arn
	for _, task := range x.Details(t) {
		if *task.StartedBy != "ecs-svc/"+arn[strings.LastIndexByte(arn, '/')+1:] {
			continue
		}
		if resp, err := http.Get("http://" + harness.Detail(task, "privateIPv4Address") + ":8080/" + path); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				well++
			}
		}
	}
	return well
}

// TestGreenKilledBeforeTheShift: green's tasks are replaced, production does not
// notice, and no traffic moves before green is complete again.
func TestGreenKilledBeforeTheShift(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	svc := g.NewShift(t, harness.ShiftSpec{Name: "killed-before", Image: g.Guest(t, "v1", ""), Count: 2})
	load := harness.StartTraffic(t, harness.Lane{URL: svc.URL})
	svc.Configure(t, harness.BlueGreen(0, harness.PauseAt(upScaled, preShift)))
	blue := svc.Tasks(t)
	svc.Update(t, g.Guest(t, "v2", ""))
	for _, stage := range []harness.Stage{upScaled, preShift} {
		d := svc.Paused(t, stage)
		was := svc.Tasks(t)
		tell(t, svc.Service, "die")
		harness.Await(t, "two new tasks", func() bool {
			now, fresh := svc.Tasks(t), 0
			for _, task := range now {
				if !slices.Contains(was, task) {
					fresh++
				}
			}
			return fresh == 2 && len(now) == 4
		})
		load.Only(t, string(stage), "v1", 20, "")
		svc.Answer(t, d, goOn)
	}
	if d := svc.Ended(t); d.Status != successful {
		t.Errorf("%s %s\n%s", d.Status, value(d.StatusReason), svc.Story(t))
	}
	for _, task := range svc.Tasks(t) {
		if slices.Contains(blue, task) {
			t.Errorf("blue's task %s runs on", task)
		}
	}
	load.StopAndExpectNoFailures(t)
}

// TestGreenLostAfterTheShift: when the last task of green is gone while it serves
// production, blue takes the traffic back rather than nobody answering.
func TestGreenLostAfterTheShift(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	svc := g.NewShift(t, harness.ShiftSpec{Name: "killed-after", Image: g.Guest(t, "v1", ""), Count: 2})
	front := svc.Fronts[0]
	live, tasks := front.Live(t), svc.Tasks(t)
	svc.Configure(t, harness.BlueGreen(1440))
	svc.Update(t, g.Guest(t, "v2", ""))
	svc.At(t, bakeTime)
	load := harness.StartTraffic(t, harness.Lane{URL: svc.URL})
	load.Only(t, "in the bake", "v2", 20, "")
	load.Stop()
	// Both must be dead at once: on a slow machine the first is replaced before the second hears of it.
	d := svc.Deployment(t, "a rollback", func(d types.ServiceDeployment) bool {
		if d.Rollback == nil {
			tell(t, svc.Service, "die")
		}
		return d.Rollback != nil
	})
	svc.Ended(t)
	if after := svc.Tasks(t); !slices.Equal(after, tasks) {
		t.Errorf("tasks %v before, %v after", tasks, after)
	}
	t.Logf("%s", value(d.StatusReason))
	if front.Live(t) != live {
		t.Error("production is not where it was")
	}
	load = harness.StartTraffic(t, harness.Lane{URL: svc.URL})
	load.Only(t, "after the rollback", "v1", 20, "")
	load.StopAndExpectNoFailures(t)
}
