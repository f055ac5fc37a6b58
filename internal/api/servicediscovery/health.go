package servicediscovery

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	"github.com/grue-ecs/grue/internal/cloudmap"
	"github.com/grue-ecs/grue/internal/store"
)

// GetInstancesHealthStatus tells the health of the instances of a service, or of
// those that are named.
func (s *Service) GetInstancesHealthStatus(ctx context.Context, in *servicediscovery.GetInstancesHealthStatusInput) (*servicediscovery.GetInstancesHealthStatusOutput, error) {
	out := &servicediscovery.GetInstancesHealthStatusOutput{Status: map[string]types.HealthStatus{}}
	err := s.view(func(tx *store.Tx) error {
		x, err := service(tx, scopeOf(ctx), "ServiceId", in.ServiceId)
		if err != nil {
			return err
		}
		for _, id := range in.Instances {
			if _, ok := cloudmap.GetInstance(tx, x.ID, id); !ok {
				return noInstance(id)
			}
		}
		named := func(i *cloudmap.Instance) bool { return len(in.Instances) == 0 || slices.Contains(in.Instances, i.ID) }
		page, next, err := list(cloudmap.Instances(tx, x.ID), named, func(i *cloudmap.Instance) string { return i.ID }, in.NextToken, in.MaxResults)
		for _, i := range page {
			out.Status[i.ID] = types.HealthStatus(cloudmap.HealthOf(x, i))
		}
		out.NextToken = next
		return err
	})
	return out, err
}

// UpdateInstanceCustomHealthStatus says what the user's own health check found.
// It counts at once.
func (s *Service) UpdateInstanceCustomHealthStatus(ctx context.Context, in *servicediscovery.UpdateInstanceCustomHealthStatusInput) (*servicediscovery.UpdateInstanceCustomHealthStatusOutput, error) {
	if in.Status != types.CustomHealthStatusHealthy && in.Status != types.CustomHealthStatusUnhealthy {
		return nil, invalid("Status must be HEALTHY or UNHEALTHY; it was %q.", in.Status)
	}
	err := s.update(func(tx *store.Tx) error {
		x, i, err := instance(tx, ctx, in.ServiceId, in.InstanceId)
		if err != nil {
			return err
		}
		return cloudmap.SetHealth(tx, x, i.ID, in.Status == types.CustomHealthStatusHealthy)
	})
	return &servicediscovery.UpdateInstanceCustomHealthStatusOutput{}, err
}
