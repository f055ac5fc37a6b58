package docker

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// line is one line of a container's output, as runtime.LogConfig describes it.
type line struct {
	T time.Time `json:"t"`
	S string    `json:"s"`
	M string    `json:"m"`
}

// output is the log file of a container, rotated by size: file, file.1, …
// One goroutine writes it.
type output struct {
	path  string
	bytes int64
	files int
	file  *os.File
	size  int64
	last  time.Time // of the newest line
}

func openOutput(path string, bytes int64, files int) (*output, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, err
	}
	o := &output{path: path, bytes: bytes, files: files}
	if o.last = lastLine(path); o.last.IsZero() {
		o.last = lastLine(path + ".1") // rotated a moment ago
	}
	return o, o.open()
}

func (o *output) open() error {
	f, err := os.OpenFile(o.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o640)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return err
	}
	o.file, o.size = f, info.Size()
	return nil
}

// write adds a line. One that cannot be written, on a full disk, is lost; the
// task goes on.
func (o *output) write(l line) {
	data, err := json.Marshal(l)
	if err != nil {
		return
	}
	data = append(data, '\n')
	if o.size > 0 && o.size+int64(len(data)) > o.bytes {
		o.rotate()
	}
	n, _ := o.file.Write(data)
	o.size += int64(n)
	o.last = l.T
}

func (o *output) rotate() {
	for i := o.files - 1; i > 0; i-- {
		from := o.path
		if i > 1 {
			from = fmt.Sprintf("%s.%d", o.path, i-1)
		}
		_ = os.Rename(from, fmt.Sprintf("%s.%d", o.path, i)) // the older ones may not exist yet
	}
	if o.files <= 1 {
		_ = os.Remove(o.path)
	}
	old := o.file
	if o.open() == nil {
		old.Close()
	}
}

func (o *output) close() { o.file.Close() }

// lastLine is the time of the last whole line of a log file.
func lastLine(path string) (at time.Time) {
	f, err := os.Open(path)
	if err != nil {
		return at
	}
	defer f.Close()
	const tail = 1 << 20
	if info, err := f.Stat(); err == nil && info.Size() > tail {
		if _, err := f.Seek(-tail, 2); err != nil {
			return at
		}
	}
	r := bufio.NewReader(f)
	for {
		text, err := r.ReadBytes('\n')
		if err != nil {
			return at
		}
		var l line
		if json.Unmarshal(bytes.TrimSpace(text), &l) == nil {
			at = l.T
		}
	}
}
