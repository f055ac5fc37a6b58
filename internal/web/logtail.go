package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/logs"
	"github.com/grue-ecs/grue/internal/logs/pattern"
)

const (
	firstLines = 200                    // that a reader gets at once
	logCalm    = 300 * time.Millisecond // between two looks for new lines
	logBatch   = 1000                   // lines in one event
	logLate    = 10 * time.Second       // how much older than the newest a new line may be
)

// logTail is a group or a stream that somebody reads, with what is looked for in it.
type logTail struct {
	logs          *logs.Store
	scope         arn.Scope
	group, stream string // stream "" = all of the group
	pattern       string // of CloudWatch Logs
	text          string // that a line must contain, in lower case

	sizes map[string]int64 // bytes of each stream at the last look
	seen  map[string]int64 // lines of the last logLate that were sent, with their times
	last  int64            // time of the newest line
}

// logQuery reads what a request asks of the logs: ?group=&stream=&filter=&text=.
func (s *Site) logQuery(r *http.Request, who *Session) (*logTail, error) {
	if s.opts.Logs == nil {
		return nil, errNoLogs
	}
	q := r.URL.Query()
	t := &logTail{
		logs: s.opts.Logs, scope: who.Scope(r), group: q.Get("group"), stream: q.Get("stream"), pattern: q.Get("filter"),
		text: strings.ToLower(q.Get("text")), sizes: map[string]int64{}, seen: map[string]int64{},
	}
	if t.group == "" {
		return nil, &Problem{Code: "InvalidParameterException", Message: "Say which log group: ?group=NAME."}
	}
	if _, err := pattern.Parse(t.pattern); err != nil {
		return nil, logProblem(err, t.group, t.stream)
	}
	return t, nil
}

// query is what to ask the log store.
func (t *logTail) query() logs.FilterQuery {
	q := logs.FilterQuery{Pattern: t.pattern}
	if t.stream != "" {
		q.Streams = []string{t.stream}
	}
	return q
}

// wants tells whether a line has the text that is looked for, in whatever case.
func (t *logTail) wants(message string) bool {
	return t.text == "" || strings.Contains(strings.ToLower(message), t.text)
}

func (t *logTail) line(m *logs.Match) LogLine {
	l := LogLine{ID: m.ID, Time: m.Time, Message: strings.TrimRight(m.Message, "\n")}
	if t.stream == "" {
		l.Stream = m.Stream
	}
	return l
}

// scans bounds how often the log store is asked for one page of lines with a text in
// them: each time it reads at most some megabytes.
const scans = 16

// before reads the n lines before a place, or the newest ones.
func (t *logTail) before(token string, n int) (*LogLines, error) {
	out := &LogLines{Lines: []LogLine{}, Older: token}
	q := t.query()
	q.FromTail, q.Token = true, token
	for range scans {
		q.Limit = n - len(out.Lines)
		if t.text != "" {
			q.Limit = logBatch
		}
		found, next, err := t.logs.Filter(t.scope, t.group, q)
		if err != nil {
			return nil, err
		}
		for i := range found {
			if t.wants(found[i].Message) {
				out.Lines = append(out.Lines, t.line(&found[i]))
			}
		}
		q.Token, out.Older = next, next
		if next == "" || len(out.Lines) >= n {
			break
		}
	}
	slices.Reverse(out.Lines)
	return out, nil
}

// begin reads the newest lines.
func (t *logTail) begin() (*LogLines, error) {
	if _, err := t.grown(); err != nil {
		return nil, err
	}
	out, err := t.before("", firstLines)
	if err != nil {
		return nil, err
	}
	for i := range out.Lines {
		t.note(&out.Lines[i])
	}
	out.Reset = true
	return out, nil
}

// grown lists the streams that have grown since the last look.
func (t *logTail) grown() ([]string, error) {
	list, err := t.logs.Streams(t.scope, t.group, t.stream, false)
	if err != nil {
		return nil, err
	}
	var out []string
	found := t.stream == ""
	for i := range list {
		s := &list[i]
		if t.stream != "" && s.Name != t.stream {
			continue
		}
		found = true
		if s.Bytes != t.sizes[s.ID] {
			t.sizes[s.ID] = s.Bytes
			out = append(out, s.Name)
		}
	}
	if !found {
		return nil, logs.ErrNoStream
	}
	return out, nil
}

// more reads the lines that are new in the streams that have grown. Lines may come
// late: several containers are read in turn. So it looks some seconds back and leaves
// out what was sent.
func (t *logTail) more(send func([]LogLine) error) error {
	grown, err := t.grown()
	if err != nil || len(grown) == 0 {
		return err
	}
	q := t.query()
	q.Streams, q.Limit = grown, logBatch
	if t.last > 0 {
		from := t.last - logLate.Milliseconds()
		q.From = &from
	}
	for {
		found, next, err := t.logs.Filter(t.scope, t.group, q)
		if err != nil {
			return err
		}
		var lines []LogLine
		for i := range found {
			l := t.line(&found[i])
			if _, sent := t.seen[l.ID]; !sent && t.wants(l.Message) {
				t.note(&l)
				lines = append(lines, l)
			}
		}
		if len(lines) > 0 {
			if err := send(lines); err != nil {
				return err
			}
		}
		if next == "" {
			t.prune()
			return nil
		}
		q.Token = next
	}
}

// note remembers a line that is sent.
func (t *logTail) note(l *LogLine) {
	t.seen[l.ID] = l.Time
	t.last = max(t.last, l.Time)
}

// prune forgets lines that no later look can find again.
func (t *logTail) prune() {
	for id, at := range t.seen {
		if at < t.last-logLate.Milliseconds() {
			delete(t.seen, id)
		}
	}
}
