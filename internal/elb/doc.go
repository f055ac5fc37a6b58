// Package elb is the control side of the application load balancers: the
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
// A target's state is known from three things: its record (registered, draining
// until), whether its group is in use, and the proxy's last verdict over this
// registration. Verdicts live in memory; changes of them are written too, so
// that a restarted server knows the state until the proxy repeats it.
//
// Files: loadbalancer.go, listener.go, rule.go, group.go, target.go,
// certificate.go (records); attribute.go (the attributes and their defaults);
// use.go, weight.go, revision.go; build.go and buildgroup.go (records to table);
// balancer.go, run.go, apply.go, address.go (publishing); health.go, verdict.go;
// traffic.go, measure.go, census.go (metrics).
package elb
