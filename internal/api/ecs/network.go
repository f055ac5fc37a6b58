package ecs

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/wire"
)

// checkNetwork checks a network configuration against a network mode and fills
// in its default.
func checkNetwork(n *types.NetworkConfiguration, mode types.NetworkMode) (*types.NetworkConfiguration, error) {
	given := n != nil && n.AwsvpcConfiguration != nil
	if mode != types.NetworkModeAwsvpc {
		if given {
			return nil, invalid("Network Configuration is not valid for the given networkMode of this task definition.")
		}
		return nil, nil
	}
	if !given {
		return nil, invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
	}
	v := *n.AwsvpcConfiguration
	switch {
	case len(v.Subnets) == 0:
		return nil, invalid("subnets can not be empty.")
	case len(v.Subnets) > 16:
		return nil, invalid("awsvpcConfiguration can have at most 16 subnets; there were %d.", len(v.Subnets))
	case len(v.SecurityGroups) > 5:
		return nil, invalid("awsvpcConfiguration can have at most 5 security groups; there were %d.", len(v.SecurityGroups))
	case slices.Contains(v.Subnets, ""):
		return nil, invalid("A subnet id cannot be empty.")
	}
	if err := oneOf("assignPublicIp", v.AssignPublicIp, v.AssignPublicIp.Values()); err != nil {
		return nil, err
	}
	if v.AssignPublicIp == "" {
		v.AssignPublicIp = types.AssignPublicIpDisabled
	}
	v.SecurityGroups = list(v.SecurityGroups)
	return &types.NetworkConfiguration{AwsvpcConfiguration: &v}, nil
}

// zones are the availability zones of a region.
func zones(region string) []string { return []string{region + "a", region + "b", region + "c"} }

// zonesOf finds the availability zones of subnets. It asks outside of any
// transaction, since who answers may need one of its own.
func (s *Service) zonesOf(ctx context.Context, n *types.NetworkConfiguration) map[string]string {
	out := map[string]string{}
	if n == nil || n.AwsvpcConfiguration == nil || s.o.Subnet == nil {
		return out
	}
	c := wire.CallerFrom(ctx)
	for _, id := range n.AwsvpcConfiguration.Subnets[:min(16, len(n.AwsvpcConfiguration.Subnets))] {
		if az, _, ok := s.o.Subnet(arn.Scope{Account: c.Account, Region: c.Region}, id); ok {
			out[id] = az
		}
	}
	return out
}

// place chooses subnet and availability zone for the i-th task of a request: one
// after the other.
func place(region string, n *types.NetworkConfiguration, known map[string]string, i int) (az, subnet string) {
	all := zones(region)
	az = all[i%len(all)]
	if n == nil || n.AwsvpcConfiguration == nil {
		return az, ""
	}
	subnet = n.AwsvpcConfiguration.Subnets[i%len(n.AwsvpcConfiguration.Subnets)]
	if z := known[subnet]; z != "" {
		az = z
	}
	return az, subnet
}

// platforms are the versions of the Fargate platform for Linux.
var platforms = []string{"LATEST", "1.4.0", "1.3.0"}

// platformVersion checks a platform version; "" off Fargate.
func platformVersion(given string, fargate bool) (asGiven, resolved string, err error) {
	switch {
	case !fargate && given != "":
		return "", "", invalid("The platform version must be null when specifying an EC2 launch type.")
	case !fargate:
		return "", "", nil
	case given == "":
		given = "LATEST"
	}
	if !slices.Contains(platforms, given) {
		return "", "", platformUnknown(given)
	}
	if given == "LATEST" {
		return given, "1.4.0", nil
	}
	return given, given, nil
}
