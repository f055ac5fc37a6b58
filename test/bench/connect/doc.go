// Package connect measures what a request costs through an endpoint of Service
// Connect, from inside a task's network namespace, beside the load balancer's
// path: processor time of one and the same proxy process, in turns.
//
//	sudo go test -run '^$' -bench . -benchtime 1x ./test/bench/connect
//
// Both have two targets with weights over kept-alive connections; the endpoint has
// outlier detection, retries and the test header's rule, the load balancer health
// checks and rules.
package connect
