package proxy

import (
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"time"
)

// appendTraceID appends "1-{8 hex of epoch}-{24 hex}".
func appendTraceID(out []byte, now time.Time) []byte {
	var raw [16]byte
	epoch := uint32(now.Unix())
	raw[0], raw[1], raw[2], raw[3] = byte(epoch>>24), byte(epoch>>16), byte(epoch>>8), byte(epoch)
	a, b := rand.Uint64(), rand.Uint32()
	for i := range 8 {
		raw[4+i] = byte(a >> (8 * i))
	}
	for i := range 4 {
		raw[12+i] = byte(b >> (8 * i))
	}
	out = append(out, "1-"...)
	out = hex.AppendEncode(out, raw[:4])
	out = append(out, '-')
	return hex.AppendEncode(out, raw[4:])
}

// maxTraceHead is the size of a request head above which an incoming trace is
// not kept but replaced by a new root.
const maxTraceHead = 7 << 10

// appendTrace appends the value of X-Amzn-Trace-Id for the target. With a Root
// it gets our Self in front, and an earlier Self goes; the rest is kept.
func appendTrace(out []byte, incoming string, headSize int, now time.Time) []byte {
	if !strings.Contains(incoming, "Root=") || headSize > maxTraceHead {
		return appendTraceID(append(out, "Root="...), now)
	}
	out = appendTraceID(append(out, "Self="...), now)
	for incoming != "" {
		var part string
		part, incoming, _ = strings.Cut(incoming, ";")
		part = trimSpace(part)
		if part == "" || strings.HasPrefix(part, "Self=") {
			continue
		}
		out = append(out, ';')
		out = append(out, part...)
	}
	return out
}
