package change

import (
	"reflect"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/revision"
	"github.com/grue-ecs/grue/internal/taskdef"
)

// settings are the members of a service that are in no revision.
type settings struct {
	DesiredCount                  *int32
	DeploymentConfiguration       *types.DeploymentConfiguration
	HealthCheckGracePeriodSeconds *int32
	AvailabilityZoneRebalancing   types.AvailabilityZoneRebalancing
	PlacementConstraints          []types.PlacementConstraint
	PlacementStrategy             []types.PlacementStrategy
	PropagateTags                 types.PropagateTags
	EnableECSManagedTags          *bool
	EnableExecuteCommand          *bool
}

// Compare tells what a plan changes. rev and definition are those in force, nil
// when the service is new. digest is what an image means now, "" = not known.
func (p *Plan) Compare(svc *types.Service, rev *types.ServiceRevision, definition *types.TaskDefinition, digest func(image string) string) []revision.Difference {
	before := revision.Subject{Definition: normal(definition)}
	if rev != nil {
		before.Revision = *rev
	}
	after := p.subject(before, digest)
	found := revision.Compare(before, after)
	was, will := p.settings(svc)
	found = append(found, revision.Values("", was, will)...)
	for _, t := range p.Tag {
		d := revision.Difference{Path: "tags[" + aws.ToString(t.Key) + "]", After: t.Value}
		for _, old := range svc.Tags {
			if aws.ToString(old.Key) == aws.ToString(t.Key) {
				d.Before = old.Value
			}
		}
		found = append(found, d)
	}
	return found
}

// subject is the revision that the plan will make, as far as it can be known.
func (p *Plan) subject(before revision.Subject, digest func(string) string) revision.Subject {
	after := before
	after.Revision = p.revision(before.Revision)
	if p.Definition != nil {
		after.Definition = normal(p.Definition)
	}
	fresh := p.Create != nil || p.Register != nil || p.Update != nil && p.Update.ForceNewDeployment ||
		len(revision.Compare(before, revision.Subject{Revision: after.Revision, Definition: before.Definition})) > 0
	if fresh && after.Definition != nil {
		after.Revision.ContainerImages = nil
		for _, c := range after.Definition.ContainerDefinitions {
			after.Revision.ContainerImages = append(after.Revision.ContainerImages, types.ContainerImage{
				ContainerName: c.Name, Image: c.Image, ImageDigest: text(digest(aws.ToString(c.Image))),
			})
		}
	}
	return after
}

// normal is a definition with ECS's defaults, so that a file which leaves them out
// is no difference; nil = one without members.
func normal(d *types.TaskDefinition) *types.TaskDefinition {
	if d == nil {
		return &types.TaskDefinition{}
	}
	n, err := taskdef.Normalise(*d)
	if err != nil { // ECS will say what is wrong with it
		return d
	}
	return &n
}

// revision lays the plan over a revision.
func (p *Plan) revision(r types.ServiceRevision) types.ServiceRevision {
	name := ""
	switch {
	case p.Register != nil:
		name = aws.ToString(p.Register.Family) + ":(new)"
	case p.Definition != nil:
		name = aws.ToString(p.Definition.TaskDefinitionArn)
	}
	if name != "" {
		r.TaskDefinition = &name
	}
	if c := p.Create; c != nil {
		r.LaunchType, r.CapacityProviderStrategy, r.PlatformVersion = c.LaunchType, c.CapacityProviderStrategy, c.PlatformVersion
		r.LoadBalancers, r.ServiceRegistries, r.NetworkConfiguration = c.LoadBalancers, c.ServiceRegistries, c.NetworkConfiguration
		r.ServiceConnectConfiguration, r.VolumeConfigurations = c.ServiceConnectConfiguration, c.VolumeConfigurations
		r.VpcLatticeConfigurations, r.GatewayConnectors, r.Monitoring = c.VpcLatticeConfigurations, c.GatewayConnectors, c.Monitoring
		return r
	}
	u := p.Update
	over(&r.CapacityProviderStrategy, u.CapacityProviderStrategy)
	over(&r.LoadBalancers, u.LoadBalancers)
	over(&r.ServiceRegistries, u.ServiceRegistries)
	over(&r.VolumeConfigurations, u.VolumeConfigurations)
	over(&r.VpcLatticeConfigurations, u.VpcLatticeConfigurations)
	over(&r.GatewayConnectors, u.GatewayConnectors)
	lay(&r.ServiceConnectConfiguration, u.ServiceConnectConfiguration)
	lay(&r.Monitoring, u.Monitoring)
	r.NetworkConfiguration = laid(r.NetworkConfiguration, u.NetworkConfiguration)
	if v := aws.ToString(u.PlatformVersion); v != "" && v != "LATEST" { // which it is, only ECS knows
		r.PlatformVersion = u.PlatformVersion
	}
	return r
}

// settings are those before and after the plan.
func (p *Plan) settings(svc *types.Service) (was, will settings) {
	if svc != nil {
		was = settings{
			&svc.DesiredCount, svc.DeploymentConfiguration, svc.HealthCheckGracePeriodSeconds, svc.AvailabilityZoneRebalancing,
			svc.PlacementConstraints, svc.PlacementStrategy, svc.PropagateTags, &svc.EnableECSManagedTags, &svc.EnableExecuteCommand,
		}
	}
	given := settings{}
	if c := p.Create; c != nil {
		given = settings{
			c.DesiredCount, c.DeploymentConfiguration, c.HealthCheckGracePeriodSeconds, c.AvailabilityZoneRebalancing,
			c.PlacementConstraints, c.PlacementStrategy, c.PropagateTags, &c.EnableECSManagedTags, &c.EnableExecuteCommand,
		}
	} else if u := p.Update; u != nil {
		given = settings{
			u.DesiredCount, u.DeploymentConfiguration, u.HealthCheckGracePeriodSeconds, u.AvailabilityZoneRebalancing,
			u.PlacementConstraints, u.PlacementStrategy, u.PropagateTags, u.EnableECSManagedTags, u.EnableExecuteCommand,
		}
	}
	will = *laid(&was, &given)
	if c := will.DeploymentConfiguration; c != nil { // ECS keeps steps of the strategy in force only
		next := *c
		if next.Strategy != types.DeploymentStrategyCanary {
			next.CanaryConfiguration = nil
		}
		if next.Strategy != types.DeploymentStrategyLinear {
			next.LinearConfiguration = nil
		}
		will.DeploymentConfiguration = &next
	}
	return was, will
}

// over replaces a list by one that is given; an empty one that is given removes it.
func over[T any](to *[]T, given []T) {
	if given != nil {
		*to = given
	}
}

// laid is a struct with what is given over what there is, at every depth: absent
// members keep what there is, for ECS fills them in.
func laid[T any](was, given *T) *T {
	switch {
	case given == nil:
		return was
	case was == nil:
		return given
	}
	v := reflect.New(reflect.TypeFor[T]()).Elem()
	merge(v, reflect.ValueOf(was).Elem(), reflect.ValueOf(given).Elem())
	return v.Addr().Interface().(*T)
}

func merge(to, was, given reflect.Value) {
	to.Set(was)
	for i := range to.NumField() {
		if !to.Type().Field(i).IsExported() {
			continue
		}
		w, g := was.Field(i), given.Field(i)
		switch {
		case (g.Kind() == reflect.Pointer || g.Kind() == reflect.Slice || g.Kind() == reflect.Map || g.Kind() == reflect.Interface) && g.IsNil(),
			g.Kind() == reflect.String && g.Len() == 0:
		case g.Kind() == reflect.Pointer && g.Elem().Kind() == reflect.Struct && !w.IsNil():
			next := reflect.New(g.Type().Elem())
			merge(next.Elem(), w.Elem(), g.Elem())
			to.Field(i).Set(next)
		default:
			to.Field(i).Set(g)
		}
	}
}

// text is s, or nil for "".
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
