package ecs

import (
	"errors"
	"reflect"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/cloudmap"
	"github.com/grue-ecs/grue/internal/connect"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/wire"
)

// connectFor is the configuration that a new revision shall have: what the request
// gives, or else what the last revision had. One that is not enabled is absent.
func connectFor(given, now *types.ServiceConnectConfiguration) *types.ServiceConnectConfiguration {
	if given == nil {
		given = now
	}
	if given == nil || !given.Enabled {
		return nil
	}
	return given
}

// resolveConnect checks the Service Connect configuration of a new revision and
// turns it into what the revision provides. The configuration that it answers has
// the namespace filled in. Both are nil without Service Connect.
func (r *request) resolveConnect(c *types.ServiceConnectConfiguration, cluster string, td *state.TaskDefinition, before *state.Connect) (*types.ServiceConnectConfiguration, *state.Connect, error) {
	if c == nil {
		return nil, nil, nil
	}
	if err := checkConnect(c, td); err != nil {
		return nil, nil, err
	}
	ns, ref, err := r.connectNamespace(c.Namespace, cluster)
	if err != nil {
		return nil, nil, err
	}
	echo := *c
	echo.Namespace = &ref
	out := &state.Connect{Namespace: ns.ID, NamespaceName: ns.Name, Log: connectLog(c, r.Region)}
	used := map[int32]bool{}
	for i := range c.Services {
		e, err := connectEndpoint(&c.Services[i], ns.Name, td)
		if err != nil {
			return nil, nil, err
		}
		if e.Ingress, err = ingressPort(&c.Services[i], e, td, used); err != nil {
			return nil, nil, err
		}
		out.Endpoints = append(out.Endpoints, *e)
	}
	return &echo, out, errors.Join(distinct(out.Endpoints), sameProtocols(before, out))
}

// nextConnect gives a revision that an update makes its Service Connect
// configuration.
func (r *request) nextConnect(svc *state.Service, next *types.ServiceRevision, now *state.Revision, td *state.TaskDefinition, in *sdk.UpdateServiceInput) (*state.Connect, error) {
	if in.ServiceConnectConfiguration == nil && in.TaskDefinition == nil {
		next.ServiceConnectConfiguration = now.Body.V.ServiceConnectConfiguration
		return again(now.Connect), nil
	}
	config, mesh, err := r.resolveConnect(connectFor(in.ServiceConnectConfiguration, now.Body.V.ServiceConnectConfiguration), svc.Cluster, td, now.Connect)
	next.ServiceConnectConfiguration = config
	return mesh, err
}

// again is what a revision provides that changes nothing of it. What its tasks know
// is found anew.
func again(c *state.Connect) *state.Connect {
	if c == nil {
		return nil
	}
	next := *c
	next.Endpoints = slices.Clone(c.Endpoints)
	next.Known, next.Snapped = nil, false
	return &next
}

// connectNamespace finds the namespace of a configuration: by name, id or ARN, or
// the cluster's default.
func (r *request) connectNamespace(given *string, cluster string) (ns *cloudmap.Namespace, ref string, err error) {
	ref = get(given)
	if ref == "" {
		if c, ok := state.Clusters.Get(r.Tx, r.Key(cluster)); ok && c.Body.V.ServiceConnectDefaults != nil {
			ref = get(c.Body.V.ServiceConnectDefaults.Namespace)
		}
	}
	if ref == "" {
		return nil, "", invalid("Service Connect requires a namespace. Set serviceConnectConfiguration.namespace, or give the cluster a default with serviceConnectDefaults.")
	}
	ns, ok := cloudmap.FindNamespace(r.Tx, r.Scope, ref)
	if !ok {
		return nil, "", noNamespace(ref)
	}
	return ns, ref, nil
}

func noNamespace(ref string) error {
	return wire.Errorf("NamespaceNotFoundException", "The namespace '%s' was not found. Create it with AWS Cloud Map's CreateHttpNamespace.", clip(ref))
}

// distinct: names are unique within a service, too.
func distinct(list []state.ConnectEndpoint) error {
	for i := range list {
		for j := range i {
			a, b := &list[i], &list[j]
			switch {
			case a.Discovery == b.Discovery:
				return invalid("Duplicate discoveryName found in serviceConnectConfiguration.services: %s", a.Discovery)
			case a.Port == b.Port && strings.EqualFold(a.DNSName, b.DNSName):
				return invalid("Duplicate client alias found in serviceConnectConfiguration.services: %s:%d", a.DNSName, a.Port)
			}
		}
	}
	return nil
}

// sameProtocols: clients of an endpoint cannot change from one protocol to
// another while both revisions serve.
func sameProtocols(before, next *state.Connect) error {
	if before == nil || before.Namespace != next.Namespace {
		return nil
	}
	for i := range next.Endpoints {
		for j := range before.Endpoints {
			a, b := &before.Endpoints[j], &next.Endpoints[i]
			if a.Discovery == b.Discovery && a.PortName == b.PortName && a.Protocol != b.Protocol {
				return invalid("The appProtocol of the port mapping %s cannot change from %s to %s: Service Connect uses it. Add a port mapping with another name.", b.PortName, a.Protocol, b.Protocol)
			}
		}
	}
	return nil
}

// claim makes the endpoints of a revision the service's.
func (r *request) claim(svc *state.Service, c *state.Connect) error {
	if c == nil {
		return nil
	}
	err := connect.Claim(r.Tx, svc, c, r.now)
	var taken *connect.TakenError
	if errors.As(err, &taken) {
		return invalid("Service Connect: %s. Choose another one.", taken.Error())
	}
	return err
}

// sameConnect tells whether two configurations mean the same.
func sameConnect(a, b *types.ServiceConnectConfiguration) bool { return reflect.DeepEqual(a, b) }

// testable tells whether a revision has an endpoint that knows test traffic.
func testable(c *state.Connect) bool {
	if c == nil {
		return false
	}
	for i := range c.Endpoints {
		if c.Endpoints[i].TestHeader != "" {
			return true
		}
	}
	return false
}

// connectResources lists the Cloud Map services of a revision.
func connectResources(rev *state.Revision) []types.ServiceConnectServiceResource {
	if rev.Connect == nil {
		return nil
	}
	var out []types.ServiceConnectServiceResource
	for _, e := range rev.Connect.Endpoints {
		out = append(out, types.ServiceConnectServiceResource{DiscoveryName: ptr(e.Discovery), DiscoveryArn: ptr(e.CloudMap)})
	}
	return out
}
