package elbv2

import (
	"cmp"
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// CreateListener creates a listener with its default rule. Repeating the call
// with the same settings returns the existing one.
func (s *Service) CreateListener(ctx context.Context, in *elasticloadbalancingv2.CreateListenerInput) (*elasticloadbalancingv2.CreateListenerOutput, error) {
	l, err := newListener(in)
	if err != nil {
		return nil, err
	}
	out := &elasticloadbalancingv2.CreateListenerOutput{}
	return out, s.update(func(tx *store.Tx) error {
		lb, err := loadBalancer(ctx, tx, in.LoadBalancerArn)
		if err != nil {
			return err
		}
		l.LoadBalancer = lb.ARN
		if err := checkListener(lb, l); err != nil {
			return err
		}
		if l.ALPN, err = alpn(l, "", in.AlpnPolicy); err != nil {
			return err
		}
		if err := s.checkTLS(tx, l, in.Certificates, get(in.SslPolicy)); err != nil {
			return err
		}
		l.ARN = elb.ListenerARN(lb.ARN, arn.NewHex(16))
		l.DefaultRule = elb.RuleARN(l.ARN, arn.NewHex(16))
		actions, err := placeOf(ctx, tx, l, l.DefaultRule).actions(in.DefaultActions)
		if err != nil {
			return err
		}
		old, err := sameListener(tx, l, actions)
		if err != nil {
			return err
		}
		if old == nil {
			l.Created = s.o.Now().UTC()
			r := &elb.Rule{ARN: l.DefaultRule, Default: true, Created: l.Created}
			r.Actions.V = actions
			elb.PutListener(tx, l)
			if err := put(tx, r); err != nil {
				return err
			}
			old = l
		}
		out.Listeners = []types.Listener{showListener(tx, old)}
		return nil
	})
}

// newListener reads what a request says without looking at other records.
func newListener(in *elasticloadbalancingv2.CreateListenerInput) (*elb.Listener, error) {
	l := &elb.Listener{Port: int(get(in.Port)), Protocol: string(in.Protocol)}
	switch {
	case l.Protocol == "":
		return nil, invalid("A listener protocol must be specified")
	case in.Port == nil:
		return nil, invalid("A listener port must be specified")
	}
	if err := checkMutual(in.MutualAuthentication); err != nil {
		return nil, err
	}
	var err error
	l.Tags, err = readTags(in.Tags)
	return l, err
}

// checkListener checks protocol and port against what the load balancer can do.
func checkListener(lb *elb.LoadBalancer, l *elb.Listener) error {
	switch {
	case !slices.Contains(types.ProtocolEnum("").Values(), types.ProtocolEnum(l.Protocol)):
		return invalid("'%s' is not a valid protocol", l.Protocol)
	case lb.IsNetwork() && (l.Protocol == "QUIC" || l.Protocol == "TCP_QUIC"):
		return wire.Errorf("UnsupportedProtocolException", "Listener protocol '%s' is not available in this version of grue; use one of 'TLS, TCP, TCP_UDP, UDP'", l.Protocol)
	case lb.IsNetwork() && !route.Layer4(l.Protocol):
		return invalid("Listener protocol '%s' must be one of 'TLS, TCP, TCP_UDP, UDP'", l.Protocol)
	case !lb.IsNetwork() && l.Protocol != "HTTP" && l.Protocol != "HTTPS":
		return invalid("Listener protocol '%s' must be one of 'HTTPS, HTTP'", l.Protocol)
	case l.Port < 1 || l.Port > 65535:
		return invalid("The port '%d' must be between '1' and '65535'", l.Port)
	}
	return checkDualStack(lb, l.Protocol)
}

func checkMutual(mutual *types.MutualAuthenticationAttributes) error {
	if mutual != nil && get(mutual.Mode) != "" && get(mutual.Mode) != "off" {
		return notPermitted("Mutual authentication is not available in this version of grue; use mode 'off'")
	}
	return nil
}

// alpnPolicies are what a TLS listener can say to clients that offer ALPN.
var alpnPolicies = []string{"HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred", "None"}

// alpn is the ALPN policy of a listener that had old and is given another one.
func alpn(l *elb.Listener, old string, given []string) (string, error) {
	switch {
	case l.Protocol != route.ProtocolTLS && len(given) > 0:
		return "", badConfiguration("ALPN policies are not supported on listeners of protocol '%s'", l.Protocol)
	case l.Protocol != route.ProtocolTLS:
		return "", nil
	case len(given) == 0:
		return old, nil
	case len(given) > 1:
		return "", badConfiguration("Only one ALPN policy can be specified")
	case !slices.Contains(alpnPolicies, given[0]):
		return "", wire.Errorf("ALPNPolicyNotSupportedException", "ALPN policy '%s' must be one of '%s'", given[0], strings.Join(alpnPolicies, ", "))
	}
	return given[0], nil
}

// sameListener returns the listener that has the port already; nil when there is
// none, an error when its settings differ.
func sameListener(tx *store.Tx, l *elb.Listener, actions []types.Action) (*elb.Listener, error) {
	n := 0
	for old := range elb.Listeners(tx, l.LoadBalancer) {
		n++
		if old.Port != l.Port || old.ARN == l.ARN {
			continue
		}
		r, _ := elb.GetRule(tx, old.DefaultRule)
		said := *r
		said.Say(actions)
		if old.Protocol == l.Protocol && old.Certificate == l.Certificate && old.SSLPolicy == l.SSLPolicy && old.ALPN == l.ALPN &&
			maps.Equal(old.Tags, l.Tags) && reflect.DeepEqual(r.Actions.V, said.Actions.V) {
			return old, nil
		}
		return nil, wire.Errorf("DuplicateListenerException", "A listener already exists on this port for this load balancer '%s'", l.LoadBalancer)
	}
	if n >= maxListeners {
		return nil, wire.Errorf("TooManyListenersException", "A load balancer can have at most %d listeners", maxListeners)
	}
	return nil, nil
}

func showListener(tx *store.Tx, l *elb.Listener) types.Listener {
	out := types.Listener{
		ListenerArn:     &l.ARN,
		LoadBalancerArn: &l.LoadBalancer,
		Port:            aws.Int32(int32(l.Port)),
		Protocol:        types.ProtocolEnum(l.Protocol),
		DefaultActions:  []types.Action{},
	}
	if r, ok := elb.GetRule(tx, l.DefaultRule); ok {
		out.DefaultActions = r.Actions.V
	}
	if l.ALPN != "" {
		out.AlpnPolicy = []string{l.ALPN}
	}
	if l.Secure() {
		out.SslPolicy = &l.SSLPolicy
		out.Certificates = []types.Certificate{}
		if l.Certificate != "" {
			out.Certificates = append(out.Certificates, types.Certificate{CertificateArn: &l.Certificate})
		}
	}
	if l.Protocol == "HTTPS" {
		out.MutualAuthentication = &types.MutualAuthenticationAttributes{Mode: aws.String("off")}
	}
	return out
}

// DescribeListeners lists the listeners of a load balancer or those with the
// given ARNs.
func (s *Service) DescribeListeners(ctx context.Context, in *elasticloadbalancingv2.DescribeListenersInput) (*elasticloadbalancingv2.DescribeListenersOutput, error) {
	byBalancer := get(in.LoadBalancerArn) != ""
	if byBalancer == (len(in.ListenerArns) > 0) {
		return nil, invalid("Specify either a load balancer ARN or listener ARNs")
	}
	out := &elasticloadbalancingv2.DescribeListenersOutput{Listeners: []types.Listener{}}
	var err error
	s.o.Store.View(func(tx *store.Tx) {
		var found []*elb.Listener
		if found, err = chooseListeners(ctx, tx, in); err != nil {
			return
		}
		if found, out.NextMarker, err = page(found, func(l *elb.Listener) string { return l.ARN }, in.Marker, in.PageSize); err != nil {
			return
		}
		for _, l := range found {
			out.Listeners = append(out.Listeners, showListener(tx, l))
		}
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func chooseListeners(ctx context.Context, tx *store.Tx, in *elasticloadbalancingv2.DescribeListenersInput) ([]*elb.Listener, error) {
	if get(in.LoadBalancerArn) != "" {
		lb, err := loadBalancer(ctx, tx, in.LoadBalancerArn)
		if err != nil {
			return nil, err
		}
		return slices.Collect(elb.Listeners(tx, lb.ARN)), nil
	}
	var found []*elb.Listener
	for i := range in.ListenerArns {
		l, err := listener(ctx, tx, &in.ListenerArns[i])
		if err != nil {
			return nil, err
		}
		found = append(found, l)
	}
	slices.SortFunc(found, func(a, b *elb.Listener) int { return cmp.Compare(a.ARN, b.ARN) })
	return slices.CompactFunc(found, func(a, b *elb.Listener) bool { return a.ARN == b.ARN }), nil
}

// ModifyListener replaces what is given. Repeating default actions whose weights a
// deployment shifted keeps these weights; see elb.Rule.Say.
func (s *Service) ModifyListener(ctx context.Context, in *elasticloadbalancingv2.ModifyListenerInput) (*elasticloadbalancingv2.ModifyListenerOutput, error) {
	out := &elasticloadbalancingv2.ModifyListenerOutput{}
	return out, s.update(func(tx *store.Tx) error {
		l, err := listener(ctx, tx, in.ListenerArn)
		if err != nil {
			return err
		}
		next := *l
		if err := s.changeListener(ctx, tx, &next, in); err != nil {
			return err
		}
		elb.PutListener(tx, &next)
		if err := checkProtocolOfRules(tx, &next); err != nil {
			return err
		}
		out.Listeners = []types.Listener{showListener(tx, &next)}
		return nil
	})
}

func (s *Service) changeListener(ctx context.Context, tx *store.Tx, l *elb.Listener, in *elasticloadbalancingv2.ModifyListenerInput) error {
	l.Protocol = cmp.Or(string(in.Protocol), l.Protocol)
	if in.Port != nil {
		l.Port = int(*in.Port)
	}
	if err := checkMutual(in.MutualAuthentication); err != nil {
		return err
	}
	lb, ok := elb.GetLoadBalancer(tx, l.LoadBalancer)
	if !ok {
		return noLoadBalancer()
	}
	err := checkListener(lb, l)
	if err != nil {
		return err
	}
	if l.ALPN, err = alpn(l, l.ALPN, in.AlpnPolicy); err != nil {
		return err
	}
	for other := range elb.Listeners(tx, l.LoadBalancer) {
		if other.ARN != l.ARN && other.Port == l.Port {
			return wire.Errorf("DuplicateListenerException", "A listener already exists on this port for this load balancer '%s'", l.LoadBalancer)
		}
	}
	if err := s.checkTLS(tx, l, in.Certificates, get(in.SslPolicy)); err != nil {
		return err
	}
	if len(in.DefaultActions) == 0 {
		return nil
	}
	r, ok := elb.GetRule(tx, l.DefaultRule)
	if !ok {
		return noRule()
	}
	actions, err := placeOf(ctx, tx, l, r.ARN).actions(in.DefaultActions)
	if err != nil {
		return err
	}
	changed := *r
	changed.Say(actions)
	return put(tx, &changed)
}

// checkProtocolOfRules checks the protocol of a listener against the groups of its rules.
func checkProtocolOfRules(tx *store.Tx, l *elb.Listener) error {
	for r := range elb.Rules(tx, l.ARN) {
		for _, a := range r.Groups() {
			if g, ok := elb.Group(tx, a); ok {
				if err := checkProtocols(l.Protocol, g); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// checkProtocols: both speak HTTP, or the same below it; HTTP/2 and gRPC groups need
// HTTPS; a sticky source address needs a listener that sees the connection as it is.
func checkProtocols(protocol string, g *elb.TargetGroup) error {
	switch {
	case !slices.Contains(elb.Compatible(protocol), g.Protocol):
		return wire.Errorf("IncompatibleProtocolsException", "The listener and its associated target group '%s' have incompatible protocols: '%s' and '%s'", g.ARN, protocol, g.Protocol)
	case !g.Layer4() && g.ProtocolVersion != "HTTP1" && protocol != "HTTPS":
		return badConfiguration("Listener protocol '%s' is not supported with a target group with the protocol-version '%s'", protocol, g.ProtocolVersion)
	case protocol == route.ProtocolTLS && g.Attribute("stickiness.enabled") == "true":
		return badConfiguration("Stickiness of type 'source_ip' is not supported with listeners of protocol 'TLS': disable it on target group '%s'", g.ARN)
	}
	return nil
}

// DeleteListener deletes a listener and its rules.
func (s *Service) DeleteListener(ctx context.Context, in *elasticloadbalancingv2.DeleteListenerInput) (*elasticloadbalancingv2.DeleteListenerOutput, error) {
	return &elasticloadbalancingv2.DeleteListenerOutput{}, s.update(func(tx *store.Tx) error {
		l, err := listener(ctx, tx, in.ListenerArn)
		if err != nil {
			return err
		}
		for _, group := range elb.TargetOf(tx, l.LoadBalancer) {
			if g, ok := elb.Group(tx, group); ok && g.Port == l.Port {
				return wire.Errorf("ResourceInUseException", "Listener '%s' cannot be deleted because its load balancer is registered as a target of target group '%s' on its port", l.ARN, group)
			}
		}
		elb.DeleteListener(tx, l.ARN)
		return nil
	})
}
