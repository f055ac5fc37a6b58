// Package proxy is the data plane of grue: the process that is every application
// and network load balancer, probes every target, publishes host ports and answers
// the DNS questions of tasks.
//
//	client ─ clientConn ─ match rule ─ choose group ─ choose target ─ backend ─ target
//	            │              view (one per table)      pool (by health)
//	            └ watch: idle timeouts, clients that have gone
//
// A view is a compiled table behind one atomic pointer. A request loads it once
// and sees its rules and weights to the end. Groups and targets outlive tables:
// they hold health, connections and requests in flight. apply.go takes a table
// over; its order is what keeps requests from being lost.
//
// HTTP/1.x from client to target is our own code, without allocations for a
// usual request: conn.go (one goroutine a connection), request.go and
// response.go (parsers), chunked.go and body.go, outgoing.go (the head for the
// target), forward.go (attempts and the retry rule), relay.go, upload.go,
// tunnel.go. HTTP/2 and gRPC go through net/http and x/net/http2: http2*.go.
//
// Service Connect's endpoints are listeners that accept inside the network
// namespaces of tasks: bind.go, netns_linux.go and aside_linux.go open their sockets, a table
// touches only those that changed. All binds of an endpoint share its rules and
// turns, so that weights are exact over all its clients. meshhead.go is what
// requests get on their way, outlier.go ejects targets that fail, replay.go and
// h2limit.go send HTTP/2 requests again and bound them, trust.go verifies targets,
// meshanswer.go and meshlog.go are the proxy's own answers and access logs.
//
// Layer 4: flowchoose.go chooses the group and the target of a connection or a UDP
// flow, once for its life. On Linux event loops (flowloop) accept, join and forward
// TCP: flowaccept, flowstream (the life of a connection), flowpump (which bytes are
// copied, which spliced), flowpipe. UDP is theirs, too: packets.go, packet_linux.go
// (flows), packetbatch_linux.go (many datagrams a system call). Connections with TLS
// on a side, and all of them elsewhere, have two goroutines: flowserve.go,
// flowrelay.go. source_linux.go gives connections the client's address, proxyheader.go
// writes PROXY protocol, flowmeter.go counts.
//
// health.go is the state machine of a target, probe.go what feeds it, drain.go
// how a target leaves. sticky.go and cookie.go are stickiness, meter.go the
// counters, accesslog.go and logfile.go the access logs. listener.go binds,
// handover.go passes the sockets to a successor, persist.go and healthbook.go
// survive a kill, run.go is the life of the process.
package proxy
