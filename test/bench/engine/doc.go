// Package engine measures the control plane alone, on the scripted runtime and
// one core:
//
//	engine_bench_test.go  services with ten tasks each, all of them deployed at once: time
//	                      and memory must grow with the number of services and no faster
//	canary_bench_test.go  a thousand canary deployments at once: how late bakes end
//	shift_test.go         their load balancers, and a proxy that serves nothing
//	sim_bench_test.go     the simulator: deployments a second
//
//	go test -run '^$' -bench . -benchtime 1x ./test/bench/engine
package engine
