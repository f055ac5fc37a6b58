package wire

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"reflect"
	"runtime/debug"
	"slices"
	"syscall"
	"time"

	"github.com/google/uuid"
)

// exchange is one request and its answer.
type exchange struct {
	*Registry
	target
	w         http.ResponseWriter
	req       *http.Request
	requestID string
	caller    Caller
	decision  Decision
}

// ServeHTTP answers one request.
func (r *Registry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	x := &exchange{Registry: r, w: w, req: req, requestID: uuid.NewString()}
	w.Header().Set("x-amzn-RequestId", x.requestID)
	start := time.Now()
	op, out, err := x.handle()
	if err != nil {
		x.fail(err)
	} else {
		err = x.answer(op, out)
	}
	if r.opts.Observe != nil {
		r.opts.Observe(req, x.observation(start, err))
	}
	if r.opts.Log.Enabled(req.Context(), slog.LevelDebug) {
		x.log(slog.LevelDebug, "request", "took", time.Since(start), "err", err)
	}
}

// handle does everything up to the answer.
func (x *exchange) handle() (*operation, reflect.Value, *Error) {
	var none reflect.Value
	body, werr := x.readBody(x.req)
	sig, aerr := parseSignature(x.req)
	if werr != nil {
		x.target, _ = x.find(x.req, nil, sig)
		return nil, none, werr
	}
	plain, werr := x.inflate(x.req, body)
	t, ferr := x.find(x.req, plain, sig)
	x.target = t
	if aerr != nil {
		return nil, none, aerr.wire(x.protocol)
	}
	if ferr != nil || werr != nil {
		return nil, none, cmpError(ferr, werr)
	}
	if werr := x.admit(body, sig); werr != nil {
		return nil, none, werr
	}
	if x.decision, werr = decision(x.req); werr != nil {
		return nil, none, werr
	}
	op := x.service.ops[x.name]
	if op == nil {
		return nil, none, x.noOperation()
	}
	in, werr := x.decode(op, plain)
	if werr != nil {
		return nil, none, werr
	}
	out, werr := x.call(op, in)
	return op, out, werr
}

func cmpError(a, b *Error) *Error {
	if a != nil {
		return a
	}
	return b
}

// admit lets a request in, and says who sent it.
func (x *exchange) admit(body []byte, sig *signature) *Error {
	x.caller = x.defaultCaller()
	if sig == nil {
		if !slices.Contains(x.service.spec.Unsigned, x.name) {
			return errUnsigned.wire(x.protocol)
		}
		x.caller.ARN, x.caller.UserID = "", ""
	} else {
		c, err := x.authenticate(x.req, body, sig, x.service.spec.Name)
		if err != nil {
			x.log(slog.LevelWarn, "request refused", "reason", err.message, "access_key", clip(sig.accessKey), "peer", x.req.RemoteAddr)
			return err.wire(x.protocol)
		}
		x.caller = c
	}
	x.caller.RequestID, x.caller.SourceIP = x.requestID, sourceIP(x.req)
	x.caller.Local, x.caller.Endpoint = fromHere(x.req), endpoint(x.req)
	return nil
}

// noOperation is the answer for an operation that has no method.
func (x *exchange) noOperation() *Error {
	if _, logged := x.service.unknown.LoadOrStore(clip(x.name), true); !logged && x.countWarning() {
		x.log(slog.LevelWarn, "operation not supported")
	}
	spec := &x.service.spec
	code, message := "UnknownOperationException", "The operation "+clip(x.name)+" is not known to this server."
	switch x.protocol {
	case Query:
		code = "InvalidAction"
		message = "Could not find operation " + clip(x.name) + " for version " + spec.Version
	case EC2Query:
		code = "InvalidAction"
		message = "The action " + clip(x.name) + " is not valid for this web service."
	}
	if spec.UnknownOperation != "" {
		code = spec.UnknownOperation
	}
	return Errorf(code, "%s", message)
}

// call runs the handler. A panic is logged and answered, and the server lives.
func (x *exchange) call(op *operation, in reflect.Value) (out reflect.Value, werr *Error) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if p == http.ErrAbortHandler {
			panic(p)
		}
		x.log(slog.LevelError, "handler panicked", "panic", p, "stack", string(debug.Stack()))
		werr = x.internal()
	}()
	ctx := WithDecision(WithCaller(x.req.Context(), x.caller), x.decision)
	results := op.call.Call([]reflect.Value{reflect.ValueOf(ctx), in})
	if err, _ := results[1].Interface().(error); err != nil {
		return results[0], x.reword(err)
	}
	return results[0], nil
}

// reword turns the error of a handler into what the client may see.
func (x *exchange) reword(err error) *Error {
	var e *Error
	if errors.As(err, &e) && e != nil {
		return e
	}
	level := slog.LevelError
	if errors.Is(err, context.Canceled) { // the client went away
		level = slog.LevelDebug
	}
	x.log(level, "handler failed", "err", err)
	failure := x.internal()
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		failure.Message = "Nothing was changed: the disk of grue's data directory is full. Free some space and try again."
	}
	return failure
}

func (x *exchange) internal() *Error {
	code := x.service.spec.InternalError
	switch {
	case code != "":
	case x.protocol == EC2Query:
		code = "InternalError"
	default:
		code = "InternalFailure"
	}
	return &Error{
		Code: code, Status: http.StatusInternalServerError,
		Message: "The request failed because of an unknown error; the server's log has it under the id " + x.requestID + ".",
	}
}

func (x *exchange) log(level slog.Level, message string, args ...any) {
	service := ""
	if x.service != nil {
		service = x.service.spec.Name
	}
	args = append([]any{"service", service, "operation", clip(x.name), "request_id", x.requestID}, args...)
	x.opts.Log.Log(x.req.Context(), level, message, args...)
}

// maxWarnings bounds the log lines about strange requests, and the memory of
// which were written: strangers choose the names.
const maxWarnings = 1000

func (r *Registry) countWarning() bool { return r.warnings.Add(1) <= maxWarnings }

// unknownMember hears of each member that no struct has.
func (x *exchange) unknownMember(typ, member string) error {
	if x.opts.Strict {
		return &memberError{path: "." + clip(member), text: typ + " has no such member"}
	}
	if x.warnings.Load() >= maxWarnings {
		return nil
	}
	key := x.service.spec.Name + " " + typ + "." + clip(member)
	if _, logged := x.warned.LoadOrStore(key, true); !logged && x.countWarning() {
		x.log(slog.LevelWarn, "request member ignored", "type", typ, "member", clip(member))
	}
	return nil
}

// endpoint is the address that the client used for this server.
func endpoint(req *http.Request) string {
	if req.TLS != nil {
		return "https://" + req.Host
	}
	return "http://" + req.Host
}
