package queue

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"math/rand/v2"
)

// receipt names one receive of a message. Clients get it as a receipt handle:
// base64 of version, queue, number, nonce and a checksum.
type receipt struct {
	queue  string // ID: 16 hex digits
	number uint64
	nonce  uint64 // tells this receive from others
}

const (
	receiptVersion = 1
	receiptLen     = 1 + 8 + 8 + 8 + 4
)

func newNonce() uint64 { return rand.Uint64()>>1 | 1 }

// handle is the text that clients get.
func (r receipt) handle() string {
	b := make([]byte, 0, receiptLen)
	b = append(b, receiptVersion)
	id, _ := hex.DecodeString(r.queue) // made by Create
	b = append(b, id...)
	b = binary.BigEndian.AppendUint64(b, r.number)
	b = binary.BigEndian.AppendUint64(b, r.nonce)
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	return base64.StdEncoding.EncodeToString(b)
}

// parseReceipt reads a receipt handle.
func parseReceipt(handle string) (r receipt, ok bool) {
	b, err := base64.StdEncoding.Strict().DecodeString(handle)
	if err != nil || len(b) != receiptLen || b[0] != receiptVersion {
		return r, false
	}
	body := b[:receiptLen-4]
	if crc32.ChecksumIEEE(body) != binary.BigEndian.Uint32(b[receiptLen-4:]) {
		return r, false
	}
	return receipt{
		queue: hex.EncodeToString(b[1:9]), number: binary.BigEndian.Uint64(b[9:17]), nonce: binary.BigEndian.Uint64(b[17:25]),
	}, true
}

// receiptOf reads a handle that a client shows for a queue.
func receiptOf(q *Queue, handle string) (receipt, error) {
	if handle == "" {
		return receipt{}, refuse(ErrMissing, "The request must contain the parameter ReceiptHandle.")
	}
	r, ok := parseReceipt(handle)
	if !ok || r.queue != q.ID {
		return receipt{}, refuse(ErrReceipt, "The input receipt handle %q is not a valid receipt handle of this queue.", clip(handle))
	}
	return r, nil
}
