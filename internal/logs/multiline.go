package logs

import (
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// The awslogs driver's limits: an event is at most eventBytes long, and an
// event of several lines is complete when no line came for joinWait.
const (
	eventBytes = 262_144 - eventOverhead
	joinWait   = time.Second
)

// joiner makes events out of lines.
type joiner struct {
	start *regexp.Regexp // first line of an event; nil = every line is one

	lines  []string // of the event that may go on
	first  int64    // its time
	end    int64    // file offset behind its last line
	behind int64    // file offset behind the last complete event
	size   int
	since  time.Time // when its last line came
	done   []frame
}

// reset forgets everything; reading goes on at offset.
func (j *joiner) reset(offset int64) { *j = joiner{start: j.start, behind: offset} }

// add takes a line that ends at a file offset.
func (j *joiner) add(l line, end int64, now time.Time) {
	if j.start == nil {
		j.emit(l.time, l.text, end)
		return
	}
	if len(j.lines) > 0 && (j.start.MatchString(l.text) || j.size+len(l.text)+1 > eventBytes) {
		j.flush()
	}
	if len(j.lines) == 0 {
		j.first = l.time
	}
	j.lines = append(j.lines, l.text)
	j.size += len(l.text) + 1
	j.end, j.since = end, now
}

// flush completes the event that might have gone on.
func (j *joiner) flush() {
	if len(j.lines) > 0 {
		j.emit(j.first, strings.Join(j.lines, "\n"), j.end)
	}
	j.lines, j.size = nil, 0
}

// flushOld completes it when it has waited long enough.
func (j *joiner) flushOld(now time.Time) {
	if len(j.lines) > 0 && now.Sub(j.since) >= joinWait {
		j.flush()
	}
}

// emit cuts what is too long, as the driver does; empty lines are no events.
func (j *joiner) emit(time int64, text string, end int64) {
	for len(text) > eventBytes {
		cut := eventBytes
		for cut > eventBytes-utf8.UTFMax && !utf8.RuneStart(text[cut]) {
			cut--
		}
		// The offset before the line: a crash between its parts repeats it.
		j.done = append(j.done, frame{time: time, message: text[:cut], offset: j.behind})
		text = text[cut:]
	}
	if text != "" {
		j.done = append(j.done, frame{time: time, message: text, offset: end})
	}
	j.behind = end
}

// complete hands over the events that are complete.
func (j *joiner) complete() []frame {
	out := j.done
	j.done = nil
	return out
}

// pendingBytes is how far beyond the last complete event has been read.
func (j *joiner) pendingBytes() int64 {
	if len(j.lines) == 0 {
		return 0
	}
	return j.end - j.behind
}
