// Package tasks measures the start of a task: from RunTask to the task's first
// HTTP answer, beside a bare `runc run` of the same image (the least that a
// container costs on this machine) and beside Docker Engine.
//
//	go test -run '^$' -bench . -benchtime 1x ./test/bench/tasks
//
// It starts dockerd on a private socket, data directory and bridge, and ends it
// again. The same without the API is measured by BenchmarkStart of
// internal/runtime/oci.
package tasks
