package elb

import (
	"iter"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// Service is the name of Elastic Load Balancing in ARNs and signatures.
const Service = "elasticloadbalancing"

// LoadBalancer is an application or network load balancer; its ARN tells which.
type LoadBalancer struct {
	ARN            string
	Name           string
	Created        time.Time
	Scheme         string // internet-facing or internal
	IPAddressType  string
	VPC            string
	Zones          []Zone
	SecurityGroups []string
	HostedZone     string
	// Address is the load balancer's own address, on which its listeners are
	// bound. It is also its DNSName: host and tasks can connect to it as it is.
	Address string
	// PublicName is the name that AWS would give; it resolves inside tasks.
	PublicName string
	// PrivateLink is what a network load balancer with security groups says of traffic
	// through PrivateLink (on or off); it is only kept.
	PrivateLink string
	Attributes  map[string]string // those that were set
	Tags        map[string]string
}

// Zone is one availability zone of a load balancer. The addresses are those that a
// network load balancer was given there; they are kept and shown, but nobody
// listens on them.
type Zone struct {
	Name, Subnet string
	Allocation   string // of the elastic address
	Elastic      string // the elastic address itself
	Private      string // PrivateIPv4Address
}

var loadBalancers = store.NewTable[LoadBalancer]("elb.loadbalancer")

// Dimension is the load balancer's name in metrics: "app/name/id" or "net/name/id".
func (lb *LoadBalancer) Dimension() string { return LoadBalancerDimension(lb.ARN) }

// LoadBalancerDimension is the part of an ARN after "loadbalancer/".
func LoadBalancerDimension(lbARN string) string {
	_, after, _ := strings.Cut(lbARN, ":loadbalancer/")
	return after
}

// GetLoadBalancer returns the load balancer with an ARN.
func GetLoadBalancer(tx *store.Tx, lbARN string) (*LoadBalancer, bool) {
	return loadBalancers.Get(tx, lbARN)
}

// LoadBalancers walks the load balancers of a scope in order of kind and name.
func LoadBalancers(tx *store.Tx, s arn.Scope) iter.Seq[*LoadBalancer] {
	return values(loadBalancers.Prefix(tx, arn.Make(Service, s.Region, s.Account, "loadbalancer/")))
}

// LoadBalancerNamed finds a load balancer of a scope by name.
func LoadBalancerNamed(tx *store.Tx, s arn.Scope, name string) (*LoadBalancer, bool) {
	for _, kind := range []string{Application, Network} {
		for _, lb := range loadBalancers.Prefix(tx, arn.Make(Service, s.Region, s.Account, "loadbalancer/"+kind+"/"+name+"/")) {
			return lb, true
		}
	}
	return nil, false
}

// PutLoadBalancer writes a load balancer.
func PutLoadBalancer(tx *store.Tx, lb *LoadBalancer) {
	touch(tx)
	loadBalancers.Put(tx, lb.ARN, lb)
}

// DeleteLoadBalancer removes a load balancer with its listeners and rules. Its
// address is given back when no proxy uses it any more.
func DeleteLoadBalancer(tx *store.Tx, lbARN string) {
	lb, ok := loadBalancers.Get(tx, lbARN)
	if !ok {
		return
	}
	for l := range Listeners(tx, lbARN) {
		DeleteListener(tx, l.ARN)
	}
	touch(tx)
	loadBalancers.Delete(tx, lbARN)
	releases.Put(tx, lb.ARN, &release{Address: lb.Address})
}

// release is an address that was a deleted load balancer's, until it is free.
type release struct{ Address string }

var releases = store.NewTable[release]("elb.release")

// scopeOf is the scope in an ARN.
func scopeOf(s string) arn.Scope {
	a, _ := arn.Parse(s)
	return arn.Scope{Account: a.Account, Region: a.Region}
}

// values drops the keys of a walk.
func values[T any](walk iter.Seq2[string, *T]) iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for _, v := range walk {
			if !yield(v) {
				return
			}
		}
	}
}
