package elb

import "github.com/grue-ecs/grue/internal/fault"

// Failpoints on the way from records to a table in force, and of verdicts back.
var (
	faultBuild       = fault.New("elb.build.before")
	faultPublish     = fault.New("elb.publish.before")
	faultPublished   = fault.New("elb.publish.after")
	faultWait        = fault.New("elb.ack.before")
	faultAcked       = fault.New("elb.ack.after")
	faultDrain       = fault.New("elb.drain.before")
	faultDrained     = fault.New("elb.drain.after")
	faultVerdict     = fault.New("elb.verdict.before")
	faultVerdictKept = fault.New("elb.verdict.after")
)
