// Package shimbinary holds the program grue-shim inside the grue binary.
//
// `grue shim` could supervise tasks itself, and does when this package is
// empty. But grue carries the types of many AWS services, whose set-up costs
// every new process more than ten milliseconds and many megabytes; a program
// with the shim alone costs two and few. The Makefile builds cmd/grue-shim into
// bin/ before it builds grue, and Extract writes it to the data directory,
// under a name that follows from its content, so that tasks of an older grue
// keep the program that they were started with.
package shimbinary
