package function

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/logs"
	"github.com/grue-ecs/grue/internal/store"
)

func (w *world) call(name, event string) Result {
	w.t.Helper()
	res, err := w.f.Call(context.Background(), Request{Reference: Reference{Scope: scope, Name: name}, Payload: []byte(event)})
	if err != nil {
		w.t.Fatal(err)
	}
	return res
}

type echo struct {
	Calls, PID             int
	TMP, Key, ARN, Context string
}

func (w *world) echo(name, event string) (e echo) {
	w.t.Helper()
	res := w.call(name, event)
	if err := json.Unmarshal(res.Payload, &e); err != nil || res.FunctionError != "" {
		w.t.Fatalf("%s answered %s %s\n%s", name, res.FunctionError, res.Payload, res.Log)
	}
	return e
}

func TestInvoke(t *testing.T) {
	w := newWorld(t, func(o *Options) {
		o.Credentials = func(s arn.Scope, role, name string) (Credentials, error) {
			return Credentials{AccessKey: "ASIA" + s.Region + role[len(role)-1:] + name}, nil
		}
	})
	w.create("f", bootstrap, nil)
	one := w.echo("f", `{"Do":""}`)
	two := w.echo("f", `{"Do":""}`)
	if one.PID != two.PID || two.Calls != 2 {
		t.Errorf("the environment was not kept warm: %+v, %+v", one, two)
	}
	if one.ARN != ARN(scope, "f", "") || one.Key != "ASIAeu-west-1rf" || !strings.HasPrefix(one.TMP, w.dir) {
		t.Errorf("the function saw %+v", one)
	}
	answer, functionError, err := w.f.Invoke(t.Context(), scope, ARN(scope, "f", Latest), []byte(`{"Do":"error"}`))
	if err != nil || functionError != "Unhandled" || string(answer) != `{"errorType":"Custom","errorMessage":"as asked"}` {
		t.Errorf("Invoke: %s, %q, %v", answer, functionError, err)
	}
	if _, _, err := w.f.Invoke(t.Context(), scope, "none", nil); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown function: %v", err)
	}
	if _, err := w.f.Call(t.Context(), Request{Reference: Reference{Scope: scope, Name: "f"}, Payload: make([]byte, MaxPayload+1)}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("large payload: %v", err)
	}
}

func TestFailures(t *testing.T) {
	w := newWorld(t, nil)
	w.create("f", bootstrap, nil)
	w.create("short", bootstrap, func(c *types.FunctionConfiguration) { c.Timeout = aws.Int32(1) })
	for _, init := range []string{"exit", "error"} {
		w.create("init-"+init, bootstrap, initialising(init))
	}
	w.create("empty", func() ([]byte, error) { return pack(entry{"x", "y", 0o644}) }, nil)
	w.create("text", func() ([]byte, error) { return pack(entry{"bootstrap", "no program", 0o755}) }, nil)
	for _, tt := range []struct{ name, event, functionError, answer string }{
		{"f", `{"Do":"exit","N":3}`, "Unhandled", "Runtime exited with error: exit status 3"},
		{"f", `{"Do":"exit","N":0}`, "Unhandled", "Runtime exited without providing a reason"},
		{"short", `{"Do":"hang"}`, "Unhandled", "Task timed out after 1.00 seconds"},
		{"f", `{"Do":"garbage"}`, "", "<html>"},
		{"f", `{"Do":"twice"}`, "", `"first"`},
		{"f", `{"Do":"wrong"}`, "", `"calls":`},
		{"f", `{"Do":"large","N":6291554}`, "", "xxxx"},
		{"f", `{"Do":"large","N":6391556}`, "Unhandled", "Function.ResponseSizeTooLarge"},
		{"init-exit", `{}`, "Unhandled", "Runtime exited with error: exit status 7"},
		{"init-error", `{}`, "Unhandled", `{"errorType":"Extension.Boom","errorMessage":"no init"}`},
		{"empty", `{}`, "Unhandled", "Runtime.InvalidEntrypoint"},
		{"text", `{}`, "Unhandled", "Runtime.InvalidEntrypoint"},
	} {
		res := w.call(tt.name, tt.event)
		if res.FunctionError != tt.functionError || !strings.Contains(string(res.Payload), tt.answer) {
			t.Errorf("%s %s: %q %.300s", tt.name, tt.event, res.FunctionError, res.Payload)
		}
	}
	if got := w.echo("f", `{"Do":""}`); got.Calls < 1 {
		t.Errorf("after all: %+v", got)
	}
}

// initialising has the test program do something at its start.
func initialising(what string) func(*types.FunctionConfiguration) {
	return func(c *types.FunctionConfiguration) {
		c.Environment = &types.EnvironmentResponse{Variables: map[string]string{"INIT": what}}
	}
}

// TestInitThatHangs: it is done again, within the time of the invocation.
func TestInitThatHangs(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Init = 300 * time.Millisecond })
	w.create("f", bootstrap, func(c *types.FunctionConfiguration) {
		c.Timeout = aws.Int32(1)
		initialising("hang")(c)
	})
	if res := w.call("f", `{}`); res.FunctionError != "Unhandled" || !strings.Contains(string(res.Payload), "Task timed out after 1.00 seconds") {
		t.Errorf("%q %s", res.FunctionError, res.Payload)
	}
}

// TestInitIsLoggedFirst: what the program writes at its start comes before START,
// however slowly it is read.
func TestInitIsLoggedFirst(t *testing.T) {
	w := newWorld(t, nil)
	w.create("f", bootstrap, initialising("talk"))
	for range 5 {
		w.call("f", `{"Do":"exit"}`) // the next one begins with a new environment
	}
	lines := map[string]int{} // before START, by stream
	await(t, "five environments have ended", func() bool {
		found, _, _ := w.logs.Filter(scope, "/aws/lambda/f", logs.FilterQuery{Pattern: "REPORT"})
		return len(found) == 5
	})
	found, _, _ := w.logs.Filter(scope, "/aws/lambda/f", logs.FilterQuery{Limit: 10_000})
	for _, m := range found {
		if strings.HasPrefix(m.Message, "START") && lines[m.Stream] != 501 {
			t.Errorf("%d lines before START", lines[m.Stream])
		}
		lines[m.Stream]++
	}
	if len(lines) != 5 {
		t.Errorf("%d streams", len(lines))
	}
}

func TestLogTail(t *testing.T) {
	w := newWorld(t, nil)
	w.create("f", bootstrap, nil)
	log := string(w.call("f", `{"Do":"x"}`).Log)
	for _, want := range []string{"START RequestId: ", " Version: $LATEST\n", "event x\nEND RequestId: ", "\tMemory Size: 256 MB\t", "\tInit Duration: "} {
		if !strings.Contains(log, want) {
			t.Errorf("no %q in the tail:\n%s", want, log)
		}
	}
	var found []logs.Match
	await(t, "the log group has the lines", func() bool {
		found, _, _ = w.logs.Filter(scope, "/aws/lambda/f", logs.FilterQuery{})
		return len(found) == 5
	})
	if found[0].Message != "init of app.handler" || !strings.Contains(found[0].Stream, "/[$LATEST]") {
		t.Errorf("first event: %+v", found[0])
	}
}

func TestConcurrency(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Concurrency = 3 })
	w.create("f", bootstrap, nil)
	pids, over := make(chan int, 3), filepath.Join(t.TempDir(), "over")
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() { pids <- w.echo("f", fmt.Sprintf(`{"Do":"until","Path":%q}`, over)).PID })
	}
	busy := func(n int) func() bool {
		return func() bool {
			w.f.mu.Lock()
			defer w.f.mu.Unlock()
			return w.f.busy == n
		}
	}
	await(t, "three invocations", busy(3))
	if _, err := w.f.Call(t.Context(), Request{Reference: Reference{Scope: scope, Name: "f"}}); !errors.Is(err, ErrThrottled) {
		t.Errorf("a fourth one: %v", err)
	}
	if err := os.WriteFile(over, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	close(pids)
	seen := map[int]bool{}
	for pid := range pids {
		seen[pid] = true
	}
	if len(seen) != 3 {
		t.Errorf("%d environments served three invocations at once", len(seen))
	}
	if _, err := w.f.Change(scope, "f", func(fn *Function) error { fn.Reserved = aws.Int32(0); return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := w.f.Call(t.Context(), Request{Reference: Reference{Scope: scope, Name: "f"}}); !errors.Is(err, ErrReserved) {
		t.Errorf("with reserved concurrency 0: %v", err)
	}
	// A fourth environment has room only where an idle one ends.
	w.create("g", bootstrap, nil)
	w.echo("g", `{}`)
	await(t, "three environments", func() bool {
		w.f.mu.Lock()
		defer w.f.mu.Unlock()
		n := 0
		for _, p := range w.f.pools {
			n += len(p.all)
		}
		return n == 3
	})
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func TestEnvironmentsEnd(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Idle = 200 * time.Millisecond })
	w.create("idle", bootstrap, nil)
	pid := w.echo("idle", `{}`).PID
	await(t, "the idle environment ends", func() bool { return !alive(pid) })

	w.opts.Idle = time.Hour
	w.close()
	w.open()
	w.create("f", bootstrap, nil)
	old := w.echo("f", `{}`)
	changed, err := w.f.ChangeLatest(scope, "f", func(v *Version) error { v.Config.RevisionId = aws.String("2"); return nil })
	if err != nil || *changed.Config.RevisionId != "2" {
		t.Fatal(err)
	}
	await(t, "an update ends the environment", func() bool { return !alive(old.PID) })
	crash := w.echo("f", `{}`)
	if err := syscall.Kill(crash.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	await(t, "the environment is gone", func() bool {
		w.f.mu.Lock()
		defer w.f.mu.Unlock()
		return len(w.f.pools) == 0
	})
	if again := w.echo("f", `{}`); again.PID == crash.PID || again.Calls != 1 {
		t.Errorf("after a kill: %+v", again)
	}
	last := w.echo("f", `{}`)
	if err := w.f.Delete(scope, "f", ""); err != nil {
		t.Fatal(err)
	}
	if err := w.f.Delete(scope, "idle", ""); err != nil {
		t.Fatal(err)
	}
	await(t, "a deletion ends the environment", func() bool { return !alive(last.PID) })
	await(t, "code and temporary files are gone", func() bool {
		code, _ := filepath.Glob(filepath.Join(w.dir, "functions", "code", "*"))
		tmp, _ := filepath.Glob(filepath.Join(w.dir, "functions", "tmp", "*"))
		return len(code)+len(tmp) == 0
	})
}

func TestCloseKills(t *testing.T) {
	w := newWorld(t, nil)
	w.create("f", bootstrap, nil)
	pid := w.echo("f", `{}`).PID
	done := make(chan Result, 1)
	go func() {
		res, _ := w.f.Call(context.Background(), Request{Reference: Reference{Scope: scope, Name: "f"}, Payload: []byte(`{"Do":"hang"}`)})
		done <- res
	}()
	await(t, "the invocation runs", func() bool {
		found, _, _ := w.logs.Filter(scope, "/aws/lambda/f", logs.FilterQuery{Pattern: "START"})
		return len(found) == 2
	})
	w.close()
	if res := <-done; res.FunctionError == "" || alive(pid) {
		t.Errorf("after Close: %+v, alive %v", res, alive(pid))
	}
	w.open()
	w.echo("f", `{}`)
}

func TestMemoryLimit(t *testing.T) {
	w := newWorld(t, nil)
	if !memoryEnforced(w.f) {
		t.Skip("no memory control groups here")
	}
	w.create("f", bootstrap, func(c *types.FunctionConfiguration) { c.MemorySize = aws.Int32(128) })
	w.echo("f", `{"Do":"memory","N":40}`)
	res := w.call("f", `{"Do":"memory","N":400}`)
	if !strings.Contains(string(res.Payload), "signal: killed") {
		t.Errorf("400 MB in 128: %.200s", res.Payload)
	}
}

func TestEvents(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Minute = 200 * time.Millisecond })
	w.create("f", bootstrap, nil)
	left := func() (n int) {
		w.st.View(func(tx *store.Tx) { n = events.Len(tx) })
		return n
	}
	ref := Reference{Scope: scope, Name: "f"}
	if err := w.f.Enqueue(Request{Reference: ref, Payload: []byte(`{"Do":"error"}`)}); err != nil {
		t.Fatal(err)
	}
	await(t, "the event is given up", func() bool { return left() == 0 })
	var found []logs.Match
	await(t, "three tries", func() bool {
		found, _, _ = w.logs.Filter(scope, "/aws/lambda/f", logs.FilterQuery{Pattern: "START"})
		return len(found) == 3
	})
	// Events wait while the function may not run, and outlive a restart.
	reserve := func(n *int32) {
		if _, err := w.f.Change(scope, "f", func(fn *Function) error { fn.Reserved = n; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	reserve(aws.Int32(0))
	for i := range 5 {
		if err := w.f.Enqueue(Request{Reference: ref, Payload: fmt.Appendf(nil, `{"Do":"ok%d"}`, i)}); err != nil {
			t.Fatal(err)
		}
	}
	if left() != 5 {
		t.Errorf("%d events wait", left())
	}
	w.close()
	w.open()
	reserve(nil)
	await(t, "all are delivered", func() bool { return left() == 0 })
	await(t, "all are in the log", func() bool {
		found, _, _ = w.logs.Filter(scope, "/aws/lambda/f", logs.FilterQuery{Pattern: `"event ok"`})
		return len(found) == 5
	})
	if err := w.f.Enqueue(Request{Reference: ref, Payload: make([]byte, MaxEvent+1)}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("large event: %v", err)
	}
}

// TestAWSLambdaGo: a program built with AWS's library runs unmodified.
func TestAWSLambdaGo(t *testing.T) {
	w := newWorld(t, nil)
	w.create("f", awsGo, nil)
	for event, want := range map[string]string{
		`{"status":"SUCCEEDED"}`: `{"arn":"arn:aws:lambda:eu-west-1:123456789012:function:f","hookStatus":"SUCCEEDED"}`,
		`{"fail":"as asked"}`:    `{"errorMessage":"as asked","errorType":"errorString"}`,
	} {
		if res := w.call("f", event); string(res.Payload) != want || (res.FunctionError != "") != strings.Contains(event, "fail") {
			t.Errorf("%s: %q %s", event, res.FunctionError, res.Payload)
		}
	}
	if res := w.call("f", `{"panic":"boom"}`); !strings.Contains(string(res.Payload), `"errorMessage":"boom"`) || res.FunctionError == "" {
		t.Errorf("a panic: %q %s", res.FunctionError, res.Payload)
	}
}

func TestVersions(t *testing.T) {
	w := newWorld(t, nil)
	w.create("f", bootstrap, nil)
	yes := func(*Version) error { return nil }
	change := func(sum string) {
		if _, err := w.f.ChangeLatest(scope, "f", func(v *Version) error {
			v.Config.ConfigSha256, v.Config.RevisionId = &sum, &sum
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	for i := 1; i <= 11; i++ {
		change(fmt.Sprint("s", i))
		for range 2 { // the second time nothing changed
			v, err := w.f.Publish(scope, "f", yes, nil)
			if err != nil || v.Number() != fmt.Sprint(i) {
				t.Fatalf("version %d: %v, %v", i, v, err)
			}
		}
	}
	var numbers []string
	for _, v := range w.f.Versions(scope, "f") {
		numbers = append(numbers, v.Number())
	}
	if got := strings.Join(numbers, " "); got != "$LATEST 1 2 3 4 5 6 7 8 9 10 11" {
		t.Errorf("versions %s", got)
	}
	a := Alias{Version: "1", Weights: map[string]float64{"2": 0.25}}
	if a.choose(0.2) != "2" || a.choose(0.3) != "1" {
		t.Error("an alias does not choose by weight")
	}
}

func TestUnzip(t *testing.T) {
	for name, tt := range map[string]struct {
		entries []entry
		ok      bool
	}{
		"plain":         {[]entry{{"a/b.py", "x", 0o644}, {"bin/x", "y", 0o755}}, true},
		"backslashes":   {[]entry{{`a\b.py`, "x", 0}}, true},
		"parent":        {[]entry{{"../x", "y", 0o644}}, false},
		"absolute":      {[]entry{{"/etc/x", "y", 0o644}}, false},
		"inner parent":  {[]entry{{"a/../../x", "y", 0o644}}, false},
		"through link":  {[]entry{{"l", "/tmp", os.ModeSymlink | 0o777}, {"l/x", "y", 0o644}}, false},
		"link outwards": {[]entry{{"l", "../../..", os.ModeSymlink | 0o777}, {"l/x", "y", 0o644}}, false},
		"link inside":   {[]entry{{"a/x", "y", 0o644}, {"l", "a", os.ModeSymlink | 0o777}}, true},
		"device":        {[]entry{{"d", "", os.ModeDevice | 0o644}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			doc, err := pack(tt.entries...)
			if err != nil {
				t.Fatal(err)
			}
			err = unzip(doc, t.TempDir())
			var refused CodeError
			if tt.ok && err != nil || !tt.ok && !errors.As(err, &refused) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func FuzzUnzip(f *testing.F) {
	doc, _ := pack(entry{"a/b", "x", 0o644}, entry{"l", "a", os.ModeSymlink | 0o777})
	f.Add(doc)
	f.Fuzz(func(t *testing.T, doc []byte) {
		outer := t.TempDir()
		dir := filepath.Join(outer, "in")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		_ = unzip(doc, dir)
		if all, _ := os.ReadDir(outer); len(all) != 1 {
			t.Errorf("something was written outside: %v", all)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"f", "f:1", "f:$LATEST", "123456789012:function:f", "arn:aws:lambda:eu-west-1:1:function:f:live", "arn:aws:ecs:a:b:c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := Parse(scope, text)
		if err != nil {
			return
		}
		if again, err := Parse(scope, r.ARN()); err != nil || again != r {
			t.Errorf("%q is %+v, whose ARN is %+v, %v", text, r, again, err)
		}
	})
}
