// Package docker is the runtime driver for any Docker Engine: laptops, macOS,
// users without root. It does what runtime/oci does, through the Engine's API.
//
//	Driver ──► one record a task, DIR/tasks/<id>.json ──► supervise.Task
//	                                                        │ Containers
//	   images: grue's registry by ImageLoad, others by ImagePull
//	   network: a pause container owns namespace, address, ports and /etc/hosts
//	   containers: join the pause container; order, health, restarts and stops
//	               are supervise's, never the Engine's
//
// The pause container runs a program of 130 bytes that waits for ever; without
// it the first container's end would take the network of all others away.
//
// Everything of ours in the Engine carries the label grue.data, which names the
// data directory, and grue.task. A new driver takes over what the records say
// and removes labelled containers that no record knows. Containers are looked
// up by name before they are made, so each step may be repeated after a crash.
//
// Output is followed with time stamps and written as JSON lines; after a restart
// following goes on behind the last line that was written.
//
// What the Engine cannot do for a group of containers: a task's cpu and memory
// limit hold for each of its containers by itself.
//
// Files: driver.go, task.go (life of a task), record.go, prepare.go (images),
// network.go, pause.go, create.go and hostconfig.go (what a container becomes),
// containers.go (supervise.Containers), volume.go, output.go and follow.go
// (logs), exec.go, stats.go, sweep.go, adopt.go, destroy.go.
package docker
