package elbv2

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/internal/store"
)

// DescribeCapacityReservation says that nothing is reserved: the capacity of a
// load balancer is the machine's.
func (s *Service) DescribeCapacityReservation(ctx context.Context, in *elasticloadbalancingv2.DescribeCapacityReservationInput) (*elasticloadbalancingv2.DescribeCapacityReservationOutput, error) {
	err := s.exists(ctx, in.LoadBalancerArn)
	return &elasticloadbalancingv2.DescribeCapacityReservationOutput{CapacityReservationState: []types.ZonalCapacityReservationState{}}, err
}

// ModifyCapacityReservation resets a reservation; one cannot be made.
func (s *Service) ModifyCapacityReservation(ctx context.Context, in *elasticloadbalancingv2.ModifyCapacityReservationInput) (*elasticloadbalancingv2.ModifyCapacityReservationOutput, error) {
	if err := s.exists(ctx, in.LoadBalancerArn); err != nil {
		return nil, err
	}
	if in.MinimumLoadBalancerCapacity != nil && get(in.MinimumLoadBalancerCapacity.CapacityUnits) > 0 {
		return nil, notPermitted("Capacity cannot be reserved: load balancers of grue share this machine")
	}
	return &elasticloadbalancingv2.ModifyCapacityReservationOutput{CapacityReservationState: []types.ZonalCapacityReservationState{}}, nil
}

// ModifyIpPools removes IPAM pools; there are none that could be set.
func (s *Service) ModifyIpPools(ctx context.Context, in *elasticloadbalancingv2.ModifyIpPoolsInput) (*elasticloadbalancingv2.ModifyIpPoolsOutput, error) {
	if err := s.exists(ctx, in.LoadBalancerArn); err != nil {
		return nil, err
	}
	if in.IpamPools != nil && get(in.IpamPools.Ipv4IpamPoolId) != "" {
		return nil, badConfiguration("IPAM pools are not available in this version of grue")
	}
	return &elasticloadbalancingv2.ModifyIpPoolsOutput{}, nil
}

// exists is nil when the caller has the load balancer.
func (s *Service) exists(ctx context.Context, lbARN *string) (err error) {
	s.o.Store.View(func(tx *store.Tx) { _, err = loadBalancer(ctx, tx, lbARN) })
	return err
}
