package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
)

// sample is the state of the deployment at one moment.
type sample struct {
	at               time.Duration // since the update
	stage            string        // status of the service deployment
	oldTasks, tasks  int32         // running, of the old and the new task definition
	healthy, waiting int           // targets; waiting = initial or draining
	share            float64       // of traffic that the new version answered since the last sample
	sent, failed     int           // requests, in all
	lost             int32         // new tasks that failed to start or died
}

const (
	sampleEvery = 100 * time.Millisecond
	header      = "  time    stage         tasks old/new   targets healthy/other   traffic v1 ░ █ v2          requests  failed"
	barWidth    = 24
)

// watch follows the deployment until the service is steady again and no old
// task is left, and prints a line at each change.
func (d *demo) watch(ctx context.Context, l *load, group, task string, began time.Time) ([]sample, error) {
	ctx, cancel := context.WithTimeout(ctx, d.opts.Patience)
	defer cancel()
	fmt.Fprintln(d.out, header)
	var all []sample
	before, printed := l.tally(), sample{share: -1}
	for {
		s, err := d.look(ctx, group, task)
		if err != nil {
			return all, err
		}
		now := l.tally()
		s.at, s.sent, s.failed = time.Since(began), now.sent, now.failed
		s.share = share(before, now)
		before = now
		all = append(all, s.sample)
		if changed(printed, s.sample) {
			printed = s.sample
			fmt.Fprintln(d.out, printed.line())
		}
		if err := failed(s.service); err != nil {
			return all, err
		}
		if steady(s.service) && s.oldTasks == 0 && s.waiting == 0 {
			return all, nil
		}
		wait(ctx, sampleEvery)
		if ctx.Err() != nil {
			return all, fmt.Errorf("the deployment did not end within %s; last event: %s", d.opts.Patience, lastEvent(s.service))
		}
	}
}

// seen is a sample and the service it was taken of.
type seen struct {
	sample
	service *types.Service
}

// look asks ECS and the load balancer.
func (d *demo) look(ctx context.Context, group, task string) (seen, error) {
	s, err := d.service(ctx)
	if err != nil {
		return seen{}, err
	}
	out := seen{service: s}
	for _, dep := range s.Deployments {
		if aws.ToString(dep.TaskDefinition) == task {
			out.tasks, out.lost = dep.RunningCount, dep.FailedTasks
		} else {
			out.oldTasks += dep.RunningCount
		}
	}
	list, err := d.ecs.ListServiceDeployments(ctx, &ecs.ListServiceDeploymentsInput{Cluster: aws.String(name), Service: aws.String(service)})
	if err != nil {
		return out, err
	}
	if len(list.ServiceDeployments) > 0 {
		out.stage = string(list.ServiceDeployments[0].Status)
	}
	health, err := d.elb.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &group})
	if err != nil {
		return out, err
	}
	for _, t := range health.TargetHealthDescriptions {
		if t.TargetHealth.State == "healthy" {
			out.healthy++
		} else {
			out.waiting++
		}
	}
	return out, nil
}

// share of v2 among the answers between two tallies.
func share(before, now tally) float64 {
	fresh := func(version string) int { return now.answers[version] - before.answers[version] }
	if all := fresh("v1") + fresh("v2"); all > 0 {
		return float64(fresh("v2")) / float64(all)
	}
	return float64(now.answers["v2"]) / max(1, float64(now.answers["v1"]+now.answers["v2"]))
}

// changed tells whether a sample says something new to a person.
func changed(a, b sample) bool {
	steps := func(s sample) int { return int(s.share*20 + 0.5) }
	return a.stage != b.stage || a.oldTasks != b.oldTasks || a.tasks != b.tasks ||
		a.healthy != b.healthy || a.waiting != b.waiting || a.failed != b.failed || steps(a) != steps(b)
}

func (s sample) line() string {
	fill := int(s.share*barWidth + 0.5)
	bar := strings.Repeat("░", barWidth-fill) + strings.Repeat("█", fill)
	return fmt.Sprintf("%5.1fs   %-12s  %7d / %-5d   %11d / %-9d   %s %3.0f%%   %8d  %6d",
		s.at.Seconds(), s.stage, s.oldTasks, s.tasks, s.healthy, s.waiting, bar, 100*s.share, s.sent, s.failed)
}
