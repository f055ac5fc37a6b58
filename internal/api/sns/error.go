package sns

import (
	"errors"
	"net/http"

	"github.com/grue-ecs/grue/internal/topic"
	"github.com/grue-ecs/grue/internal/wire"
)

// worded gives errors of topic AWS's codes.
func worded(err error) error {
	var bad topic.Invalid
	var badValue topic.InvalidValue
	switch {
	case err == nil:
		return nil
	case errors.As(err, &badValue):
		return wire.Errorf("ParameterValueInvalid", "%s", err)
	case errors.As(err, &bad):
		return invalid("%s", err)
	case errors.Is(err, topic.ErrNoTopic), errors.Is(err, topic.ErrNoSubscription):
		return wire.Errorf("NotFound", "%s", err).WithStatus(http.StatusNotFound)
	case errors.Is(err, topic.ErrOtherTopic):
		return invalid("Invalid parameter: Attributes Reason: %s", err)
	case errors.Is(err, topic.ErrOtherTags):
		return invalid("Invalid parameter: Tags Reason: %s", err)
	case errors.Is(err, topic.ErrGuarded):
		return wire.Errorf("AuthorizationError", "The request must be signed: %s.", err).WithStatus(http.StatusForbidden)
	}
	return err
}

func invalid(format string, args ...any) error {
	return wire.Errorf("InvalidParameter", format, args...)
}
