package client

import "github.com/aws/aws-sdk-go-v2/service/ecs/types"

// Outcome is how far a deployment is, in the words of `grue` and its exit codes.
type Outcome string

// Outcomes. The last four are final.
const (
	InProgress       Outcome = "in progress"
	WaitsForApproval Outcome = "waiting for approval"
	RollingBack      Outcome = "rolling back"
	Deployed         Outcome = "deployed"
	RolledBack       Outcome = "rolled back"
	RollbackFailed   Outcome = "rollback failed"
	Stopped          Outcome = "stopped" // failed without rollback, or replaced by a newer deployment
)

// Final tells whether the deployment is over.
func (o Outcome) Final() bool {
	switch o {
	case Deployed, RolledBack, RollbackFailed, Stopped:
		return true
	}
	return false
}

// outcomeOf classifies a service deployment. ECS has no status for failures: one
// without rollback is STOPPED.
func outcomeOf(status types.ServiceDeploymentStatus, hooks []Hook) Outcome {
	switch status {
	case types.ServiceDeploymentStatusSuccessful:
		return Deployed
	case types.ServiceDeploymentStatusRollbackSuccessful:
		return RolledBack
	case types.ServiceDeploymentStatusRollbackFailed:
		return RollbackFailed
	case types.ServiceDeploymentStatusStopped:
		return Stopped
	case types.ServiceDeploymentStatusRollbackRequested, types.ServiceDeploymentStatusRollbackInProgress:
		return RollingBack
	}
	for _, h := range hooks {
		if h.Waits() {
			return WaitsForApproval
		}
	}
	return InProgress
}

// outcomeOfRollout classifies a deployment of DescribeServices, for an ECS that
// keeps no service deployments.
func outcomeOfRollout(state types.DeploymentRolloutState, running, desired int32) Outcome {
	switch state {
	case types.DeploymentRolloutStateCompleted:
		return Deployed
	case types.DeploymentRolloutStateFailed:
		return Stopped
	case "":
		if running == desired {
			return Deployed
		}
	}
	return InProgress
}
