package link

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/grue-ecs/grue/internal/route"
)

// maxMessage bounds what either side reads; a table of 10,000 targets is about
// 3 MiB.
const maxMessage = 256 << 20

// Kinds of message. The first three come from the server.
const (
	kindTable        = "table"
	kindTrafficTaken = "traffic-taken"
	kindShutdown     = "shutdown"
	kindPing         = "ping"   // server
	kindPong         = "pong"   // proxy
	kindVitals       = "vitals" // server: asks; proxy: answers
	kindHello        = "hello"
	kindAck          = "ack"
	kindNack         = "nack"
	kindHealth       = "health"
	kindTraffic      = "traffic"
)

// message is the union of all messages.
type message struct {
	Kind     string          `json:"kind"`
	Epoch    uint64          `json:"epoch,omitempty"`
	Version  uint64          `json:"version,omitempty"`
	Error    string          `json:"error,omitempty"`
	Table    *route.Table    `json:"table,omitempty"`
	Failures []BindFailure   `json:"failures,omitempty"`
	Identity *Identity       `json:"identity,omitempty"`
	Full     bool            `json:"full,omitempty"`
	Health   []route.Health  `json:"health,omitempty"`
	Sequence uint64          `json:"sequence,omitempty"`
	Traffic  []route.Traffic `json:"traffic,omitempty"`
	Vitals   *Vitals         `json:"vitals,omitempty"`
}

// Identity says which process serves the socket, and what.
type Identity struct {
	PID     int       `json:"pid"`
	Started time.Time `json:"started"`
	Build   string    `json:"build"`
	Epoch   uint64    `json:"epoch"`
	Version uint64    `json:"version"`
}

// BindFailure is an address of the table in force that the proxy could not
// listen on; everything else of the table is served.
type BindFailure struct {
	Listener string `json:"listener"` // ARN, or what the address is for
	// NetNS and Task are those of the bind, for an address inside a task.
	NetNS   string `json:"netns,omitempty"`
	Task    string `json:"task,omitempty"`
	Address string `json:"address"`
	Error   string `json:"error"`
}

var errTooLong = errors.New("link: message is too long")

// writeMessage sends one message with a single write.
func writeMessage(w io.Writer, m *message) error {
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("link: encode %s: %w", m.Kind, err)
	}
	frame := make([]byte, 4+len(body))
	binary.BigEndian.PutUint32(frame, uint32(len(body)))
	copy(frame[4:], body)
	_, err = w.Write(frame)
	return err
}

// readMessage receives one message.
func readMessage(r io.Reader) (*message, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > maxMessage {
		return nil, errTooLong
	}
	body, err := readExactly(r, int(n))
	if err != nil {
		return nil, err
	}
	m := new(message)
	if err := json.Unmarshal(body, m); err != nil {
		return nil, fmt.Errorf("link: decode message: %w", err)
	}
	return m, nil
}

// readExactly grows its buffer with what arrives, so that a length alone does
// not make us allocate.
func readExactly(r io.Reader, n int) ([]byte, error) {
	const step = 1 << 20
	body := make([]byte, 0, min(n, step))
	for len(body) < n {
		chunk := min(n-len(body), step)
		body = append(body, make([]byte, chunk)...)
		if _, err := io.ReadFull(r, body[len(body)-chunk:]); err != nil {
			return nil, err
		}
	}
	return body, nil
}
