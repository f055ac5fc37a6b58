// Package listening keeps listening sockets open over the death of the process that
// accepts from them.
//
//	proxy ──"keep name" + descriptor──► Keeper (in grue up)
//	proxy ──"drop name"──────────────►  closes its copy, says "done"
//	 ✝ killed: the kernel goes on queueing connections on the kept sockets
//	next proxy ──"take"─────────────►
//	           ◄── every name with its descriptor, "done"
//
// Between the end of one proxy and the start of the next no connection is
// refused: it waits in the queue of its socket. What the dead process had accepted
// is lost with it.
//
// The Keeper accepts nothing itself and knows names only. When it ends its copies
// close; a proxy that outlives it connects to the next one and hands its sockets
// over again (Client.Sync).
//
//	keeper.go  the side of grue up
//	client.go  the side of a proxy
//	frame.go   messages with descriptors on a unix socket
package listening
