package crash

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cwl "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/harness"
)

// story is one deployment.
type story struct {
	began  time.Time
	before int // deployments before it
	source types.ServiceDeployment
	d      types.ServiceDeployment // at its end
}

func (s *story) target() string { return *s.d.TargetServiceRevision.Arn }

// number is the last part of a revision's ARN.
func number(revision string) string { return revision[strings.LastIndexByte(revision, '/')+1:] }

// check looks for anything lost, done twice, or left behind.
func (r *rig) check(t *testing.T, s *story) {
	t.Helper()
	if n := r.deployments(t); n != s.before+1 {
		t.Errorf("there are %d more service deployments, want 1", n-s.before)
	}
	live := s.target()
	if s.d.Status != types.ServiceDeploymentStatusSuccessful {
		live = *s.d.Rollback.ServiceRevisionArn
	}
	for _, x := range r.svc.Details(t) {
		if *x.StartedBy != "ecs-svc/"+number(live) || *x.LastStatus != "RUNNING" {
			t.Errorf("task %s of %s is %s, want only tasks of %s", *x.TaskArn, *x.StartedBy, *x.LastStatus, number(live))
		}
	}
	if a := r.svc.Fronts[0].Split(t, r.svc.Fronts[0].Production); a != "100:0" && a != "0:100" {
		t.Errorf("production is split %s", a)
	}
	r.noLeaks(t)
	r.toldOnce(t, s)
	r.startedOnce(t, s)
	r.hooked(t, s)
}

// noLeaks: exactly the desired tasks have a process, a directory and an address.
func (r *rig) noLeaks(t *testing.T) {
	t.Helper()
	var got string
	want := map[string]int{}
	for _, arn := range r.svc.Tasks(t) {
		want[number(arn)] = 1
	}
	ids := slices.Sorted(maps.Keys(want))
	if len(ids) != count {
		t.Errorf("%d tasks, want %d", len(ids), count)
	}
	if harness.Eventually(func() bool {
		processes := guests(r.g)
		tasks, leases := held(r.g)
		slices.Sort(leases)
		got = fmt.Sprintf("processes %v, tasks of the runtime %v, addresses %v", processes, tasks, leases)
		return maps.Equal(processes, want) && slices.Equal(tasks, ids) && slices.Equal(leases, ids)
	}) != nil {
		t.Errorf("the service has the tasks %v, but this is left: %s", ids, got)
	}
}

// toldOnce: the service's events tell each thing about the deployment once.
func (r *rig) toldOnce(t *testing.T, s *story) {
	t.Helper()
	id := "ecs-svc/" + number(s.target())
	about := map[string]int{}
	started := map[string]int{}
	completed := 0
	for _, e := range r.svc.Describe(t).Events {
		if e.CreatedAt.Before(s.began) {
			continue
		}
		m := *e.Message
		if strings.Contains(m, id) {
			about[m]++
		}
		if strings.Contains(m, "(deployment "+id+") deployment completed.") {
			completed++
		}
		if strings.Contains(m, " has started ") {
			for _, part := range strings.Split(m, "(task ")[1:] {
				started[part[:strings.IndexByte(part, ')')]]++
			}
		}
	}
	for m, n := range about {
		if n > 1 {
			t.Errorf("told %d times: %s", n, m)
		}
	}
	if want := map[bool]int{true: 1}[s.d.Status == types.ServiceDeploymentStatusSuccessful]; completed != want {
		t.Errorf("told %d times that the deployment completed, want %d\n%s", completed, want, r.svc.Story(t))
	}
	for task, n := range started {
		if n > 1 {
			t.Errorf("told %d times that task %s was started", n, task)
		}
	}
	most := count
	if !r.s.shifts && completed == 0 {
		most *= 2 // a rolling deployment that is rolled back starts again what it stopped
	}
	if n := len(started); n > most {
		t.Errorf("%d tasks were started, want at most %d\n%s", n, most, r.svc.Story(t))
	}
}

// startedOnce: each task that ran in the deployment said once that it began, and
// its log has that line once.
func (r *rig) startedOnce(t *testing.T, s *story) {
	t.Helper()
	var said map[string]int
	complete := func() bool {
		said = map[string]int{}
		p := cwl.NewFilterLogEventsPaginator(cwl.NewFromConfig(r.g.Config()), &cwl.FilterLogEventsInput{
			LogGroupName: aws.String(logGroup), FilterPattern: aws.String("guest"),
		})
		for p.HasMorePages() {
			page, err := p.NextPage(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range page.Events {
				said[number(*e.LogStreamName)]++
			}
		}
		return !slices.ContainsFunc(r.svc.Tasks(t), func(arn string) bool { return said[number(arn)] == 0 })
	}
	if harness.Eventually(complete) != nil {
		t.Errorf("the log lacks the output of a task: %v of %v", said, r.svc.Tasks(t))
	}
	for task, n := range said {
		if n > 1 {
			t.Errorf("task %s said %d times that it began", task, n)
		}
	}
}

// hooked: the Lambda hook was called for each of its executions, at least once
// and each time under the same executionId.
func (r *rig) hooked(t *testing.T, s *story) {
	t.Helper()
	if r.hook == nil {
		return
	}
	executions := map[string]int{}
	for _, c := range r.hook.Calls() {
		if c.ExecutionDetails.TargetServiceRevisionARN == s.target() {
			executions[c.ExecutionID]++
		}
	}
	want := r.s.calls
	if s.d.Status != types.ServiceDeploymentStatusSuccessful {
		want = 0 // it was rolled back at the pause before
	}
	if len(executions) != want {
		t.Errorf("the hook was called for the executions %v, want %d of them", executions, want)
	}
}
