package elbv2

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// place is where actions are to stand.
type place struct {
	ctx          context.Context
	tx           *store.Tx
	loadBalancer string // ARN
	rule         string // ARN of the rule that gets them
	protocol     string // of the listener
}

// actions validates actions and brings them into the form in which they are
// stored and echoed.
func (p *place) actions(given []types.Action) ([]types.Action, error) {
	if len(given) == 0 {
		return nil, invalid("You must specify at least one action")
	}
	final := 0
	var out []types.Action
	for i := range given {
		a := given[i]
		if a.Order != nil && (*a.Order < 1 || *a.Order > 50000) {
			return nil, invalid("Action order '%d' must be between '1' and '50000' inclusive", *a.Order)
		}
		if a.Order == nil && len(given) > 1 {
			return nil, badAction("You must specify an order for each action when there is more than one")
		}
		next, err := p.action(&a)
		if err != nil {
			return nil, err
		}
		final++
		out = append(out, next)
	}
	if final != 1 {
		return nil, badAction("You must specify exactly one of the following actions: forward, redirect, fixed-response")
	}
	return out, nil
}

func (p *place) action(a *types.Action) (types.Action, error) {
	out := types.Action{Type: a.Type, Order: a.Order}
	var err error
	if p.network() && a.Type != "" && a.Type != types.ActionTypeEnumForward && slices.Contains(a.Type.Values(), a.Type) {
		return out, badAction("Actions of type '%s' are not supported on load balancers of type 'network'; use 'forward'", a.Type)
	}
	switch a.Type {
	case types.ActionTypeEnumForward:
		err = p.forward(a, &out)
	case types.ActionTypeEnumRedirect:
		out.RedirectConfig, err = p.redirect(a.RedirectConfig)
	case types.ActionTypeEnumFixedResponse:
		out.FixedResponseConfig, err = fixedResponse(a.FixedResponseConfig)
	case types.ActionTypeEnumAuthenticateOidc, types.ActionTypeEnumAuthenticateCognito, types.ActionTypeEnumJwtValidation:
		err = badAction("Actions of type '%s' are not available in this version of grue", a.Type)
	case "":
		err = required("actions.1.member.type")
	default:
		err = invalid("'%s' is not a valid action type", a.Type)
	}
	return out, err
}

// forward fills in the forward action. With a single group it is echoed in both
// ways of giving it, with several in ForwardConfig alone.
func (p *place) forward(a, out *types.Action) error {
	config := &types.ForwardActionConfig{TargetGroupStickinessConfig: &types.TargetGroupStickinessConfig{Enabled: aws.Bool(false)}}
	if given := a.ForwardConfig; given != nil {
		config.TargetGroups = slices.Clone(given.TargetGroups)
		if s := given.TargetGroupStickinessConfig; s != nil {
			config.TargetGroupStickinessConfig = &types.TargetGroupStickinessConfig{Enabled: aws.Bool(get(s.Enabled)), DurationSeconds: s.DurationSeconds}
		}
	}
	if single := get(a.TargetGroupArn); single != "" {
		if len(config.TargetGroups) == 0 {
			config.TargetGroups = []types.TargetGroupTuple{{TargetGroupArn: a.TargetGroupArn}}
		}
		if len(config.TargetGroups) != 1 || get(config.TargetGroups[0].TargetGroupArn) != single {
			return badAction("You cannot specify both a target group ARN and a forward configuration with other target groups")
		}
	}
	if n := len(config.TargetGroups); n == 0 {
		return badAction("A forward action must specify at least one target group")
	} else if n > maxGroupsPerAction {
		return badAction("A forward action can specify at most '%d' target groups", maxGroupsPerAction)
	}
	if err := p.checkSticky(config.TargetGroupStickinessConfig); err != nil {
		return err
	}
	if err := p.groups(config); err != nil {
		return err
	}
	out.ForwardConfig = config
	if len(config.TargetGroups) == 1 {
		out.TargetGroupArn = config.TargetGroups[0].TargetGroupArn
	}
	return nil
}

// network tells whether the actions are a network load balancer's.
func (p *place) network() bool { return elb.Kind(p.loadBalancer) == elb.Network }

// checkSticky: a network load balancer remembers groups by source address, and so
// needs no duration.
func (p *place) checkSticky(s *types.TargetGroupStickinessConfig) error {
	switch {
	case get(s.Enabled) && s.DurationSeconds == nil && !p.network():
		return badAction("You must specify a duration when group stickiness is enabled")
	case s.DurationSeconds != nil && (*s.DurationSeconds < 1 || *s.DurationSeconds > 604800):
		return invalid("Target group stickiness duration must be between 1 and 604800 seconds")
	}
	return nil
}

// groups validates the target groups of a forward action and gives them their
// weights.
func (p *place) groups(config *types.ForwardActionConfig) error {
	seen := map[string]bool{}
	for i := range config.TargetGroups {
		t := &config.TargetGroups[i]
		if t.Weight == nil {
			t.Weight = aws.Int32(1)
		}
		if *t.Weight < 0 || *t.Weight > 999 {
			return badAction("The weight '%d' of a target group must be between '0' and '999'", *t.Weight)
		}
		g, err := targetGroup(p.ctx, p.tx, t.TargetGroupArn)
		if err != nil {
			return err
		}
		if seen[g.ARN] {
			return badAction("The target group '%s' is specified more than once in a forward action", g.ARN)
		}
		seen[g.ARN] = true
		if err := checkProtocols(p.protocol, g); err != nil {
			return err
		}
		for _, other := range elb.LoadBalancersOf(p.tx, g.ARN) {
			if other != p.loadBalancer {
				return wire.Errorf("TargetGroupAssociationLimitException", "The following target groups cannot be associated with more than one load balancer: %s", g.ARN)
			}
		}
		if err := stickyTogether(g, config); err != nil {
			return err
		}
	}
	all := elb.GroupsOf(p.tx, p.loadBalancer)
	for g := range seen {
		if !slices.Contains(all, g) {
			all = append(all, g)
		}
	}
	if len(all) > maxGroupsPerLB {
		return wire.Errorf("TooManyUniqueTargetGroupsPerLoadBalancerException", "A load balancer can use at most %d target groups", maxGroupsPerLB)
	}
	return nil
}

// stickyTogether: a sticky target in one of several groups is found again only
// when the choice of the group is sticky too.
func stickyTogether(g *elb.TargetGroup, config *types.ForwardActionConfig) error {
	if len(config.TargetGroups) < 2 || g.Attribute("stickiness.enabled") != "true" {
		return nil
	}
	if g.Attribute("stickiness.type") == "app_cookie" {
		return badConfiguration("Application-based stickiness is not supported with several target groups in a forward action")
	}
	if s := config.TargetGroupStickinessConfig; s == nil || !get(s.Enabled) {
		return badConfiguration("You must enable group stickiness on a rule if you enabled target stickiness on one of its target groups")
	}
	return nil
}

// checkStickyRules is stickyTogether for a group whose attributes change.
func checkStickyRules(tx *store.Tx, g *elb.TargetGroup) error {
	for _, lb := range elb.LoadBalancersOf(tx, g.ARN) {
		for l := range elb.Listeners(tx, lb) {
			for r := range elb.Rules(tx, l.ARN) {
				for _, a := range r.Actions.V {
					if a.ForwardConfig == nil || !slices.Contains(r.Groups(), g.ARN) {
						continue
					}
					if err := stickyTogether(g, a.ForwardConfig); err != nil {
						return err
					}
					if err := checkProtocols(l.Protocol, g); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

// redirect validates a redirect and fills in what stands for the request's own.
func (p *place) redirect(c *types.RedirectActionConfig) (*types.RedirectActionConfig, error) {
	if c == nil {
		return nil, badAction("A redirect action must specify a redirect configuration")
	}
	or := func(v *string, own string) *string {
		if get(v) == "" {
			return aws.String(own)
		}
		return v
	}
	out := &types.RedirectActionConfig{
		StatusCode: c.StatusCode,
		Protocol:   or(c.Protocol, "#{protocol}"), Host: or(c.Host, "#{host}"), Port: or(c.Port, "#{port}"),
		Path: or(c.Path, "/#{path}"), Query: or(c.Query, "#{query}"),
	}
	switch {
	case !slices.Contains(c.StatusCode.Values(), c.StatusCode):
		return nil, badAction("The status code '%s' of a redirect must be HTTP_301 or HTTP_302", c.StatusCode)
	case !slices.Contains([]string{"HTTP", "HTTPS", "#{protocol}"}, *out.Protocol):
		return nil, badAction("The Protocol parameter must be HTTP, HTTPS or #{protocol}")
	case p.protocol == "HTTPS" && *out.Protocol == "HTTP":
		return nil, badAction("A redirect from HTTPS to HTTP is not supported")
	case *out.Port != "#{port}" && !validPort(*out.Port):
		return nil, badAction("The Port parameter must be between 1 and 65535, or #{port}")
	case !strings.HasPrefix(*out.Path, "/"):
		return nil, badAction("The Path parameter must be a valid path that starts with a '/'; it may contain '#{path}', '#{host}' and '#{port}', each at most once")
	case *out.Protocol == "#{protocol}" && *out.Host == "#{host}" && *out.Port == "#{port}" && *out.Path == "/#{path}":
		return nil, badAction("The redirect configuration is not valid because it creates a loop: at least one of protocol, host, port and path must differ")
	}
	for name, v := range map[string]*string{"Host": out.Host, "Path": out.Path, "Query": out.Query} {
		if len(*v) > 128 || !printable(*v) {
			return nil, badAction("The %s parameter must have at most 128 visible characters", name)
		}
	}
	return out, nil
}

func validPort(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n >= 1 && n <= 65535
}

// contentTypes of fixed responses.
var contentTypes = []string{"text/plain", "text/css", "text/html", "application/javascript", "application/json"}

func fixedResponse(c *types.FixedResponseActionConfig) (*types.FixedResponseActionConfig, error) {
	if c == nil {
		return nil, badAction("A fixed-response action must specify a fixed response configuration")
	}
	code := get(c.StatusCode)
	n, err := strconv.Atoi(code)
	out := *c
	if get(c.ContentType) == "" {
		out.ContentType = nil
		if get(c.MessageBody) != "" {
			out.ContentType = aws.String("text/plain")
		}
	}
	switch {
	case err != nil || len(code) != 3 || n/100 != 2 && n/100 != 4 && n/100 != 5:
		return nil, badAction("The status code '%s' of a fixed response must match ^(2|4|5)\\d\\d$", code)
	case len(get(c.MessageBody)) > 1024:
		return nil, badAction("The message body of a fixed response can have at most 1024 characters")
	case out.ContentType != nil && !slices.Contains(contentTypes, *out.ContentType):
		return nil, badAction("The content type '%s' is not valid; use one of: %s", *out.ContentType, strings.Join(contentTypes, " | "))
	}
	return &out, nil
}
