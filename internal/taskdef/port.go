package taskdef

import (
	"regexp"
	"strconv"
	"strings"

	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// normalPorts fills in protocol and host port. Under awsvpc and host the host
// port is the container port; under bridge 0 stands for a dynamic one.
func normalPorts(in []ecs.PortMapping, mode ecs.NetworkMode) []ecs.PortMapping {
	out := make([]ecs.PortMapping, len(in))
	for i, p := range in {
		if p.Protocol != ecs.TransportProtocolUdp {
			p.Protocol = ecs.TransportProtocolTcp // any other value is treated as tcp
		}
		if p.HostPort == nil && p.ContainerPortRange == nil && p.ContainerPort != nil {
			if mode == ecs.NetworkModeAwsvpc || mode == ecs.NetworkModeHost {
				p.HostPort = ptr(*p.ContainerPort)
			} else if mode != ecs.NetworkModeNone {
				p.HostPort = ptr[int32](0)
			}
		}
		out[i] = p
	}
	return out
}

var portName = regexp.MustCompile(`^[a-z0-9_][a-z0-9_-]{0,63}$`)

// maxRanges is how many containerPortRanges a container may have.
const maxRanges = 100

// portRules checks the port mappings of all containers: names are unique in the
// definition, and under awsvpc and host a port is taken once in the task.
func portRules(d *ecs.TaskDefinition) error {
	names := map[string]bool{}
	taken := map[string]string{}
	for i := range d.ContainerDefinitions {
		c := &d.ContainerDefinitions[i]
		if d.NetworkMode == ecs.NetworkModeNone && len(c.PortMappings) > 0 {
			return invalid(c, "When networkMode=none, port mappings are not allowed.")
		}
		own := map[int32]ecs.TransportProtocol{}
		ranges := 0
		for j := range c.PortMappings {
			p := &c.PortMappings[j]
			if err := portRule(c, p, d.NetworkMode); err != nil {
				return err
			}
			if p.ContainerPortRange != nil {
				ranges++
			}
			if ranges > maxRanges {
				return invalid(c, "A container can have at most %d port ranges.", maxRanges)
			}
			if n := val(p.Name); n != "" {
				if names[n] {
					return invalid(c, "The port mapping name '%s' is used more than once; names must be unique in a task definition.", n)
				}
				names[n] = true
			}
			if err := portTaken(c, p, d.NetworkMode, own, taken); err != nil {
				return err
			}
		}
	}
	return nil
}

// portRule checks one mapping by itself.
func portRule(c *ecs.ContainerDefinition, p *ecs.PortMapping, mode ecs.NetworkMode) error {
	if n := val(p.Name); p.Name != nil && !portName.MatchString(n) {
		return invalid(c, "The port mapping name '%s' is not valid: up to 64 letters (lowercase), numbers, underscores and hyphens, not starting with a hyphen.", clip(n))
	}
	switch p.AppProtocol {
	case "", ecs.ApplicationProtocolHttp, ecs.ApplicationProtocolHttp2, ecs.ApplicationProtocolGrpc:
	default:
		return invalid(c, "The appProtocol '%s' is not valid: use http, http2 or grpc.", clip(string(p.AppProtocol)))
	}
	if p.ContainerPortRange != nil {
		return rangeRule(c, p, mode)
	}
	if n := val(p.ContainerPort); n < 1 || n > 65535 {
		return invalid(c, "The containerPort %d is not valid: it must be between 1 and 65535.", n)
	}
	host := val(p.HostPort)
	if host < 0 || host > 65535 {
		return invalid(c, "The hostPort %d is not valid: it must be between 0 and 65535.", host)
	}
	if host != val(p.ContainerPort) {
		switch mode {
		case ecs.NetworkModeAwsvpc:
			return refuse("When networkMode=awsvpc, the host ports and container ports in port mappings must match.")
		case ecs.NetworkModeHost:
			return refuse("When networkMode=host, the host ports and container ports in port mappings must match.")
		}
	}
	return nil
}

// rangeRule checks containerPortRange.
func rangeRule(c *ecs.ContainerDefinition, p *ecs.PortMapping, mode ecs.NetworkMode) error {
	first, last, ok := ParseRange(*p.ContainerPortRange)
	switch {
	case mode != "" && mode != ecs.NetworkModeBridge && mode != ecs.NetworkModeAwsvpc:
		return invalid(c, "containerPortRange needs the network mode bridge or awsvpc.")
	case p.ContainerPort != nil || p.HostPort != nil:
		return invalid(c, "A port mapping with containerPortRange can have neither containerPort nor hostPort.")
	case !ok || first < 1 || last > 65535 || first >= last:
		return invalid(c, "The containerPortRange '%s' is not valid: use first-last within 1-65535.", clip(*p.ContainerPortRange))
	}
	return nil
}

// ParseRange reads "first-last".
func ParseRange(s string) (first, last int, ok bool) {
	a, b, found := strings.Cut(s, "-")
	first, err1 := strconv.Atoi(a)
	last, err2 := strconv.Atoi(b)
	return first, last, found && err1 == nil && err2 == nil
}

// portTaken refuses a container port with two protocols, and a host port used
// twice in the task.
func portTaken(c *ecs.ContainerDefinition, p *ecs.PortMapping, mode ecs.NetworkMode, own map[int32]ecs.TransportProtocol, taken map[string]string) error {
	first, last := int(val(p.ContainerPort)), int(val(p.ContainerPort))
	if p.ContainerPortRange != nil {
		first, last, _ = ParseRange(*p.ContainerPortRange)
	}
	for n := first; n <= last; n++ {
		was, ok := own[int32(n)]
		if ok && was != p.Protocol {
			return invalid(c, "The container port %d cannot be exposed for two protocols.", n)
		}
		if ok && p.ContainerPortRange != nil {
			return invalid(c, "The containerPortRange '%s' overlaps another port mapping.", *p.ContainerPortRange)
		}
		own[int32(n)] = p.Protocol
		host := n
		if mode != ecs.NetworkModeAwsvpc && mode != ecs.NetworkModeHost {
			if host = int(val(p.HostPort)); host == 0 {
				continue
			}
		}
		key := strconv.Itoa(host) + "/" + string(p.Protocol)
		if by, ok := taken[key]; ok {
			return refuse("The port %s is used by container '%s' and again by container '%s'.", key, by, val(c.Name))
		}
		taken[key] = val(c.Name)
	}
	return nil
}
