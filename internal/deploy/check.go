package deploy

import "fmt"

// Broken is a breach of an invariant: a fault of the machine, never of the user.
type Broken struct {
	Deployment string
	Sentence   string // the invariant
}

func (b *Broken) Error() string {
	return fmt.Sprintf("service deployment %s breaks an invariant: %s", b.Deployment, b.Sentence)
}

// Check states what holds for a deployment after every step. Whoever sees it
// fail must freeze the deployment and tell a person.
func Check(d *Deployment) error {
	for _, c := range []struct {
		holds    bool
		sentence string
	}{
		{d.statusKnown(), "its status is one that ECS knows"},
		{d.Status.Terminal() == !d.FinishedAt.IsZero(), "it has a finishedAt exactly when it is terminal"},
		{d.Status.Terminal() == d.WakeAt.IsZero(), "a deployment in progress has a timer, a terminal one has none"},
		{(d.Status == Stopped) == !d.StoppedAt.IsZero(), "it has a stoppedAt exactly when it is STOPPED"},
		{d.Status == Pending || d.Status == Stopped || d.Status == StopRequested || d.Status == RollbackRequested || !d.StartedAt.IsZero(), "it has started"},
		{d.stageKnown(), "its stage is in its strategy's table"},
		{(d.Rollback != nil) == d.rollbackStatus(), "it has a rollback exactly in the rollback statuses"},
		{d.Rollback == nil || d.Rollback.To == d.RollbackTo, "it goes back to the last successful revision"},
		{d.Rollback == nil || d.Rollback.To != "" || d.Status == RollbackFailed, "without a rollback candidate it fails at once"},
		{d.RollbackTo != d.Target, "it never goes back to the revision that it deploys"},
		{d.Status != InProgress || !d.breakerTrips(), "it does not go on after the circuit breaker tripped"},
		{d.Status != InProgress || len(d.Alarms.Triggered) == 0, "it does not go on after an alarm fired"},
		{d.Status != Successful || d.Failure == nil, "a success has no failure"},
		{goalsOnce(d.Goals), "each revision has one goal, of zero or more tasks"},
		{d.targetCapped(), "no more target tasks are wanted than desired"},
		{d.blueUntouched(), "blue is untouched until CLEAN_UP"},
		{d.sharesSum(d.Traffic.Production) && d.sharesSum(d.Traffic.Test), "traffic shares sum to 100"},
		{d.Traffic.Acked <= d.Traffic.Version, "no version is acknowledged before it exists"},
		{d.bakeSettled(), "the bake clock starts after the acknowledged shift"},
		{d.hooksInStage(), "hooks belong to the present stage"},
	} {
		if !c.holds {
			return &Broken{Deployment: d.ID, Sentence: c.sentence}
		}
	}
	return nil
}

func (d *Deployment) statusKnown() bool {
	_, ok := successors[d.Status]
	return ok || d.Status.Terminal()
}

func (d *Deployment) rollbackStatus() bool {
	return d.Status == RollbackInProgress || d.Status == RollbackSuccessful || d.Status == RollbackFailed
}

func (d *Deployment) stageKnown() bool {
	if d.Stage == "" {
		return d.Status != InProgress && d.Status != RollbackInProgress
	}
	_, ok := d.row()
	return ok || d.Status != InProgress && d.Status != RollbackInProgress
}

func goalsOnce(goals []Goal) bool {
	for i, g := range goals {
		for _, h := range goals[:i] {
			if g.Rev == h.Rev {
				return false
			}
		}
		if g.Want < 0 || g.Peak < 0 {
			return false
		}
	}
	return true
}

func (d *Deployment) targetCapped() bool {
	return d.Status != InProgress && d.Status != RollbackInProgress || d.goal(d.Target).Want <= d.Desired
}

func (d *Deployment) blueUntouched() bool {
	if !d.shifts() || d.blue() == "" || d.Stage == CleanUp && !d.undoing() {
		return true
	}
	return d.Status != InProgress && d.Status != RollbackInProgress || d.goal(d.blue()).Want == d.Desired
}

// sharesSum: before the first deployment's shift nobody has any traffic.
func (d *Deployment) sharesSum(shares []Share) bool {
	sum := 0
	for _, s := range shares {
		if s.Tenths < 0 {
			return false
		}
		sum += s.Tenths
	}
	return len(shares) == 0 || sum == allTraffic || sum < allTraffic && d.blue() == ""
}

func (d *Deployment) bakeSettled() bool {
	return d.Bake.Ends.IsZero() || d.Traffic.Acked == d.Traffic.Version
}

func (d *Deployment) hooksInStage() bool {
	for _, h := range d.Hooks {
		if h.Stage != d.Stage || h.Undo != d.undoing() {
			return false
		}
	}
	return true
}
