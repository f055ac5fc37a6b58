package revision

import (
	"fmt"
	"reflect"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Back is the update that makes a service what a former revision of it was: its
// task definition, and each other member that differs now and that UpdateService
// can carry. cannot tells what differs and stays.
func Back(now, former *types.ServiceRevision) (in *ecs.UpdateServiceInput, cannot []string) {
	in = &ecs.UpdateServiceInput{TaskDefinition: former.TaskDefinition}
	restore(&in.LoadBalancers, now.LoadBalancers, former.LoadBalancers)
	restore(&in.ServiceRegistries, now.ServiceRegistries, former.ServiceRegistries)
	restore(&in.CapacityProviderStrategy, now.CapacityProviderStrategy, former.CapacityProviderStrategy)
	restore(&in.VolumeConfigurations, now.VolumeConfigurations, former.VolumeConfigurations)
	restore(&in.VpcLatticeConfigurations, now.VpcLatticeConfigurations, former.VpcLatticeConfigurations)
	restore(&in.GatewayConnectors, now.GatewayConnectors, former.GatewayConnectors)
	if former.NetworkConfiguration != nil && !reflect.DeepEqual(now.NetworkConfiguration, former.NetworkConfiguration) {
		in.NetworkConfiguration = former.NetworkConfiguration
	}
	if former.PlatformVersion != nil && aws.ToString(now.PlatformVersion) != aws.ToString(former.PlatformVersion) {
		in.PlatformVersion = former.PlatformVersion
	}
	if !reflect.DeepEqual(now.ServiceConnectConfiguration, former.ServiceConnectConfiguration) {
		if in.ServiceConnectConfiguration = former.ServiceConnectConfiguration; in.ServiceConnectConfiguration == nil {
			in.ServiceConnectConfiguration = &types.ServiceConnectConfiguration{Enabled: false}
		}
	}
	if !reflect.DeepEqual(now.Monitoring, former.Monitoring) {
		if in.Monitoring = former.Monitoring; in.Monitoring == nil {
			cannot = append(cannot, "monitoring (the former revision had none)")
		}
	}
	return in, append(cannot, fixed(now, former)...)
}

// restore sets a list that differs; an empty list removes what there is.
func restore[T any](to *[]T, now, former []T) {
	if len(now) == 0 && len(former) == 0 || reflect.DeepEqual(now, former) {
		return
	}
	*to = append([]T{}, former...)
}

// fixed names members of a revision that UpdateService has no word for.
func fixed(now, former *types.ServiceRevision) (list []string) {
	differ := func(member, was, is string) {
		if was != is {
			list = append(list, fmt.Sprintf("%s (%s then, %s now)", member, word(was), word(is)))
		}
	}
	if len(former.CapacityProviderStrategy) == 0 && len(now.CapacityProviderStrategy) == 0 {
		differ("launchType", string(former.LaunchType), string(now.LaunchType))
	}
	differ("guardDutyEnabled", fmt.Sprint(former.GuardDutyEnabled), fmt.Sprint(now.GuardDutyEnabled))
	if !reflect.DeepEqual(former.Overrides, now.Overrides) {
		list = append(list, "overrides")
	}
	return list
}

func word(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
