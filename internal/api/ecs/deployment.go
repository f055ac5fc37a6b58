package ecs

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/state"
)

// ListServiceDeployments lists the deployments of a service, newest first.
func (s *Service) ListServiceDeployments(ctx context.Context, in *sdk.ListServiceDeploymentsInput) (*sdk.ListServiceDeploymentsOutput, error) {
	for _, x := range in.Status {
		if err := oneOf("status", x, x.Values()); err != nil {
			return nil, err
		}
	}
	var found []*state.Deployment
	if err := s.view(ctx, func(r *request) error {
		c, err := r.cluster(in.Cluster)
		if err != nil {
			return err
		}
		svc, ok := r.service(c.Name, get(in.Service))
		if !ok {
			return noService()
		}
		for _, d := range state.Deployments.Prefix(r.Tx, svc.Key()+"/") {
			if matches(d, in) {
				found = append(found, d)
			}
		}
		return nil
	}); err != nil {
		return nil, err
	}
	newest := func(d *state.Deployment) string {
		return fmt.Sprintf("%020d/%s", math.MaxInt64-d.Created.UnixNano(), d.ID)
	}
	slices.SortFunc(found, func(a, b *state.Deployment) int { return strings.Compare(newest(a), newest(b)) })
	page, next, err := pageBy(found, newest, in.NextToken, in.MaxResults, 20)
	out := &sdk.ListServiceDeploymentsOutput{ServiceDeployments: []types.ServiceDeploymentBrief{}, NextToken: next}
	for _, d := range page {
		out.ServiceDeployments = append(out.ServiceDeployments, brief(d))
	}
	return out, err
}

// matches applies the filters of ListServiceDeployments.
func matches(d *state.Deployment, in *sdk.ListServiceDeploymentsInput) bool {
	if len(in.Status) > 0 && !slices.Contains(in.Status, types.ServiceDeploymentStatus(d.Machine.Status)) {
		return false
	}
	if c := in.CreatedAt; c != nil {
		if c.After != nil && d.Created.Before(*c.After) || c.Before != nil && d.Created.After(*c.Before) {
			return false
		}
	}
	return true
}

func brief(d *state.Deployment) types.ServiceDeploymentBrief {
	m := &d.Machine
	return types.ServiceDeploymentBrief{
		ServiceDeploymentArn: ptr(d.ARN()), ServiceArn: ptr(d.Scope.Service(d.Cluster, d.Service)), ClusterArn: ptr(d.Scope.Cluster(d.Cluster)),
		CreatedAt: &d.Created, StartedAt: at(m.StartedAt), FinishedAt: at(m.FinishedAt),
		Status: types.ServiceDeploymentStatus(m.Status), StatusReason: text(statusReason(d, m.StatusReason)),
		TargetServiceRevisionArn: ptr(d.Scope.Revision(d.Cluster, d.Service, string(m.Target))),
	}
}

// DescribeServiceDeployments describes up to twenty service deployments.
func (s *Service) DescribeServiceDeployments(ctx context.Context, in *sdk.DescribeServiceDeploymentsInput) (*sdk.DescribeServiceDeploymentsOutput, error) {
	if err := batch("Service deployment ARNs", len(in.ServiceDeploymentArns), 20); err != nil {
		return nil, err
	}
	out := &sdk.DescribeServiceDeploymentsOutput{ServiceDeployments: []types.ServiceDeployment{}, Failures: []types.Failure{}}
	return out, s.view(ctx, func(r *request) error {
		for _, ref := range in.ServiceDeploymentArns {
			d, err := r.deployment(ref)
			if err != nil {
				return err
			}
			if d == nil {
				out.Failures = append(out.Failures, missing(ref))
				continue
			}
			out.ServiceDeployments = append(out.ServiceDeployments, r.deploymentView(d))
		}
		return nil
	})
}

// deployment finds a service deployment; nil if there is none.
func (r *request) deployment(ref string) (*state.Deployment, error) {
	key, err := r.serviceChild("service-deployment", ref)
	if err != nil {
		return nil, err
	}
	d, ok := state.Deployments.Get(r.Tx, key)
	if !ok || d.ARN() != ref {
		return nil, nil
	}
	return d, nil
}

// StopServiceDeployment asks the engine to roll a deployment back, or to leave
// it where it is (ABORT).
func (s *Service) StopServiceDeployment(ctx context.Context, in *sdk.StopServiceDeploymentInput) (*sdk.StopServiceDeploymentOutput, error) {
	faultStop.Hit()
	defer faultStopped.Hit()
	if err := oneOf("stopType", in.StopType, in.StopType.Values()); err != nil {
		return nil, err
	}
	stop := in.StopType
	if stop == "" {
		stop = types.StopServiceDeploymentStopTypeRollback
	}
	return &sdk.StopServiceDeploymentOutput{ServiceDeploymentArn: in.ServiceDeploymentArn}, s.update(ctx, func(r *request) error {
		d, err := r.deployment(get(in.ServiceDeploymentArn))
		switch {
		case err != nil:
			return err
		case d == nil:
			return noDeployment()
		case d.Machine.Status.Terminal():
			return conflict(nil, "The service deployment is %s and cannot be stopped.", d.Machine.Status)
		case d.StopRequested != "" || d.Machine.Status != deploy.Pending && d.Machine.Status != deploy.InProgress:
			return nil // it is on its way already
		}
		next := *d
		next.StopRequested, next.StopAt = string(stop), r.now
		r.decide(&next, r.decision(either(stop == types.StopServiceDeploymentStopTypeAbort, state.DecidedAbort, state.DecidedStop)))
		state.Deployments.Put(r.Tx, next.Key(), &next)
		return nil
	})
}

// ContinueServiceDeployment answers a PAUSE hook that waits. The answer is kept
// with who gave it and when; the engine acts on it.
func (s *Service) ContinueServiceDeployment(ctx context.Context, in *sdk.ContinueServiceDeploymentInput) (*sdk.ContinueServiceDeploymentOutput, error) {
	faultContinue.Hit()
	defer faultContinued.Hit()
	if !hookID(get(in.HookId)) {
		return nil, invalid("Invalid hookId: hookId must follow the format: ecs-{hookType}-{id}")
	}
	if err := oneOf("action", in.Action, in.Action.Values()); err != nil {
		return nil, err
	}
	action := either(in.Action == "", types.DeploymentLifecycleHookActionContinue, in.Action)
	return &sdk.ContinueServiceDeploymentOutput{ServiceDeploymentArn: in.ServiceDeploymentArn}, s.update(ctx, func(r *request) error {
		d, err := r.deployment(get(in.ServiceDeploymentArn))
		switch {
		case err != nil:
			return err
		case d == nil:
			return noDeployment()
		case d.Machine.Status.Terminal():
			return invalid("Continuing a service deployment is not allowed for service deployment in terminal states.")
		case !waits(d, *in.HookId):
			return invalid("Provided hookId is either completed, unavailable, or not associated with the given Resource ARN")
		}
		next := *d
		next.Answers = append(slices.Clip(d.Answers), state.HookAnswer{HookID: *in.HookId, Action: string(action), At: r.now, By: r.caller.ARN})
		decision := r.decision(state.DecisionAction(action))
		decision.HookID = *in.HookId
		r.decide(&next, decision)
		state.Deployments.Put(r.Tx, next.Key(), &next)
		return nil
	})
}

// waits tells whether a PAUSE hook waits for an answer and has none yet.
func waits(d *state.Deployment, id string) bool {
	open := d.Machine.Status == deploy.InProgress && slices.ContainsFunc(d.Machine.Hooks, func(h deploy.Hook) bool {
		return h.ID == id && h.Type == deploy.Pause && h.Open()
	})
	return open && !slices.ContainsFunc(d.Answers, func(a state.HookAnswer) bool { return a.HookID == id })
}

// hookID tells whether s has the form ecs-{hookType}-{id}.
func hookID(s string) bool {
	rest, ok := strings.CutPrefix(s, "ecs-")
	kind, id, cut := strings.Cut(rest, "-")
	return ok && cut && kind != "" && id != ""
}
