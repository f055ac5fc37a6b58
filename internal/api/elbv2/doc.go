// Package elbv2 is the API of Elastic Load Balancing version 2 for application and
// network load balancers. An operation is a method of Service: it validates, changes the
// records of internal/elb in one transaction, and answers with what is stored.
//
//	request ─► validate, normalise ─► store.Update(elb.Put…) ─► describe
//
// Actions and conditions are normalised once, when they are written (action.go,
// condition.go): what is stored is what AWS echoes, and the data plane is built
// from the same values. Validation that depends on other records happens inside
// the transaction.
//
// Differences from AWS, all towards accepting more (Options.Strict turns them
// off): an HTTPS listener may have no certificate, and a load balancer may lie
// in a single availability zone. Gateway load balancers, QUIC, Lambda
// targets, trust stores and authenticating actions are refused with an error that
// says so.
//
// Files are named for what they hold: loadbalancer.go, subnet.go, listener.go,
// rule.go, targetgroup.go, target.go, health.go, attribute.go, tag.go, …
package elbv2
