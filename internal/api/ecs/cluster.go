package ecs

import (
	"context"
	"regexp"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/wire"
)

var plainName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,255}$`)

// CreateCluster makes a cluster; one that exists is returned as it is.
func (s *Service) CreateCluster(ctx context.Context, in *sdk.CreateClusterInput) (*sdk.CreateClusterOutput, error) {
	name := get(in.ClusterName)
	if name == "" {
		name = "default"
	}
	if !plainName.MatchString(name) {
		return nil, invalid("The cluster name '%s' is not valid: up to 255 letters, numbers, underscores and hyphens.", clip(name))
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	if err := checkSettings(in.Settings); err != nil {
		return nil, err
	}
	if err := checkExecConfiguration(in.Configuration); err != nil {
		return nil, err
	}
	if err := checkProviders(in.CapacityProviders, in.DefaultCapacityProviderStrategy, in.CapacityProviders); err != nil {
		return nil, err
	}
	var out types.Cluster
	err := s.update(ctx, func(r *request) error {
		c, ok := state.Clusters.Get(r.Tx, r.Key(name))
		if !ok || get(c.Body.V.Status) != active {
			defaults, err := r.connectDefaults(in.ServiceConnectDefaults)
			if err != nil {
				return err
			}
			c = &state.Cluster{Scope: r.Scope, Name: name, Created: r.now}
			c.Body.V = types.Cluster{
				ClusterArn: ptr(r.Cluster(name)), ClusterName: &name, Status: ptr(active),
				Configuration: in.Configuration, Tags: in.Tags, Settings: r.settings(in.Settings),
				CapacityProviders: in.CapacityProviders, DefaultCapacityProviderStrategy: in.DefaultCapacityProviderStrategy,
				ServiceConnectDefaults: defaults,
			}
			state.Clusters.Put(r.Tx, c.Key(), c)
		}
		out = s.clusterView(r, c, everything)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &sdk.CreateClusterOutput{Cluster: &out}, nil
}

// checkSettings: there is one cluster setting.
func checkSettings(list []types.ClusterSetting) error {
	for _, x := range list {
		if x.Name != types.ClusterSettingNameContainerInsights {
			return invalid("Invalid cluster setting name '%s'. Valid values are: containerInsights", clip(string(x.Name)))
		}
		switch get(x.Value) {
		case "enabled", "disabled", "enhanced":
		default:
			return invalid("Invalid cluster setting value '%s'. Valid values are: enabled, disabled, enhanced", clip(get(x.Value)))
		}
	}
	return nil
}

// settings are given ones, or what the account's settings say.
func (r *request) settings(given []types.ClusterSetting) []types.ClusterSetting {
	if len(given) > 0 {
		return given[len(given)-1:]
	}
	return []types.ClusterSetting{{Name: types.ClusterSettingNameContainerInsights, Value: ptr(r.effective("containerInsights"))}}
}

// UpdateCluster changes configuration and settings.
func (s *Service) UpdateCluster(ctx context.Context, in *sdk.UpdateClusterInput) (*sdk.UpdateClusterOutput, error) {
	if err := checkSettings(in.Settings); err != nil {
		return nil, err
	}
	if err := checkExecConfiguration(in.Configuration); err != nil {
		return nil, err
	}
	c, err := s.changeCluster(ctx, in.Cluster, func(r *request, c *types.Cluster) error {
		if in.ServiceConnectDefaults != nil {
			defaults, err := r.connectDefaults(in.ServiceConnectDefaults)
			if err != nil {
				return err
			}
			c.ServiceConnectDefaults = defaults
		}
		if in.Configuration != nil {
			c.Configuration = in.Configuration
		}
		if len(in.Settings) > 0 {
			c.Settings = in.Settings[len(in.Settings)-1:]
		}
		return nil
	})
	return &sdk.UpdateClusterOutput{Cluster: c}, err
}

// UpdateClusterSettings changes settings.
func (s *Service) UpdateClusterSettings(ctx context.Context, in *sdk.UpdateClusterSettingsInput) (*sdk.UpdateClusterSettingsOutput, error) {
	if len(in.Settings) == 0 {
		return nil, invalid("Settings cannot be empty.")
	}
	if err := checkSettings(in.Settings); err != nil {
		return nil, err
	}
	c, err := s.changeCluster(ctx, in.Cluster, func(_ *request, c *types.Cluster) error {
		c.Settings = in.Settings[len(in.Settings)-1:]
		return nil
	})
	return &sdk.UpdateClusterSettingsOutput{Cluster: c}, err
}

// changeCluster changes a copy of the cluster's body.
func (s *Service) changeCluster(ctx context.Context, cluster *string, fn func(*request, *types.Cluster) error) (*types.Cluster, error) {
	var out types.Cluster
	err := s.update(ctx, func(r *request) error {
		c, err := r.cluster(cluster)
		if err != nil {
			return err
		}
		next := *c
		if err := fn(r, &next.Body.V); err != nil {
			return err
		}
		state.Clusters.Put(r.Tx, next.Key(), &next)
		out = s.clusterView(r, &next, everything)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &out, nil
}

// DeleteCluster makes an empty cluster INACTIVE. The container instance does not
// hold it: that is this machine.
func (s *Service) DeleteCluster(ctx context.Context, in *sdk.DeleteClusterInput) (*sdk.DeleteClusterOutput, error) {
	if get(in.Cluster) == "" {
		return nil, invalid("Cluster can not be blank.")
	}
	var out types.Cluster
	err := s.update(ctx, func(r *request) error {
		c, err := r.cluster(in.Cluster)
		if err != nil {
			return err
		}
		n := r.census(c.Name)
		if n.active+n.draining > 0 {
			return wire.Errorf("ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active.")
		}
		if n.running+n.pending+n.stopping > 0 {
			return wire.Errorf("ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.")
		}
		next := *c
		next.Body.V.Status = ptr(inactive)
		state.Clusters.Put(r.Tx, next.Key(), &next)
		out = s.clusterView(r, &next, everything)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &sdk.DeleteClusterOutput{Cluster: &out}, nil
}

// DescribeClusters describes clusters; without names the default one.
func (s *Service) DescribeClusters(ctx context.Context, in *sdk.DescribeClustersInput) (*sdk.DescribeClustersOutput, error) {
	names := in.Clusters
	if len(names) == 0 {
		names = []string{"default"}
	}
	if err := batch("Clusters", len(names), 100); err != nil {
		return nil, err
	}
	for _, f := range in.Include {
		if err := oneOf("include", f, f.Values()); err != nil {
			return nil, err
		}
	}
	out := &sdk.DescribeClustersOutput{Clusters: []types.Cluster{}, Failures: []types.Failure{}}
	return out, s.view(ctx, func(r *request) error {
		for _, ref := range names {
			name, ok := r.clusterName(&ref)
			c, found := state.Clusters.Get(r.Tx, r.Key(name))
			if !ok || !found {
				if ok {
					ref = r.Cluster(name)
				}
				out.Failures = append(out.Failures, missing(ref))
				continue
			}
			out.Clusters = append(out.Clusters, s.clusterView(r, c, func(f types.ClusterField) bool { return slices.Contains(in.Include, f) }))
		}
		return nil
	})
}

// ListClusters lists the ARNs of ACTIVE clusters.
func (s *Service) ListClusters(ctx context.Context, in *sdk.ListClustersInput) (*sdk.ListClustersOutput, error) {
	var arns []string
	if err := s.view(ctx, func(r *request) error {
		for _, c := range state.Clusters.Prefix(r.Tx, r.Key("")) {
			if get(c.Body.V.Status) == active {
				arns = append(arns, r.Cluster(c.Name))
			}
		}
		return nil
	}); err != nil {
		return nil, err
	}
	page, next, err := pageARNs(arns, in.NextToken, in.MaxResults, 100)
	return &sdk.ListClustersOutput{ClusterArns: page, NextToken: next}, err
}
