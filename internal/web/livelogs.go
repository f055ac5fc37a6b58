package web

import (
	"errors"
	"net/http"
	"time"

	"github.com/grue-ecs/grue/internal/logs"
)

// follower reads lines as they come: of the log store, or of a container's file.
type follower interface {
	begin() (*LogLines, error)
	more(send func([]LogLine) error) error
}

// liveLogs answers GET /ui/live/logs with server-sent events: "lines" with the newest
// 200 and then with what comes, "gone" when group, stream or task does not exist.
//
//	?group=&stream=&filter=&text=       of the log store
//	?cluster=&task=&container=&text=    of a container without a log group
func liveLogs(s *Site, w http.ResponseWriter, r *http.Request, who *Session) {
	var f follower
	var err error
	if r.URL.Query().Has("task") {
		f, err = s.fileQuery(r, who)
	} else {
		f, err = s.logQuery(r, who)
	}
	stream(w) // an EventSource reads no body of an error: it gets it as an event
	ctl := http.NewResponseController(w)
	send := func(name string, doc any) error {
		if _, err := w.Write(event(name, marshal(doc))); err != nil {
			return err
		}
		return ctl.Flush()
	}
	q := r.URL.Query()
	gone := func(err error) {
		_ = send("gone", s.problem(logProblem(err, q.Get("group"), q.Get("stream"))))
	}
	var first *LogLines
	if err == nil {
		first, err = f.begin()
	}
	if err != nil {
		gone(err)
		return
	}
	if send("lines", first) != nil {
		return
	}
	if err := s.tail(w, r, who, f, send); err != nil {
		gone(err)
	}
}

// tail sends new lines until the reader or its session goes, or the site closes. It
// returns an error only if there is nothing more to read.
func (s *Site) tail(w http.ResponseWriter, r *http.Request, who *Session, f follower, send func(string, any) error) error {
	var lost error // the reader is gone
	look, pulse := time.NewTicker(logCalm), time.NewTicker(heartbeat)
	defer look.Stop()
	defer pulse.Stop()
	for {
		select {
		case <-r.Context().Done():
			return nil
		case <-s.hub.closed:
			return nil
		case <-pulse.C:
			if !s.alive(who, r) {
				return nil
			}
			if _, err := w.Write([]byte(": still here\n\n")); err != nil || http.NewResponseController(w).Flush() != nil {
				return nil
			}
		case <-look.C:
			err := f.more(func(lines []LogLine) error {
				lost = send("lines", &LogLines{Lines: lines})
				return lost
			})
			if lost != nil {
				return nil
			}
			if err != nil && !errors.Is(err, logs.ErrNoStream) || err != nil && r.URL.Query().Get("stream") != "" {
				return err
			}
		}
	}
}
