//go:build linux

package shim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// maxLine bounds one line of a container's output; a longer one is cut into
// several.
const maxLine = 256 << 10

// output writes a container's lines to a file, one JSON object each:
// {"t":time,"s":"stdout"|"stderr","m":"line"}. The file is rotated by size,
// with a bounded number kept as file.1, file.2 …
type output struct {
	path  string
	bytes int64
	files int

	mu   sync.Mutex
	file *os.File
	size int64
}

type line struct {
	T time.Time `json:"t"`
	S string    `json:"s"`
	M string    `json:"m"`
}

func newOutput(path string, bytes int64, files int) (*output, error) {
	o := &output{path: path, bytes: bytes, files: files}
	return o, o.open()
}

func (o *output) open() error {
	f, err := os.OpenFile(o.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o640)
	if err != nil {
		return err
	}
	st, err := f.Stat()
	if err != nil {
		f.Close()
		return err
	}
	o.file, o.size = f, st.Size()
	return nil
}

// copy reads a stream to its end and closes it. A container is never blocked by
// a log that cannot be written: on a full disk lines are lost, not the task.
func (o *output) copy(stream string, r io.ReadCloser) {
	defer r.Close()
	chunk := make([]byte, 32<<10)
	var rest []byte // the beginning of a line
	for {
		n, err := r.Read(chunk)
		rest = o.lines(stream, append(rest, chunk[:n]...))
		if err != nil {
			break
		}
	}
	if len(rest) > 0 {
		o.write(encode(nil, stream, rest))
	}
}

// lines writes the complete lines of data and returns what is left, which
// shares no memory with what was written.
func (o *output) lines(stream string, data []byte) []byte {
	var out []byte
	for {
		if len(out) > 64<<10 { // so that files keep close to their size
			o.write(out)
			out = out[:0]
		}
		i := bytes.IndexByte(data, '\n')
		switch {
		case i >= 0 && i <= maxLine:
			out = encode(out, stream, bytes.TrimSuffix(data[:i], []byte("\r")))
			data = data[i+1:]
		case len(data) > maxLine:
			out = encode(out, stream, data[:maxLine])
			data = data[maxLine:]
		default:
			o.write(out)
			return bytes.Clone(data)
		}
	}
}

func encode(out []byte, stream string, text []byte) []byte {
	data, err := json.Marshal(line{time.Now().UTC(), stream, string(text)})
	if err != nil {
		return out
	}
	return append(append(out, data...), '\n')
}

func (o *output) write(data []byte) {
	if len(data) == 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.file == nil {
		return
	}
	if o.size > 0 && o.size+int64(len(data)) > o.bytes {
		o.rotate()
	}
	n, _ := o.file.Write(data)
	o.size += int64(n)
}

func (o *output) rotate() {
	for i := o.files - 1; i > 0; i-- {
		from := o.path
		if i > 1 {
			from = fmt.Sprintf("%s.%d", o.path, i-1)
		}
		os.Rename(from, fmt.Sprintf("%s.%d", o.path, i))
	}
	if o.files <= 1 {
		os.Remove(o.path)
	}
	old := o.file
	if o.open() == nil {
		old.Close()
	}
}

func (o *output) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.file != nil {
		o.file.Close()
		o.file = nil
	}
}
