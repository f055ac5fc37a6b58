package ecs

import (
	"strconv"
	"strings"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/state"
)

// active is the status of clusters and services that are not deleted.
const (
	active   = "ACTIVE"
	draining = "DRAINING"
	inactive = "INACTIVE"
)

// clusterName is the name that "cluster" means: a name, an ARN, or nothing for
// "default". ok is false for an ARN of another account, region or kind.
func (r *request) clusterName(cluster *string) (name string, ok bool) {
	c := get(cluster)
	if c == "" {
		return "default", true
	}
	if !arn.Is(c) {
		return c, true
	}
	parts, ok := r.own(c, "cluster")
	if !ok || len(parts) != 1 {
		return "", false
	}
	return parts[0], true
}

// own splits an ARN of this account, region and kind.
func (r *request) own(s, kind string) (parts []string, ok bool) {
	a, ok := arn.Parse(s)
	if !ok || a.Account != r.Account || a.Region != r.Region {
		return nil, false
	}
	return arn.Path(s, "ecs", kind)
}

// cluster finds an ACTIVE cluster.
func (r *request) cluster(cluster *string) (*state.Cluster, error) {
	name, ok := r.clusterName(cluster)
	if !ok {
		return nil, noCluster()
	}
	c, ok := state.Clusters.Get(r.Tx, r.Key(name))
	if !ok || get(c.Body.V.Status) != active {
		return nil, noCluster()
	}
	return c, nil
}

// member turns a short name or an ARN "kind/cluster/name" into the name. An ARN
// of another cluster, account or region names nothing here.
func (r *request) member(kind, cluster, ref string) (name string, ok bool) {
	if !arn.Is(ref) {
		return ref, ref != "" && !strings.Contains(ref, "/")
	}
	parts, ok := r.own(ref, kind)
	switch {
	case ok && len(parts) == 2:
		return parts[1], parts[0] == cluster
	case ok && len(parts) == 1: // the old short format
		return parts[0], true
	}
	return "", false
}

// service finds a service of any status.
func (r *request) service(cluster, ref string) (*state.Service, bool) {
	name, ok := r.member("service", cluster, ref)
	if !ok {
		return nil, false
	}
	return state.Services.Get(r.Tx, r.Key(cluster, name))
}

// task finds a task.
func (r *request) task(cluster, ref string) (*state.Task, bool) {
	id, ok := r.member("task", cluster, ref)
	if !ok {
		return nil, false
	}
	return state.Tasks.Get(r.Tx, state.TaskKey(r.Scope, cluster, id))
}

// definition finds what "family", "family:revision" or an ARN means. A family
// means its latest ACTIVE revision.
func (r *request) definition(ref string) (*state.TaskDefinition, bool) {
	if arn.Is(ref) {
		parts, ok := r.own(ref, "task-definition")
		if !ok || len(parts) != 1 {
			return nil, false
		}
		ref = parts[0]
	}
	family, revision, numbered := strings.Cut(ref, ":")
	if numbered {
		n, err := strconv.Atoi(revision)
		if err != nil {
			return nil, false
		}
		return state.TaskDefinitions.Get(r.Tx, state.TaskDefinitionKey(r.Scope, family, n))
	}
	f, ok := state.Families.Get(r.Tx, r.Key(family))
	if !ok {
		return nil, false
	}
	for n := f.Last; n > 0; n-- {
		td, ok := state.TaskDefinitions.Get(r.Tx, state.TaskDefinitionKey(r.Scope, family, n))
		if ok && string(td.Def.V.Status) == active {
			return td, true
		}
	}
	return nil, false
}

// arnOf shows a name of failures[] as the ARN it would have.
func (r *request) arnOf(kind, cluster, ref string) string {
	if arn.Is(ref) {
		return ref
	}
	return r.ECS(kind + "/" + cluster + "/" + ref)
}
