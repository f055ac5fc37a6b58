package lambda

import (
	"errors"
	"net/http"

	"github.com/grue-ecs/grue/internal/function"
	"github.com/grue-ecs/grue/internal/wire"
)

// user is the member that Lambda's exceptions have besides the message.
func user(e *wire.Error, status int) *wire.Error {
	e = e.WithStatus(status)
	e.Fields = map[string]any{"Type": "User"}
	return e
}

func invalid(format string, args ...any) error {
	return user(wire.Errorf("InvalidParameterValueException", format, args...), http.StatusBadRequest)
}

func missing(format string, args ...any) error {
	return user(wire.Errorf("ResourceNotFoundException", format, args...), http.StatusNotFound)
}

func conflict(format string, args ...any) error {
	return user(wire.Errorf("ResourceConflictException", format, args...), http.StatusConflict)
}

func notFound(r function.Reference) error { return missing("Function not found: %s", r.ARN()) }

func stale() error {
	return user(wire.Errorf("PreconditionFailedException",
		"The RevisionId provided does not match the latest RevisionId. Call the GetFunction/GetAlias API to retrieve the latest RevisionId"), http.StatusPreconditionFailed)
}

func tooLarge(limit int) error {
	return user(wire.Errorf("RequestTooLargeException", "Request must be smaller than %d bytes for the InvokeFunction operation", limit), http.StatusRequestEntityTooLarge)
}

// throttled tells which limit was reached.
func throttled(reason string) error {
	e := user(wire.Errorf("TooManyRequestsException", "Rate Exceeded."), http.StatusTooManyRequests)
	e.Fields["Reason"] = reason
	return e
}

// reword gives an error of the functions AWS's code.
func reword(err error, r function.Reference) error {
	var code function.CodeError
	switch {
	case errors.Is(err, function.ErrNotFound):
		return notFound(r)
	case errors.Is(err, function.ErrExists):
		return conflict("Function already exist: %s", r.Name)
	case errors.Is(err, function.ErrThrottled), errors.Is(err, function.ErrQueueFull):
		return throttled("ConcurrentInvocationLimitExceeded")
	case errors.Is(err, function.ErrReserved):
		return throttled("ReservedFunctionConcurrentInvocationLimitExceeded")
	case errors.Is(err, function.ErrInUse):
		return conflict("Unable to delete version because the following aliases reference it: %s", aliasOf(err))
	case errors.Is(err, function.ErrClosed):
		return wire.Errorf("ServiceException", "The server is stopping; try again.").WithStatus(http.StatusServiceUnavailable)
	case errors.As(err, &code):
		return invalid("%s", string(code))
	}
	return err
}

func aliasOf(err error) string { return "[" + err.Error()[len(function.ErrInUse.Error())+2:] + "]" }
