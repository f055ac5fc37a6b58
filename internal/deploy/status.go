package deploy

// Status is a service deployment's status.
type Status string

// Statuses. There is no FAILED: a failure ends in STOPPED, or in ROLLBACK_… .
const (
	Pending            Status = "PENDING"
	InProgress         Status = "IN_PROGRESS"
	StopRequested      Status = "STOP_REQUESTED"
	Stopped            Status = "STOPPED"
	Successful         Status = "SUCCESSFUL"
	RollbackRequested  Status = "ROLLBACK_REQUESTED"
	RollbackInProgress Status = "ROLLBACK_IN_PROGRESS"
	RollbackSuccessful Status = "ROLLBACK_SUCCESSFUL"
	RollbackFailed     Status = "ROLLBACK_FAILED"
)

// successors are the transitions that ECS documents.
var successors = map[Status][]Status{
	Pending:            {InProgress, RollbackRequested, StopRequested, Stopped},
	InProgress:         {Successful, StopRequested, RollbackRequested, RollbackInProgress, Stopped},
	StopRequested:      {Stopped},
	RollbackRequested:  {RollbackInProgress, Successful, Stopped},
	RollbackInProgress: {RollbackSuccessful, RollbackFailed},
}

// MayBecome tells whether a service deployment in s may next be in to.
func (s Status) MayBecome(to Status) bool {
	for _, t := range successors[s] {
		if t == to {
			return true
		}
	}
	return false
}

// Terminal tells whether the deployment is over; then nothing changes it.
func (s Status) Terminal() bool {
	switch s {
	case Successful, Stopped, RollbackSuccessful, RollbackFailed:
		return true
	}
	return false
}

// WatchStatus is the status of the circuit breaker or of the alarms.
type WatchStatus string

// Watch statuses.
const (
	Disabled           WatchStatus = "DISABLED"
	Monitoring         WatchStatus = "MONITORING"
	MonitoringComplete WatchStatus = "MONITORING_COMPLETE"
	Triggered          WatchStatus = "TRIGGERED"
)
