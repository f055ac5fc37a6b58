package logs

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// frame is one event as it stands in a segment.
type frame struct {
	time     int64 // milliseconds
	ingested int64
	source   uint32 // of a followed file; 0 = PutLogEvents
	offset   int64  // in the followed file, behind the event
	message  string
}

// A frame on disk, all numbers big-endian:
//
//	length of the rest after the checksum (4) · CRC-32C of it (4) ·
//	time (8) · ingested (8) · source (4) · offset (8) · message
const (
	frameHead  = 8
	frameFixed = 28
	// maxMessage is the largest event of CloudWatch Logs.
	maxMessage = 1 << 20
)

var (
	errTorn    = errors.New("logs: torn frame")
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
)

// appendFrame adds the frame to b.
func appendFrame(b []byte, f frame) []byte {
	start := len(b)
	b = binary.BigEndian.AppendUint32(b, uint32(frameFixed+len(f.message)))
	b = binary.BigEndian.AppendUint32(b, 0)
	b = binary.BigEndian.AppendUint64(b, uint64(f.time))
	b = binary.BigEndian.AppendUint64(b, uint64(f.ingested))
	b = binary.BigEndian.AppendUint32(b, f.source)
	b = binary.BigEndian.AppendUint64(b, uint64(f.offset))
	b = append(b, f.message...)
	sum := crc32.Checksum(b[start+frameHead:], castagnoli)
	binary.BigEndian.PutUint32(b[start+4:], sum)
	return b
}

// readFrame reads the frame at the start of b and its size. An incomplete or
// damaged frame is errTorn.
func readFrame(b []byte) (f frame, size int, err error) {
	if len(b) < frameHead {
		return f, 0, errTorn
	}
	n := binary.BigEndian.Uint32(b)
	if n < frameFixed || n > frameFixed+maxMessage || uint64(n) > uint64(len(b)-frameHead) {
		return f, 0, errTorn
	}
	body := b[frameHead : frameHead+int(n)]
	if crc32.Checksum(body, castagnoli) != binary.BigEndian.Uint32(b[4:]) {
		return f, 0, errTorn
	}
	f.time = int64(binary.BigEndian.Uint64(body))
	f.ingested = int64(binary.BigEndian.Uint64(body[8:]))
	f.source = binary.BigEndian.Uint32(body[16:])
	f.offset = int64(binary.BigEndian.Uint64(body[20:]))
	f.message = string(body[frameFixed:])
	return f, frameHead + int(n), nil
}
