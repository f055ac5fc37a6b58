package link

import "github.com/grue-ecs/grue/internal/fault"

// Failpoints of the server's side.
var (
	faultSend = fault.New("link.send.before")
	faultSent = fault.New("link.send.after")
	faultAck  = fault.New("link.ack.before")
)
