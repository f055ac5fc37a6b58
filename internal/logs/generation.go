package logs

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
)

const (
	// maxGenerations is how many rotated files (file.1, file.2, …) are looked for.
	maxGenerations = 16
	// fingerprint is how much of a file's first line tells it from others. The
	// line holds a time in nanoseconds.
	fingerprint = 256
)

// generation is one of the files that a rotated log consists of. It is known by
// its first line, not by its name, which changes, nor by its inode, which is
// used again.
type generation struct {
	file   *os.File
	size   int64
	source uint32 // marks its frames; never 0
}

// openGeneration opens a file; nil when it does not exist or its first line is
// not complete, unless final says that it never will be.
func openGeneration(path string, salt uint32, final bool) (*generation, error) {
	f, err := os.Open(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return nil, err
	}
	info, err := f.Stat()
	if err == nil {
		var source uint32
		if source, err = sourceOf(f, salt, final); source != 0 && err == nil {
			return &generation{f, info.Size(), source}, nil
		}
	}
	f.Close()
	return nil, err
}

func sourceOf(f *os.File, salt uint32, final bool) (uint32, error) {
	head := make([]byte, fingerprint)
	n, err := f.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return 0, err
	}
	head = head[:n]
	if i := bytes.IndexByte(head, '\n'); i >= 0 {
		head = head[:i]
	} else if n == 0 || n < fingerprint && !final {
		return 0, nil
	}
	salted := binary.BigEndian.AppendUint32(nil, salt)
	return max(crc32.Checksum(append(salted, head...), castagnoli), 1), nil
}

func (g *generation) close() { g.file.Close() }
