package ecs

import (
	"context"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/state"
)

// DeleteService makes a service DRAINING; the engine makes it INACTIVE when its
// last task is gone.
func (s *Service) DeleteService(ctx context.Context, in *sdk.DeleteServiceInput) (*sdk.DeleteServiceOutput, error) {
	faultDelete.Hit()
	defer faultDeleted.Hit()
	out := &sdk.DeleteServiceOutput{}
	err := s.update(ctx, func(r *request) error {
		c, err := r.cluster(in.Cluster)
		if err != nil {
			return err
		}
		svc, ok := r.service(c.Name, get(in.Service))
		if !ok {
			return noService()
		}
		if svc.Status == active {
			if svc.Desired > 0 && !svc.Daemon && !get(in.Force) {
				return invalid("The service cannot be stopped while it is scaled above 0.")
			}
			next := *svc
			next.Status, next.Desired = draining, 0
			state.Services.Put(r.Tx, next.Key(), &next)
			svc = &next
		}
		v := r.serviceView(svc, false)
		out.Service = &v
		return nil
	})
	return out, err
}

// DescribeServices describes up to ten services.
func (s *Service) DescribeServices(ctx context.Context, in *sdk.DescribeServicesInput) (*sdk.DescribeServicesOutput, error) {
	if err := batch("Services", len(in.Services), 10); err != nil {
		return nil, err
	}
	for _, f := range in.Include {
		if err := oneOf("include", f, f.Values()); err != nil {
			return nil, err
		}
	}
	tags := slices.Contains(in.Include, types.ServiceFieldTags)
	out := &sdk.DescribeServicesOutput{Services: make([]types.Service, 0, len(in.Services)), Failures: []types.Failure{}}
	return out, s.view(ctx, func(r *request) error {
		c, err := r.cluster(in.Cluster)
		if err != nil {
			return err
		}
		for _, ref := range in.Services {
			svc, ok := r.service(c.Name, ref)
			if !ok {
				out.Failures = append(out.Failures, missing(r.arnOf("service", c.Name, ref)))
				continue
			}
			out.Services = append(out.Services, r.serviceView(svc, tags))
		}
		return nil
	})
}

// ListServices lists the ARNs of ACTIVE services.
func (s *Service) ListServices(ctx context.Context, in *sdk.ListServicesInput) (*sdk.ListServicesOutput, error) {
	if err := oneOf("launchType", in.LaunchType, in.LaunchType.Values()); err != nil {
		return nil, err
	}
	if err := oneOf("schedulingStrategy", in.SchedulingStrategy, in.SchedulingStrategy.Values()); err != nil {
		return nil, err
	}
	var found []*state.Service
	if err := s.view(ctx, func(r *request) error {
		c, err := r.cluster(in.Cluster)
		if err != nil {
			return err
		}
		for _, svc := range state.Services.Prefix(r.Tx, r.Key(c.Name, "")) {
			b := &svc.Body.V
			if svc.Status == active && (in.LaunchType == "" || in.LaunchType == b.LaunchType) &&
				(in.SchedulingStrategy == "" || in.SchedulingStrategy == b.SchedulingStrategy) &&
				(in.ResourceManagementType == "" || in.ResourceManagementType == b.ResourceManagementType) {
				found = append(found, svc)
			}
		}
		return nil
	}); err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b *state.Service) int { return strings.Compare(a.Name, b.Name) })
	page, next, err := pageBy(found, func(x *state.Service) string { return x.Name }, in.NextToken, in.MaxResults, 10)
	out := &sdk.ListServicesOutput{ServiceArns: []string{}, NextToken: next}
	for _, svc := range page {
		out.ServiceArns = append(out.ServiceArns, svc.ARN())
	}
	return out, err
}
