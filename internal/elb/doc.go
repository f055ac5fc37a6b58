// Package elb is the control side of the application and network load balancers: the
// records of load balancers, listeners, rules, target groups, targets and
// certificates, and the Balancer that turns them into what proxies serve.
//
//	api/elbv2, engine ─► records (store) ─► build ─► route.Table ─► Plane (proxy)
//	     DescribeTargetHealth ◄─ Balancer ◄──────── health, traffic ─┘
//	     CloudWatch ◄─ metric.Store ◄─┘
//
// Records are changed inside the caller's transaction by the functions of this
// package (PutRule, Register, SetWeights, …), so that a deployment step and the
// routes that it changes are one commit. Each such function raises the revision
// of the routing state. The Balancer watches commits, builds a table when the
// revision rose, and publishes it; WaitApplied returns when the proxy serves a
// table that includes everything committed before the call.
//
// Keys are ARNs, which makes hierarchy a prefix: the listeners of a load
// balancer and the rules of a listener are found without an index. Which rules
// forward to a group is kept as records of its own (use.go): a group is in use,
// and probed, while there is one.
//
// A rule is governed from the first time a deployment sets its weights. Users'
// tools state their rules again and again (every terraform apply is a ModifyRule
// or ModifyListener), and must not undo a shift by that: Rule.Say keeps the
// weights in force when a statement is one that a user made before, or what is in
// force anyway. Order, form (TargetGroupArn or ForwardConfig) and left out weights
// do not matter; stickiness, conditions and the rest take effect. Any other
// statement is a deliberate edit, and takes effect. So to move the traffic of a
// governed rule by hand, state other weights than before: 1 and 0 instead of 100
// and 0. DescribeRules shows what is in force.
//
// A network load balancer is told by its ARN ("net/…"). Its listeners have the default
// rule alone, so that a listener's ARN stands where a rule's does: Weights, SetWeights,
// Govern and Release take either.
//
// A target's state is known from three things: its record (registered, draining
// until), whether its group is in use, and the proxy's last verdict over this
// registration. Verdicts live in memory; changes of them are written too, so
// that a restarted server knows the state until the proxy repeats it.
//
// Files: loadbalancer.go, listener.go, rule.go, group.go, target.go,
// certificate.go (records); attribute.go, networkattribute.go (the attributes and their
// defaults); network.go (what network load balancers add);
// use.go, weight.go, govern.go, revision.go; build.go and buildgroup.go (records to table);
// balancer.go, run.go, apply.go, address.go (publishing); health.go, verdict.go;
// traffic.go, measure.go, flows.go, meter.go, census.go, owner.go, sums.go, counted.go (metrics).
package elb
