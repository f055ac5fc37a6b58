package route

// Explanation tells which rule of a listener a request would match, and why not
// one of those before it.
type Explanation struct {
	Listener string        `json:"listener"`
	Rule     string        `json:"rule"`
	Priority int           `json:"priority"`
	Action   Action        `json:"action"`
	Shares   []Share       `json:"shares,omitempty"`
	Refused  []RefusedRule `json:"refused,omitempty"`
}

// Share is the part of requests that a target group of a forward action gets.
type Share struct {
	Group string  `json:"group"`
	Share float64 `json:"share"` // 0…1
}

// RefusedRule is a rule of lower priority number and its first condition that
// does not hold.
type RefusedRule struct {
	Rule      string    `json:"rule"`
	Priority  int       `json:"priority"`
	Condition Condition `json:"condition"`
}

// Explain answers which rule of the listener the request would match, without
// taking a turn. It is false when the listener is unknown.
func (r *Router) Explain(listener string, req *Request) (Explanation, bool) {
	rules := r.listeners[listener]
	if rules == nil {
		return Explanation{}, false
	}
	e := Explanation{Listener: listener}
	for _, rule := range rules.ordered {
		failed := -1
		for i, cond := range rule.conditions {
			if !cond.match(req) {
				failed = i
				break
			}
		}
		if failed < 0 {
			e.Rule, e.Priority, e.Action = rule.ARN, rule.Priority, rule.Action
			e.Shares = shares(rule.Action.Forward)
			break
		}
		e.Refused = append(e.Refused, RefusedRule{rule.ARN, rule.Priority, rule.Conditions[failed]})
	}
	return e, true
}

func shares(f *Forward) []Share {
	if f == nil {
		return nil
	}
	total := 0
	for _, g := range f.Groups {
		total += max(g.Weight, 0)
	}
	var out []Share
	for _, g := range f.Groups {
		s := Share{Group: g.Group}
		if total > 0 {
			s.Share = float64(max(g.Weight, 0)) / float64(total)
		}
		out = append(out, s)
	}
	return out
}
