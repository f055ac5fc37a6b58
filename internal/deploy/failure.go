package deploy

import "time"

// Failure is why a deployment does not go on to success.
type Failure struct {
	Kind FailureKind `json:"kind"`
	Text string      `json:"text"` // service deployment's statusReason
	At   time.Time   `json:"at"`
}

// FailureKind is what ended the deployment.
type FailureKind string

// Failure kinds.
const (
	FailBreaker FailureKind = "circuit breaker"
	FailAlarm   FailureKind = "alarm"
	FailHook    FailureKind = "lifecycle hook"
	FailTimeout FailureKind = "time limit"
	FailNetwork FailureKind = "networking configuration"
	FailLost    FailureKind = "lost tasks"
	FailStop    FailureKind = "stopped by a user" // StopServiceDeployment, ContinueServiceDeployment
	FailAbort   FailureKind = "aborted by a user"
	FailReplace FailureKind = "replaced by a newer deployment"
)

// Time limits in unscaled time. A rolling deployment has none.
const (
	stageLimit      = 24 * time.Hour
	deploymentLimit = 30 * 24 * time.Hour
)

// judge tells whether the deployment has just failed, and turns it if so.
func (m *machine) judge() bool {
	d := m.d
	switch {
	case d.breakerTrips():
		d.Breaker.Status = Triggered
		m.fail(FailBreaker, breakerText, d.Config.Breaker.Rollback)
	case d.Alarms.Status == Monitoring && len(d.Alarms.Triggered) > 0:
		d.Alarms.Status = Triggered
		m.fail(FailAlarm, alarmText(d.Alarms.Triggered), d.Config.Alarms.Rollback)
	case d.shifts() && !m.now.Before(d.StartedAt.Add(d.Config.span(deploymentLimit))):
		m.fail(FailTimeout, "it did not finish within 30 days.", true)
	case d.stageOverdue(m.now):
		m.fail(FailTimeout, string(d.Stage)+" did not finish within 24 hours.", true)
	default:
		return false
	}
	return true
}

// stageOverdue tells whether the stage took longer than ECS allows, apart from
// bakes and pauses; a pause counts into the 30 days only.
func (d *Deployment) stageOverdue(now time.Time) bool {
	return d.shifts() && !d.paused() && now.After(d.Limit)
}

// fail ends the way forward. With rollback the deployment goes back at once;
// without it stops and leaves the tasks as they are. cause completes the
// sentence "Service deployment rolled back because …".
func (m *machine) fail(kind FailureKind, cause string, rollback bool) {
	d := m.d
	d.Failure = &Failure{Kind: kind, Text: "Service deployment stopped because " + cause, At: m.now}
	if rollback {
		d.Failure.Text = "Service deployment rolled back because " + cause
		m.beginRollback()
		return
	}
	m.sayFailed()
	m.holdGoals()
	m.requestStop(d.Failure.Text)
}

// sayFailed tells people that the target's deployment failed.
func (m *machine) sayFailed() {
	d := m.d
	m.emit(Emit{
		ID: m.id(), Message: "(deployment ecs-svc/" + string(d.Target) + ") deployment failed: " + d.failedMessage(),
		DetailType: DetailDeployment, EventType: "ERROR", EventName: "SERVICE_DEPLOYMENT_FAILED",
		Deployment: d.Target, Reason: d.failedEventReason(),
	})
}
