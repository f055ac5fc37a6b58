package proxy

import (
	"bytes"
	"errors"
	"strconv"
)

var (
	errChunk   = errors.New("proxy: malformed chunked encoding")
	errTrailer = errors.New("proxy: malformed trailer")
)

// Limits of the parts of a chunked body that are not data.
const (
	maxChunkLine = 4 << 10
	maxTrailers  = 16 << 10
)

// chunkState is where in a chunked body the decoder stands.
type chunkState uint8

const (
	chunkSize chunkState = iota
	chunkData
	chunkDataEnd
	chunkTrailer
	chunkDone
)

// chunked decodes a chunked body step by step from a buffer. It takes nothing
// that another server could read differently: lines end with CRLF, sizes are
// plain hexadecimal digits, extensions are dropped.
type chunked struct {
	state   chunkState
	remain  int64
	trailer []byte // complete trailer lines, with their CRLF
}

// decode consumes bytes of in. data, if any, is a part of in. It returns
// consumed = 0 without an error when it needs more.
func (d *chunked) decode(in []byte) (data []byte, consumed int, err error) {
	for {
		rest := in[consumed:]
		switch d.state {
		case chunkData:
			n := int(min(d.remain, int64(len(rest))))
			d.remain -= int64(n)
			if d.remain == 0 {
				d.state = chunkDataEnd
			}
			return rest[:n], consumed + n, nil
		case chunkDataEnd:
			if len(rest) < 2 {
				return nil, consumed, nil
			}
			if rest[0] != '\r' || rest[1] != '\n' {
				return nil, consumed, errChunk
			}
			consumed += 2
			d.state = chunkSize
		case chunkDone:
			return nil, consumed, nil
		default:
			n, err := d.line(rest)
			consumed += n
			if n == 0 || err != nil {
				return nil, consumed, err
			}
		}
	}
}

// line takes one line: a size or a trailer field.
func (d *chunked) line(in []byte) (consumed int, err error) {
	lf := bytes.IndexByte(in, '\n')
	if lf < 0 {
		if len(in) > maxHeaderField || d.state == chunkSize && len(in) > maxChunkLine {
			return 0, errChunk
		}
		return 0, nil
	}
	if lf == 0 || in[lf-1] != '\r' {
		return 0, errChunk
	}
	line := in[:lf-1]
	if bytes.IndexByte(line, '\r') >= 0 || bytes.IndexByte(line, 0) >= 0 {
		return 0, errChunk
	}
	if d.state == chunkSize {
		return lf + 1, d.size(line)
	}
	return lf + 1, d.field(line, in[:lf+1])
}

// size parses "hex[;extension]".
func (d *chunked) size(line []byte) error {
	if len(line) > maxChunkLine {
		return errChunk
	}
	digits := 0
	var n int64
	for digits < len(line) {
		v := hexValue(line[digits])
		if v < 0 {
			break
		}
		if digits == 15 {
			return errChunk
		}
		n = n<<4 | int64(v)
		digits++
	}
	rest := bytes.TrimLeft(line[digits:], " \t")
	if digits == 0 || len(rest) > 0 && rest[0] != ';' || len(rest) == 0 && digits != len(line) {
		return errChunk
	}
	d.remain, d.state = n, chunkData
	if n == 0 {
		d.state = chunkTrailer
	}
	return nil
}

// field keeps a trailer field; the empty line ends the body.
func (d *chunked) field(line, whole []byte) error {
	if len(line) == 0 {
		d.state = chunkDone
		return nil
	}
	name, _, ok := splitField(line)
	if !ok || !isToken(name) || len(d.trailer)+len(whole) > maxTrailers {
		return errTrailer
	}
	switch id := identify(name); {
	case id.hopByHop(), id == headerContentLength, id == headerHost, id == headerTrailer, looksLikeFraming(name):
		return nil // these mean nothing behind a body, or something bad
	}
	d.trailer = append(d.trailer, whole...)
	return nil
}

func hexValue(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// appendChunk appends data as one chunk.
func appendChunk(out, data []byte) []byte {
	if len(data) == 0 {
		return out
	}
	out = strconv.AppendUint(out, uint64(len(data)), 16)
	out = append(out, "\r\n"...)
	out = append(out, data...)
	return append(out, "\r\n"...)
}

// appendLastChunk appends the end of a chunked body.
func appendLastChunk(out, trailer []byte) []byte {
	out = append(out, "0\r\n"...)
	out = append(out, trailer...)
	return append(out, "\r\n"...)
}
