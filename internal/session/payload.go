package session

import (
	"encoding/binary"
	"encoding/json"
	"time"
)

// Open is the text with which a client opens a channel.
type Open struct {
	MessageSchemaVersion string
	RequestID            string `json:"RequestId"`
	TokenValue           string
	ClientID             string `json:"ClientId"`
	ClientVersion        string
	// Streams is grue's own: "pipes" asks for a command without a terminal.
	Streams string `json:",omitempty"`
}

// Pipes is the value of Open.Streams for a command without a terminal.
const Pipes = "pipes"

// Acknowledgement is the payload of an acknowledge.
type Acknowledgement struct {
	Type       string `json:"AcknowledgedMessageType"`
	ID         string `json:"AcknowledgedMessageId"`
	Sequence   int64  `json:"AcknowledgedMessageSequenceNumber"`
	Sequential bool   `json:"IsSequentialMessage"`
}

// Closed is the payload of a channel_closed.
type Closed struct {
	MessageID     string `json:"MessageId"`
	CreatedDate   string
	DestinationID string `json:"DestinationId"`
	SessionID     string `json:"SessionId"`
	MessageType   string
	SchemaVersion int
	// Output is why the session ended, if it did not end by itself.
	Output string
	// ExitCode is grue's own: that of the command, absent when there is none.
	ExitCode *int `json:",omitempty"`
}

// TerminalSize is the payload of a Size, in characters.
type TerminalSize struct {
	Cols uint32 `json:"cols"`
	Rows uint32 `json:"rows"`
}

// Types of sessions, as a handshake names them.
const (
	StandardStream         = "Standard_Stream"
	InteractiveCommands    = "InteractiveCommands"    // with a terminal
	NonInteractiveCommands = "NonInteractiveCommands" // without
)

// Actions that a server asks for in a handshake.
const (
	ActionSessionType   = "SessionType"
	ActionKMSEncryption = "KMSEncryption"
)

// Request is what a server asks for before the session begins.
type Request struct {
	AgentVersion           string
	RequestedClientActions []Action
}

// Action is one thing that the client shall do.
type Action struct {
	ActionType       string
	ActionParameters json.RawMessage
}

// SessionType is the parameter of the action of that name.
type SessionType struct {
	SessionType string
	Properties  any
}

// Statuses of an action.
const (
	ActionSuccess     = 1
	ActionFailed      = 2
	ActionUnsupported = 3
)

// Response answers a Request.
type Response struct {
	ClientVersion          string
	ProcessedClientActions []ActionResult
	Errors                 []string
}

// ActionResult tells what became of an action.
type ActionResult struct {
	ActionType   string
	ActionStatus int
	ActionResult json.RawMessage
	Error        string
}

// Complete ends the handshake.
type Complete struct {
	HandshakeTimeToComplete time.Duration
	CustomerMessage         string
}

// encode writes a document of this package, which always can be written.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

func newMessage(kind string, payload []byte, now time.Time) *Message {
	return &Message{Type: kind, Created: now, Flags: 3, ID: NewID(), Payload: payload}
}

// acknowledge answers a message.
func acknowledge(m *Message, now time.Time) []byte {
	return newMessage(Acknowledge, encode(Acknowledgement{Type: m.Type, ID: IDString(m.ID), Sequence: m.Sequence, Sequential: true}), now).Marshal()
}

// closing is the last message of a channel.
func closing(c Closed, now time.Time) []byte {
	m := newMessage(ChannelClosed, nil, now)
	c.MessageID, c.MessageType, c.SchemaVersion, c.CreatedDate = IDString(m.ID), ChannelClosed, 1, now.UTC().Format(time.RFC3339Nano)
	m.Payload = encode(c)
	return m.Marshal()
}

// FlagValue reads the payload of a Flag; 0 is none.
func FlagValue(payload []byte) uint32 {
	if len(payload) != 4 {
		return 0
	}
	return binary.BigEndian.Uint32(payload)
}

// FlagPayload writes a Flag.
func FlagPayload(v uint32) []byte { return binary.BigEndian.AppendUint32(nil, v) }
