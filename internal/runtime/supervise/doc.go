// Package supervise runs the containers of one task in the order that ECS
// promises. It knows when to start, check, restart and stop a container, and
// nothing of how: that is the Containers interface, which each driver
// implements.
//
//	            ┌───────────── Task.Run: one loop, the only owner of the status
//	dependsOn ──┤  order.go    may this container start, must it wait, can it never?
//	exits ──────┤  exit.go     restart it, go on without it, or stop the task
//	health ─────┤  health.go   one goroutine a container runs the checks
//	Stop ───────┘  stop.go     reverse order, stop signal, StopTimeout, SIGKILL
//	                  │
//	                  └──► Publish(runtime.Status), complete, at each change
//
// Goroutines that wait, check and start send events to the loop; they touch no
// state. Run returns when every container has stopped, or when its context
// ends: then the containers go on running and a new Task takes over from the
// last published Status, which is how a driver survives a restart of grue.
//
// Rules of ECS that are implemented here: conditions START, COMPLETE, SUCCESS,
// HEALTHY; startTimeout counts from the start of the dependency; an essential
// container that exits stops its task; a container is restarted when its
// policy allows the exit code and restartAttemptPeriod has passed since its
// last start; a success within startPeriod makes a container HEALTHY at once
// and failures within it do not count; stop order is the reverse of dependsOn.
package supervise
