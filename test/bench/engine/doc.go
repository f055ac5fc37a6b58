// Package engine measures the control plane alone: services with ten tasks each
// on the scripted runtime, all of them deployed at once on one core. The figure
// that matters is that time and memory grow with the number of services and no
// faster.
//
//	go test -run '^$' -bench . -benchtime 1x ./test/bench/engine
package engine
