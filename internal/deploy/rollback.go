package deploy

import "strings"

// beginRollback turns the deployment round. It stays the same service
// deployment; the revision it goes back to is the last successful one, whose
// deployment becomes PRIMARY again under its old id.
func (m *machine) beginRollback() {
	d := m.d
	if d.RollbackTo == "" {
		m.noCandidate()
		return
	}
	from := d.undoFrom()
	d.Status, d.StatusReason = RollbackInProgress, d.Failure.Text
	d.Rollback = &Rollback{Reason: d.Failure.Text, StartedAt: m.now, To: d.RollbackTo, From: d.Stage}
	d.Fresh = m.now // what was seen before proves nothing about the way back
	d.resetPeaks()
	m.sayFailed()
	m.emit(Emit{
		ID: m.id(), Message: "rolling back to deployment ecs-svc/" + string(d.RollbackTo) + ".",
		DetailType: DetailDeployment, EventType: "INFO", EventName: "SERVICE_DEPLOYMENT_IN_PROGRESS",
		Deployment: d.RollbackTo, Reason: d.rollingBackReason(),
	})
	m.emit(SetPrimary{ID: m.id(), Rev: d.RollbackTo})
	m.enter(from)
}

// noCandidate ends a deployment that has nothing to go back to: the first one
// of a service, or one whose predecessors all failed. Nothing more is launched.
func (m *machine) noCandidate() {
	d := m.d
	m.sayFailed()
	m.holdGoals()
	if d.Failure.Kind == FailStop {
		d.StatusReason = d.Failure.Text + " " + noCandidateText
		m.finish(Stopped)
		return
	}
	d.Status = RollbackInProgress
	d.StatusReason = d.Failure.Text + " " + noCandidateText
	d.Rollback = &Rollback{Reason: d.Failure.Text, StartedAt: m.now, From: d.Stage}
	m.finish(RollbackFailed)
}

// undoFrom is the stage in which the way back begins: the first that has
// something to undo.
func (d *Deployment) undoFrom() Stage {
	if !d.shifts() {
		return ScaleUp
	}
	switch d.Stage {
	case ProductionShift, PostProduction, BakeTime, CleanUp:
		return ProductionShift
	case PreProductionShift:
		if d.Step > 0 {
			return ProductionShift
		}
		return TestShift
	case TestShift, PostTestShift:
		return TestShift
	case ReconcileService, "":
		if d.leftovers() { // other revisions may still serve
			return ProductionShift
		}
	}
	return CleanUp
}

// spoil notes what went wrong on the way back: it goes on, and ends ROLLBACK_FAILED.
func (d *Deployment) spoil(sentence string) {
	if f := &d.Rollback.Failed; !strings.Contains(*f, sentence) {
		*f = strings.TrimSpace(*f + " " + sentence)
	}
}

// neverUp tells whether the rollback began before green could come up.
func (d *Deployment) neverUp() bool {
	return d.Rollback.From == "" || d.Rollback.From == ReconcileService
}

// judgeRollback ends a rollback that cannot succeed. A rollback is never rolled back.
func (m *machine) judgeRollback() bool {
	d := m.d
	if m.now.Before(d.Rollback.StartedAt.Add(d.Config.span(deploymentLimit))) && !d.stageOverdue(m.now) {
		return false
	}
	d.StatusReason += " The rollback did not finish in time."
	m.finish(RollbackFailed)
	return true
}
