package cloudmap

import (
	"errors"
	"fmt"
)

// Errors of this package; the API gives them AWS's codes.
var (
	ErrNoNamespace    = errors.New("the namespace does not exist")
	ErrNoService      = errors.New("the Cloud Map service does not exist")
	ErrNoInstance     = errors.New("the instance does not exist")
	ErrNoOperation    = errors.New("the operation does not exist")
	ErrNoCustomHealth = errors.New("the service has no custom health check (HealthCheckCustomConfig)")
)

// ExistsError tells that a name is taken, and by what.
type ExistsError struct {
	Kind             string // "namespace" or "service"
	Name             string
	ID, ARN          string
	CreatorRequestID string
}

func (e *ExistsError) Error() string {
	return fmt.Sprintf("a %s with the name %s exists already: %s", e.Kind, e.Name, e.ID)
}

// InUseError tells that something cannot be deleted because it is not empty.
type InUseError struct {
	ID    string
	Holds string // "services" or "instances"
	Count int
}

func (e *InUseError) Error() string {
	return fmt.Sprintf("%s holds %d %s: delete them first", e.ID, e.Count, e.Holds)
}
