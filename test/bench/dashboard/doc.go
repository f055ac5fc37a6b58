// Package dashboard measures what open dashboards cost: the CPU time of the server
// as a share of one core, while a canary with traffic is in progress, without and
// with 100 browsers. Each holds the home page and the page of the deployment.
//
//	go test -run '^$' -bench . -benchtime 1x ./test/bench/dashboard
//
// What readers do with what they get is not counted: they are other processes' work.
package dashboard
