package taskdef

import (
	"regexp"
	"slices"
	"strings"

	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// names of containers and families.
var plainName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,255}$`)

// maxContainers is ECS's quota of containers in a task definition.
const maxContainers = 10

// containerRules checks every container by itself and that the task has an
// essential one.
func containerRules(d *ecs.TaskDefinition) error {
	if len(d.ContainerDefinitions) == 0 {
		return refuse("Container list cannot be empty.")
	}
	if n := len(d.ContainerDefinitions); n > maxContainers {
		return refuse("A task definition can have at most %d containers; this one has %d.", maxContainers, n)
	}
	essential, firelens := false, 0
	seen := map[string]bool{}
	for i := range d.ContainerDefinitions {
		c := &d.ContainerDefinitions[i]
		if err := firstError(c, identityRule, healthRule, timeoutRule, restartRule, logRule, secretRule, ulimitRule); err != nil {
			return err
		}
		if seen[val(c.Name)] {
			return refuse("Container name '%s' is used more than once; names must be unique in a task definition.", val(c.Name))
		}
		seen[val(c.Name)] = true
		essential = essential || val(c.Essential)
		if c.FirelensConfiguration != nil {
			firelens++
		}
	}
	if !essential {
		return refuse("Task definition must have at least one essential container.")
	}
	if firelens > 1 {
		return refuse("A task definition can have at most one container with a firelensConfiguration.")
	}
	return nil
}

func identityRule(c *ecs.ContainerDefinition) error {
	name, image := val(c.Name), val(c.Image)
	switch {
	case name == "":
		return refuse("Container.name should not be null or empty.")
	case !plainName.MatchString(name):
		return refuse("Container name '%s' is not valid: up to 255 letters (uppercase and lowercase), numbers, underscores and hyphens.", clip(name))
	case strings.TrimSpace(image) == "":
		return refuse("Container.image should not be null or empty.")
	case len(image) > 255 || strings.ContainsAny(image, " \t\r\n"):
		return invalid(c, "The image '%s' is not a valid image reference.", clip(image))
	}
	return nil
}

func timeoutRule(c *ecs.ContainerDefinition) error {
	if c.StartTimeout != nil && *c.StartTimeout < 2 {
		return invalid(c, "'startTimeout' must be at least 2 seconds; it was %d.", *c.StartTimeout)
	}
	if c.StopTimeout != nil && *c.StopTimeout < 0 {
		return invalid(c, "'stopTimeout' must not be negative; it was %d.", *c.StopTimeout)
	}
	switch c.VersionConsistency {
	case "", ecs.VersionConsistencyEnabled, ecs.VersionConsistencyDisabled:
		return nil
	}
	return invalid(c, "'versionConsistency' must be enabled or disabled.")
}

func restartRule(c *ecs.ContainerDefinition) error {
	r := c.RestartPolicy
	if r == nil {
		return nil
	}
	if r.Enabled == nil {
		return invalid(c, "'restartPolicy.enabled' is required.")
	}
	if len(r.IgnoredExitCodes) > 50 {
		return invalid(c, "'restartPolicy.ignoredExitCodes' can have at most 50 entries.")
	}
	return within(c, "restartPolicy.restartAttemptPeriod", r.RestartAttemptPeriod, 60, 1800)
}

func logRule(c *ecs.ContainerDefinition) error {
	if f := c.FirelensConfiguration; f != nil && f.Type != ecs.FirelensConfigurationTypeFluentd && f.Type != ecs.FirelensConfigurationTypeFluentbit {
		return invalid(c, "'firelensConfiguration.type' must be fluentd or fluentbit.")
	}
	l := c.LogConfiguration
	if l == nil {
		return nil
	}
	if !slices.Contains(ecs.LogDriver("").Values(), l.LogDriver) {
		return invalid(c, "The log driver '%s' is not valid: use one of %s.", clip(string(l.LogDriver)), join(ecs.LogDriver("").Values()))
	}
	if l.LogDriver == ecs.LogDriverAwslogs && l.Options["awslogs-group"] == "" {
		return refuse("Log driver awslogs requires options: awslogs-group")
	}
	return nil
}

func secretRule(c *ecs.ContainerDefinition) error {
	seen := map[string]bool{}
	for _, s := range c.Secrets {
		name := val(s.Name)
		if name == "" || val(s.ValueFrom) == "" {
			return invalid(c, "A secret needs a name and a valueFrom.")
		}
		if seen[name] {
			return invalid(c, "The secret name '%s' is used more than once.", clip(name))
		}
		seen[name] = true
	}
	for _, e := range c.Environment {
		name := val(e.Name)
		if name == "" || strings.ContainsAny(name, "=\x00") {
			return invalid(c, "The environment variable name '%s' is not valid.", clip(name))
		}
		if seen[name] {
			return refuse("The secret name must be unique and not shared with any new or existing environment variables set on the container, such as '%s'.", name)
		}
	}
	if len(c.EnvironmentFiles) > 10 {
		return invalid(c, "A container can have at most 10 environment files.")
	}
	for _, f := range c.EnvironmentFiles {
		if f.Type != ecs.EnvironmentFileTypeS3 || !strings.HasSuffix(val(f.Value), ".env") {
			return invalid(c, "An environment file must have the type s3 and a value that ends in .env.")
		}
	}
	return nil
}

func ulimitRule(c *ecs.ContainerDefinition) error {
	seen := map[ecs.UlimitName]bool{}
	for _, u := range c.Ulimits {
		switch {
		case !slices.Contains(u.Name.Values(), u.Name):
			return invalid(c, "The ulimit '%s' is not valid.", clip(string(u.Name)))
		case seen[u.Name]:
			return invalid(c, "The ulimit '%s' is set more than once.", u.Name)
		case u.HardLimit >= 0 && (u.SoftLimit > u.HardLimit || u.SoftLimit < 0):
			return invalid(c, "The soft limit of the ulimit '%s' is above its hard limit.", u.Name)
		}
		seen[u.Name] = true
	}
	return nil
}

func join[T ~string](all []T) string {
	parts := make([]string, len(all))
	for i, v := range all {
		parts[i] = string(v)
	}
	return strings.Join(parts, ", ")
}
