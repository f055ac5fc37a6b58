package queue

import (
	"errors"
	"fmt"
	"strconv"
)

// Kinds of errors; the API gives them AWS's codes. Match them with errors.Is: the
// error itself says more.
var (
	ErrNoQueue        = errors.New("The specified queue does not exist.")
	ErrExists         = errors.New("a queue with this name has other attributes")
	ErrValue          = errors.New("invalid parameter value")
	ErrMissing        = errors.New("missing parameter")
	ErrAttributeName  = errors.New("invalid attribute name")
	ErrAttributeValue = errors.New("invalid attribute value")
	ErrContents       = errors.New("invalid message contents")
	ErrReceipt        = errors.New("invalid receipt handle")
	ErrNotInFlight    = errors.New("message not in flight")
	ErrUnsupported    = errors.New("unsupported operation")
	ErrOverLimit      = errors.New("over a limit")
	ErrNoTask         = errors.New("no such task")
)

// refusal is an error in AWS's words; nothing was changed.
type refusal struct {
	kind error
	text string
}

func (r refusal) Error() string { return r.text }
func (r refusal) Unwrap() error { return r.kind }

func refuse(kind error, format string, args ...any) error {
	return refusal{kind, fmt.Sprintf(format, args...)}
}

// badValue is the error for a parameter.
func badValue(parameter, value, reason string) error {
	return refuse(ErrValue, "Value %s for parameter %s is invalid. Reason: %s", clip(value), parameter, reason)
}

// badAttribute is the error for the value of an attribute of a queue.
func badAttribute(name, reason string) error {
	return refuse(ErrAttributeValue, "Invalid value for the parameter %s. Reason: %s", name, reason)
}

// clip shortens what strangers sent.
func clip(s string) string {
	if len(s) > 200 {
		s = s[:200] + "…"
	}
	q := strconv.Quote(s)
	return q[1 : len(q)-1]
}
