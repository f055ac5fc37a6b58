package taskdef

import (
	"strings"

	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// dependsRules checks dependsOn: known names, no circle, conditions that can
// come true.
func dependsRules(d *ecs.TaskDefinition) error {
	for i := range d.ContainerDefinitions {
		c := &d.ContainerDefinitions[i]
		seen := map[string]bool{}
		for _, dep := range c.DependsOn {
			name := val(dep.ContainerName)
			if seen[name] {
				return invalid(c, "It depends on container '%s' more than once.", clip(name))
			}
			seen[name] = true
			if err := dependsRule(d, c, dep); err != nil {
				return err
			}
		}
	}
	return circleRule(d)
}

func dependsRule(d *ecs.TaskDefinition, c *ecs.ContainerDefinition, dep ecs.ContainerDependency) error {
	name := val(dep.ContainerName)
	on := Container(d, name)
	switch {
	case name == val(c.Name):
		return invalid(c, "A container cannot depend on itself.")
	case on == nil:
		return invalid(c, "It depends on container '%s', which is not in the task definition.", clip(name))
	}
	switch dep.Condition {
	case ecs.ContainerConditionStart:
	case ecs.ContainerConditionComplete, ecs.ContainerConditionSuccess:
		if val(on.Essential) {
			return invalid(c, "The condition %s cannot be set on the essential container '%s'.", dep.Condition, name)
		}
	case ecs.ContainerConditionHealthy:
		if on.HealthCheck == nil {
			return invalid(c, "The condition HEALTHY needs a health check in container '%s'.", name)
		}
	default:
		return invalid(c, "The dependency condition '%s' is not valid: use START, COMPLETE, SUCCESS or HEALTHY.", clip(string(dep.Condition)))
	}
	return nil
}

// circleRule refuses dependencies that wait for each other. links and
// volumesFrom are dependencies too.
func circleRule(d *ecs.TaskDefinition) error {
	const open, done = 1, 2
	mark := map[string]int{}
	var visit func(c *ecs.ContainerDefinition, path []string) error
	visit = func(c *ecs.ContainerDefinition, path []string) error {
		name := val(c.Name)
		path = append(path, name)
		switch mark[name] {
		case open:
			return refuse("There is a cycle in the container dependencies: %s.", strings.Join(path, " -> "))
		case done:
			return nil
		}
		mark[name] = open
		for _, on := range needs(c) {
			if next := Container(d, on); next != nil {
				if err := visit(next, path); err != nil {
					return err
				}
			}
		}
		mark[name] = done
		return nil
	}
	for i := range d.ContainerDefinitions {
		if err := visit(&d.ContainerDefinitions[i], nil); err != nil {
			return err
		}
	}
	return nil
}

// needs are the containers that must be there before c.
func needs(c *ecs.ContainerDefinition) []string {
	var out []string
	for _, dep := range c.DependsOn {
		out = append(out, val(dep.ContainerName))
	}
	out = append(out, needsLinks(c)...)
	for _, v := range c.VolumesFrom {
		out = append(out, val(v.SourceContainer))
	}
	return out
}

// Container finds a container definition by name.
func Container(d *ecs.TaskDefinition, name string) *ecs.ContainerDefinition {
	for i := range d.ContainerDefinitions {
		if val(d.ContainerDefinitions[i].Name) == name {
			return &d.ContainerDefinitions[i]
		}
	}
	return nil
}

// needsLinks are the containers that c links to.
func needsLinks(c *ecs.ContainerDefinition) []string {
	var out []string
	for _, l := range c.Links {
		name, _, _ := strings.Cut(l, ":")
		out = append(out, name)
	}
	return out
}
