package ecs

import (
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/taskdef"
)

// checkLoadBalancers checks the load balancers of a service against its task
// definition, the target groups that exist and what other services use.
func (r *request) checkLoadBalancers(svc *state.Service, lbs []types.LoadBalancer, td *state.TaskDefinition) error {
	strategy := svc.Body.V.DeploymentConfiguration.Strategy
	if len(lbs) > 5 {
		return invalid("A service can have at most 5 load balancers; there were %d.", len(lbs))
	}
	if err := checkAdvanced(lbs, strategy); err != nil {
		return err
	}
	for i := range lbs {
		if err := r.checkPair(&lbs[i], td); err != nil {
			return err
		}
	}
	if err := r.checkOwners(svc, lbs); err != nil {
		return err
	}
	seen := map[string]bool{}
	for i := range lbs {
		lb := &lbs[i]
		if lb.LoadBalancerName != nil {
			return unsupported("loadBalancerName: classic load balancers are not available; use targetGroupArn.")
		}
		group := get(lb.TargetGroupArn)
		if seen[group] {
			return invalid("Duplicate targetGroupArn found: %s", group)
		}
		seen[group] = true
		if err := checkContainerPort(lb, td); err != nil {
			return err
		}
		if err := r.checkGroup(group, td); err != nil {
			return err
		}
	}
	return nil
}

// checkContainerPort: the target's container and port must be in the definition.
func checkContainerPort(lb *types.LoadBalancer, td *state.TaskDefinition) error {
	name, port := get(lb.ContainerName), get(lb.ContainerPort)
	c := taskdef.Container(&td.Def.V, name)
	if c == nil {
		return invalid("The container %s does not exist in the task definition.", clip(name))
	}
	for _, p := range c.PortMappings {
		if p.ContainerPortRange != nil {
			if first, last, ok := taskdef.ParseRange(*p.ContainerPortRange); ok && int(port) >= first && int(port) <= last {
				return nil
			}
		}
		if p.ContainerPort != nil && *p.ContainerPort == port {
			return nil
		}
	}
	return invalid("The container %s did not have a container port %d defined.", name, port)
}

// checkGroup: the target group exists, is used by a load balancer, and takes the
// kind of target that the network mode makes.
func (r *request) checkGroup(group string, td *state.TaskDefinition) error {
	if group == "" {
		return invalid("targetGroupArn cannot be empty.")
	}
	a, ok := arn.Parse(group)
	g, found := elb.Group(r.Tx, group)
	if !ok || !found || a.Account != r.Account || a.Region != r.Region {
		return invalid("Unable to describe the target group %s: One or more target groups not found", clip(group))
	}
	if !elb.Associated(r.Tx, group) {
		return invalid("The target group with targetGroupArn %s does not have an associated load balancer.", group)
	}
	mode, want := td.Def.V.NetworkMode, "instance"
	if mode == types.NetworkModeAwsvpc {
		want = "ip"
	}
	if mode == "" {
		mode = types.NetworkModeBridge
	}
	if mode == types.NetworkModeNone {
		return invalid("A service whose task definition has the network mode none cannot have a load balancer.")
	}
	if g.TargetType != want {
		return invalid("The provided target group %s has target type %s, which is incompatible with the %s network mode specified in the task definition.", group, g.TargetType, mode)
	}
	return nil
}

// checkAdvanced checks what only deployments that shift traffic use.
func checkAdvanced(lbs []types.LoadBalancer, strategy types.DeploymentStrategy) error {
	var v1, v2, advanced int
	for _, lb := range lbs {
		switch {
		case lb.LoadBalancerName != nil && lb.AdvancedConfiguration != nil:
			return invalid("advancedConfiguration field is not allowed with ELBv1 loadBalancers")
		case lb.LoadBalancerName != nil:
			v1++
		default:
			v2++
		}
		if lb.AdvancedConfiguration != nil {
			advanced++
		}
	}
	switch {
	case v1 > 0 && v2 > 0:
		return invalid("All loadBalancers must be strictly either ELBv1 (defining loadBalancerName) or ELBv2 (defining targetGroupArn)")
	case advanced > 0 && advanced < len(lbs):
		return invalid("Either all or none of the provided loadBalancers must have advancedConfiguration defined")
	case advanced == 0 && len(lbs) > 0 && strategy != types.DeploymentStrategyRolling:
		return invalid("advancedConfiguration field is required for all loadBalancers when using a non-ROLLING deployment strategy")
	}
	return checkRules(lbs)
}
