package deploy

// stopCalled answers StopServiceDeployment. While the deployment is stopping or
// going back already, the call changes nothing.
func (m *machine) stopCalled(e StopCalled) {
	d := m.d
	if d.Status != Pending && d.Status != InProgress {
		return
	}
	if e.Type == StopAbort {
		d.Failure = &Failure{Kind: FailAbort, Text: "Service deployment stopped because " + stopText, At: m.now}
		if d.Status == InProgress {
			m.sayFailed()
		}
		m.abortGoals()
		m.requestStop(d.Failure.Text)
		return
	}
	m.requestRollback(stopText)
}

// requestRollback notes that a person wants to go back; the next step does it.
func (m *machine) requestRollback(cause string) {
	d := m.d
	d.Failure = &Failure{Kind: FailStop, Text: "Service deployment rolled back because " + cause, At: m.now}
	d.Status, d.StatusReason = RollbackRequested, d.Failure.Text
	d.Hooks = nil
}

// requestStop notes that the deployment ends where it is; the next step ends it.
func (m *machine) requestStop(reason string) {
	d := m.d
	d.Status, d.StatusReason = StopRequested, reason
	d.Hooks = nil
}

// superseded gives way to a newer service deployment. Its hooks die with it and
// its tasks become sources of the newer one.
func (m *machine) superseded(e Superseded) {
	d := m.d
	if d.SupersededBy != "" {
		return
	}
	d.SupersededBy = e.By
	switch d.Status {
	case Pending, InProgress:
		d.Failure = &Failure{Kind: FailReplace, Text: replacedText, At: m.now}
		m.requestStop(replacedText)
	case RollbackRequested:
		d.StatusReason = replacedText
		m.finish(Stopped)
	case RollbackInProgress:
		// ECS knows no other end of a rollback that does not reach its revision.
		d.StatusReason += " " + replacedText
		m.finish(RollbackFailed)
	}
}

// serviceDeleted ends the deployment; the service drains by itself.
func (m *machine) serviceDeleted() {
	d := m.d
	d.Deleted, d.StatusReason = true, deletedText
	if !d.StartedAt.IsZero() {
		m.dropGoals()
	}
	if d.Status == RollbackInProgress {
		m.finish(RollbackFailed)
		return
	}
	m.finish(Stopped)
}
