// Package rolling measures a rolling update of ten tasks under load: seconds
// from UpdateService to SUCCESSFUL, and how many of all requests failed. Docker
// Swarm's service update of the same image runs beside it.
//
//	go test -run '^$' -bench . -benchtime 1x ./test/bench/rolling
//
// Swarm runs in a dockerd of our own, with the order and the parallelism that
// ECS's default of 100 % and 200 % allows: all ten new tasks first. Swarm has no
// health check here, because the image holds nothing to run one with: it trusts
// a task that runs, which is less to wait for.
package rolling
