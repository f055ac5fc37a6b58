package ecs

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/state"
)

// revisionOf is the snapshot of everything that decides what a task of the
// service looks like and how it is reached.
func revisionOf(svc *state.Service, td *state.TaskDefinition, network *types.NetworkConfiguration, lbs []types.LoadBalancer) types.ServiceRevision {
	b := &svc.Body.V
	out := types.ServiceRevision{
		ServiceArn: b.ServiceArn, ClusterArn: b.ClusterArn, TaskDefinition: td.Def.V.TaskDefinitionArn,
		LaunchType: b.LaunchType, CapacityProviderStrategy: b.CapacityProviderStrategy,
		PlatformVersion: b.PlatformVersion, PlatformFamily: b.PlatformFamily,
		NetworkConfiguration: network, LoadBalancers: list(lbs), ServiceRegistries: list(b.ServiceRegistries),
		ContainerImages: images(&td.Def.V),
	}
	if get(out.PlatformVersion) == "LATEST" {
		out.PlatformVersion = ptr("1.4.0")
	}
	for _, lb := range lbs {
		if lb.AdvancedConfiguration != nil {
			// Which of the two groups it is, the deployment finds out when it starts.
			out.ResolvedConfiguration = nil
			break
		}
		if out.ResolvedConfiguration == nil {
			out.ResolvedConfiguration = &types.ResolvedConfiguration{}
		}
		out.ResolvedConfiguration.LoadBalancers = append(out.ResolvedConfiguration.LoadBalancers, types.ServiceRevisionLoadBalancer{TargetGroupArn: lb.TargetGroupArn})
	}
	return out
}

// images lists the containers' images; the engine adds the digests that tags
// resolve to.
func images(def *types.TaskDefinition) []types.ContainerImage {
	out := []types.ContainerImage{}
	for _, c := range def.ContainerDefinitions {
		_, digest, _ := strings.Cut(get(c.Image), "@")
		out = append(out, types.ContainerImage{ContainerName: c.Name, Image: c.Image, ImageDigest: text(digest)})
	}
	return out
}

// startDeployment makes a new service revision and a PENDING service deployment
// that leads to it. svc is a copy; the caller writes it. The engine supersedes
// the deployment that may be under way.
func (s *Service) startDeployment(r *request, svc *state.Service, body types.ServiceRevision, mesh *state.Connect) error {
	n, id, created := arn.NewRevision(), arn.NewDeploymentID(), r.newest(svc, afterRequest(r.now))
	rev := &state.Revision{
		Scope: svc.Scope, Cluster: svc.Cluster, Service: svc.Name, N: n, Created: created, Updated: created,
		Rollout: deploy.RolloutInProgress, RolloutReason: "ECS deployment ecs-svc/" + n + " in progress.",
	}
	if err := r.claim(svc, mesh); err != nil {
		return err
	}
	rev.Connect = mesh
	body.ServiceRevisionArn, body.CreatedAt = ptr(rev.ARN()), &rev.Created
	rev.Body.V = body
	d := &state.Deployment{Scope: svc.Scope, Cluster: svc.Cluster, Service: svc.Name, ID: id, Created: created}
	d.Config.V = *svc.Body.V.DeploymentConfiguration
	config, err := s.machineConfig(r, svc, &d.Config.V)
	if err != nil {
		return err
	}
	config.TestTraffic = testable(mesh)
	for _, lb := range body.LoadBalancers {
		config.TestTraffic = config.TestTraffic || lb.AdvancedConfiguration != nil && lb.AdvancedConfiguration.TestListenerRule != nil
	}
	config.ShiftWait = s.shiftWait(body.LoadBalancers)
	d.Machine = *deploy.New(deploy.Request{
		ID: id, Service: svc.Name, Strategy: deploy.Strategy(d.Config.V.Strategy), Config: config,
		Target: deploy.Rev(n), Sources: r.sources(svc), RollbackTo: deploy.Rev(svc.Live), Desired: svc.Desired,
		Production: r.production(svc),
	}, created)
	r.decideStart(svc, d)
	r.tellEngine(svc)
	svc.Primary, svc.Deployment = n, id
	svc.Listed = append([]string{n}, svc.Listed...)
	state.Revisions.Put(r.Tx, rev.Key(), rev)
	state.Deployments.Put(r.Tx, d.Key(), d)
	return nil
}

// production is who serves production traffic now, where an interrupted
// deployment left it divided; nil where the live revision serves.
func (r *request) production(svc *state.Service) []deploy.Share {
	last := svc.Deployment
	if last == "" {
		last = svc.Last
	}
	d, ok := state.Deployments.Get(r.Tx, svc.Key()+"/"+last)
	if !ok || d.Machine.Status == deploy.Successful || d.Machine.Status == deploy.RollbackSuccessful {
		return nil
	}
	var out []deploy.Share
	for _, x := range d.Machine.Traffic.Production {
		if x.Tenths > 0 {
			out = append(out, x)
		}
	}
	return out
}

// afterRequest is now to the next millisecond. Answers carry milliseconds, and
// Terraform waits for a deployment that was created after it sent its request:
// cutting the rest of a millisecond off could put the one before the other.
func afterRequest(now time.Time) time.Time {
	if t := now.Truncate(time.Millisecond); t.Before(now) {
		return t.Add(time.Millisecond)
	}
	return now
}

// newest is the time of a new revision: after those of all others, for lists are
// ordered by it.
func (r *request) newest(svc *state.Service, created time.Time) time.Time {
	for _, n := range svc.Listed {
		rev, ok := state.Revisions.Get(r.Tx, svc.Key()+"/"+n)
		if ok && !created.After(rev.Created) {
			created = rev.Created.Add(time.Millisecond)
		}
	}
	return created
}

// sources are the revisions that have tasks.
func (r *request) sources(svc *state.Service) []deploy.Rev {
	var out []deploy.Rev
	t := tallyOf(r.Tx, svc)
	for _, n := range svc.Listed {
		if t.of(n).all > 0 {
			out = append(out, deploy.Rev(n))
		}
	}
	return out
}

// tellEngine hands a deployment to the engine that it may not have seen yet:
// two updates can come between two of its rounds, and the first must end too.
func (r *request) tellEngine(svc *state.Service) {
	id := svc.Deployment
	if id == "" {
		return
	}
	for _, known := range svc.Running {
		if known == id {
			return
		}
	}
	svc.Running = append(svc.Running[:len(svc.Running):len(svc.Running)], id)
}

// shown is a time as answers show it: never zero.
func shown(t, other time.Time) *time.Time {
	if t.IsZero() {
		return &other
	}
	return &t
}
