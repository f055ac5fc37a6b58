// Package link is the connection between grue server and grue proxy: a unix
// socket that the proxy serves, because the proxy lives longer.
//
//	server ── Client ══ proxy.sock ══ Endpoint ── proxy
//	         table ──────►        (epoch, version)
//	               ◄────── ack | nack, listeners that could not be bound
//	               ◄────── health: the full set on connect, then changes
//	               ◄────── traffic: every Table.Report, kept until it was taken
//	         vitals ─────► ◄── vitals: how the process does, when it is asked
//
// A message is four bytes of length and then JSON. Tables are whole snapshots,
// so that only the newest has to arrive: Publish never blocks, and a version
// that was overtaken is never sent. The proxy acknowledges a version when it
// serves it and has it on disk. A table of a lower epoch than the one in force
// is refused: it comes from a server that lost its lease.
//
// message.go holds the messages, client.go, await.go and inbox.go the server's
// side, endpoint.go and session.go the proxy's, vitals.go is both.
package link
