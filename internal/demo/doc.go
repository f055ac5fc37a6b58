// Package demo deploys a sample service four times, under load, and tells what
// happens. It is a client like any other: it uses AWS APIs and the registry
// protocol only, so what it does can be done from any SDK.
//
//	sample image v1 … v4 ─► ECR
//	cluster, load balancer, two target groups, listener, task definitions, service
//	load ─► load balancer ─► tasks        (counted by the version that answered)
//	UpdateService to v2, ROLLING          ─┐
//	UpdateService to v3, LINEAR, approved  ├─► watch: stage, tasks, weight, share of traffic
//	UpdateService to v4, CANARY, stopped  ─┘
//
// Everything is found again by name, so a second run uses what the first made.
//
// Files: demo.go (the order of things), act.go (the deployments), client.go, image.go, stack.go (load
// balancer), service.go, load.go, watch.go (the live account), picture.go (the
// account as a drawing).
package demo
