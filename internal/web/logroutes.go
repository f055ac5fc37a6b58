package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/logs"
	"github.com/grue-ecs/grue/internal/logs/pattern"
)

// maxStreams bounds the list of streams: the newest ones count.
const maxStreams = 1000

// logProblem words an error of the log store.
func logProblem(err error, group, stream string) error {
	var bad *pattern.Error
	switch {
	case errors.Is(err, logs.ErrNoGroup):
		return &Problem{Code: "ResourceNotFoundException", Message: "There is no log group " + group + ".", Status: http.StatusNotFound}
	case errors.Is(err, logs.ErrNoStream):
		return &Problem{Code: "ResourceNotFoundException", Message: "There is no log stream " + stream + " in " + group + ".", Status: http.StatusNotFound}
	case errors.Is(err, logs.ErrToken):
		return &Problem{Code: "InvalidParameterException", Message: "That place in the log is not known. Load the page again."}
	case errors.As(err, &bad):
		return &Problem{Code: "InvalidParameterException", Message: "The filter pattern cannot be read: " + bad.Error()}
	}
	return err
}

var errNoLogs = &Problem{Code: "NotAvailable", Message: "This grue keeps no logs.", Status: http.StatusNotFound}

// logGroups answers GET /ui/api/logs/groups.
func logGroups(s *Site, w http.ResponseWriter, r *http.Request, who *Session) {
	out := []LogGroupItem{}
	if s.opts.Logs != nil {
		scope := who.Scope(r)
		for _, g := range s.opts.Logs.Groups(scope) {
			out = append(out, LogGroupItem{Name: g.Name, Retention: g.Retention, Bytes: s.opts.Logs.StoredBytes(scope, g.Name)})
		}
	}
	reply(w, http.StatusOK, map[string]any{"groups": out})
}

// logStreams answers GET /ui/api/logs/streams?group=: the newest first.
func logStreams(s *Site, w http.ResponseWriter, r *http.Request, who *Session) {
	if s.opts.Logs == nil {
		s.fail(w, errNoLogs)
		return
	}
	group := r.URL.Query().Get("group")
	list, err := s.opts.Logs.Streams(who.Scope(r), group, "", true)
	if err != nil {
		s.fail(w, logProblem(err, group, ""))
		return
	}
	out := []LogStreamItem{}
	for i := len(list) - 1; i >= 0 && len(out) < maxStreams; i-- {
		item := LogStreamItem{Name: list[i].Name, Bytes: list[i].Bytes}
		if list[i].Last > 0 {
			item.Last = At(time.UnixMilli(list[i].Last))
		}
		out = append(out, item)
	}
	reply(w, http.StatusOK, map[string]any{"streams": out, "total": len(list)})
}

// logOlder answers GET /ui/api/logs/older: the lines before a place.
func logOlder(s *Site, w http.ResponseWriter, r *http.Request, who *Session) {
	t, err := s.logQuery(r, who)
	if err != nil {
		s.fail(w, err)
		return
	}
	lines, err := t.before(r.URL.Query().Get("token"), firstLines)
	if err != nil {
		s.fail(w, logProblem(err, t.group, t.stream))
		return
	}
	reply(w, http.StatusOK, lines)
}

// logDownload answers GET /ui/api/logs/download: every line that is kept, as text.
func logDownload(s *Site, w http.ResponseWriter, r *http.Request, who *Session) {
	t, err := s.logQuery(r, who)
	if err != nil {
		s.fail(w, err)
		return
	}
	q := t.query()
	found, next, err := t.logs.Filter(t.scope, t.group, q)
	if err != nil {
		s.fail(w, logProblem(err, t.group, t.stream))
		return
	}
	name := strings.Trim(strings.NewReplacer("/", "-", `"`, "", "\\", "").Replace(t.group+"-"+t.stream), "-") + ".log"
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(name))
	w.Header().Set("Cache-Control", "no-store")
	for {
		for i := range found {
			if !t.wants(found[i].Message) {
				continue
			}
			line := time.UnixMilli(found[i].Time).UTC().Format("2006-01-02T15:04:05.000Z") + " "
			if t.stream == "" {
				line += found[i].Stream + " "
			}
			if _, err := w.Write([]byte(line + strings.TrimRight(found[i].Message, "\n") + "\n")); err != nil {
				return
			}
		}
		if next == "" || r.Context().Err() != nil {
			return
		}
		q.Token = next
		if found, next, err = t.logs.Filter(t.scope, t.group, q); err != nil {
			return
		}
	}
}
