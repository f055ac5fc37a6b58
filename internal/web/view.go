package web

import (
	"strconv"
	"time"
)

// Time is written as RFC 3339 with milliseconds, in UTC. Use it with omitzero.
type Time struct{ time.Time }

// At makes a Time.
func At(t time.Time) Time { return Time{t} }

// MarshalJSON implements json.Marshaler; the zero time is null.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return strconv.AppendQuote(nil, t.UTC().Format("2006-01-02T15:04:05.000Z")), nil
}

// SessionView answers GET and POST /ui/api/session. When SignedIn is false only
// Version and Minute are set besides it.
type SessionView struct {
	SignedIn bool     `json:"signedIn"`
	Who      string   `json:"who,omitempty"` // ARN of the principal
	Account  string   `json:"account,omitempty"`
	Region   string   `json:"region,omitempty"`  // the session's own
	Regions  []string `json:"regions,omitempty"` // with anything in them, and the session's
	CSRF     string   `json:"csrf,omitempty"`    // to send as X-Grue-CSRF
	Expires  Time     `json:"expires,omitzero"`
	Version  string   `json:"version"`
	Minute   float64  `json:"minute"` // seconds that a minute of AWS's lasts
}

// Problem is the body of every answer that is no success, and of the event "gone".
type Problem struct {
	Code    string `json:"code"`    // AWS's, where there is one
	Message string `json:"message"` // for a person: what is wrong and what to do
	Status  int    `json:"-"`       // of HTTP
}

func (p *Problem) Error() string { return p.Code + ": " + p.Message }
