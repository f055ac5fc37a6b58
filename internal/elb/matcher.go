package elb

import (
	"errors"
	"fmt"

	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/store"
)

// ErrNoLoadBalancer is the error of Matcher for a load balancer that does not exist.
var ErrNoLoadBalancer = errors.New("elb: no such load balancer")

// Matcher compiles the rules of one load balancer as proxies do, to ask which one a
// request would match. It knows the target groups that rules name, without targets.
func Matcher(tx *store.Tx, lbARN string) (*route.Router, error) {
	lb, ok := loadBalancers.Get(tx, lbARN)
	if !ok {
		return nil, fmt.Errorf("%w: %s", ErrNoLoadBalancer, lbARN)
	}
	t := &route.Table{Groups: map[string]*route.Group{}}
	for l := range Listeners(tx, lb.ARN) {
		t.Listeners = append(t.Listeners, buildListener(tx, lb, l))
	}
	for _, arn := range GroupsOf(tx, lbARN) {
		if g, ok := groups.Get(tx, arn); ok {
			t.Groups[arn] = &route.Group{ARN: arn, Dimension: g.Dimension(), Protocol: g.Protocol}
		}
	}
	return route.Compile(t)
}

// RouteRule is the rule as proxies see it, with values taken from wherever the request
// gave them.
func RouteRule(r *Rule) route.Rule { return buildRule(r) }
