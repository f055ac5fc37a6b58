package logs

import (
	"errors"

	"github.com/grue-ecs/grue/internal/logs"
	"github.com/grue-ecs/grue/internal/logs/pattern"
	"github.com/grue-ecs/grue/internal/wire"
)

// sentences are what AWS says for the errors of the log store.
var sentences = []struct {
	err           error
	code, message string
}{
	{logs.ErrNoGroup, "ResourceNotFoundException", "The specified log group does not exist."},
	{logs.ErrNoStream, "ResourceNotFoundException", "The specified log stream does not exist."},
	{logs.ErrGroupExists, "ResourceAlreadyExistsException", "The specified log group already exists"},
	{logs.ErrStreamExists, "ResourceAlreadyExistsException", "The specified log stream already exists"},
	{logs.ErrProtected, "ValidationException", "The log group has deletion protection enabled. Disable deletion protection before deleting the log group."},
	{logs.ErrToken, "InvalidParameterException", "The specified nextToken is invalid."},
}

// asAWS gives an error its code; others pass as they are.
func asAWS(err error) error {
	for _, s := range sentences {
		if errors.Is(err, s.err) {
			return wire.Errorf(s.code, "%s", s.message)
		}
	}
	var batch logs.BatchError
	if errors.As(err, &batch) {
		return invalid("%s", string(batch))
	}
	var bad *pattern.Error
	if errors.As(err, &bad) {
		return invalid("Invalid filter pattern. %s", bad.Error())
	}
	return err
}

func invalid(format string, args ...any) error {
	return wire.Errorf("InvalidParameterException", format, args...)
}
