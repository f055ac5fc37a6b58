// Package function runs Lambda functions, behind AWS's own Lambda Runtime API:
// code from a zip file as processes of this machine, container images as tasks of
// the container runtime.
//
//	Invoke ──► pool ──► environment ──── Runtime API on a loopback port ◄──┐
//	Enqueue ─► queue ──►  (one a concurrent    next · response · error     │
//	           (store)     invocation)                                    │
//	                          └── starts ──► bootstrap | python3 | node ──┤
//	                                         or a container ──────────────┘
//	                                             stdout, stderr ──► CloudWatch Logs
//
// An environment is a process, its private directory for temporary files, its
// log stream and an HTTP server of its own. It takes one invocation at a time,
// stays warm, and ends when it was idle for long, when its function changes,
// when an invocation times out, or with this process: the kernel kills it when
// the server dies. Runtimes that AWS calls provided.* run the program bootstrap;
// python3.* and nodejs* run the interpreter that this machine has, with a small
// client of the Runtime API (client.py, client.mjs).
//
// The output of a container comes by way of the driver: a line without an end is
// read when the next one comes.
//
// A container has the network of a task, a root file system that it cannot write
// to, and its Runtime API at the machine's address in that network, where only it
// is answered. Its image is pinned to a digest by CreateFunction and
// UpdateFunctionCode. What a server that was killed left running is ended by the
// next one: the ids of such tasks begin with "function-", and the engine leaves
// them alone (OwnsTask).
//
// A function is a Function record and a Version record for $LATEST and each
// published version. Its code lies unpacked in a directory named by the digest
// of the zip; versions share it. Asynchronous events are records, too: they
// outlive the server and are delivered at least once.
//
// What is enforced: Timeout, the time of init, the size of payloads, the number
// of environments and, on Linux as root, MemorySize through a control group. The
// process runs as the user who runs grue and sees this machine's files: the size
// of /tmp, VPC settings and the permissions of the role are recorded only.
//
// Where to change what: record.go, change.go and resolve.go (records), code.go
// and unzip.go (code), runtime.go (what runs), pool.go (which environment),
// environment.go and environ.go (its life), process.go (what runs in it: host.go,
// container.go), containers.go and image.go (the container runtime, images),
// runtimeapi.go (the Runtime API), invocation.go (one invocation), output.go,
// pipe.go, follower.go and journal.go (logs), queue.go (asynchronous events),
// process_linux.go and memory_linux.go (the kernel).
package function
