package servicediscovery

import (
	"context"
	"math/rand/v2"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/cloudmap"
	"github.com/grue-ecs/grue/internal/store"
)

// maxDiscovered and usualDiscovered are how many instances an answer can have,
// and has when the request does not say.
const (
	maxDiscovered   = 1000
	usualDiscovered = 100
)

// DiscoverInstances finds the instances of a service by its name, in random order.
func (s *Service) DiscoverInstances(ctx context.Context, in *servicediscovery.DiscoverInstancesInput) (*servicediscovery.DiscoverInstancesOutput, error) {
	most := usualDiscovered
	if in.MaxResults != nil {
		if most = int(*in.MaxResults); most < 1 || most > maxDiscovered {
			return nil, invalid("MaxResults must be between 1 and %d; it was %d.", maxDiscovered, most)
		}
	}
	keep, err := byHealth(in.HealthStatus)
	if err != nil {
		return nil, err
	}
	out := &servicediscovery.DiscoverInstancesOutput{Instances: []types.HttpInstanceSummary{}}
	err = s.view(func(tx *store.Tx) error {
		n, x, err := discovered(tx, scopeOf(ctx), in.NamespaceName, in.ServiceName)
		if err != nil {
			return err
		}
		var found []*cloudmap.Instance
		for _, i := range cloudmap.Instances(tx, x.ID) {
			if matches(i, in.QueryParameters) {
				found = append(found, i)
			}
		}
		found = keep(x, preferred(found, in.OptionalParameters))
		rand.Shuffle(len(found), func(i, j int) { found[i], found[j] = found[j], found[i] })
		for _, i := range found[:min(len(found), most)] {
			out.Instances = append(out.Instances, types.HttpInstanceSummary{
				InstanceId: aws.String(i.ID), NamespaceName: aws.String(n.HTTPName), ServiceName: aws.String(x.Name),
				HealthStatus: types.HealthStatus(cloudmap.HealthOf(x, i)), Attributes: i.Attributes,
			})
		}
		out.InstancesRevision = aws.Int64(int64(cloudmap.Revision(tx, x.ID)))
		return nil
	})
	return out, err
}

// DiscoverInstancesRevision tells whether it is worth asking again.
func (s *Service) DiscoverInstancesRevision(ctx context.Context, in *servicediscovery.DiscoverInstancesRevisionInput) (*servicediscovery.DiscoverInstancesRevisionOutput, error) {
	out := &servicediscovery.DiscoverInstancesRevisionOutput{}
	err := s.view(func(tx *store.Tx) error {
		_, x, err := discovered(tx, scopeOf(ctx), in.NamespaceName, in.ServiceName)
		if err == nil {
			out.InstancesRevision = aws.Int64(int64(cloudmap.Revision(tx, x.ID)))
		}
		return err
	})
	return out, err
}

// discovered finds a service by names.
func discovered(tx *store.Tx, scope arn.Scope, namespaceName, serviceName *string) (*cloudmap.Namespace, *cloudmap.Service, error) {
	space, err := required("NamespaceName", namespaceName, 1024)
	if err != nil {
		return nil, nil, err
	}
	name, err := required("ServiceName", serviceName, 1024)
	if err != nil {
		return nil, nil, err
	}
	for _, n := range cloudmap.Namespaces(tx, scope) {
		if n.HTTPName != space {
			continue
		}
		if x, ok := cloudmap.FindService(tx, scope, n.ID, name); ok {
			return n, x, nil
		}
		return nil, nil, noService(name + " in the namespace " + space)
	}
	return nil, nil, noNamespace(space)
}

func matches(i *cloudmap.Instance, want map[string]string) bool {
	for key, value := range want {
		if got, ok := i.Attributes[key]; !ok || got != value {
			return false
		}
	}
	return true
}

// preferred are the instances that match the optional parameters, or all if none
// does.
func preferred(all []*cloudmap.Instance, optional map[string]string) []*cloudmap.Instance {
	some := slices.DeleteFunc(slices.Clone(all), func(i *cloudmap.Instance) bool { return !matches(i, optional) })
	if len(some) == 0 {
		return all
	}
	return some
}

// byHealth is how a HealthStatus filter chooses. Without one it is
// HEALTHY_OR_ELSE_ALL; services without a health check are never filtered.
func byHealth(status types.HealthStatusFilter) (func(*cloudmap.Service, []*cloudmap.Instance) []*cloudmap.Instance, error) {
	if status == "" {
		status = types.HealthStatusFilterHealthyOrElseAll
	}
	if !slices.Contains(status.Values(), status) {
		return nil, invalid("HealthStatus must be one of %v; it was %q.", status.Values(), status)
	}
	return func(x *cloudmap.Service, all []*cloudmap.Instance) []*cloudmap.Instance {
		want := cloudmap.Healthy
		switch {
		case !x.CustomHealth, status == types.HealthStatusFilterAll:
			return all
		case status == types.HealthStatusFilterUnhealthy:
			want = cloudmap.Unhealthy
		}
		some := slices.DeleteFunc(slices.Clone(all), func(i *cloudmap.Instance) bool { return cloudmap.HealthOf(x, i) != want })
		if len(some) == 0 && status == types.HealthStatusFilterHealthyOrElseAll {
			return all
		}
		return some
	}, nil
}
