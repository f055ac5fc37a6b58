// Package doctor finds out what this machine can and cannot do for grue, how the
// grue of a data directory does, and how to mend what is wrong; and it collects
// what a bug report needs, without secrets.
//
//	Machine ─► checks ─► Findings: ok, warn or fail, one sentence, how to mend it
//	                        │
//	state.db (read only), DATA/log, /metrics, goroutines ─► Bundle ─► .tar.gz
//
// Everything that a check looks at comes through Machine, so that tests show it any
// machine. A check answers one Finding or more and never panics for what it finds.
//
// What goes into a bundle is chosen by lists of what is known to be harmless
// (names, states, numbers, times), never by a list of what is secret: a member, a
// key of a log line or an event that no list has stays out.
//
// Files: doctor.go (Run), machine.go, this_linux.go, this_other.go (Machine);
// system.go, containers.go, network.go, disk.go, clients.go, running.go (checks);
// bundle.go, summary.go, events.go, logs.go, environment.go, words.go (Bundle).
package doctor
