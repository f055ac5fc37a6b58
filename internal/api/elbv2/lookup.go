package elbv2

import (
	"context"
	"strings"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/store"
)

// own validates an ARN of the given kind and tells whether it is of the caller's
// account and region: what belongs to others does not exist for the caller.
func own(ctx context.Context, p *string, member, kind, what string) (string, bool, error) {
	value := get(p)
	if value == "" {
		return "", false, required(member)
	}
	a, ok := arn.Parse(value)
	if !ok || a.Service != elb.Service || !strings.HasPrefix(a.Resource, kind+"/") {
		return "", false, invalid("'%s' is not a valid %s ARN", value, what)
	}
	return value, arn.Scope{Account: a.Account, Region: a.Region} == scope(ctx), nil
}

func loadBalancer(ctx context.Context, tx *store.Tx, p *string) (*elb.LoadBalancer, error) {
	value, mine, err := own(ctx, p, "loadBalancerArn", "loadbalancer", "load balancer")
	if err != nil {
		return nil, err
	}
	lb, ok := elb.GetLoadBalancer(tx, value)
	if !ok || !mine {
		return nil, noLoadBalancer()
	}
	return lb, nil
}

func targetGroup(ctx context.Context, tx *store.Tx, p *string) (*elb.TargetGroup, error) {
	value, mine, err := own(ctx, p, "targetGroupArn", "targetgroup", "target group")
	if err != nil {
		return nil, err
	}
	g, ok := elb.Group(tx, value)
	if !ok || !mine {
		return nil, noGroup()
	}
	return g, nil
}

func listener(ctx context.Context, tx *store.Tx, p *string) (*elb.Listener, error) {
	value, mine, err := own(ctx, p, "listenerArn", "listener", "listener")
	if err != nil {
		return nil, err
	}
	l, ok := elb.GetListener(tx, value)
	if !ok || !mine {
		return nil, noListener()
	}
	return l, nil
}

func rule(ctx context.Context, tx *store.Tx, p *string) (*elb.Rule, error) {
	value, mine, err := own(ctx, p, "ruleArn", "listener-rule", "listener rule")
	if err != nil {
		return nil, err
	}
	r, ok := elb.GetRule(tx, value)
	if !ok || !mine {
		return nil, noRule()
	}
	return r, nil
}
