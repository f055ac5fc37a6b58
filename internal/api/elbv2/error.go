package elbv2

import "github.com/grue-ecs/grue/internal/wire"

// errorCode turns an exception of the model into its code: the name without
// "Exception", but for three.
func errorCode(exception string) string {
	switch exception {
	case "ALPNPolicyNotSupportedException":
		return "ALPNPolicyNotFound"
	case "TrustStoreAssociationNotFoundException":
		return "AssociationNotFound"
	case "CapacityDecreaseRequestsLimitExceededException":
		return "CapacityDecreaseRequestLimitExceeded"
	}
	return wire.TrimException(exception)
}

func invalid(format string, args ...any) error {
	return wire.Errorf("ValidationError", format, args...)
}

func badConfiguration(format string, args ...any) error {
	return wire.Errorf("InvalidConfigurationRequestException", format, args...)
}

func badAction(format string, args ...any) error {
	return wire.Errorf("InvalidLoadBalancerActionException", format, args...)
}

func notPermitted(format string, args ...any) error {
	return wire.Errorf("OperationNotPermittedException", format, args...)
}

func noLoadBalancer() error {
	return wire.Errorf("LoadBalancerNotFoundException", "One or more load balancers not found")
}

func noGroup() error {
	return wire.Errorf("TargetGroupNotFoundException", "One or more target groups not found")
}

func noListener() error {
	return wire.Errorf("ListenerNotFoundException", "One or more listeners not found")
}

func noRule() error { return wire.Errorf("RuleNotFoundException", "One or more rules not found") }

// required is the error for a member without a value.
func required(member string) error {
	return invalid("1 validation error detected: Value null at '%s' failed to satisfy constraint: Member must not be null", member)
}
