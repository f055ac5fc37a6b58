package bus

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/pattern"
	"github.com/grue-ecs/grue/internal/store"
)

// Event is an event on its way through a bus.
type Event struct {
	arn.Scope
	Bus string
	seq uint64 // in the history; 0 = not from there
	doc []byte // as targets get it
	// tree is doc, decoded at the first look.
	tree any
}

// envelope is an event as EventBridge delivers it.
type envelope struct {
	Version    string          `json:"version"`
	ID         string          `json:"id"`
	DetailType string          `json:"detail-type"`
	Source     string          `json:"source"`
	Account    string          `json:"account"`
	Time       string          `json:"time"`
	Region     string          `json:"region"`
	Resources  []string        `json:"resources"`
	Detail     json.RawMessage `json:"detail"`
}

// eventTime is how EventBridge writes times: to the second.
const eventTime = "2006-01-02T15:04:05Z"

// NewEvent makes an event of a bus.
func NewEvent(bus string, e store.Event) (*Event, error) {
	if e.Resources == nil {
		e.Resources = []string{}
	}
	doc, err := encode(envelope{
		Version: "0", ID: e.ID, DetailType: e.DetailType, Source: e.Source, Account: e.Account,
		Time: e.Time.UTC().Format(eventTime), Region: e.Region, Resources: e.Resources, Detail: e.Detail,
	})
	if err != nil {
		return nil, err
	}
	return &Event{Scope: arn.Scope{Account: e.Account, Region: e.Region}, Bus: bus, seq: e.Seq, doc: plain(doc)}, nil
}

// plain writes <, > and & as they are: Go's encoder, which wrote details and the
// history, does not, and targets that print what they get would show it.
func plain(doc []byte) []byte {
	if !bytes.Contains(doc, []byte(`\u00`)) {
		return doc
	}
	out := make([]byte, 0, len(doc))
	for i := 0; i < len(doc); i++ {
		if doc[i] != '\\' || i+1 == len(doc) {
			out = append(out, doc[i])
			continue
		}
		if i+6 <= len(doc) {
			if c, ok := markup[string(doc[i:i+6])]; ok {
				out = append(out, c)
				i += 5
				continue
			}
		}
		out = append(out, doc[i], doc[i+1]) // an escape, also that of a backslash
		i++
	}
	return out
}

var markup = map[string]byte{`\u003c`: '<', `\u003e`: '>', `\u0026`: '&'}

// Tree is the event as patterns and paths see it.
func (e *Event) Tree() any {
	if e.tree == nil {
		e.tree, _ = pattern.Decode(e.doc) // it was encoded by NewEvent
	}
	return e.tree
}

// on is the same event on another bus.
func (e *Event) on(s arn.Scope, bus string) *Event {
	next := *e
	next.Scope, next.Bus, next.seq = s, bus, 0
	return &next
}

// encode is json.Marshal that leaves <, > and & alone.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}

// stamp is a moment as events write it.
func stamp(t time.Time) string { return t.UTC().Format(eventTime) }
