package network

import "github.com/grue-ecs/grue/internal/fault"

// Failpoints of a task's address.
var (
	faultLease   = fault.New("network.lease.before")
	faultLeased  = fault.New("network.lease.after")
	faultDropped = fault.New("network.free.before")
	faultFreed   = fault.New("network.free.after")
)
