package wire

import (
	"fmt"
	"net/http"
	"strings"
)

// Error is an error as AWS words it. Handlers return it; each protocol has its
// own way to write it.
type Error struct {
	Code    string         // the exception's name in AWS's model: "ServiceNotFoundException"
	Message string         // for a person: what is wrong and what to do
	Status  int            // HTTP status, 0 means 400
	Fields  map[string]any // further members of the exception, by wire name
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Errorf returns an *Error with status 400.
func Errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// WithStatus returns a copy of e with another HTTP status.
func (e *Error) WithStatus(status int) *Error {
	c := *e
	c.Status = status
	return &c
}

// status is the HTTP status to send.
func (e *Error) status() int {
	if e.Status == 0 {
		return http.StatusBadRequest
	}
	return e.Status
}

// fault is AWS's word for whose fault it was.
func (e *Error) fault() string {
	if e.status() >= 500 {
		return "Receiver"
	}
	return "Sender"
}

// TrimException is the code of an error in the query protocol: the name of the
// exception without its suffix. It is the default of Spec.ErrorCode.
func TrimException(code string) string { return strings.TrimSuffix(code, "Exception") }
