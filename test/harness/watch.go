package harness

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
)

// Watch polls a service as fast as it can and notes every answer that cannot be true.
type Watch struct {
	// MostTasks and LeastHealthy are the extremes seen: tasks that are to run,
	// and healthy targets.
	MostTasks, LeastHealthy int
	// Deaf counts no failed call as wrong: the server is being killed.
	Deaf bool

	s        *Service
	polls    int
	wrong    []string
	statuses map[string][]types.ServiceDeploymentStatus
	stop     chan struct{}
	done     sync.WaitGroup
}

// nextStatus says how a service deployment may move.
var nextStatus = map[types.ServiceDeploymentStatus][]types.ServiceDeploymentStatus{
	"PENDING":              {"IN_PROGRESS", "ROLLBACK_REQUESTED", "STOP_REQUESTED", "STOPPED"},
	"IN_PROGRESS":          {"SUCCESSFUL", "STOP_REQUESTED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS", "STOPPED"},
	"STOP_REQUESTED":       {"STOPPED"},
	"ROLLBACK_REQUESTED":   {"ROLLBACK_IN_PROGRESS", "SUCCESSFUL", "STOPPED"},
	"ROLLBACK_IN_PROGRESS": {"ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"},
}

// reachable tells whether b can come after a, perhaps with unseen ones between.
func reachable(a, b types.ServiceDeploymentStatus) bool {
	return a == b || slices.ContainsFunc(nextStatus[a], func(x types.ServiceDeploymentStatus) bool { return reachable(x, b) })
}

// Watch begins to watch; Stop ends it and reports.
func (s *Service) Watch(t testing.TB) *Watch {
	w := &Watch{s: s, LeastHealthy: 1 << 30, statuses: map[string][]types.ServiceDeploymentStatus{}, stop: make(chan struct{})}
	w.done.Go(func() {
		for {
			select {
			case <-w.stop:
				return
			default:
				w.poll()
			}
		}
	})
	t.Cleanup(w.end)
	return w
}

func (w *Watch) end() {
	select {
	case <-w.stop:
	default:
		close(w.stop)
	}
	w.done.Wait()
}

// Stop ends the watch and fails the test if an answer was wrong.
func (w *Watch) Stop(t testing.TB) {
	t.Helper()
	w.end()
	for _, x := range w.wrong[:min(len(w.wrong), 10)] {
		t.Error(x)
	}
	t.Logf("%d polls: at most %d tasks, at least %d healthy targets", w.polls, w.MostTasks, w.LeastHealthy)
}

func (w *Watch) bad(format string, args ...any) {
	w.wrong = append(w.wrong, fmt.Sprintf(format, args...))
}

// failed notes a call that failed and tells whether it did.
func (w *Watch) failed(what string, err error) bool {
	if err != nil && !w.Deaf {
		w.bad("%s: %v", what, err)
	}
	return err != nil
}

func (w *Watch) poll() {
	ctx := context.Background()
	w.polls++
	out, err := w.s.g.ECS().DescribeServices(ctx, &ecs.DescribeServicesInput{Services: []string{w.s.Name}})
	if w.failed("DescribeServices", err) {
		return
	}
	if len(out.Services) != 1 {
		w.bad("DescribeServices: %+v", out.Failures)
		return
	}
	w.service(out.Services[0])
	list, err := w.s.g.ECS().ListServiceDeployments(ctx, &ecs.ListServiceDeploymentsInput{Service: &w.s.Name})
	if w.failed("ListServiceDeployments", err) {
		return
	}
	open := 0
	for _, d := range list.ServiceDeployments {
		arn := *d.ServiceDeploymentArn
		seen := w.statuses[arn]
		if n := len(seen); n == 0 {
			w.statuses[arn] = append(seen, d.Status)
		} else if seen[n-1] != d.Status {
			if !reachable(seen[n-1], d.Status) {
				w.bad("%s went from %s to %s", arn, seen[n-1], d.Status)
			}
			w.statuses[arn] = append(seen, d.Status)
		}
		if d.Status == "IN_PROGRESS" || d.Status == "ROLLBACK_IN_PROGRESS" {
			open++
		}
		if _, more := nextStatus[d.Status]; !more && d.FinishedAt == nil {
			w.bad("%s is %s without finishedAt", arn, d.Status)
		}
	}
	if open > 1 {
		w.bad("%d service deployments are in progress at once", open)
	}
	w.extremes(ctx)
}

func (w *Watch) service(x types.Service) {
	var primary int
	var running, pending, rrun, rpend int32
	for i, d := range x.Deployments {
		if *d.Status == "PRIMARY" {
			primary++
		}
		running, pending = running+d.RunningCount, pending+d.PendingCount
		if r := x.CurrentServiceRevisions[i]; (*r.Arn)[len(*r.Arn)-19:] != (*d.Id)[len(*d.Id)-19:] {
			w.bad("deployments[%d] is %s, currentServiceRevisions[%d] is %s", i, *d.Id, i, *r.Arn)
		}
	}
	for _, r := range x.CurrentServiceRevisions {
		rrun, rpend = rrun+r.RunningTaskCount, rpend+r.PendingTaskCount
	}
	if *x.Status == "ACTIVE" && primary != 1 {
		w.bad("%d deployments are PRIMARY", primary)
	}
	if running != x.RunningCount || pending != x.PendingCount || rrun != running || rpend != pending {
		w.bad("service counts %d running %d pending, deployments %d and %d, revisions %d and %d", x.RunningCount, x.PendingCount, running, pending, rrun, rpend)
	}
	if primary == 1 && aws.ToString(x.TaskDefinition) != aws.ToString(x.Deployments[0].TaskDefinition) {
		w.bad("service shows %s, its PRIMARY %s", aws.ToString(x.TaskDefinition), aws.ToString(x.Deployments[0].TaskDefinition))
	}
}

func (w *Watch) extremes(ctx context.Context) {
	tasks, err := w.s.g.ECS().ListTasks(ctx, &ecs.ListTasksInput{ServiceName: &w.s.Name})
	if w.failed("ListTasks", err) {
		return
	}
	w.MostTasks = max(w.MostTasks, len(tasks.TaskArns))
	if w.s.TargetGroup == "" {
		return
	}
	health, err := w.s.g.ELB().DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &w.s.TargetGroup})
	if w.failed("DescribeTargetHealth", err) {
		return
	}
	n := 0
	for _, h := range health.TargetHealthDescriptions {
		if h.TargetHealth.State == "healthy" {
			n++
		}
	}
	w.LeastHealthy = min(w.LeastHealthy, n)
}
