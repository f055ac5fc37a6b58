package client

import "slices"

// Stages are the lifecycle stages of a BLUE_GREEN, CANARY or LINEAR deployment in
// their order. RECONCILE_SERVICE comes first only when an interrupted deployment
// left more than one revision behind.
var Stages = []string{
	"RECONCILE_SERVICE", "PRE_SCALE_UP", "SCALE_UP", "POST_SCALE_UP", "TEST_TRAFFIC_SHIFT", "POST_TEST_TRAFFIC_SHIFT",
	"PRE_PRODUCTION_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT", "POST_PRODUCTION_TRAFFIC_SHIFT", "BAKE_TIME", "CLEAN_UP",
}

// Reached tells whether a deployment is at a stage or beyond it. One that goes
// back reaches nothing more; one that succeeded reached all.
func (d *Deployment) Reached(stage string) bool {
	switch d.Outcome {
	case Deployed:
		return true
	case InProgress, WaitsForApproval:
		at := slices.Index(Stages, d.Stage)
		return at >= 0 && at >= slices.Index(Stages, stage)
	}
	return false
}
