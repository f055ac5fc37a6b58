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
	code := m.Run()
	for _, o := range []*owner{&one, &quick} {
		if !o.end() {
			fmt.Fprintln(os.Stderr, "FAIL: a shared grue could not be ended cleanly")
			code = 1
		}
	}
	return code
}

// one is the process-wide grue of Shared, quick that of Quick.
var (
	one   = owner{}
	quick = owner{args: []string{"--minute", "1s"}}
)

// Shared is a grue that all tests of a package use; it ends with Main. Names of
// services and families must differ from test to test.
func Shared(t testing.TB) *Grue {
	t.Helper()
	return one.share(t)
}

// Quick is like Shared, with a grue whose minutes of bakes, hooks and alarms last
// a second.
func Quick(t testing.TB) *Grue {
	t.Helper()
	return quick.share(t)
}

func (o *owner) share(t testing.TB) *Grue {
	t.Helper()
	o.start.Do(func() { // Fatal ends the goroutine that calls it, which must not be the test's
		done := make(chan struct{})
		go func() { defer close(done); o.grue = Start(o, o.args...) }()
		<-done
	})
	if o.grue == nil {
		t.Fatal("the shared grue did not start")
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log("log of the shared grue:\n" + o.grue.logTail())
		}
	})
	return o.grue
}

// owner stands for the package where Start wants a test.
type owner struct {
	testing.TB
	args     []string
	start    sync.Once
	grue     *Grue
	cleanups []func()
	failed   bool
}

// end removes what the grue made and tells whether that went well.
func (o *owner) end() bool {
	for i := len(o.cleanups) - 1; i >= 0; i-- {
		o.cleanups[i]()
	}
	return !o.failed
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
