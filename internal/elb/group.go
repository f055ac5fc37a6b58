package elb

import (
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// TargetGroup is a target group of application or, by its protocol, of network
// load balancers.
type TargetGroup struct {
	ARN             string
	Name            string
	Created         time.Time
	Protocol        string // HTTP, HTTPS; TCP, TLS, UDP, TCP_UDP
	ProtocolVersion string // HTTP1, HTTP2 or GRPC; "" behind network load balancers
	Port            int
	VPC             string
	TargetType      string // instance, ip or alb
	IPAddressType   string
	Check           Check
	Attributes      map[string]string // those that were set
	Tags            map[string]string
}

// Check is the health check of a target group.
type Check struct {
	Enabled            bool
	Protocol           string // HTTP, HTTPS or TCP
	Port               string // traffic-port or a number
	Path               string
	Interval, Timeout  int // seconds
	Healthy, Unhealthy int
	HTTPCode           string
	GRPCCode           string
}

// PortOf is the port on which a target that listens on port is probed.
func (c *Check) PortOf(port int) string {
	if c.Port == "" || c.Port == TrafficPort {
		return strconv.Itoa(port)
	}
	return c.Port
}

// TrafficPort is the health check port that stands for each target's own.
const TrafficPort = "traffic-port"

var groups = store.NewTable[TargetGroup]("elb.targetgroup")

// Dimension is the group's name in metrics: "targetgroup/name/id".
func (g *TargetGroup) Dimension() string { return GroupDimension(g.ARN) }

// GroupDimension is the part of an ARN from "targetgroup/" on.
func GroupDimension(groupARN string) string {
	a, _ := arn.Parse(groupARN)
	return a.Resource
}

// DeregistrationDelay is how long a leaving target may finish its requests.
func (g *TargetGroup) DeregistrationDelay() time.Duration {
	return seconds(g.Attribute("deregistration_delay.timeout_seconds"))
}

// Group returns the target group with an ARN.
func Group(tx *store.Tx, groupARN string) (*TargetGroup, bool) { return groups.Get(tx, groupARN) }

// Groups walks the target groups of a scope in order of name.
func Groups(tx *store.Tx, s arn.Scope) iter.Seq[*TargetGroup] {
	return values(groups.Prefix(tx, arn.Make(Service, s.Region, s.Account, "targetgroup/")))
}

// GroupNamed finds a target group of a scope by name.
func GroupNamed(tx *store.Tx, s arn.Scope, name string) (*TargetGroup, bool) {
	for _, g := range groups.Prefix(tx, arn.Make(Service, s.Region, s.Account, "targetgroup/"+name+"/")) {
		return g, true
	}
	return nil, false
}

// PutGroup writes a target group.
func PutGroup(tx *store.Tx, g *TargetGroup) {
	touch(tx)
	groups.Put(tx, g.ARN, g)
}

// DeleteGroup removes a target group and its targets; the caller made sure that
// it is not in use.
func DeleteGroup(tx *store.Tx, groupARN string) {
	touch(tx)
	for r := range Registered(tx, groupARN) {
		remove(tx, r)
	}
	groups.Delete(tx, groupARN)
}

func seconds(s string) time.Duration {
	n, _ := strconv.Atoi(strings.TrimSpace(s))
	return time.Duration(n) * time.Second
}
