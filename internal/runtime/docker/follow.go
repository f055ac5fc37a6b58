package docker

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"github.com/moby/moby/client"
)

// followOutput copies the output of the present run of a container to its log.
func (t *task) followOutput(b *box) {
	done := make(chan struct{})
	b.mu.Lock()
	b.follow = done
	b.mu.Unlock()
	t.d.work.Go(func() {
		defer close(done)
		out, err := openOutput(t.logFile(b.Name), t.d.opts.LogBytes, t.d.opts.LogFiles)
		if err != nil {
			t.d.opts.Log.Error("cannot write the log of a container", "task", t.id, "container", b.Name, "err", err)
			return
		}
		defer out.close()
		t.follow(t.d.ctx, b, out)
	})
}

// follow reads the Engine's log until the container has stopped, and then once
// more: an Engine that follows may miss what was written last.
func (t *task) follow(ctx context.Context, b *box, out *output) {
	id := t.objectName(b.Name)
	for ctx.Err() == nil {
		err := t.readLog(ctx, b, out, true)
		if gone(err) {
			return
		}
		info, ierr := t.d.engine.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
		if gone(ierr) {
			return
		}
		if err == nil && ierr == nil && !info.Container.State.Running {
			if err := t.readLog(ctx, b, out, false); err == nil {
				return
			}
		}
		_ = pause(ctx, 200*time.Millisecond) // its error is the loop's condition
	}
}

// readLog reads on behind the last line that was written.
func (t *task) readLog(ctx context.Context, b *box, out *output, follow bool) error {
	opts := client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true, Timestamps: true, Follow: follow}
	if !out.last.IsZero() {
		opts.Since = out.last.Add(time.Nanosecond).UTC().Format(time.RFC3339Nano)
	}
	r, err := t.d.engine.ContainerLogs(ctx, t.objectName(b.Name), opts)
	if err != nil {
		return err
	}
	defer r.Close()
	return copyOutput(out, r, b.TTY)
}

// copyOutput turns the Engine's log into lines. An entry is a frame with a time
// stamp; a long line comes as several, the last of which ends it.
func copyOutput(out *output, r io.Reader, tty bool) error {
	buffered := bufio.NewReaderSize(r, 32<<10)
	rest := map[string]*line{} // lines not yet complete, by stream
	defer func() {
		for _, l := range rest {
			out.write(*l)
		}
	}()
	for {
		stream, entry, err := frame(buffered, tty)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		at, text := stamp(entry)
		l := rest[stream]
		if l == nil {
			l = &line{T: at, S: stream}
			rest[stream] = l
		}
		whole := bytes.HasSuffix(text, []byte("\n"))
		l.M += string(bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r")))
		if whole || len(l.M) >= maxLine {
			l.T = at
			out.write(*l)
			delete(rest, stream)
		}
	}
}

// maxLine bounds a line; a longer one is cut into several.
const maxLine = 256 << 10

// frame reads one entry. Without a terminal the Engine puts a header before
// each: stream, three zeros, length.
func frame(r *bufio.Reader, tty bool) (stream string, entry []byte, err error) {
	if tty {
		entry, err = r.ReadBytes('\n')
		if len(entry) > 0 {
			err = nil
		}
		return "stdout", entry, err
	}
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return "", nil, err
	}
	stream = "stdout"
	switch head[0] {
	case 2:
		stream = "stderr"
	case 3:
		stream = "error"
	}
	n := binary.BigEndian.Uint32(head[4:])
	if n > maxFrame {
		return "", nil, fmt.Errorf("log frame of %d bytes", n)
	}
	entry = make([]byte, n)
	if _, err := io.ReadFull(r, entry); err != nil {
		return "", nil, err
	}
	if stream == "error" {
		return "", nil, fmt.Errorf("Docker Engine: %s", entry) //nolint:staticcheck // a name
	}
	return stream, entry, nil
}

// maxFrame is far above the 16 KiB pieces in which the Engine logs.
const maxFrame = 4 << 20

// stamp takes the time off an entry.
func stamp(entry []byte) (time.Time, []byte) {
	head, text, ok := bytes.Cut(entry, []byte(" "))
	at, err := time.Parse(time.RFC3339Nano, string(head))
	if !ok || err != nil {
		return time.Now().UTC(), entry
	}
	return at.UTC(), text
}
