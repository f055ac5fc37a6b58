package elbv2

import (
	"cmp"
	"context"
	"maps"
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/elb"
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
	if err := checkListener(l.Protocol, l.Port, in.AlpnPolicy, in.MutualAuthentication); err != nil {
		return nil, err
	}
	var err error
	l.Tags, err = readTags(in.Tags)
	return l, err
}

func checkListener(protocol string, port int, alpn []string, mutual *types.MutualAuthenticationAttributes) error {
	switch {
	case !slices.Contains(types.ProtocolEnum("").Values(), types.ProtocolEnum(protocol)):
		return invalid("'%s' is not a valid protocol", protocol)
	case protocol != "HTTP" && protocol != "HTTPS":
		return wire.Errorf("UnsupportedProtocolException", "Protocol '%s' is not supported on load balancers with type 'application'", protocol)
	case port < 1 || port > 65535:
		return invalid("The port '%d' must be between '1' and '65535'", port)
	case len(alpn) > 0:
		return badConfiguration("ALPN policies are not supported on listeners of protocol '%s'", protocol)
	case mutual != nil && get(mutual.Mode) != "" && get(mutual.Mode) != "off":
		return notPermitted("Mutual authentication is not available in this version of grue; use mode 'off'")
	}
	return nil
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
		if old.Protocol == l.Protocol && old.Certificate == l.Certificate && old.SSLPolicy == l.SSLPolicy &&
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
	if l.Protocol == "HTTPS" {
		out.SslPolicy = &l.SSLPolicy
		out.Certificates = []types.Certificate{}
		if l.Certificate != "" {
			out.Certificates = append(out.Certificates, types.Certificate{CertificateArn: &l.Certificate})
		}
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
	if err := checkListener(l.Protocol, l.Port, in.AlpnPolicy, in.MutualAuthentication); err != nil {
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

// checkProtocolOfRules: rules that forward to HTTP/2 and gRPC groups need HTTPS.
func checkProtocolOfRules(tx *store.Tx, l *elb.Listener) error {
	if l.Protocol == "HTTPS" {
		return nil
	}
	for r := range elb.Rules(tx, l.ARN) {
		for _, a := range r.Groups() {
			if g, ok := elb.Group(tx, a); ok && g.ProtocolVersion != "HTTP1" {
				return badConfiguration("Listener protocol '%s' is not supported with a target group with the protocol-version '%s'", l.Protocol, g.ProtocolVersion)
			}
		}
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
		elb.DeleteListener(tx, l.ARN)
		return nil
	})
}
