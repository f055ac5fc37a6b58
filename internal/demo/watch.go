package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// sample is the state of the deployment at one moment.
type sample struct {
	at              time.Duration // since the update
	stage           string        // stage of the deployment, or its status where it has no stages
	oldTasks, tasks int32         // running, of the old and the new task definition
	weight          *float64      // of the new version in production, per cent; nil where no traffic is shifted
	share           float64       // of traffic that the new version answered since the last sample
	sent, failed    int           // requests, in all
	lost            int32         // new tasks that failed to start or died
}

const (
	sampleEvery = 100 * time.Millisecond
	barWidth    = 24
)

func header(from, to string) string {
	return fmt.Sprintf("  time    stage                          tasks old/new   weight  traffic %s ░ █ %s           requests  failed", from, to)
}

// watch follows the deployment until it is over and the tasks that it leaves
// behind are gone, and prints a line at each change.
func (d *demo) watch(ctx context.Context, l *load, front *stack, a act, began time.Time) ([]sample, error) {
	ctx, cancel := context.WithTimeout(ctx, d.opts.Patience)
	defer cancel()
	fmt.Fprintln(d.out, header(a.from, a.to))
	var all []sample
	before, printed := l.tally(), sample{share: -1}
	for {
		s, err := d.look(ctx, d.task[a.to])
		if err != nil {
			return all, err
		}
		now := l.tally()
		s.at, s.sent, s.failed = time.Since(began), now.sent, now.failed
		s.share = share(before, now, a.from, a.to)
		before = now
		all = append(all, s.sample)
		if changed(printed, s.sample) {
			printed = s.sample
			fmt.Fprintln(d.out, printed.line())
		}
		if done, err := a.over(s); done || err != nil {
			return all, err
		}
		if a.steer != nil {
			did, err := a.steer(ctx, s)
			if err != nil {
				return all, err
			}
			if did != "" {
				fmt.Fprintf(d.out, "%5.1fs   ── %s\n", time.Since(began).Seconds(), did)
			}
		}
		wait(ctx, sampleEvery)
		if ctx.Err() != nil {
			return all, fmt.Errorf("the deployment did not end within %s; last event: %s", d.opts.Patience, lastEvent(s.service))
		}
	}
}

// over tells whether the deployment ended as it shall.
func (a act) over(s *seen) (bool, error) {
	switch s.deployment.Status {
	case a.ends:
		return steady(s.service), nil
	case types.ServiceDeploymentStatusSuccessful, types.ServiceDeploymentStatusStopped,
		types.ServiceDeploymentStatusRollbackSuccessful, types.ServiceDeploymentStatusRollbackFailed:
		return false, fmt.Errorf("the deployment ended %s: %s; last event: %s", s.deployment.Status, aws.ToString(s.deployment.StatusReason), lastEvent(s.service))
	}
	return false, nil
}

// seen is a sample and what it was taken of.
type seen struct {
	sample
	service    *types.Service
	deployment types.ServiceDeployment
}

// look asks ECS.
func (d *demo) look(ctx context.Context, task string) (*seen, error) {
	s, err := d.service(ctx)
	if err != nil {
		return nil, err
	}
	out := &seen{service: s}
	for _, dep := range s.Deployments {
		if aws.ToString(dep.TaskDefinition) == task {
			out.tasks, out.lost = dep.RunningCount, dep.FailedTasks
		} else {
			out.oldTasks += dep.RunningCount
		}
	}
	list, err := d.ecs.ListServiceDeployments(ctx, &ecs.ListServiceDeploymentsInput{Cluster: aws.String(name), Service: aws.String(service)})
	if err != nil {
		return nil, err
	}
	if len(list.ServiceDeployments) == 0 {
		return nil, errors.New("the service has no service deployment")
	}
	full, err := d.ecs.DescribeServiceDeployments(ctx, &ecs.DescribeServiceDeploymentsInput{
		ServiceDeploymentArns: []string{*list.ServiceDeployments[0].ServiceDeploymentArn},
	})
	if err != nil {
		return nil, err
	}
	out.deployment = full.ServiceDeployments[0]
	out.weight = out.deployment.TargetServiceRevision.RequestedProductionTrafficWeight
	out.stage = string(out.deployment.LifecycleStage)
	if out.stage == "" || out.deployment.Status != types.ServiceDeploymentStatusInProgress {
		out.stage = string(out.deployment.Status)
	}
	return out, nil
}

// share of the new version among the answers between two tallies.
func share(before, now tally, from, to string) float64 {
	fresh := func(version string) int { return now.answers[version] - before.answers[version] }
	if all := fresh(from) + fresh(to); all > 0 {
		return float64(fresh(to)) / float64(all)
	}
	return 0
}

// changed tells whether a sample says something new to a person.
func changed(a, b sample) bool {
	steps := func(s sample) int { return int(s.share*8 + 0.5) }
	return a.stage != b.stage || a.oldTasks != b.oldTasks || a.tasks != b.tasks || aws.ToFloat64(a.weight) != aws.ToFloat64(b.weight) ||
		a.failed != b.failed || steps(a) != steps(b)
}

func (s sample) line() string {
	fill := int(s.share*barWidth + 0.5)
	bar := strings.Repeat("░", barWidth-fill) + strings.Repeat("█", fill)
	weight := "  –"
	if s.weight != nil {
		weight = fmt.Sprintf("%3.0f", *s.weight)
	}
	return fmt.Sprintf("%5.1fs   %-29s  %7d / %-5d   %s %%   %s %3.0f%%   %8d  %6d",
		s.at.Seconds(), s.stage, s.oldTasks, s.tasks, weight, bar, 100*s.share, s.sent, s.failed)
}
