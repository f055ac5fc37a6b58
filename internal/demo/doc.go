// Package demo deploys a sample service twice, under load, and tells what
// happens. It is a client like any other: it uses AWS APIs and the registry
// protocol only, so what it does can be done from any SDK.
//
//	sample image v1, v2 ─► ECR
//	cluster, load balancer, target group, listener, task definition, service
//	load ─► load balancer ─► tasks        (counted by the version that answered)
//	UpdateService to v2 ─► watch: deployments, tasks, targets, share of traffic
//
// Everything is found again by name, so a second run uses what the first made.
//
// Files: demo.go (the order of things), client.go, image.go, stack.go (load
// balancer), service.go, load.go, watch.go (the live account), picture.go (the
// account as a drawing).
package demo
