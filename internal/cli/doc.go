// Package cli is the command line of grue: one file a verb.
//
//	grue up ──────┬─ opens the API port and passes it on as a file
//	              ├─ grue server   the control plane   (fd 3 port, 4 ready, 5 life line)
//	              └─ grue proxy    the data plane      (identity socket)
//	grue shim     parent of one task; started by the server, outlives everything
//	grue down     takes away whatever a grue left on this machine
//
// `grue up` keeps the two processes alive and owns nothing else. The port stays
// open while the server restarts, so a client waits in the accept queue instead
// of being refused. When `grue up` is killed, the server sees the end of its life
// line and ends too, which frees the data directory for the next `grue up`; the
// proxy and the tasks go on, and the next `grue up` adopts the proxy through its
// identity socket.
//
// Files under DATA/run: up.lock and server.lock (held while that process
// lives, with its pid inside), proxy.sock (answers who the proxy is), api.sock (the
// API for the owner of the directory, without a key; local.go).
//
// Verbs that look at services or steer deployments are clients of any ECS through
// the package client, which their flags embed; follow.go follows a deployment for
// all that wait, terminal.go tells what is slow, complete.go answers the shells.
// steer.go is what the verbs share that change something, wish.go their flags,
// history.go the revisions of a service; what a deploy does is worked out in
// internal/client/change.
//
// Where to change what: each verb in the file of its name; keeping a process alive
// in keeper.go and backoff.go; spawning in child.go, adopting in identity.go; what
// a person may get wrong in explain.go.
//
// Exit codes are in exit.go, and for people in help.go.
package cli
