package logs

import "errors"

// Errors of this package; the API gives them AWS's codes and sentences.
var (
	ErrNoGroup      = errors.New("logs: no such log group")
	ErrNoStream     = errors.New("logs: no such log stream")
	ErrGroupExists  = errors.New("logs: the log group exists")
	ErrStreamExists = errors.New("logs: the log stream exists")
	ErrProtected    = errors.New("logs: the log group is protected against deletion")
	ErrToken        = errors.New("logs: not a token of ours")
	ErrClosed       = errors.New("logs: closed")
)

// BatchError is a batch of events that breaks a rule of PutLogEvents.
type BatchError string

func (e BatchError) Error() string { return string(e) }
