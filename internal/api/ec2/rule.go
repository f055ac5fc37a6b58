package ec2

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/wire"
)

// rule is one rule of a security group: one protocol, one range of ports, one
// peer.
type rule struct {
	ID          string
	Egress      bool
	Protocol    string // "tcp", "udp", "icmp", "-1" for all, or a number
	From, To    int32  // ports; -1 for all
	IPv4, IPv6  string // the peer: one of these four
	PrefixList  string
	Group       string
	Description string
}

// same says whether two rules allow the same; descriptions and ids do not count.
func (r rule) same(o rule) bool {
	r.ID, r.Description, o.ID, o.Description = "", "", "", ""
	return r == o
}

func (r *rule) peer() string {
	for _, p := range []string{r.IPv4, r.IPv6, r.PrefixList, r.Group} {
		if p != "" {
			return p
		}
	}
	return ""
}

func (r *rule) value(field string) (string, bool) {
	switch field {
	case "cidr":
		return r.IPv4, true
	case "ipv6-cidr":
		return r.IPv6, true
	case "prefix-list-id":
		return r.PrefixList, true
	case "group-id":
		return r.Group, true
	case "protocol":
		return r.Protocol, true
	case "from-port":
		return strconv.Itoa(int(r.From)), true
	case "to-port":
		return strconv.Itoa(int(r.To)), true
	}
	return "", false
}

// describe is how errors quote a rule.
func (r *rule) describe() string {
	ports := ""
	if r.Protocol != "-1" {
		ports = fmt.Sprintf(", from port: %d, to port: %d", r.From, r.To)
	}
	protocol := strings.ToUpper(r.Protocol)
	if r.Protocol == "-1" {
		protocol = "ALL"
	}
	return "peer: " + r.peer() + ", " + protocol + ports + ", ALLOW"
}

// IpPermission is a protocol with ports and all peers that may use it.
type IpPermission struct {
	IpProtocol    *string
	FromPort      *int32
	ToPort        *int32
	IpRanges      []IpRange
	Ipv6Ranges    []Ipv6Range
	PrefixListIds []PrefixListID
	Groups        []GroupPair
}

// IpRange is a peer by address.
type IpRange struct{ CidrIp, Description *string }

// Ipv6Range is a peer by address.
type Ipv6Range struct{ CidrIpv6, Description *string }

// PrefixListID is a peer by prefix list.
type PrefixListID struct{ PrefixListId, Description *string }

// GroupID names a security group.
type GroupID struct{ GroupId, GroupName *string }

// ReferencedGroup is the peer of a rule.
type ReferencedGroup struct{ GroupId, UserId *string }

// GroupPair is a peer by security group.
type GroupPair struct{ GroupId, GroupName, UserId, VpcId, VpcPeeringConnectionId, Description *string }

// permissions groups the rules of one direction by protocol and ports.
func permissions(t tx, g *group, egress bool) []IpPermission {
	out := []IpPermission{}
	at := map[string]int{}
	for _, r := range g.Rules {
		if r.Egress != egress {
			continue
		}
		key := fmt.Sprint(r.Protocol, r.From, r.To)
		i, ok := at[key]
		if !ok {
			i = len(out)
			at[key] = i
			p := IpPermission{IpProtocol: aws.String(r.Protocol), IpRanges: []IpRange{}, Ipv6Ranges: []Ipv6Range{}, PrefixListIds: []PrefixListID{}, Groups: []GroupPair{}}
			if r.Protocol != "-1" {
				p.FromPort, p.ToPort = aws.Int32(r.From), aws.Int32(r.To)
			}
			out = append(out, p)
		}
		out[i].add(t, r)
	}
	return out
}

func (p *IpPermission) add(t tx, r rule) {
	var description *string
	if r.Description != "" {
		description = aws.String(r.Description)
	}
	switch {
	case r.IPv4 != "":
		p.IpRanges = append(p.IpRanges, IpRange{aws.String(r.IPv4), description})
	case r.IPv6 != "":
		p.Ipv6Ranges = append(p.Ipv6Ranges, Ipv6Range{aws.String(r.IPv6), description})
	case r.PrefixList != "":
		p.PrefixListIds = append(p.PrefixListIds, PrefixListID{aws.String(r.PrefixList), description})
	default:
		p.Groups = append(p.Groups, GroupPair{GroupId: aws.String(r.Group), UserId: aws.String(t.Account), Description: description})
	}
}

// protocolNames: AWS knows these by name and keeps other numbers.
var protocolNames = map[string]string{"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}

// rules are the single rules of permissions in a request.
func (s *Service) rules(t tx, egress bool, perms []IpPermission) ([]rule, error) {
	var out []rule
	for _, p := range perms {
		base, err := p.base(egress)
		if err != nil {
			return nil, err
		}
		add := func(r rule, description *string) {
			r.ID, r.Description = "sgr-"+arn.NewHex(17), aws.ToString(description)
			out = append(out, r)
		}
		for _, x := range p.IpRanges {
			r := base
			if r.IPv4, err = peerCIDR(x.CidrIp, true); err != nil {
				return nil, err
			}
			add(r, x.Description)
		}
		for _, x := range p.Ipv6Ranges {
			r := base
			if r.IPv6, err = peerCIDR(x.CidrIpv6, false); err != nil {
				return nil, err
			}
			add(r, x.Description)
		}
		for _, x := range p.PrefixListIds {
			r := base
			r.PrefixList = aws.ToString(x.PrefixListId)
			add(r, x.Description)
		}
		for _, x := range p.Groups {
			r := base
			id, _, err := s.findGroup(t, x.GroupId, x.GroupName)
			if err != nil {
				return nil, err
			}
			r.Group = id
			add(r, x.Description)
		}
	}
	if len(out) == 0 {
		return nil, missing("ipPermissions")
	}
	return out, nil
}

// base is the rule without its peer.
func (p *IpPermission) base(egress bool) (rule, error) {
	protocol := strings.ToLower(aws.ToString(p.IpProtocol))
	if name, ok := protocolNames[protocol]; ok {
		protocol = name
	}
	r := rule{Egress: egress, Protocol: protocol, From: -1, To: -1}
	n, err := strconv.Atoi(protocol)
	numbered := err == nil && n >= 0 && n <= 255
	switch protocol {
	case "":
		return r, missing("ipProtocol")
	case "-1":
		return r, nil
	case "tcp", "udp":
		if p.FromPort == nil || p.ToPort == nil {
			return r, wire.Errorf("InvalidParameterValue", "Invalid value for portRange. Must specify both from and to ports with TCP/UDP.")
		}
		if *p.FromPort < 0 || *p.ToPort > 65535 || *p.FromPort > *p.ToPort {
			return r, wire.Errorf("InvalidParameterValue", "Invalid TCP/UDP port range (%d:%d)", *p.FromPort, *p.ToPort)
		}
	case "icmp", "icmpv6":
	default:
		if !numbered {
			return r, wire.Errorf("InvalidPermission.Malformed", "Unsupported IP protocol \"%s\" - supported: [tcp, udp, icmp, icmpv6, -1 or a number]", protocol)
		}
		return r, nil
	}
	if p.FromPort != nil {
		r.From = *p.FromPort
	}
	if p.ToPort != nil {
		r.To = *p.ToPort
	}
	return r, nil
}

func peerCIDR(text *string, v4 bool) (string, error) {
	p, err := netip.ParsePrefix(aws.ToString(text))
	if err != nil || p.Addr().Is4() != v4 {
		return "", wire.Errorf("InvalidParameterValue", "CIDR block %s is malformed", aws.ToString(text))
	}
	return p.Masked().String(), nil
}

// findRule finds a rule by its id.
func findRule(t tx, id string) (groupID string, found rule, ok bool) {
	groups.each(t, func(gid string, g *group) bool {
		for _, r := range g.Rules {
			if r.ID == id {
				groupID, found, ok = gid, r, true
			}
		}
		return !ok
	})
	return groupID, found, ok
}

func noRule(id string) error {
	return wire.Errorf("InvalidSecurityGroupRuleId.NotFound", "The security group rule ID '%s' does not exist", id)
}
