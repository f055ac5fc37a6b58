package main

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

const (
	successful = string(types.ServiceDeploymentStatusSuccessful)
	rolledBack = string(types.ServiceDeploymentStatusRollbackSuccessful)
)

// look is how often a deployment is looked at, patience how long it may take.
const (
	look     = 200 * time.Millisecond
	patience = 3 * time.Minute
)

// perform makes one deployment under the load that runs and tells what came of it.
func (w *watch) perform(ctx context.Context, sc scenario) (*outcome, error) {
	if err := w.alarmsAreQuiet(ctx); err != nil {
		return nil, err
	}
	before, err := w.traffic.of(ctx, sc.service)
	if err != nil {
		return nil, err
	}
	id, err := w.script(ctx, sc.script[0], sc.script[1:]...)
	if err != nil {
		return nil, err
	}
	o, err := w.follow(ctx, sc, id)
	if err != nil {
		return nil, err
	}
	after, err := w.traffic.of(ctx, sc.service)
	if err != nil {
		return nil, err
	}
	o.Saw, o.Lost = after.of(sc.version), after.lost-before.lost
	switch {
	case o.By != sc.noticed:
		w.say("%-13s %s  %s after %.1f s, which is not as it shall be: %s", sc.service, sc.version, o.Status, o.Seconds, o.Reason)
	case sc.bad == "":
		w.say("%-13s %s  %s after %.1f s", sc.service, sc.version, o.Status, o.Seconds)
	default:
		w.say("%-13s %s  %s after %.1f s: %s was noticed by %s", sc.service, sc.version, o.Status, o.Seconds, sc.bad, o.By)
	}
	return o, nil
}

// follow looks at a deployment until it is over and its service is steady. id is
// "ecs-svc/" and the number of the service revision that is deployed.
func (w *watch) follow(ctx context.Context, sc scenario, id string) (*outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	number, ok := strings.CutPrefix(id, "ecs-svc/")
	if !ok {
		return nil, fmt.Errorf("the script printed %q instead of the id of a deployment", id)
	}
	at, stage := &turn{}, "not begun"
	for ctx.Err() == nil {
		d, err := w.deployment(ctx, sc.service, number)
		if err != nil {
			return nil, err
		}
		if d != nil {
			stage = string(d.LifecycleStage)
			if sc.steer != nil {
				if err := sc.steer(ctx, w, sc, *d, at); err != nil {
					return nil, err
				}
			}
			if over(d.Status) {
				return w.steady(ctx, sc, *d, at)
			}
		}
		sleep(ctx, look)
	}
	return nil, fmt.Errorf("the deployment is not over after %s; its stage is %s", patience, stage)
}

// deployment finds the one that deploys a service revision; nil = not yet there.
func (w *watch) deployment(ctx context.Context, service, number string) (*types.ServiceDeployment, error) {
	list, err := w.ecs.ListServiceDeployments(ctx, &ecs.ListServiceDeploymentsInput{Cluster: aws.String(cluster), Service: &service})
	if err != nil {
		return nil, err
	}
	for _, b := range list.ServiceDeployments {
		if !strings.HasSuffix(aws.ToString(b.TargetServiceRevisionArn), "/"+number) {
			continue
		}
		out, err := w.ecs.DescribeServiceDeployments(ctx, &ecs.DescribeServiceDeploymentsInput{ServiceDeploymentArns: []string{*b.ServiceDeploymentArn}})
		if err != nil {
			return nil, err
		}
		return &out.ServiceDeployments[0], nil
	}
	return nil, nil
}

func over(s types.ServiceDeploymentStatus) bool {
	switch s {
	case types.ServiceDeploymentStatusSuccessful, types.ServiceDeploymentStatusStopped,
		types.ServiceDeploymentStatusRollbackSuccessful, types.ServiceDeploymentStatusRollbackFailed:
		return true
	}
	return false
}

// steady waits until the service has what it wants, and makes the outcome.
func (w *watch) steady(ctx context.Context, sc scenario, d types.ServiceDeployment, at *turn) (*outcome, error) {
	for ctx.Err() == nil {
		out, err := w.ecs.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: aws.String(cluster), Services: []string{sc.service}})
		if err != nil {
			return nil, err
		}
		if s := out.Services[0]; len(s.Deployments) == 1 && s.RunningCount == s.DesiredCount && s.PendingCount == 0 {
			return newOutcome(sc, d, at), nil
		}
		sleep(ctx, look)
	}
	return nil, fmt.Errorf("the service is not steady after %s", patience)
}

// alarmsAreQuiet waits: an alarm that is on when a deployment starts is ignored by
// it, in ECS, too.
func (w *watch) alarmsAreQuiet(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errors.New("an alarm stays on"))
	defer cancel()
	for ctx.Err() == nil {
		on, err := w.alarmsOn(ctx)
		if err != nil || len(on) == 0 {
			return err
		}
		sleep(ctx, look)
	}
	return context.Cause(ctx)
}
