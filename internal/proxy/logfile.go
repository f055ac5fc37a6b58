package proxy

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/route"
)

// accessLogDir, beside the proxy's directory, stands for S3: one folder for
// each bucket.
const accessLogDir = "access-logs"

// logPeriod is how long a file is written before it is compressed.
const logPeriod = 5 * time.Minute

// logName is what the names of a load balancer's files are made of.
type logName struct {
	prefix, account, region, lb, ip string
}

// nameOfLog takes account and region from the load balancer's ARN.
func nameOfLog(l *route.Listener) logName {
	n := logName{prefix: l.Attributes.AccessLogPrefix, account: "000000000000", region: "us-east-1", lb: l.LB}
	if parts := strings.SplitN(l.LBARN, ":", 6); len(parts) == 6 {
		n.region, n.account = parts[3], parts[4]
	}
	n.ip, _ = cutPort(l.Address)
	return n
}

// logWriter writes access logs. Lines gather in memory and go to disk every
// second; files become .gz when their period ends.
type logWriter struct {
	root string
	log  *slog.Logger
	mu   sync.Mutex
	open map[logName]*logFile
}

type logFile struct {
	name   logName
	path   string // of the file being written
	file   *os.File
	buffer *bufio.Writer
	end    time.Time
}

func newLogWriter(root string, log *slog.Logger) *logWriter {
	return &logWriter{root: root, log: log, open: make(map[logName]*logFile)}
}

func (a *accessLog) write(e *entry) {
	now := time.Now()
	a.writer.append(a.file, e.line(a.file.lb, now), now)
}

func (w *logWriter) append(name logName, line []byte, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f := w.open[name]
	if f == nil {
		var err error
		if f, err = w.create(name, now); err != nil {
			w.log.Error("access log", "err", err)
			return
		}
		w.open[name] = f
	}
	_, _ = f.buffer.Write(line)
}

// create opens the file of the current period.
func (w *logWriter) create(name logName, now time.Time) (*logFile, error) {
	end := now.Truncate(logPeriod).Add(logPeriod).UTC()
	dir := filepath.Join(w.root, name.prefix, "AWSLogs", name.account, "elasticloadbalancing", name.region, end.Format("2006/01/02"))
	if rel, err := filepath.Rel(w.root, dir); err != nil || strings.HasPrefix(rel, "..") {
		return nil, fmt.Errorf("prefix %q leaves the directory of access logs", name.prefix)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	base := fmt.Sprintf("%s_elasticloadbalancing_%s_%s_%s_%s_%08x.log", name.account, name.region,
		strings.ReplaceAll(name.lb, "/", "."), end.Format("20060102T1504Z"), name.ip, rand.Uint32())
	path := filepath.Join(dir, base)
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	return &logFile{name: name, path: path, file: file, buffer: bufio.NewWriterSize(file, 64<<10), end: end}, nil
}

// rotate writes out what has gathered, and ends the files that are due.
func (w *logWriter) rotate(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for name, f := range w.open {
		if err := f.buffer.Flush(); err != nil {
			w.log.Error("access log", "file", f.path, "err", err)
		}
		if !now.Before(f.end) {
			delete(w.open, name)
			w.finish(f)
		}
	}
}

// finish compresses a file.
func (w *logWriter) finish(f *logFile) {
	err := errors.Join(f.buffer.Flush(), f.file.Close())
	if err == nil {
		err = compress(f.path)
	}
	if err != nil {
		w.log.Error("access log", "file", f.path, "err", err)
	}
}

func (w *logWriter) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for name, f := range w.open {
		delete(w.open, name)
		w.finish(f)
	}
}

// compress replaces a file by its .gz.
func compress(path string) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(path + ".gz")
	if err != nil {
		return err
	}
	z := gzip.NewWriter(out)
	_, err = io.Copy(z, in)
	if err = errors.Join(err, z.Close(), out.Close()); err != nil {
		os.Remove(path + ".gz")
		return err
	}
	return os.Remove(path)
}
