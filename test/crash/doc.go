// Package crash kills the server of a real grue at every named failpoint, in
// deployments of every strategy, under load.
//
//	r := newRig(t, strategies[2])       // grue up, a service, functions, alarms
//	r.run(t, "engine.weights.after")    // one deployment, in which the server dies there
//
// A deployment in which the server died ends as any other does: no request fails,
// exactly the desired tasks run, each was started once, hooks are called at least
// once under one executionId, events are told once, and every write that the API
// acknowledged is there.
//
// TestCrashes lets the server die several times in each of a few deployments;
// TestSlowEveryPoint once in each of many, at one point after the other.
//
// Files: points_test.go (which deployment reaches which point), rig_test.go,
// drive_test.go (one deployment), call_test.go, check_test.go, leak_test.go (processes
// and files), ledger_test.go, crash_test.go, slow_test.go.
package crash
