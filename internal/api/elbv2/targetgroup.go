package elbv2

import (
	"cmp"
	"context"
	"maps"
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// CreateTargetGroup creates a target group. Repeating the call with the same
// settings returns the existing one.
func (s *Service) CreateTargetGroup(ctx context.Context, in *elasticloadbalancingv2.CreateTargetGroupInput) (*elasticloadbalancingv2.CreateTargetGroupOutput, error) {
	g, err := newGroup(in)
	if err != nil {
		return nil, err
	}
	sc := scope(ctx)
	out := &elasticloadbalancingv2.CreateTargetGroupOutput{}
	return out, s.update(func(tx *store.Tx) error {
		old, ok := elb.GroupNamed(tx, sc, g.Name)
		switch {
		case ok && !sameGroup(old, g):
			return wire.Errorf("DuplicateTargetGroupNameException", "A target group with the same name '%s' exists, but with different settings", g.Name)
		case ok:
			g = old
		default:
			n := 0
			for range elb.Groups(tx, sc) {
				n++
			}
			if n >= maxGroups {
				return wire.Errorf("TooManyTargetGroupsException", "You've reached the limit of %d target groups", maxGroups)
			}
			g.ARN = arn.Make(elb.Service, sc.Region, sc.Account, "targetgroup/"+g.Name+"/"+arn.NewHex(16))
			g.Created = s.o.Now().UTC()
			elb.PutGroup(tx, g)
		}
		out.TargetGroups = []types.TargetGroup{showGroup(tx, g)}
		return nil
	})
}

func sameGroup(a, b *elb.TargetGroup) bool {
	return a.Protocol == b.Protocol && a.ProtocolVersion == b.ProtocolVersion && a.Port == b.Port && a.VPC == b.VPC &&
		a.TargetType == b.TargetType && a.IPAddressType == b.IPAddressType && reflect.DeepEqual(a.Check, b.Check) && maps.Equal(a.Tags, b.Tags)
}

// newGroup makes the record that a request asks for.
func newGroup(in *elasticloadbalancingv2.CreateTargetGroupInput) (*elb.TargetGroup, error) {
	g := &elb.TargetGroup{
		Name:            get(in.Name),
		Protocol:        string(in.Protocol),
		ProtocolVersion: get(in.ProtocolVersion),
		Port:            int(get(in.Port)),
		VPC:             get(in.VpcId),
		TargetType:      cmp.Or(string(in.TargetType), "instance"),
		IPAddressType:   cmp.Or(string(in.IpAddressType), "ipv4"),
	}
	if !g.Layer4() && g.ProtocolVersion == "" {
		g.ProtocolVersion = "HTTP1"
	}
	if err := checkGroup(g); err != nil {
		return nil, err
	}
	if in.TargetControlPort != nil {
		return nil, badConfiguration("Target control ports are not available in this version of grue")
	}
	g.Check = defaultCheck(g, string(in.HealthCheckProtocol), get(in.HealthCheckIntervalSeconds))
	err := changeCheck(g, checkChange{
		in.HealthCheckEnabled, in.HealthCheckProtocol, in.HealthCheckPort, in.HealthCheckPath,
		in.HealthCheckIntervalSeconds, in.HealthCheckTimeoutSeconds, in.HealthyThresholdCount, in.UnhealthyThresholdCount, in.Matcher,
	})
	if err != nil {
		return nil, err
	}
	g.Tags, err = readTags(in.Tags)
	return g, err
}

// checkGroup validates what cannot be changed later.
func checkGroup(g *elb.TargetGroup) error {
	if err := checkName("Target group", g.Name); err != nil {
		return err
	}
	switch types.TargetTypeEnum(g.TargetType) {
	case types.TargetTypeEnumInstance, types.TargetTypeEnumIp, types.TargetTypeEnumAlb:
	case types.TargetTypeEnumLambda:
		return notPermitted("Target groups of type '%s' are not available in this version of grue; use type 'ip' or 'instance'", g.TargetType)
	default:
		return invalid("'%s' is not a valid target type", g.TargetType)
	}
	switch {
	case g.Protocol == "":
		return invalid("A protocol must be specified")
	case !slices.Contains(types.ProtocolEnum("").Values(), types.ProtocolEnum(g.Protocol)):
		return invalid("'%s' is not a valid protocol", g.Protocol)
	case g.Protocol == "GENEVE" || g.Protocol == "QUIC" || g.Protocol == "TCP_QUIC":
		return notPermitted("Target groups with protocol '%s' are not available in this version of grue; use HTTP, HTTPS, TCP, TLS, UDP or TCP_UDP", g.Protocol)
	case g.TargetType == "alb" && g.Protocol != "TCP":
		return invalid("Protocol '%s' is not supported for target groups with target type 'alb'; use TCP", g.Protocol)
	case g.Layer4() && g.ProtocolVersion != "":
		return badConfiguration("A protocol version is not supported for target groups with protocol '%s'", g.Protocol)
	case g.Port == 0:
		return invalid("A port must be specified")
	case g.Port < 1 || g.Port > 65535:
		return invalid("The port '%d' must be between '1' and '65535'", g.Port)
	case g.VPC == "":
		return invalid("A VPC ID must be specified")
	case !g.Layer4() && !slices.Contains([]string{"HTTP1", "HTTP2", "GRPC"}, g.ProtocolVersion):
		return invalid("'%s' is not a valid protocol version", g.ProtocolVersion)
	case !slices.Contains(types.TargetGroupIpAddressTypeEnum("").Values(), types.TargetGroupIpAddressTypeEnum(g.IPAddressType)):
		return invalid("'%s' is not a valid IP address type", g.IPAddressType)
	}
	return nil
}

func showGroup(tx *store.Tx, g *elb.TargetGroup) types.TargetGroup {
	c := &g.Check
	out := types.TargetGroup{
		TargetGroupArn:             &g.ARN,
		TargetGroupName:            &g.Name,
		Protocol:                   types.ProtocolEnum(g.Protocol),
		Port:                       aws.Int32(int32(g.Port)),
		VpcId:                      &g.VPC,
		TargetType:                 types.TargetTypeEnum(g.TargetType),
		IpAddressType:              types.TargetGroupIpAddressTypeEnum(g.IPAddressType),
		LoadBalancerArns:           append([]string{}, elb.LoadBalancersOf(tx, g.ARN)...),
		HealthCheckEnabled:         &c.Enabled,
		HealthCheckProtocol:        types.ProtocolEnum(c.Protocol),
		HealthCheckPort:            &c.Port,
		HealthCheckIntervalSeconds: aws.Int32(int32(c.Interval)),
		HealthCheckTimeoutSeconds:  aws.Int32(int32(c.Timeout)),
		HealthyThresholdCount:      aws.Int32(int32(c.Healthy)),
		UnhealthyThresholdCount:    aws.Int32(int32(c.Unhealthy)),
	}
	if !g.Layer4() {
		out.ProtocolVersion = &g.ProtocolVersion
	}
	if !g.HTTPChecks() {
		return out
	}
	out.HealthCheckPath, out.Matcher = &c.Path, &types.Matcher{HttpCode: &c.HTTPCode}
	if g.ProtocolVersion == "GRPC" {
		out.Matcher = &types.Matcher{GrpcCode: &c.GRPCCode}
	}
	return out
}

// DescribeTargetGroups lists target groups: all, or those of a load balancer, or
// those with the given ARNs or names.
func (s *Service) DescribeTargetGroups(ctx context.Context, in *elasticloadbalancingv2.DescribeTargetGroupsInput) (*elasticloadbalancingv2.DescribeTargetGroupsOutput, error) {
	ways := 0
	for _, given := range []bool{get(in.LoadBalancerArn) != "", len(in.TargetGroupArns) > 0, len(in.Names) > 0} {
		if given {
			ways++
		}
	}
	if ways > 1 {
		return nil, invalid("Specify one of the following: the load balancer ARN, the target group ARNs or the target group names")
	}
	out := &elasticloadbalancingv2.DescribeTargetGroupsOutput{TargetGroups: []types.TargetGroup{}}
	var err error
	s.o.Store.View(func(tx *store.Tx) {
		var found, list []*elb.TargetGroup
		if found, err = chooseGroups(ctx, tx, in); err != nil {
			return
		}
		if list, out.NextMarker, err = page(found, func(g *elb.TargetGroup) string { return g.ARN }, in.Marker, in.PageSize); err != nil {
			return
		}
		for _, g := range list {
			out.TargetGroups = append(out.TargetGroups, showGroup(tx, g))
		}
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func chooseGroups(ctx context.Context, tx *store.Tx, in *elasticloadbalancingv2.DescribeTargetGroupsInput) ([]*elb.TargetGroup, error) {
	var found []*elb.TargetGroup
	for i := range in.TargetGroupArns {
		g, err := targetGroup(ctx, tx, &in.TargetGroupArns[i])
		if err != nil {
			return nil, err
		}
		found = append(found, g)
	}
	for _, name := range in.Names {
		g, ok := elb.GroupNamed(tx, scope(ctx), name)
		if !ok {
			return nil, noGroup()
		}
		found = append(found, g)
	}
	switch {
	case get(in.LoadBalancerArn) != "":
		lb, err := loadBalancer(ctx, tx, in.LoadBalancerArn)
		if err != nil {
			return nil, err
		}
		for _, a := range elb.GroupsOf(tx, lb.ARN) {
			if g, ok := elb.Group(tx, a); ok {
				found = append(found, g)
			}
		}
	case len(in.TargetGroupArns)+len(in.Names) == 0:
		found = slices.Collect(elb.Groups(tx, scope(ctx)))
	}
	slices.SortFunc(found, func(a, b *elb.TargetGroup) int { return cmp.Compare(a.ARN, b.ARN) })
	return slices.CompactFunc(found, func(a, b *elb.TargetGroup) bool { return a.ARN == b.ARN }), nil
}

// ModifyTargetGroup changes the health check of a target group.
func (s *Service) ModifyTargetGroup(ctx context.Context, in *elasticloadbalancingv2.ModifyTargetGroupInput) (*elasticloadbalancingv2.ModifyTargetGroupOutput, error) {
	out := &elasticloadbalancingv2.ModifyTargetGroupOutput{}
	return out, s.update(func(tx *store.Tx) error {
		g, err := targetGroup(ctx, tx, in.TargetGroupArn)
		if err != nil {
			return err
		}
		next := *g
		err = changeCheck(&next, checkChange{
			in.HealthCheckEnabled, in.HealthCheckProtocol, in.HealthCheckPort, in.HealthCheckPath,
			in.HealthCheckIntervalSeconds, in.HealthCheckTimeoutSeconds, in.HealthyThresholdCount, in.UnhealthyThresholdCount, in.Matcher,
		})
		if err != nil {
			return err
		}
		elb.PutGroup(tx, &next)
		out.TargetGroups = []types.TargetGroup{showGroup(tx, &next)}
		return nil
	})
}

// DeleteTargetGroup deletes a target group that no listener and no rule uses. Its
// targets are not touched. One that is gone already is no error.
func (s *Service) DeleteTargetGroup(ctx context.Context, in *elasticloadbalancingv2.DeleteTargetGroupInput) (*elasticloadbalancingv2.DeleteTargetGroupOutput, error) {
	group, mine, err := own(ctx, in.TargetGroupArn, "targetGroupArn", "targetgroup", "target group")
	if err != nil {
		return nil, err
	}
	return &elasticloadbalancingv2.DeleteTargetGroupOutput{}, s.update(func(tx *store.Tx) error {
		if _, ok := elb.Group(tx, group); !ok || !mine {
			return nil
		}
		if elb.Associated(tx, group) {
			return wire.Errorf("ResourceInUseException", "Target group '%s' is currently in use by a listener or a rule", group)
		}
		elb.DeleteGroup(tx, group)
		return nil
	})
}
