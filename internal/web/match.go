package web

import (
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/store"
)

// match answers POST /ui/api/match: which rule a request would match, and why none
// before it. It asks the matcher of the proxies.
func match(s *Site, w http.ResponseWriter, r *http.Request, who *Session) {
	var q MatchRequest
	if err := readJSON(w, r, &q); err != nil {
		s.fail(w, err)
		return
	}
	peer := ""
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		peer = host
	}
	var answer *MatchAnswer
	var err error
	s.opts.Store.View(func(tx *store.Tx) { answer, err = matchIn(tx, who.Scope(r), &q, peer) })
	if err != nil {
		s.fail(w, err)
		return
	}
	reply(w, http.StatusOK, answer)
}

// matchIn asks the rules of one listener.
func matchIn(tx *store.Tx, scope arn.Scope, q *MatchRequest, peer string) (*MatchAnswer, error) {
	lb, l, err := matchListener(tx, scope, q)
	if err != nil {
		return nil, err
	}
	req, err := matchRequest(q, lb, peer)
	if err != nil {
		return nil, err
	}
	router, err := elb.Matcher(tx, lb.ARN)
	if err != nil {
		return nil, err
	}
	e, ok := router.Explain(l.ARN, req)
	if !ok {
		return nil, &Problem{Code: "ListenerNotFound", Message: "The listener has just been deleted.", Status: http.StatusNotFound}
	}
	out := &MatchAnswer{Listener: l.ARN, Rule: e.Rule, Priority: priorityWords(e.Priority), Action: actionItem(tx, &e.Action), Why: []MatchStep{}}
	for i := range e.Refused {
		f := &e.Refused[i]
		out.Why = append(out.Why, MatchStep{Rule: f.Rule, Priority: priorityWords(f.Priority), Wanted: conditionWords(&f.Condition), Got: conditionGot(&f.Condition, req)})
	}
	matched := router.Listener(l.ARN).Match(req)
	out.Why = append(out.Why, MatchStep{Rule: e.Rule, Priority: out.Priority, Matched: true, Wanted: allConditions(matched.Rule)})
	out.effect(matched, req, l)
	return out, nil
}

// effect adds where the request ends up.
func (a *MatchAnswer) effect(rule *route.CompiledRule, req *route.Request, l *elb.Listener) {
	if rule.Transformed() && rule.Action.Forward != nil {
		url := req.Path
		if req.Query != "" {
			url += "?" + req.Query
		}
		if host, to, err := rule.Rewrite(req.Host, url); err != nil {
			a.Rewritten = "an invalid host or URL, so the answer is 500"
		} else {
			a.Rewritten = host + to
		}
	}
	if r := rule.Action.Redirect; r != nil {
		to, err := r.Location(route.Origin{
			Protocol: l.Protocol, Host: route.HostName(req.Host), Port: strconv.Itoa(l.Port), Path: req.Path, Query: req.Query,
		})
		if err != nil {
			to = "longer than 8 K, so the answer is 500"
		}
		a.Location = to
	}
}

// matchListener finds the load balancer and the listener on the port.
func matchListener(tx *store.Tx, scope arn.Scope, q *MatchRequest) (*elb.LoadBalancer, *elb.Listener, error) {
	lb, ok := findBalancer(tx, scope, q.LB)
	if !ok {
		return nil, nil, &Problem{Code: "LoadBalancerNotFound", Message: "There is no load balancer " + q.LB + " in this region.", Status: http.StatusNotFound}
	}
	var ports []string
	for l := range elb.Listeners(tx, lb.ARN) {
		if l.Port == q.Port {
			return lb, l, nil
		}
		ports = append(ports, strconv.Itoa(l.Port))
	}
	message := "The load balancer has no listeners."
	if len(ports) > 0 {
		message = "Nobody listens on port " + strconv.Itoa(q.Port) + ". The load balancer's listeners are on " + either(ports) + "."
	}
	return nil, nil, &Problem{Code: "ListenerNotFound", Message: message, Status: http.StatusNotFound}
}

// findBalancer finds a load balancer of a scope by name or ARN.
func findBalancer(tx *store.Tx, scope arn.Scope, name string) (*elb.LoadBalancer, bool) {
	if !arn.Is(name) {
		return elb.LoadBalancerNamed(tx, scope, name)
	}
	a, ok := arn.Parse(name)
	if !ok || a.Account != scope.Account || a.Region != scope.Region {
		return nil, false
	}
	return elb.GetLoadBalancer(tx, name)
}

// matchRequest is the request that a person described.
func matchRequest(q *MatchRequest, lb *elb.LoadBalancer, peer string) (*route.Request, error) {
	bad := func(message string) error { return &Problem{Code: "InvalidRequest", Message: message} }
	r := &route.Request{Method: q.Method, Host: strings.TrimSpace(q.Host), Path: q.Path, Query: strings.TrimPrefix(q.Query, "?")}
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	r.Path, _, _ = strings.Cut(r.Path, "#")
	if path, query, ok := strings.Cut(r.Path, "?"); ok {
		r.Path = path
		if r.Query == "" {
			r.Query = query
		}
	}
	if r.Path == "" {
		r.Path = "/"
	}
	if !strings.HasPrefix(r.Path, "/") {
		return nil, bad("The path must begin with a slash.")
	}
	headers := route.HeaderMap{}
	for _, h := range q.Headers {
		name := strings.ToLower(strings.TrimSpace(h.Name))
		if name == "" || strings.ContainsAny(name, " \t:") {
			return nil, bad("“" + h.Name + "” is not the name of a header.")
		}
		if name == "host" && r.Host == "" {
			r.Host = strings.TrimSpace(h.Value)
		}
		headers[name] = append(headers[name], strings.TrimSpace(h.Value))
	}
	r.Headers = headers
	if r.Host == "" {
		r.Host = lb.Address
	}
	source := strings.TrimSpace(q.SourceIP)
	if source == "" {
		source = peer
	}
	if source != "" {
		ip, err := netip.ParseAddr(source)
		if err != nil {
			return nil, bad("“" + source + "” is not an IP address.")
		}
		r.Source = ip
	}
	return r, nil
}

// priorityWords is how a rule is called: its priority, or "default".
func priorityWords(priority int) string {
	if priority == 0 {
		return "default"
	}
	return strconv.Itoa(priority)
}

// allConditions says what a rule wants in all.
func allConditions(r *route.Rule) string {
	if len(r.Conditions) == 0 {
		return "anything"
	}
	words := make([]string, len(r.Conditions))
	for i := range r.Conditions {
		words[i] = conditionWords(&r.Conditions[i])
	}
	return strings.Join(words, " and ")
}
