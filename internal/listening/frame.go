package listening

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
)

// Verbs of messages. Every request but keep is answered with done.
const (
	verbKeep = "keep" // with a descriptor
	verbDrop = "drop"
	verbTake = "take"
	verbPing = "ping"
	verbDone = "done"
)

// maxFrame bounds a message; a drop may name thousands of sockets.
const maxFrame = 4 << 20

var (
	errFrame = errors.New("listening: message is too long")
	errNoFD  = errors.New("listening: message came without its descriptor")
	errVerb  = errors.New("listening: unknown message")
)

// frame is one message.
type frame struct {
	Verb  string   `json:"verb"`
	Name  string   `json:"name,omitempty"`
	Names []string `json:"names,omitempty"`
}

// send writes one message; raw is the socket that goes along, or nil.
func send(conn *net.UnixConn, f frame, raw syscall.RawConn) error {
	body, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	out := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	out = append(out, body...)
	if raw == nil {
		_, err = conn.Write(out)
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		var n int
		n, _, failed = conn.WriteMsgUnix(out, syscall.UnixRights(int(fd)), nil)
		if failed == nil && n < len(out) {
			_, failed = conn.Write(out[n:])
		}
	})
	return errors.Join(err, failed)
}

// receive reads one message. The file is not nil if a descriptor came along.
func receive(conn *net.UnixConn) (f frame, file *os.File, err error) {
	defer func() {
		if err != nil && file != nil {
			file.Close()
			file = nil
		}
	}()
	var head [4]byte
	oob := make([]byte, syscall.CmsgSpace(4))
	for got := 0; got < len(head); {
		n, m, _, _, err := conn.ReadMsgUnix(head[got:], oob)
		if err != nil {
			return f, file, err
		}
		if n == 0 && m == 0 {
			return f, file, io.EOF
		}
		if m > 0 && file == nil {
			if file, err = descriptor(oob[:m]); err != nil {
				return f, file, err
			}
		}
		got += n
	}
	size := binary.BigEndian.Uint32(head[:])
	if size > maxFrame {
		return f, file, errFrame
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(conn, body); err != nil {
		return f, file, err
	}
	return f, file, json.Unmarshal(body, &f)
}

// descriptor takes the first descriptor of a control message; there is one.
func descriptor(oob []byte) (*os.File, error) {
	messages, err := syscall.ParseSocketControlMessage(oob)
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	for i := range messages {
		fds, err := syscall.ParseUnixRights(&messages[i])
		if err != nil {
			return nil, fmt.Errorf("listening: %w", err)
		}
		for j, fd := range fds {
			syscall.CloseOnExec(fd)
			if j > 0 {
				_ = syscall.Close(fd)
			}
		}
		if len(fds) > 0 {
			return os.NewFile(uintptr(fds[0]), "kept"), nil
		}
	}
	return nil, errNoFD
}
