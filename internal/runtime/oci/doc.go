// Package oci is the runtime driver that needs no daemon: it runs tasks with an
// OCI runtime (runc, crun) on this machine. It needs Linux and root.
//
//	Driver ──► one directory a task ──► one shim process a task ──► runc
//	             spec.json   what was asked for; resumed after a crash
//	             plan.json   what the shim runs: images, address, ports; locked by
//	                         the shim as long as it lives
//	             status.json what the shim last knew
//
// Start writes spec.json and returns. A goroutine then prepares images and
// network at the same time, writes plan.json, and starts the shim, to which it
// hands that locked file and one end of a socket pair: on the other end it hears
// of every change, and of the shim's death. Nothing else ties a shim to its
// driver. A new driver finds the directories (adopt.go) and asks the lock who
// is alive:
//
//	spec.json only                 prepare again
//	plan.json, nobody, no status   start the shim
//	plan.json, lock held           connect to its socket
//	plan.json, nobody, status      the shim was killed: end the containers by
//	                               their control group and report it (bury.go)
//
// Logs live beside the tasks and outlive Remove for a while (Options.LogKeep).
package oci
