package proxy

import (
	"crypto/tls"
	"strconv"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/route"
)

// accessLog is the access log of one load balancer.
type accessLog struct {
	writer *logWriter
	file   logName
}

// accessLogOf returns the access log of a listener, nil when it is off.
func (p *Proxy) accessLogOf(l *route.Listener) *accessLog {
	if !l.Attributes.AccessLog || l.Attributes.AccessLogPrefix == "" {
		return nil
	}
	return &accessLog{p.logs, nameOfLog(l)}
}

// entry is what one line says that the exchange does not know.
type entry struct {
	x              *exchange
	kind           string
	client         string
	request        string
	agent          string
	tls            *tls.ConnectionState
	classification class
	reason         string
}

// logAccess logs an exchange of HTTP/1.x.
func (c *clientConn) logAccess() {
	agent, _ := c.req.get(headerUserAgent)
	version := "HTTP/1.1"
	if c.req.http10 {
		version = "HTTP/1.0"
	}
	f := c.ex.front
	kind := f.scheme
	if c.ex.status == 101 {
		kind = strings.Replace(strings.Replace(kind, "https", "wss", 1), "http", "ws", 1)
	}
	c.ex.front.log.write(&entry{
		x: &c.ex, kind: kind, client: c.peer.String(), agent: agent, tls: c.tls,
		request:        requestField(c.req.method, f, c.req.host, c.req.target, version),
		classification: c.req.class, reason: c.req.reason,
	})
}

// logAccess logs an exchange of HTTP/2.
func (x *h2Exchange) logAccess() {
	kind := "h2"
	if x.grpc() {
		kind = "grpcs"
	}
	x.ex.front.log.write(&entry{
		x: &x.ex, kind: kind, client: x.conn.peer.String(), agent: x.r.UserAgent(), tls: x.conn.tls,
		request: requestField(x.r.Method, x.ex.front, x.r.Host, x.r.RequestURI, "HTTP/2.0"),
	})
}

// requestField is METHOD scheme://host:port/path?query HTTP/x.
func requestField(method string, f *front, host, target, version string) string {
	if method == "" {
		return "- " + f.scheme + "://-:" + f.port + "- -"
	}
	name, _ := cutPort(host)
	return method + " " + f.scheme + "://" + name + ":" + f.port + target + " " + version
}

// logTime is ISO 8601 with microseconds.
const logTime = "2006-01-02T15:04:05.000000Z"

// line makes the log line of an entry, fields in the order of the manual.
func (e *entry) line(lb string, now time.Time) []byte {
	x := e.x
	b := &logLine{}
	b.word(e.kind)
	b.word(now.UTC().Format(logTime))
	b.word(lb)
	b.word(e.client)
	targetAddress, group, targetStatus := "-", "-", "-"
	if x.target != nil {
		targetAddress = x.target.address
	}
	if x.group != nil {
		group = x.group.group.arn
	}
	if x.tstatus != 0 {
		targetStatus = strconv.Itoa(x.tstatus)
	}
	b.word(targetAddress)
	b.times(x, now)
	b.word(strconv.Itoa(x.status))
	b.word(targetStatus)
	b.word(strconv.FormatInt(x.received, 10))
	b.word(strconv.FormatInt(x.bytes, 10))
	b.quoted(e.request)
	b.quoted(e.agent)
	cipher, protocol, domain, cert := "-", "-", "", ""
	if e.tls != nil {
		cipher, protocol, domain = cipherName(e.tls.CipherSuite), tlsVersionName(e.tls.Version), e.tls.ServerName
		cert = x.front.certFor(domain)
	}
	b.word(cipher)
	b.word(protocol)
	b.word(group)
	b.quoted(x.trace)
	b.quoted(domain)
	b.quoted(cert)
	priority := "-1"
	if x.rule != nil {
		priority = strconv.Itoa(x.rule.Priority)
	}
	b.word(priority)
	b.word(x.started.UTC().Format(logTime))
	b.quoted(x.action)
	b.quoted(x.redirect)
	b.quoted(x.failure)
	b.quoted(targetAddress)
	b.quoted(targetStatus)
	b.quoted(e.classification.String())
	b.quoted(e.reason)
	b.word("-") // conn_trace_id
	b.quoted(x.newHost)
	b.quoted(x.newURL)
	b.quoted("")
	return b.end()
}

// certFor is the ARN of the certificate that a listener chose for a name. It is
// the default one unless there are several, which only the handshake knows.
func (f *front) certFor(string) string {
	if len(f.listener.Certs) == 1 {
		return f.listener.Certs[0]
	}
	return ""
}

// logLine builds a line of space-separated fields.
type logLine struct{ b []byte }

func (l *logLine) word(s string) {
	if len(l.b) > 0 {
		l.b = append(l.b, ' ')
	}
	l.b = append(l.b, s...)
}

// quoted appends a field in quotes; "-" stands for nothing. Quotes, backslashes
// and control characters of clients are escaped, so that nobody can forge lines.
func (l *logLine) quoted(s string) {
	if s == "" {
		s = "-"
	}
	l.word(`"`)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			l.b = append(l.b, '\\', c)
		case c < ' ' || c >= 0x7f:
			l.b = append(l.b, '\\', 'x', "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
		default:
			l.b = append(l.b, c)
		}
	}
	l.b = append(l.b, '"')
}

// times appends the three processing times, -1 when no target was sent the
// request.
func (l *logLine) times(x *exchange, now time.Time) {
	if x.tstatus == 0 {
		l.word("-1")
		l.word("-1")
		l.word("-1")
		return
	}
	for _, d := range []time.Duration{x.sent.Sub(x.started), x.answered.Sub(x.sent), now.Sub(x.answered)} {
		l.word(strconv.FormatFloat(max(d.Seconds(), 0), 'f', 3, 64))
	}
}

func (l *logLine) end() []byte { return append(l.b, '\n') }
