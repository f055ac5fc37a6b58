package function

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// Request is what Call needs.
type Request struct {
	Reference
	Payload       []byte
	ClientContext string // JSON
}

// Result of an invocation.
type Result struct {
	Payload       []byte
	FunctionError string // "" or "Unhandled"
	Version       string
	Log           []byte // the last 4 KB
}

// invocation is one event on its way through an environment.
type invocation struct {
	id, arn, trace, clientContext string
	payload                       []byte
	timeout                       time.Duration
	deadline                      time.Time
	began                         time.Time
	answer                        chan Result // has room for one
}

// Invoke runs a function and waits for its answer. functionError is "" or what
// AWS puts into X-Amz-Function-Error; err tells that the function did not run.
func (f *Functions) Invoke(ctx context.Context, s arn.Scope, functionARN string, payload []byte) (answer []byte, functionError string, err error) {
	r, err := Parse(s, functionARN)
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	res, err := f.Call(ctx, Request{Reference: r, Payload: payload})
	return res.Payload, res.FunctionError, err
}

// Call runs a function and waits for its answer, or for the end of ctx; the
// function is not stopped by the end of ctx, as in AWS.
func (f *Functions) Call(ctx context.Context, r Request) (Result, error) {
	if len(r.Payload) > MaxPayload {
		return Result{}, ErrTooLarge
	}
	v, err := f.Version(r.Reference)
	if err != nil {
		return Result{}, err
	}
	fn, ok := f.Find(r.Scope, r.Name)
	if !ok {
		return Result{}, ErrNotFound
	}
	if err := f.enter(fn); err != nil {
		return Result{}, err
	}
	type outcome struct {
		res Result
		err error
	}
	done := make(chan outcome, 1)
	go func() {
		defer f.leave(fn)
		res, err := f.run(v, f.invocation(v, r))
		done <- outcome{res, err}
	}()
	select {
	case o := <-done:
		o.res.Version = v.Number()
		return o.res, o.err
	case <-ctx.Done():
		return Result{}, ctx.Err()
	}
}

func (f *Functions) invocation(v *Version, r Request) *invocation {
	in := &invocation{
		id: store.NewUUID(), arn: r.ARN(), payload: r.Payload, clientContext: r.ClientContext,
		timeout: time.Duration(*v.Config.Timeout) * time.Second, answer: make(chan Result, 1),
	}
	in.trace = fmt.Sprintf("Root=1-%08x-%s;Parent=%s;Sampled=0", time.Now().Unix(), arn.NewHex(24), arn.NewHex(16))
	if len(in.payload) == 0 {
		in.payload = []byte("{}")
	}
	return in
}

// launches bounds how often a process may vanish before it took the invocation.
const launches = 3

// run finds an environment and lets it work. An environment that ended before
// it took the invocation is replaced.
func (f *Functions) run(v *Version, in *invocation) (Result, error) {
	faultRun.Hit()
	for range launches {
		e, err := f.take(v)
		faultTaken.Hit()
		var bad *startError
		if errors.As(err, &bad) {
			return failed(bad.kind, "RequestId: "+in.id+" Error: "+bad.message), nil
		}
		if err != nil {
			return Result{}, err
		}
		e, res := e.initialised(v, in)
		if res == nil {
			res = e.invoke(in)
		}
		if res != nil {
			return *res, nil
		}
	}
	return failed(exitError, "RequestId: "+in.id+" Error: "+noReason), nil
}

// initialised waits for the end of init. An init that takes too long is killed
// and done again, now within the time of the invocation.
func (e *environment) initialised(v *Version, in *invocation) (*environment, *Result) {
	if e.awaitInit(e.f.opts.Init) {
		return e, nil
	}
	if e.alive() {
		e.kill()
		<-e.gone
		again, err := e.f.take(v)
		if err != nil {
			res := failed(exitError, "RequestId: "+in.id+" Error: "+err.Error())
			return e, &res
		}
		e, in.began = again, time.Now()
		if e.awaitInit(in.timeout) {
			return e, nil
		}
		if e.alive() {
			res := e.timedOut(in)
			return e, &res
		}
	}
	<-e.gone
	e.mu.Lock()
	res := e.initFail
	e.mu.Unlock()
	if res == nil {
		r := e.exit(in)
		res = &r
	}
	res.Log = e.out.tail()
	return e, res
}

// exit is the result of an invocation whose process ended.
func (e *environment) exit(in *invocation) Result {
	kind, message := e.process.how()
	return failed(kind, "RequestId: "+in.id+" Error: "+message)
}

// awaitInit tells whether the process asked for work in time. The time begins
// when it runs: an image may have to be pulled first.
func (e *environment) awaitInit(limit time.Duration) bool {
	select {
	case <-e.started:
	case <-e.exited:
		return false
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-e.ready:
		return true
	case <-e.exited:
		return false
	case <-timer.C:
		return false
	}
}

// invoke lets the process work; nil means that it ended before it took the
// invocation.
func (e *environment) invoke(in *invocation) *Result {
	first := e.fresh()
	if first {
		e.process.flush() // what it wrote at its start comes before START
	}
	cold := first && in.began.IsZero()
	if in.began.IsZero() {
		in.began = time.Now()
	}
	in.deadline = in.began.Add(in.timeout)
	timer := time.NewTimer(time.Until(in.deadline))
	defer timer.Stop()
	e.out.begin()
	e.process.begin()
	if !e.alive() {
		return nil
	}
	e.out.say("START RequestId: " + in.id + " Version: " + e.v.Number())
	select {
	case e.work <- in:
	case <-e.exited:
		return nil
	case <-timer.C:
		res := e.timedOut(in)
		return &res
	}
	var res Result
	select {
	case res = <-in.answer:
	case <-timer.C:
		res = e.timedOut(in)
		return &res
	case <-e.exited:
		select {
		case res = <-in.answer: // it answered, then it ended
		default:
			<-e.gone
			res = e.exit(in)
			e.report(in, false, "error\tError Type: "+exitError)
			res.Log = e.out.tail()
			return &res
		}
	}
	e.process.flush()
	e.report(in, cold, "")
	res.Log = e.out.tail()
	e.f.giveBack(e)
	return &res
}

// timedOut kills the process: the next invocation begins with a new one.
func (e *environment) timedOut(in *invocation) Result {
	e.kill()
	<-e.gone
	text := fmt.Sprintf("Task timed out after %.2f seconds", in.timeout.Seconds())
	e.out.say(time.Now().UTC().Format("2006-01-02T15:04:05.000Z ") + in.id + " " + text)
	e.report(in, false, "timeout")
	res := failed("Sandbox.Timedout", "RequestId: "+in.id+" Error: "+text)
	res.Log = e.out.tail()
	return res
}

// report writes what AWS writes after each invocation.
func (e *environment) report(in *invocation, cold bool, status string) {
	took := time.Since(in.began).Seconds() * 1000
	line := fmt.Sprintf("REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %d ms\tMemory Size: %d MB\tMax Memory Used: %d MB",
		in.id, took, int(math.Ceil(took)), *e.v.Config.MemorySize, e.process.memory())
	if cold {
		line += fmt.Sprintf("\tInit Duration: %.2f ms", e.initTime.Seconds()*1000)
	}
	if status != "" {
		line += "\tStatus: " + status
	}
	e.out.say("END RequestId: " + in.id)
	e.out.say(line)
}

// failed is a result that says why the function did not answer.
func failed(kind, message string) Result {
	doc, _ := json.Marshal(map[string]string{"errorType": kind, "errorMessage": message}) // strings always encode
	return Result{Payload: doc, FunctionError: "Unhandled"}
}
