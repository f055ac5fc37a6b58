// Package session speaks the protocol of Session Manager's data channels, over
// which ECS Exec carries a terminal: the one that the session-manager-plugin and
// the agent in a container speak with AWS. It knows neither containers nor
// screens; internal/console is the end of the container, internal/cli that of the
// person.
//
//	client                                         server
//	  ── WebSocket, then a text: {TokenValue, …} ──►
//	  ◄── output 0: handshake request, type of the session
//	  ── acknowledge 0, input 0: handshake response ──►
//	  ◄── acknowledge 0, output 1: handshake complete
//	  ── input n: keys, size of the terminal, flags ──►      each acknowledged
//	  ◄── output n: what the command writes                  each acknowledged
//	  ◄── channel_closed: why, and the exit code
//
// After the first text all messages are binary: a header with a digest, and a
// payload. Both directions are numbered, acknowledged one by one and sent again
// until they are, so a Stream outlives its connection: the client asks for a new
// token and comes back.
//
// grue adds two members that other ends skip: a client may ask for pipes instead
// of a terminal when it opens the channel, and channel_closed has the exit code.
//
// Files: message.go (header), payload.go (documents), outgoing.go and incoming.go
// (numbers), stream.go (a stream over connections), link.go (WebSocket), client.go
// (the end of a person), words.go (command lines).
package session
