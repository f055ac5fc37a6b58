package elbv2

import (
	"context"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// Quotas that are enforced, beside maxLoadBalancers.
const (
	maxListeners       = 50   // a load balancer
	maxRules           = 100  // a load balancer, default rules apart
	maxGroups          = 3000 // a region
	maxGroupsPerLB     = 100
	maxGroupsPerAction = 5
	maxTargets         = 1000 // a target group
	maxTargetsPerLB    = 1000 // an application load balancer
	maxTargetsPerNLB   = 3000
	maxCertificates    = 25 // a listener, its default certificate apart
	maxConditionValues = 5  // a rule
	maxWildcards       = 5  // a rule
)

// limits are the quotas in order of name.
var limits = []struct {
	name string
	max  int
}{
	{"application-load-balancers", maxLoadBalancers},
	{"certificates-per-application-load-balancer", maxCertificates},
	{"condition-values-per-alb-rule", maxConditionValues},
	{"condition-wildcards-per-alb-rule", maxWildcards},
	{"listeners-per-application-load-balancer", maxListeners},
	{"listeners-per-network-load-balancer", maxListeners},
	{"network-load-balancers", maxLoadBalancers},
	{"rules-per-application-load-balancer", maxRules},
	{"target-groups", maxGroups},
	{"target-groups-per-action-on-application-load-balancer", maxGroupsPerAction},
	{"target-groups-per-action-on-network-load-balancer", maxGroupsPerAction},
	{"target-groups-per-application-load-balancer", maxGroupsPerLB},
	{"targets-per-application-load-balancer", maxTargetsPerLB},
	{"targets-per-network-load-balancer", maxTargetsPerNLB},
	{"targets-per-target-group", maxTargets},
}

// DescribeAccountLimits lists the quotas.
func (s *Service) DescribeAccountLimits(_ context.Context, in *elasticloadbalancingv2.DescribeAccountLimitsInput) (*elasticloadbalancingv2.DescribeAccountLimitsOutput, error) {
	list, next, err := pageInOrder(limits, in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	out := &elasticloadbalancingv2.DescribeAccountLimitsOutput{Limits: []types.Limit{}, NextMarker: next}
	for _, l := range list {
		out.Limits = append(out.Limits, types.Limit{Name: aws.String(l.name), Max: aws.String(strconv.Itoa(l.max))})
	}
	return out, nil
}
