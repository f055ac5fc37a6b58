package oci

import "github.com/grue-ecs/grue/internal/fault"

// Failpoints in the life of a task.
var (
	faultSpec     = fault.New("oci.spec.before")
	faultSpecKept = fault.New("oci.spec.after")
	faultPlan     = fault.New("oci.plan.before")
	faultPlanKept = fault.New("oci.plan.after")
	faultShim     = fault.New("oci.shim.after")
	faultStop     = fault.New("oci.stop.after")
	faultFree     = fault.New("oci.free.before")
	faultFreed    = fault.New("oci.free.after")
)
