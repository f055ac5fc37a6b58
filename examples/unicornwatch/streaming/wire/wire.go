// Package wire is the protocol of the streaming service, in two versions that
// cannot read each other. It is what an upgrade behind a network load balancer
// must be careful about: a connection speaks one of them from its first byte to
// its last.
//
//	client ─► "UNI?"                          any version
//	server ─► 'U' version                     1 or 2, for the whole connection
//	server ─► sighting, sighting, …           numbered from 0
//	server ─► bye                             then it closes the connection
//
//	version 1: big endian    number uint32, length uint16, text
//	version 2: little endian length uint16, number uint32, text, CRC-32 of the three
//
// A bye is a sighting without text.
package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// Hello is what a client says first.
const Hello = "UNI?"

// Greeting is what a server says first.
func Greeting(version byte) []byte { return []byte{'U', version} }

// ReadGreeting returns the version of the connection.
func ReadGreeting(r io.Reader) (version byte, err error) {
	var b [2]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return 0, err
	}
	if b[0] != 'U' || b[1] != 1 && b[1] != 2 {
		return 0, fmt.Errorf("%w: the greeting is %q", ErrGarbage, b)
	}
	return b[1], nil
}

// Sighting is one message of the stream.
type Sighting struct {
	Number uint32
	Text   string // "" = bye
}

// ErrGarbage says that what came is not of the connection's version.
var ErrGarbage = errors.New("not of this version")

// longest text; more is garbage.
const longest = 512

// Append encodes a sighting in a version.
func Append(b []byte, version byte, s Sighting) []byte {
	if version == 1 {
		b = binary.BigEndian.AppendUint32(b, s.Number)
		b = binary.BigEndian.AppendUint16(b, uint16(len(s.Text)))
		return append(b, s.Text...)
	}
	start := len(b)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(s.Text)))
	b = binary.LittleEndian.AppendUint32(b, s.Number)
	b = append(b, s.Text...)
	return binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b[start:]))
}

// Read decodes the next sighting of a version.
func Read(r io.Reader, version byte) (Sighting, error) {
	var head [6]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return Sighting{}, err
	}
	number, length := binary.BigEndian.Uint32(head[:4]), binary.BigEndian.Uint16(head[4:])
	if version == 2 {
		length, number = binary.LittleEndian.Uint16(head[:2]), binary.LittleEndian.Uint32(head[2:])
	}
	if length > longest {
		return Sighting{}, fmt.Errorf("%w: a text of %d bytes", ErrGarbage, length)
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(r, text); err != nil {
		return Sighting{}, cut(err)
	}
	if version == 2 {
		var sum [4]byte
		if _, err := io.ReadFull(r, sum[:]); err != nil {
			return Sighting{}, cut(err)
		}
		if crc32.ChecksumIEEE(append(head[:], text...)) != binary.LittleEndian.Uint32(sum[:]) {
			return Sighting{}, fmt.Errorf("%w: the checksum", ErrGarbage)
		}
	}
	return Sighting{number, string(text)}, nil
}

// cut: an end within a sighting is not a good end.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
