package eventbridge

import "github.com/grue-ecs/grue/internal/wire"

func invalid(format string, args ...any) error {
	return wire.Errorf("ValidationException", format, args...)
}

// violated is how AWS words a constraint of its model.
func violated(member string, value any, constraint string) error {
	return invalid("1 validation error detected: Value '%v' at '%s' failed to satisfy constraint: %s", value, member, constraint)
}

func notFound(format string, args ...any) error {
	return wire.Errorf("ResourceNotFoundException", format, args...)
}

func exists(format string, args ...any) error {
	return wire.Errorf("ResourceAlreadyExistsException", format, args...)
}

func badPattern(err error) error {
	return wire.Errorf("InvalidEventPatternException", "Event pattern is not valid. Reason: %s", err)
}

func limitExceeded(format string, args ...any) error {
	return wire.Errorf("LimitExceededException", format, args...)
}

// noQueue refuses dead-letter queues of buses, which in AWS get events that cannot
// be decrypted: nothing would ever be in one.
func noQueue() error {
	return invalid("grue does not encrypt events, so a bus has no dead letters: leave out DeadLetterConfig, or give one to the targets of rules.")
}
