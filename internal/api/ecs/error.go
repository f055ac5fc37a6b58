package ecs

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/taskdef"
	"github.com/grue-ecs/grue/internal/wire"
)

func invalid(format string, args ...any) error {
	return wire.Errorf("InvalidParameterException", format, args...)
}

func clientError(format string, args ...any) error {
	return wire.Errorf("ClientException", format, args...)
}

func noCluster() error { return wire.Errorf("ClusterNotFoundException", "Cluster not found.") }

func noService() error { return wire.Errorf("ServiceNotFoundException", "Service not found.") }

func notActive() error { return wire.Errorf("ServiceNotActiveException", "Service was not ACTIVE.") }

func noDefinition() error { return clientError("TaskDefinition not found.") }

func noDeployment() error {
	return wire.Errorf("ServiceDeploymentNotFoundException", "The service deployment does not exist.")
}

// unsupported refuses what grue does not do: it names the member and never
// ignores it.
func unsupported(format string, args ...any) error {
	return wire.Errorf("UnsupportedFeatureException", format, args...)
}

// definitionError gives the refusals of package taskdef their code.
func definitionError(err error) error {
	var e *taskdef.Error
	if errors.As(err, &e) {
		return clientError("%s", e.Message)
	}
	return err
}

// missing is an entry of failures[]; names become ARNs.
func missing(arn string) types.Failure {
	return types.Failure{Arn: &arn, Reason: ptr("MISSING")}
}

// batch refuses empty and oversize lists.
func batch(what string, n, limit int) error {
	switch {
	case n == 0:
		return invalid("%s cannot be empty.", what)
	case n > limit:
		return invalid("%s can have at most %d items; there were %d.", what, limit, n)
	}
	return nil
}

// oneOf refuses a value that is not in its enumeration; absent passes.
func oneOf[T ~string](member string, v T, all []T) error {
	if v == "" {
		return nil
	}
	names := ""
	for i, x := range all {
		if x == v {
			return nil
		}
		if i > 0 {
			names += ", "
		}
		names += string(x)
	}
	return invalid("Invalid %s '%s'. Valid values are: %s", member, clip(string(v)), names)
}

func platformUnknown(version string) error {
	return wire.Errorf("PlatformUnknownException", "The specified platform version '%s' does not exist; use LATEST.", clip(version))
}

// conflict carries the ids of the resources in the way.
func conflict(ids []string, format string, args ...any) error {
	e := wire.Errorf("ConflictException", format, args...)
	if ids != nil {
		e.Fields = map[string]any{"resourceIds": ids}
	}
	return e
}
