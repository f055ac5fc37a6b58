package ecs

import (
	"errors"
	"reflect"
	"regexp"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/cloudmap"
	"github.com/grue-ecs/grue/internal/connect"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/wire"
)

// Names of Service Connect.
var (
	discoveryName = regexp.MustCompile(`^[a-z0-9_][a-z0-9_-]{0,63}$`)
	aliasName     = regexp.MustCompile(`^[a-z0-9_.][a-z0-9_.-]{0,126}$`)
)

// testHeader selects the green revision where the alias names no header.
const testHeader = "x-amzn-ecs-blue-green-test"

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
	config, mesh, err := r.resolveConnect(connectFor(in.ServiceConnectConfiguration, now.Body.V.ServiceConnectConfiguration), svc.Cluster, td, now.Connect)
	next.ServiceConnectConfiguration = config
	return mesh, err
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

// checkConnect checks what needs no record.
func checkConnect(c *types.ServiceConnectConfiguration, td *state.TaskDefinition) error {
	def := &td.Def.V
	switch mode := def.NetworkMode; {
	case mode == types.NetworkModeHost || mode == types.NetworkModeNone:
		return invalid("Service Connect is not supported with the network mode %s of the task definition; use awsvpc or bridge.", mode)
	case !hasMemory(def):
		return invalid("Service Connect requires a memory limit: set memory of the task definition, or of each of its containers.")
	}
	seen := map[string]bool{}
	for _, x := range c.Services {
		if seen[get(x.PortName)] {
			return invalid("Duplicate portName found in serviceConnectConfiguration.services: %s", clip(get(x.PortName)))
		}
		seen[get(x.PortName)] = true
	}
	if err := checkConnectLogs(c); err != nil {
		return err
	}
	for i := range c.Services {
		if err := checkTLS(c.Services[i].Tls, def.NetworkMode); err != nil {
			return err
		}
	}
	return nil
}

func hasMemory(def *types.TaskDefinition) bool {
	if get(def.Memory) != "" {
		return true
	}
	for _, c := range def.ContainerDefinitions {
		if c.Memory == nil && c.MemoryReservation == nil {
			return false
		}
	}
	return true
}

// connectEndpoint fills in the defaults of one service of the configuration.
func connectEndpoint(x *types.ServiceConnectService, namespace string, td *state.TaskDefinition) (*state.ConnectEndpoint, error) {
	e := &state.ConnectEndpoint{PortName: get(x.PortName), Discovery: get(x.DiscoveryName), TLS: x.Tls != nil}
	if e.PortName == "" {
		return nil, invalid("serviceConnectConfiguration.services requires portName, the name of a port mapping of the task definition.")
	}
	if e.Discovery == "" {
		e.Discovery = e.PortName
	}
	if !discoveryName.MatchString(e.Discovery) {
		return nil, invalid("The discoveryName '%s' is not valid: up to 64 lowercase letters, numbers, underscores and hyphens, not starting with a hyphen.", clip(e.Discovery))
	}
	if err := fromPortMapping(e, td); err != nil {
		return nil, err
	}
	if len(x.ClientAliases) != 1 {
		return nil, invalid("Each of serviceConnectConfiguration.services requires exactly one of clientAliases, with a port; %s had %d.", e.PortName, len(x.ClientAliases))
	}
	if err := fromAlias(e, &x.ClientAliases[0], namespace); err != nil {
		return nil, err
	}
	return e, fromTimeout(e, x.Timeout)
}

// fromPortMapping finds the named port in the task definition.
func fromPortMapping(e *state.ConnectEndpoint, td *state.TaskDefinition) error {
	for _, c := range td.Def.V.ContainerDefinitions {
		for _, p := range c.PortMappings {
			if get(p.Name) != e.PortName {
				continue
			}
			if p.ContainerPort == nil {
				return invalid("The port mapping %s has no containerPort: Service Connect does not support port ranges.", e.PortName)
			}
			if p.Protocol == types.TransportProtocolUdp {
				return invalid("The port mapping %s has the protocol udp, which Service Connect does not support; use tcp.", e.PortName)
			}
			e.Container, e.ContainerPort = get(c.Name), int(*p.ContainerPort)
			e.Protocol = connectProtocol(p.AppProtocol)
			return nil
		}
	}
	return invalid("The portName '%s' of serviceConnectConfiguration does not match the name of a port mapping in the task definition %s:%d.", clip(e.PortName), td.Family, td.Revision)
}

// connectProtocol translates appProtocol; without one requests are not looked into.
func connectProtocol(p types.ApplicationProtocol) string {
	switch p {
	case types.ApplicationProtocolHttp:
		return route.ProtocolHTTP
	case types.ApplicationProtocolHttp2:
		return route.ProtocolHTTP2
	case types.ApplicationProtocolGrpc:
		return route.ProtocolGRPC
	}
	return route.ProtocolTCP
}

// fromAlias takes how clients call the endpoint.
func fromAlias(e *state.ConnectEndpoint, a *types.ServiceConnectClientAlias, namespace string) error {
	if a.Port == nil {
		return invalid("clientAliases requires port, where clients call %s.", e.PortName)
	}
	if err := bounds("clientAliases.port", *a.Port, 1, 65535); err != nil {
		return err
	}
	e.Port, e.DNSName = int(*a.Port), get(a.DnsName)
	if e.DNSName == "" {
		e.DNSName = e.Discovery + "." + namespace
	} else if !aliasName.MatchString(e.DNSName) {
		return invalid("The dnsName '%s' is not valid: up to 127 lowercase letters, numbers, underscores, hyphens and periods, not starting with a hyphen.", clip(e.DNSName))
	}
	if e.Protocol != route.ProtocolTCP {
		e.TestHeader = testHeader
	}
	if t := a.TestTrafficRules; t != nil && t.Header != nil {
		switch {
		case e.Protocol == route.ProtocolTCP:
			return invalid("testTrafficRules requires the appProtocol http, http2 or grpc in the port mapping %s.", e.PortName)
		case get(t.Header.Name) == "":
			return invalid("testTrafficRules.header requires name.")
		case t.Header.Value != nil && get(t.Header.Value.Exact) == "":
			return invalid("testTrafficRules.header.value requires exact.")
		}
		e.TestHeader = strings.ToLower(*t.Header.Name)
		if t.Header.Value != nil {
			e.TestValue = *t.Header.Value.Exact
		}
	}
	return nil
}

// fromTimeout fills in ECS's time-outs: idle 5 minutes, of TCP 1 hour; a request
// 15 s.
func fromTimeout(e *state.ConnectEndpoint, t *types.TimeoutConfiguration) error {
	tcp := e.Protocol == route.ProtocolTCP
	e.Idle, e.Request = 5*time.Minute, 15*time.Second
	if tcp {
		e.Idle, e.Request = time.Hour, 0
	}
	if t == nil {
		return nil
	}
	const day = 24 * 60 * 60
	if t.IdleTimeoutSeconds != nil {
		if err := bounds("timeout.idleTimeoutSeconds", *t.IdleTimeoutSeconds, 0, 30*day); err != nil {
			return err
		}
		e.Idle = time.Duration(*t.IdleTimeoutSeconds) * time.Second
	}
	if t.PerRequestTimeoutSeconds != nil {
		if tcp {
			return invalid("timeout.perRequestTimeoutSeconds requires the appProtocol http, http2 or grpc in the port mapping %s.", e.PortName)
		}
		if err := bounds("timeout.perRequestTimeoutSeconds", *t.PerRequestTimeoutSeconds, 0, 30*day); err != nil {
			return err
		}
		e.Request = time.Duration(*t.PerRequestTimeoutSeconds) * time.Second
	}
	return nil
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
