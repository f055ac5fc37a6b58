package harness

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"sync"
	"testing"
)

// Main runs the tests of a package that uses Shared. Tests mostly wait, for
// health checks and drains, so more of them run at once than there are cores.
func Main(m *testing.M) int {
	flag.Parse()
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		_ = f.Value.Set("8")
	}
	defer one.end()
	return m.Run()
}

// one is the process-wide grue of Shared.
var one owner

// Shared is a grue that all tests of a package use; it ends with Main. Names of
// services and families must differ from test to test.
func Shared(t testing.TB) *Grue {
	t.Helper()
	one.start.Do(func() { // Fatal ends the goroutine that calls it, which must not be the test's
		done := make(chan struct{})
		go func() { defer close(done); one.grue = Start(&one) }()
		<-done
	})
	if one.grue == nil {
		t.Fatal("the shared grue did not start")
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log("log of the shared grue:\n" + one.grue.logTail())
		}
	})
	return one.grue
}

// owner stands for the package where Start wants a test.
type owner struct {
	testing.TB
	start    sync.Once
	grue     *Grue
	cleanups []func()
	failed   bool
}

func (o *owner) end() {
	for i := len(o.cleanups) - 1; i >= 0; i-- {
		o.cleanups[i]()
	}
	if o.failed {
		fmt.Fprintln(os.Stderr, "FAIL: the shared grue could not be ended cleanly")
		os.Exit(1)
	}
}

func (o *owner) Helper()          {}
func (o *owner) Failed() bool     { return o.failed }
func (o *owner) Cleanup(f func()) { o.cleanups = append(o.cleanups, f) }
func (o *owner) Log(args ...any)  { fmt.Fprintln(os.Stderr, args...) }
func (o *owner) Error(args ...any) {
	o.failed = true
	o.Log(args...)
}
func (o *owner) Errorf(format string, args ...any) { o.Error(fmt.Sprintf(format, args...)) }
func (o *owner) Fatal(args ...any)                 { o.Error(args...); runtime.Goexit() }
func (o *owner) Fatalf(format string, args ...any) { o.Fatal(fmt.Sprintf(format, args...)) }
