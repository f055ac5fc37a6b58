package session

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Types of messages.
const (
	InputData        = "input_stream_data"  // client to server
	OutputData       = "output_stream_data" // server to client
	Acknowledge      = "acknowledge"
	ChannelClosed    = "channel_closed"
	StartPublication = "start_publication" // go on sending
	PausePublication = "pause_publication" // stop sending: the other end is away
)

// PayloadType says what the payload of a stream message is.
type PayloadType uint32

// Types of payloads.
const (
	Output            PayloadType = 1 // bytes: keys one way, what the command writes the other
	Failure           PayloadType = 2
	Size              PayloadType = 3 // TerminalSize
	Parameter         PayloadType = 4
	HandshakeRequest  PayloadType = 5
	HandshakeResponse PayloadType = 6
	HandshakeComplete PayloadType = 7
	Flag              PayloadType = 10 // a number of four bytes: EndOfInput, Terminate
	StdErr            PayloadType = 11 // bytes, of sessions without a terminal
	ExitCode          PayloadType = 12
)

// Values of a Flag.
const (
	EndOfInput uint32 = 1 // there will be no more input
	Terminate  uint32 = 2 // the session shall end
)

// Layout of a header; the payload follows it.
const (
	typeAt     = 4
	typeLength = 32
	schemaAt   = typeAt + typeLength
	createdAt  = schemaAt + 4
	sequenceAt = createdAt + 8
	flagsAt    = sequenceAt + 8
	idAt       = flagsAt + 8
	digestAt   = idAt + 16
	kindAt     = digestAt + sha256.Size
	lengthAt   = kindAt + 4 // what the first four bytes of a message say
	headerSize = lengthAt + 4
)

// MaxMessage is the longest message that either end reads, in bytes.
const MaxMessage = 1 << 20

// Message is one binary message.
type Message struct {
	Type     string
	Created  time.Time
	Sequence int64
	Flags    uint64
	ID       [16]byte // UUID
	Kind     PayloadType
	Payload  []byte
}

// NewID makes a random UUID (version 4).
func NewID() (id [16]byte) {
	_, _ = rand.Read(id[:]) // never fails
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id
}

// IDString writes a UUID as people do.
func IDString(id [16]byte) string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}

// Marshal writes the message. Types longer than 32 bytes are cut: there are none.
func (m *Message) Marshal() []byte {
	b := make([]byte, headerSize+len(m.Payload))
	binary.BigEndian.PutUint32(b, lengthAt)
	copy(b[typeAt:schemaAt], m.Type+strings.Repeat(" ", typeLength))
	binary.BigEndian.PutUint32(b[schemaAt:], 1)
	binary.BigEndian.PutUint64(b[createdAt:], uint64(m.Created.UnixMilli()))
	binary.BigEndian.PutUint64(b[sequenceAt:], uint64(m.Sequence))
	binary.BigEndian.PutUint64(b[flagsAt:], m.Flags)
	copy(b[idAt:], m.ID[8:]) // the halves of a UUID are exchanged
	copy(b[idAt+8:], m.ID[:8])
	sum := sha256.Sum256(m.Payload)
	copy(b[digestAt:], sum[:])
	binary.BigEndian.PutUint32(b[kindAt:], uint32(m.Kind))
	binary.BigEndian.PutUint32(b[lengthAt:], uint32(len(m.Payload)))
	copy(b[headerSize:], m.Payload)
	return b
}

// Parse reads a message; its payload is part of b. The header may be longer than
// ours, or lack the payload's type, as those of AWS's own messages do. A digest
// that does not fit, or a length that is not there, is an error.
func Parse(b []byte) (Message, error) {
	var m Message
	if len(b) < kindAt+4 {
		return m, fmt.Errorf("a message of %d bytes is shorter than its header", len(b))
	}
	end := int64(binary.BigEndian.Uint32(b))
	if end < kindAt || end+4 > int64(len(b)) {
		return m, fmt.Errorf("a header of %d bytes in a message of %d", end, len(b))
	}
	m.Type = strings.TrimSpace(string(bytes.Trim(b[typeAt:schemaAt], "\x00")))
	m.Created = time.UnixMilli(int64(binary.BigEndian.Uint64(b[createdAt:])))
	m.Sequence = int64(binary.BigEndian.Uint64(b[sequenceAt:]))
	m.Flags = binary.BigEndian.Uint64(b[flagsAt:])
	copy(m.ID[8:], b[idAt:idAt+8])
	copy(m.ID[:8], b[idAt+8:])
	if end >= lengthAt {
		m.Kind = PayloadType(binary.BigEndian.Uint32(b[kindAt:]))
	}
	length, rest := int64(binary.BigEndian.Uint32(b[end:])), b[end+4:]
	if length > int64(len(rest)) {
		return m, fmt.Errorf("a payload of %d bytes where %d are", length, len(rest))
	}
	m.Payload = rest[:length]
	switch {
	case m.Type == "":
		return m, errors.New("a message without a type")
	case m.Type == StartPublication || m.Type == PausePublication || length == 0:
		return m, nil // these carry nothing
	case sha256.Sum256(m.Payload) != [sha256.Size]byte(b[digestAt:kindAt]):
		return m, errors.New("the payload's digest is wrong")
	}
	return m, nil
}
