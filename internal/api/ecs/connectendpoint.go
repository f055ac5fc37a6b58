package ecs

import (
	"net/netip"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/state"
)

// Names of Service Connect.
var (
	discoveryName = regexp.MustCompile(`^[a-z0-9_][a-z0-9_-]{0,63}$`)
	aliasName     = regexp.MustCompile(`^[a-z0-9_][a-z0-9_-]*(\.[a-z0-9_-]+)*$`)
	headerName    = regexp.MustCompile("^[a-zA-Z0-9!#$%&'*+.^_`|~-]{1,256}$")
	headerValue   = regexp.MustCompile(`^[^\x00-\x08\x0a-\x1f\x7f]*$`)
)

// testHeader selects the green revision where the alias names no header.
const testHeader = "x-amzn-ecs-blue-green-test"

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
	} else if !callable(e.DNSName) {
		return invalid("The dnsName '%s' is not valid: a host name of up to 127 lowercase letters, numbers, underscores, hyphens and periods, not starting with a hyphen.", clip(e.DNSName))
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
		case !headerName.MatchString(*t.Header.Name):
			return invalid("testTrafficRules.header.name: '%s' is not the name of a header, up to 256 letters, numbers and any of !#$%%&'*+-.^_`|~", clip(*t.Header.Name))
		case t.Header.Value != nil && (len(*t.Header.Value.Exact) > 8192 || !headerValue.MatchString(*t.Header.Value.Exact)):
			return invalid("testTrafficRules.header.value.exact: '%s' is not the value of a header, up to 8,192 characters without control characters.", clip(*t.Header.Value.Exact))
		}
		e.TestHeader = strings.ToLower(*t.Header.Name)
		if t.Header.Value != nil {
			e.TestValue = *t.Header.Value.Exact
		}
	}
	return nil
}

// callable tells whether tasks can call a host name that stands in their
// /etc/hosts: an address would not be looked up there, and localhost is themselves.
func callable(name string) bool {
	_, err := netip.ParseAddr(name)
	return err != nil && name != "localhost" && len(name) <= 127 && aliasName.MatchString(name)
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
