package deploy

import "testing"

// TestRolloutState: what DescribeServices shows of the deployment gone back to
// and of the failed one, while the rollback runs and at its ends.
func TestRolloutState(t *testing.T) {
	for _, c := range []struct {
		status       Status
		blue, green  string
		reasonOfBlue string
	}{
		{RollbackInProgress, RolloutInProgress, RolloutFailed, "ECS deployment failed: rolling back to deploymentId ecs-svc/1."},
		{RollbackSuccessful, RolloutCompleted, RolloutFailed, "ECS deployment ecs-svc/1 completed."},
		{RollbackFailed, RolloutFailed, RolloutFailed, "ECS deployment failed: it could not go back."},
	} {
		d := &Deployment{
			Target: "2", RollbackTo: "1", Status: c.status, StatusReason: "it could not go back.",
			Failure: &Failure{Kind: FailNetwork}, Rollback: &Rollback{To: "1"},
		}
		if state, reason := RolloutState(d, "1"); state != c.blue || reason != c.reasonOfBlue {
			t.Errorf("%s: blue is %s %q, want %s %q", c.status, state, reason, c.blue, c.reasonOfBlue)
		}
		if state, _ := RolloutState(d, "2"); state != c.green {
			t.Errorf("%s: green is %s, want %s", c.status, state, c.green)
		}
	}
}
