package store

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"
)

// Event is one entry of the history, shaped as EventBridge delivers it.
type Event struct {
	Seq        uint64          `json:"-"`
	Version    string          `json:"version"`
	ID         string          `json:"id"`
	DetailType string          `json:"detail-type"`
	Source     string          `json:"source"`
	Account    string          `json:"account"`
	Time       time.Time       `json:"time"`
	Region     string          `json:"region"`
	Resources  []string        `json:"resources"`
	Detail     json.RawMessage `json:"detail"`
}

// complete fills in what the caller left out.
func (e *Event) complete(seq uint64, now time.Time) {
	e.Seq = seq
	if e.Version == "" {
		e.Version = "0"
	}
	if e.ID == "" {
		e.ID = NewUUID()
	}
	if e.Time.IsZero() {
		e.Time = now
	}
	e.Time = e.Time.UTC()
	if e.Resources == nil {
		e.Resources = []string{}
	}
	if e.Detail == nil {
		e.Detail = json.RawMessage("{}")
	}
}

// NewUUID returns a random UUID (version 4).
func NewUUID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// Events returns up to limit events with a sequence number above after, oldest
// first. Events older than the kept history are gone.
func (s *Store) Events(after uint64, limit int) ([]Event, error) {
	return s.disk.events(after, limit)
}

// LastEvent is the sequence number of the newest durable event; 0 = none.
func (s *Store) LastEvent() uint64 { return s.lastSeq.Load() }
