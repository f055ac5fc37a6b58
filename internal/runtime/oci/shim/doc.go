// Package shim is the process that stands between grue and one task.
//
// The driver (package oci) prepares images and network, writes a Plan into the
// task's directory and starts `grue shim <dir>`. From then on the task depends
// on nobody: the shim runs supervise with the OCI runtime, keeps the
// containers' output, exit codes and mounts, and writes each change to
// status.json before anybody hears of it. The server may die and come back.
//
//	grue server ── socket: watch, stop, exec ──► grue shim ── runc run ──► container
//	                                                │  ▲                      │
//	               status.json, logs/*.jsonl ◄──────┘  └── pipes, exit code ◄──┘
//
// It is built for a fast start: `runc run --detach` costs one process instead
// of two, and the shim, a subreaper, inherits the container as its child.
// Mounts live in a mount namespace that only the shim and its containers use
// (mounter.go), so that they vanish with the last of these processes however
// it ends.
//
// The same binary plays two further parts: `grue shim --init` is the init
// process inside a container, `grue shim --pause` holds the namespaces that the
// containers of a task share.
package shim
