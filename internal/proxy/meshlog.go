package proxy

import (
	"bufio"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/route"
)

// Access logs of Service Connect: one file for each Bind.Log below connect/ in
// the proxy's directory, one line for each request. A line is wrapped as a line
// of a container's output is ({"t":time,"s":"stdout","m":line}), so that what
// follows containers into log streams follows these files, too; inside is Envoy's
// default format, or JSON with the same fields. Lines gather in memory and are
// written every second. A file that has grown to meshLogSize becomes <name>.1, in
// the place of an earlier one: what reads it has until the next time. Files that
// nobody wrote to for meshLogKeep are removed.
const (
	meshLogDir  = "connect"
	meshLogSize = 16 << 20
	meshLogKeep = 24 * time.Hour
)

// outputLine is how a line stands in the file.
type outputLine struct {
	T time.Time `json:"t"`
	S string    `json:"s"`
	M string    `json:"m"`
}

// logs reports whether requests that came by the socket are logged.
func (s *socket) logs() bool {
	b := s.bind.Load()
	return b != nil && b.Log != ""
}

// meshEntry is one line.
type meshEntry struct {
	Start           string `json:"start_time"`
	Method          string `json:"method"`
	Path            string `json:"path"`
	Protocol        string `json:"protocol"`
	Status          int    `json:"response_code"`
	Flags           string `json:"response_flags"`
	Received        int64  `json:"bytes_received"`
	Sent            int64  `json:"bytes_sent"`
	Duration        int64  `json:"duration"` // ms
	UpstreamTime    *int64 `json:"upstream_service_time"`
	ForwardedFor    string `json:"x_forwarded_for"`
	UserAgent       string `json:"user_agent"`
	RequestID       string `json:"request_id"`
	Authority       string `json:"authority"`
	UpstreamHost    string `json:"upstream_host"`
	UpstreamCluster string `json:"upstream_cluster"`
}

// logMesh logs an exchange of HTTP/1.1.
func (c *clientConn) logMesh() {
	q := &c.req
	e := c.ex.meshEntry(q.method, q.target, "HTTP/1.1", q.host)
	if e == nil {
		return
	}
	e.UserAgent, _ = q.get(headerUserAgent)
	e.ForwardedFor, _ = q.get(headerForwardedFor)
	c.proxy.meshLogs.write(c.socket.bind.Load(), c.ex.front.listener.Connect, e)
}

// logMesh logs an exchange of HTTP/2.
func (x *h2Exchange) logMesh() {
	e := x.ex.meshEntry(x.r.Method, x.r.RequestURI, "HTTP/2", x.r.Host)
	if e == nil {
		return
	}
	e.UserAgent, e.ForwardedFor = x.r.UserAgent(), strings.Join(x.r.Header["X-Forwarded-For"], ",")
	x.conn.proxy.meshLogs.write(x.conn.socket.bind.Load(), x.ex.front.listener.Connect, e)
}

// meshEntry gathers what an exchange knows; nil when the endpoint has no log.
func (x *exchange) meshEntry(method, target, protocol, authority string) *meshEntry {
	connect := x.front.listener.Connect
	if connect == nil || connect.LogFormat == "" {
		return nil
	}
	if !connect.LogQuery {
		target, _, _ = strings.Cut(target, "?")
	}
	e := &meshEntry{
		Start: x.started.UTC().Format("2006-01-02T15:04:05.000Z"), Method: method, Path: target, Protocol: protocol,
		Status: x.status, Flags: x.flag, Received: x.received, Sent: x.bytes, Duration: time.Since(x.started).Milliseconds(),
		RequestID: x.trace, Authority: authority,
	}
	if x.status == statusClientClosed {
		e.Status = 0
	}
	if x.tstatus != 0 {
		took := x.answered.Sub(x.sent).Milliseconds()
		e.UpstreamTime = &took
	}
	if x.target != nil {
		e.UpstreamHost = x.target.address
	}
	if x.group != nil {
		e.UpstreamCluster = x.group.group.arn
	}
	return e
}

// text is the line in Envoy's default format.
func (e *meshEntry) text() string {
	b := &logLine{}
	b.word("[" + e.Start + "]")
	b.quoted(e.Method + " " + e.Path + " " + e.Protocol)
	flags, took := e.Flags, "-"
	if flags == "" {
		flags = "-"
	}
	if e.UpstreamTime != nil {
		took = strconv.FormatInt(*e.UpstreamTime, 10)
	}
	b.word(strconv.Itoa(e.Status))
	b.word(flags)
	for _, n := range []int64{e.Received, e.Sent, e.Duration} {
		b.word(strconv.FormatInt(n, 10))
	}
	b.word(took)
	for _, s := range []string{e.ForwardedFor, e.UserAgent, e.RequestID, e.Authority, e.UpstreamHost} {
		b.quoted(s)
	}
	return string(b.b)
}

// line is the entry as the log's format wants it, without a line's end.
func (e *meshEntry) line(format string) (string, error) {
	if format != "JSON" {
		return e.text(), nil
	}
	data, err := json.Marshal(e)
	return string(data), err
}

// meshLogs are the open files by name.
type meshLogs struct {
	dir   string
	log   *slog.Logger
	mu    sync.Mutex
	open  map[string]*meshLogFile
	swept time.Time
}

type meshLogFile struct {
	file   *os.File
	buffer *bufio.Writer
	size   int64
	used   bool // since the last flush
}

func newMeshLogs(dir string, log *slog.Logger) *meshLogs {
	return &meshLogs{dir: dir, log: log, open: make(map[string]*meshLogFile)}
}

func (m *meshLogs) write(b *route.Bind, c *route.Connect, e *meshEntry) {
	text, err := e.line(c.LogFormat)
	var line []byte
	if err == nil {
		line, err = json.Marshal(outputLine{time.Now().UTC(), "stdout", text})
	}
	if err != nil {
		m.log.Error("access log", "name", b.Log, "err", err)
		return
	}
	line = append(line, '\n')
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.open[b.Log]
	if f == nil {
		if f, err = m.create(b.Log); err != nil {
			m.log.Error("access log", "name", b.Log, "err", err)
			return
		}
		m.open[b.Log] = f
	}
	n, _ := f.buffer.Write(line)
	f.size, f.used = f.size+int64(n), true
}

// path of a log; a name is one element of a path.
func (m *meshLogs) path(name string) string {
	return filepath.Join(m.dir, filepath.Base(filepath.Clean("/"+name)))
}

func (m *meshLogs) create(name string) (*meshLogFile, error) {
	if err := os.MkdirAll(m.dir, 0o700); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(m.path(name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, err
	}
	return &meshLogFile{file: file, buffer: bufio.NewWriterSize(file, 64<<10), size: info.Size()}, nil
}

// flush writes out what has gathered. Files that are long begin anew, and those
// that nobody wrote to since the last flush are closed.
func (m *meshLogs) flush() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, f := range m.open {
		err := f.buffer.Flush()
		if f.size >= meshLogSize && err == nil {
			err = os.Rename(m.path(name), m.path(name)+".1")
			f.used = false
		}
		if err != nil {
			m.log.Error("access log", "name", name, "err", err)
		}
		if !f.used || err != nil {
			f.file.Close()
			delete(m.open, name)
		}
		f.used = false
	}
	if now := time.Now(); now.Sub(m.swept) > time.Hour {
		m.swept = now
		m.sweep(now.Add(-meshLogKeep))
	}
}

// sweep removes files that nobody wrote to since a moment. The caller holds the lock.
func (m *meshLogs) sweep(before time.Time) {
	entries, _ := os.ReadDir(m.dir) // there may be none
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.ModTime().Before(before) && m.open[e.Name()] == nil {
			_ = os.Remove(filepath.Join(m.dir, e.Name()))
		}
	}
}

func (m *meshLogs) close() {
	m.flush()
	m.flush() // nobody wrote meanwhile: closes all
}
