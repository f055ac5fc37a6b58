package deploy

import "strings"

// Sentences and halves of sentences that users and their tools read. Those that
// AWS is known to say stand exactly as AWS says them.
const (
	breakerText     = "the circuit breaker threshold was exceeded."
	stopText        = "StopServiceDeployment was called."
	continueText    = "ContinueServiceDeployment was called with ROLLBACK."
	noCandidateText = "No rollback candidate was found to run the rollback."
	replacedText    = "Service deployment stopped because a newer service deployment replaced it."
	deletedText     = "Service deployment stopped because the service is being deleted."
	networkText     = "of invalid networking configuration. "
)

func alarmText(names []string) string {
	return "alarm(s) " + strings.Join(names, ", ") + " triggered."
}

func inProgressReason(r Rev) string {
	return "ECS deployment ecs-svc/" + string(r) + " in progress."
}

func completedReason(r Rev) string {
	return "ECS deployment ecs-svc/" + string(r) + " completed."
}

// failedMessage ends the service event "(deployment ecs-svc/N) deployment failed: …".
func (d *Deployment) failedMessage() string {
	switch d.Failure.Kind {
	case FailBreaker:
		return "tasks failed to start."
	case FailAlarm:
		return "alarm detected."
	}
	return d.Failure.Text
}

// failedReason is the failed deployment's rolloutStateReason.
func (d *Deployment) failedReason() string {
	if d.Failure.Kind == FailBreaker {
		return "ECS deployment circuit breaker: tasks failed to start."
	}
	return "ECS deployment failed: " + d.failedMessage()
}

// failedEventReason is the reason in EventBridge, which says "task", not "tasks".
func (d *Deployment) failedEventReason() string {
	if d.Failure.Kind == FailBreaker {
		return "ECS deployment circuit breaker: task failed to start."
	}
	return d.failedReason()
}

// rollingBackReason is the rolloutStateReason of the deployment it goes back to.
func (d *Deployment) rollingBackReason() string {
	cause := "ECS deployment failed: "
	if d.Failure.Kind == FailBreaker {
		cause = "ECS deployment circuit breaker: "
	}
	return cause + "rolling back to deploymentId ecs-svc/" + string(d.RollbackTo) + "."
}

// Rollout states of DescribeServices.deployments.
const (
	RolloutInProgress = "IN_PROGRESS"
	RolloutCompleted  = "COMPLETED"
	RolloutFailed     = "FAILED"
)

// Primary is the revision whose deployment is PRIMARY: the target, and after a
// failure the one gone back to. Every other revision with tasks is ACTIVE.
func (d *Deployment) Primary() Rev {
	if d.Rollback != nil && d.Rollback.To != "" {
		return d.Rollback.To
	}
	return d.Target
}

// RolloutState is rolloutState and rolloutStateReason of the deployment of a
// revision, as this service deployment knows it. For a source other than the
// last successful revision ask the service deployment that had it as target.
func RolloutState(d *Deployment, r Rev) (state, reason string) {
	switch {
	case r == d.Target && d.Status == Successful:
		return RolloutCompleted, completedReason(r)
	case r == d.Target && d.targetFailed():
		return RolloutFailed, d.failedReason()
	case r == d.Target:
		return RolloutInProgress, inProgressReason(r)
	case r != d.RollbackTo:
		return RolloutInProgress, inProgressReason(r)
	case d.Rollback != nil && d.Status == RollbackFailed:
		return RolloutFailed, "ECS deployment failed: " + d.StatusReason
	case d.Rollback != nil && d.Status != RollbackSuccessful:
		return RolloutInProgress, d.rollingBackReason()
	}
	return RolloutCompleted, completedReason(r)
}

// targetFailed tells whether the target's deployment is FAILED. One that gave
// way to a newer deployment did not fail.
func (d *Deployment) targetFailed() bool {
	if d.Failure == nil || d.Status == RollbackRequested {
		return false
	}
	return d.Rollback != nil || d.Failure.Kind != FailReplace
}

// LifecycleStage is the lifecycleStage that the API shows: none for a rolling
// deployment without hooks.
func (d *Deployment) LifecycleStage() Stage {
	if !d.shifts() && len(d.Config.Hooks) == 0 {
		return ""
	}
	return d.Stage
}
