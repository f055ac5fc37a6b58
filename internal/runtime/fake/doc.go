// Package fake is a runtime.Driver in memory. Its tasks are state machines that
// follow a Script: how long they take to start, whether they crash, what their
// health is. Tests of the engine and control-plane benchmarks run on it; nothing
// of it runs a process.
//
//	d := fake.New(fake.Options{Script: func(s runtime.Spec) fake.Script {
//		return fake.Script{Start: 100 * time.Millisecond, Exit: time.Second, Code: 1}
//	}})
package fake
