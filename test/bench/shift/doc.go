// Package shift measures deployments that move traffic, with real tasks, a real
// proxy and a thousand requests a second:
//
//	rollback_bench_test.go   from a cause to the last answer of green, and where the time goes
//	bluegreen_bench_test.go  UpdateService to SUCCESSFUL, and requests that failed meanwhile
//	canary_bench_test.go     a canary that answers errors, called back by an alarm
//	share_bench_test.go      how exactly a canary gets its share of the requests
//
//	go test -run '^$' -bench . -benchtime 1x ./test/bench/shift
//
// The load (load_test.go) is open: requests are due at fixed times and begin then,
// however long others take. stage_test.go makes services and waits for moments in
// their deployments.
package shift
