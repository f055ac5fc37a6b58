package ssm

import "github.com/grue-ecs/grue/internal/wire"

func notFound() error {
	return wire.Errorf("ParameterNotFound", "")
}

func named(name string) error {
	return wire.Errorf("ParameterNotFound", "Parameter %s not found.", name)
}

func noVersion(name, selector string) error {
	return wire.Errorf("ParameterVersionNotFound", "Systems Manager could not find version %s of %s. Verify the version and try again.", selector, name)
}

func invalid(format string, args ...any) error {
	return wire.Errorf("ValidationException", format, args...)
}

// violated is how AWS words a constraint of its model.
func violated(member, value, constraint string) error {
	return invalid("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: %s", value, member, constraint)
}
