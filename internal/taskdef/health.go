package taskdef

import (
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// healthRule checks the bounds of a container health check.
func healthRule(c *ecs.ContainerDefinition) error {
	h := c.HealthCheck
	if h == nil {
		return nil
	}
	if len(h.Command) == 0 {
		return refuse("Health check command must not be empty.")
	}
	switch h.Command[0] {
	case "CMD", "CMD-SHELL":
		if len(h.Command) < 2 {
			return refuse("Health check command must not be empty.")
		}
	default:
		return refuse("Health check command must begin with 'CMD' or 'CMD-SHELL'; container '%s' has '%s'.", val(c.Name), clip(h.Command[0]))
	}
	for _, b := range []struct {
		member   string
		value    *int32
		low, top int32
	}{
		{"interval", h.Interval, 5, 300},
		{"timeout", h.Timeout, 2, 60},
		{"retries", h.Retries, 1, 10},
		{"startPeriod", h.StartPeriod, 0, 300},
	} {
		if err := within(c, "healthCheck."+b.member, b.value, b.low, b.top); err != nil {
			return err
		}
	}
	return nil
}

// within checks a member that may be absent.
func within(c *ecs.ContainerDefinition, member string, p *int32, low, top int32) error {
	if p != nil && (*p < low || *p > top) {
		return invalid(c, "'%s' must be between %d and %d; it was %d.", member, low, top, *p)
	}
	return nil
}
