// Package rig is what the benchmarks below test/bench share: signed requests
// without an SDK in the way, load on keep-alive connections, processor time and
// memory of processes, peers started and stopped again, tables.
//
//	table.go    the table that a benchmark prints
//	stats.go    medians and percentiles
//	process.go  what a process costs: processor time, RSS, PSS
//	request.go  SigV4-signed requests as bytes, ready to send
//	load.go     the same request over many connections
//	answer.go   the moment of a task's first HTTP answer
//	docker.go   a Docker Engine of our own on a private socket
//	moto.go     moto's server
//
// Peers are measured beside grue in the same run, in turns (A B A B), because
// the machine is never quiet; figures are medians, and what counts is their
// ratio. Nothing here fails on a figure. What is started is stopped.
package rig
