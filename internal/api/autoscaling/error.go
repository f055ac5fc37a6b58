package autoscaling

import "github.com/grue-ecs/grue/internal/wire"

func invalid(format string, args ...any) error {
	return wire.Errorf("ValidationException", format, args...)
}

// violated is how AWS words a constraint of its model.
func violated(member string, value any, constraint string) error {
	return invalid("1 validation error detected: Value '%v' at '%s' failed to satisfy constraint: %s", value, member, constraint)
}

// absent is the error for a member that must be there.
func absent(member string) error {
	return invalid("1 validation error detected: Value null at '%s' failed to satisfy constraint: Member must not be null", member)
}

// notFound says what there is none of, and for which subject.
func notFound(what string, q subject) error {
	return wire.Errorf("ObjectNotFoundException", "No %s for service namespace: %s, resource ID: %s, scalable dimension: %s", what, q.namespace, q.resource, q.dimension)
}

func limitExceeded(format string, args ...any) error {
	return wire.Errorf("LimitExceededException", format, args...)
}
