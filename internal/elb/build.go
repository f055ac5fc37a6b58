package elb

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/internal/cloudmap"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/store"
)

// build makes the part of a table that comes from records: listeners, groups,
// certificates, the load balancers' names and those of Cloud Map.
func build(tx *store.Tx) *route.Table {
	t := &route.Table{
		Groups: map[string]*route.Group{},
		Certs:  map[string]route.Certificate{},
		Names:  map[string][]string{},
	}
	for _, lb := range loadBalancers.All(tx) {
		t.Names[strings.ToLower(lb.PublicName)] = []string{lb.Address}
		for l := range Listeners(tx, lb.ARN) {
			t.Listeners = append(t.Listeners, buildListener(tx, lb, l))
			for _, c := range append([]string{l.Certificate}, l.Certificates...) {
				if cert, ok := certificates.Get(tx, c); ok {
					t.Certs[c] = route.Certificate{Chain: cert.Chain, Key: cert.Key}
				}
			}
		}
	}
	for arn, g := range groups.All(tx) {
		t.Groups[arn] = buildGroup(tx, g)
	}
	cloudmap.Names(tx, t)
	return t
}

func buildListener(tx *store.Tx, lb *LoadBalancer, l *Listener) route.Listener {
	out := route.Listener{
		ARN:          l.ARN,
		LB:           lb.Dimension(),
		LBARN:        lb.ARN,
		Address:      hostPort(lb.Address, l.Port),
		Protocol:     l.Protocol,
		SSLPolicy:    l.SSLPolicy,
		Attributes:   buildAttributes(lb),
		ServerHeader: l.AllAttributes()[serverHeader] != "false",
	}
	if lb.IsNetwork() {
		out.Attributes.IdleTimeout, out.ALPN = l.idle(), l.ALPN
	}
	out.Certs = slices.Clone(l.Certificates)
	if l.Certificate != "" {
		out.Certs = slices.Insert(out.Certs, 0, l.Certificate)
	}
	for key, value := range l.Attributes {
		if name, ok := responseHeaders[key]; ok && value != "" {
			if out.ResponseHeaders == nil {
				out.ResponseHeaders = map[string]string{}
			}
			out.ResponseHeaders[name] = value
		}
		if name, ok := requestHeaders[key]; ok && value != "" && value != name {
			if out.RenameHeaders == nil {
				out.RenameHeaders = map[string]string{}
			}
			out.RenameHeaders[name] = value
		}
	}
	for _, r := range RulesInOrder(tx, l.ARN) {
		out.Rules = append(out.Rules, buildRule(r))
	}
	return out
}

func hostPort(host string, port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }

func buildAttributes(lb *LoadBalancer) route.LBAttributes {
	is := func(key string) bool { return lb.Attribute(key) == "true" }
	a := route.LBAttributes{
		IdleTimeout:        seconds(lb.Attribute("idle_timeout.timeout_seconds")),
		ClientKeepAlive:    seconds(lb.Attribute("client_keep_alive.seconds")),
		DropInvalidHeaders: is("routing.http.drop_invalid_header_fields.enabled"),
		PreserveHost:       is("routing.http.preserve_host_header.enabled"),
		TLSHeaders:         is("routing.http.x_amzn_tls_version_and_cipher_suite.enabled"),
		XFFClientPort:      is("routing.http.xff_client_port.enabled"),
		XFFMode:            lb.Attribute("routing.http.xff_header_processing.mode"),
		HTTP2:              is("routing.http2.enabled"),
		DesyncMode:         lb.Attribute("routing.http.desync_mitigation_mode"),
		AccessLog:          is("access_logs.s3.enabled"),
	}
	if a.AccessLog {
		a.AccessLogPrefix = strings.Trim(lb.Attribute("access_logs.s3.bucket")+"/"+lb.Attribute("access_logs.s3.prefix"), "/")
	}
	return a
}

func buildRule(r *Rule) route.Rule {
	out := route.Rule{ARN: r.ARN, Priority: r.Priority, Action: buildAction(r.Actions.V)}
	for i := range r.Conditions.V {
		out.Conditions = append(out.Conditions, buildCondition(&r.Conditions.V[i]))
	}
	for _, t := range r.Transforms.V {
		rewrites := t.UrlRewriteConfig
		if t.HostHeaderRewriteConfig != nil {
			rewrites = &elbv2.UrlRewriteConfig{Rewrites: t.HostHeaderRewriteConfig.Rewrites}
		}
		if rewrites == nil {
			continue
		}
		for _, w := range rewrites.Rewrites {
			out.Transforms = append(out.Transforms, route.Transform{Type: string(t.Type), Regex: deref(w.Regex), Replace: deref(w.Replace)})
		}
	}
	return out
}

// buildAction translates the action that ends a rule; validation saw to it that
// there is exactly one.
func buildAction(actions []elbv2.Action) route.Action {
	for i := range actions {
		a := &actions[i]
		switch a.Type {
		case elbv2.ActionTypeEnumForward:
			return route.Action{Forward: buildForward(a)}
		case elbv2.ActionTypeEnumRedirect:
			return route.Action{Redirect: buildRedirect(a.RedirectConfig)}
		case elbv2.ActionTypeEnumFixedResponse:
			status, _ := strconv.Atoi(deref(a.FixedResponseConfig.StatusCode))
			return route.Action{Fixed: &route.Fixed{
				Status:      status,
				ContentType: deref(a.FixedResponseConfig.ContentType),
				Body:        deref(a.FixedResponseConfig.MessageBody),
			}}
		}
	}
	return route.Action{}
}

func buildForward(a *elbv2.Action) *route.Forward {
	f := &route.Forward{}
	for _, t := range forwardOf([]elbv2.Action{*a}) {
		f.Groups = append(f.Groups, route.Weighted{Group: deref(t.TargetGroupArn), Weight: weightOf(t)})
	}
	if c := a.ForwardConfig; c != nil && c.TargetGroupStickinessConfig != nil {
		f.Sticky = deref(c.TargetGroupStickinessConfig.Enabled)
		f.StickyDuration = time.Duration(deref(c.TargetGroupStickinessConfig.DurationSeconds)) * time.Second
	}
	return f
}

func buildRedirect(c *elbv2.RedirectActionConfig) *route.Redirect {
	status := 302
	if c.StatusCode == elbv2.RedirectActionStatusCodeEnumHttp301 {
		status = 301
	}
	return &route.Redirect{
		Protocol: deref(c.Protocol), Host: deref(c.Host), Port: deref(c.Port),
		Path: deref(c.Path), Query: deref(c.Query), Status: status,
	}
}

// buildCondition takes the values from wherever the request gave them: at the
// top or in the field's own configuration.
func buildCondition(c *elbv2.RuleCondition) route.Condition {
	out := route.Condition{Field: deref(c.Field), Values: c.Values, Regex: c.RegexValues}
	take := func(values, regex []string) {
		if len(values)+len(regex) > 0 {
			out.Values, out.Regex = values, regex
		}
	}
	switch {
	case c.HostHeaderConfig != nil:
		take(c.HostHeaderConfig.Values, c.HostHeaderConfig.RegexValues)
	case c.PathPatternConfig != nil:
		take(c.PathPatternConfig.Values, c.PathPatternConfig.RegexValues)
	case c.HttpHeaderConfig != nil:
		out.Header = deref(c.HttpHeaderConfig.HttpHeaderName)
		take(c.HttpHeaderConfig.Values, c.HttpHeaderConfig.RegexValues)
	case c.HttpRequestMethodConfig != nil:
		take(c.HttpRequestMethodConfig.Values, nil)
	case c.SourceIpConfig != nil:
		take(c.SourceIpConfig.Values, nil)
	case c.QueryStringConfig != nil:
		for _, kv := range c.QueryStringConfig.Values {
			out.Query = append(out.Query, route.KeyValue{Key: deref(kv.Key), Value: deref(kv.Value)})
		}
	}
	return out
}

// merge adds the names that were set to those of the load balancers.
func merge(names, more map[string][]string) {
	for name, addresses := range more {
		names[strings.ToLower(strings.TrimSuffix(name, "."))] = slices.Clone(addresses)
	}
}

// CheckRule compiles a rule as a proxy will, so that a mistake is an error of the
// call that made it.
func CheckRule(r *Rule, known func(groupARN string) bool) error {
	rule := buildRule(r)
	t := &route.Table{Groups: map[string]*route.Group{}}
	for _, g := range r.Groups() {
		if known(g) {
			t.Groups[g] = &route.Group{ARN: g}
		}
	}
	list := []route.Rule{rule}
	if !r.Default {
		list = append(list, route.Rule{ARN: "default", Action: route.Action{Fixed: &route.Fixed{Status: 404}}})
	}
	t.Listeners = []route.Listener{{ARN: ListenerOf(r.ARN), Rules: list}}
	if _, err := route.Compile(t); err != nil {
		return fmt.Errorf("elb: %w", err)
	}
	return nil
}
