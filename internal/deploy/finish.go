package deploy

// finish makes the deployment terminal.
func (m *machine) finish(s Status) {
	d := m.d
	reached := d.Target
	if s == RollbackSuccessful {
		reached = d.RollbackTo
	}
	if s == Successful || s == RollbackSuccessful {
		m.emit(Emit{
			ID: m.id(), Message: "(deployment ecs-svc/" + string(reached) + ") deployment completed.",
			DetailType: DetailDeployment, EventType: "INFO", EventName: "SERVICE_DEPLOYMENT_COMPLETED",
			Deployment: reached, Reason: completedReason(reached),
		})
		if d.full(reached) && d.alone(reached) {
			m.emit(Emit{
				ID: m.id(), Message: "has reached a steady state.",
				DetailType: DetailService, EventType: "INFO", EventName: "SERVICE_STEADY_STATE",
			})
		}
	}
	d.Status = s
	d.FinishedAt = m.now
	if s == Stopped {
		d.StoppedAt = m.now
	}
	if d.Breaker.Status == Monitoring {
		d.Breaker.Status = MonitoringComplete
	}
	if d.Alarms.Status == Monitoring {
		d.Alarms.Status = MonitoringComplete
	}
	d.Hooks, d.Bake = nil, Bake{}
	m.emit(Finished{ID: m.id(), Status: s})
}
