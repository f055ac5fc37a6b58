package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// fileTail reads what a container without a log group writes: the lines that are kept
// with its task, {"t": time, "s": stream, "m": text}.
type fileTail struct {
	path, text string
	info       fs.FileInfo // of the file that was read last
	at         int64       // where to go on
	lines      int64       // read so far, for their ids
}

// firstBytes is how much of the end of a file is read at first, and in one turn.
const firstBytes = 256 << 10

// fileQuery finds the file of a container: ?cluster=&task=&container=&text=.
func (s *Site) fileQuery(r *http.Request, who *Session) (*fileTail, error) {
	q := r.URL.Query()
	path := ""
	s.opts.Store.View(func(tx *store.Tx) {
		t, ok := state.Tasks.Get(tx, state.TaskKey(who.Scope(r), q.Get("cluster"), q.Get("task")))
		if !ok {
			return
		}
		for i := range t.Containers {
			if c := &t.Containers[i]; c.Name == q.Get("container") {
				path = c.LogFile
			}
		}
	})
	if path == "" {
		return nil, &Problem{Code: "ResourceNotFoundException", Message: "There is no such container, or it has not written anything yet.", Status: http.StatusNotFound}
	}
	return &fileTail{path: path, text: strings.ToLower(q.Get("text"))}, nil
}

// errNoOutput tells that the file went with its task.
var errNoOutput = &Problem{
	Code: "ResourceNotFoundException", Status: http.StatusNotFound,
	Message: "The output of this container is gone with its task. To keep it, give the container a logConfiguration with the awslogs driver.",
}

func (t *fileTail) begin() (*LogLines, error) {
	info, err := os.Stat(t.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errNoOutput
	}
	if err != nil {
		return nil, err
	}
	out := &LogLines{Reset: true, Lines: []LogLine{}}
	t.info = info
	t.at = max(0, info.Size()-firstBytes)
	cut := t.at > 0
	err = t.read(func(lines []LogLine) error {
		if cut && len(lines) > 0 {
			lines, cut = lines[1:], false // it began in the middle of a line
		}
		out.Lines = append(out.Lines, lines...)
		return nil
	})
	out.Lines = out.Lines[max(0, len(out.Lines)-firstLines):]
	return out, err
}

func (t *fileTail) more(send func([]LogLine) error) error {
	info, err := os.Stat(t.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // just rotated, or the task ended: what was read stays on the page
	}
	if err != nil {
		return err
	}
	if !os.SameFile(info, t.info) || info.Size() < t.at {
		t.at = 0
	}
	t.info = info
	if info.Size() == t.at {
		return nil
	}
	return t.read(send)
}

// read sends the whole lines from where it was left to the end.
func (t *fileTail) read(send func([]LogLine) error) error {
	f, err := os.Open(t.path)
	if err != nil {
		return err
	}
	defer f.Close()
	for {
		buf := make([]byte, firstBytes)
		n, err := f.ReadAt(buf, t.at)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		end := bytes.LastIndexByte(buf[:n], '\n') + 1
		if end == 0 {
			return nil
		}
		t.at += int64(end)
		if lines := t.parse(buf[:end]); len(lines) > 0 {
			if err := send(lines); err != nil {
				return err
			}
		}
	}
}

func (t *fileTail) parse(data []byte) []LogLine {
	var out []LogLine
	for line := range bytes.Lines(data) {
		t.lines++
		var in struct {
			T time.Time `json:"t"`
			M *string   `json:"m"`
		}
		l := LogLine{ID: "f" + strconv.FormatInt(t.lines, 10), Message: strings.TrimRight(string(line), "\n")}
		if json.Unmarshal(line, &in) == nil && in.M != nil {
			l.Message, l.Time = strings.TrimRight(*in.M, "\n"), in.T.UnixMilli()
		}
		if t.text == "" || strings.Contains(strings.ToLower(l.Message), t.text) {
			out = append(out, l)
		}
	}
	return out
}
