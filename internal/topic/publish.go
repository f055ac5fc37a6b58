package topic

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/grue-ecs/grue/internal/outbox"
	"github.com/grue-ecs/grue/internal/pattern"
	"github.com/grue-ecs/grue/internal/store"
)

// MaxMessage is the largest message with its attributes, in bytes.
const MaxMessage = 256 << 10

// Message is what somebody publishes.
type Message struct {
	Subject, Body string
	// Bodies replace Body for some protocols; see Structured.
	Bodies     map[string]string
	Attributes map[string]Attribute
}

// Attribute of a message.
type Attribute struct {
	Type  string // String, String.Array, Number, Binary, or one of these with .suffix
	Value string // of Binary: in base64
}

// base is the data type without the label that people may add to it.
func (a Attribute) base() string {
	base, _, _ := strings.Cut(a.Type, ".")
	return base
}

// Structured reads a message whose MessageStructure is json: bodies by protocol,
// of which default must be there.
func Structured(doc string) (body string, bodies map[string]string, err error) {
	var m map[string]any
	if json.Unmarshal([]byte(doc), &m) != nil {
		return "", nil, Invalid("Message Structure - JSON message body failed to parse")
	}
	bodies = map[string]string{}
	for protocol, v := range m {
		s, ok := v.(string)
		if !ok {
			continue // AWS ignores what is no string
		}
		bodies[protocol] = s
	}
	body, ok := bodies["default"]
	if !ok {
		return "", nil, Invalid("Message Structure - No default entry in JSON message body")
	}
	return body, bodies, nil
}

// Publish promises a message to all subscriptions of a topic whose filter policy
// lets it through, and returns its id.
func (t *Topics) Publish(tx *store.Tx, topicARN string, m *Message) (id string, err error) {
	if err := m.check(); err != nil {
		return "", err
	}
	of, err := Find(tx, topicARN)
	if err != nil {
		return "", err
	}
	id, now := store.NewUUID(), t.opts.Now()
	for _, sub := range subscriptions.Prefix(tx, of.Key(of.Name, "")) {
		if !sub.Confirmed || !wants(sub, m) {
			continue
		}
		body := m.Body
		if special, ok := m.Bodies[sub.Protocol]; ok {
			body = special
		}
		err := t.enqueue(tx, sub, &message{
			Kind: notification, ID: id, Subject: m.Subject, Body: body, Attributes: m.Attributes, At: now,
		})
		if err != nil {
			return "", err
		}
	}
	return id, nil
}

// enqueue promises a message to one subscription. Where too many wait already,
// this one is given up, and the log says so: others must not suffer.
func (t *Topics) enqueue(tx *store.Tx, sub *Subscription, m *message) error {
	m.Subscription = sub.key()
	m.At = m.At.UTC().Truncate(time.Millisecond)
	err := t.box.Put(tx, sub.ARN(), m)
	if errors.Is(err, outbox.ErrFull) {
		t.log.Error("message not delivered: too many wait for the endpoint", "subscription", sub.ARN(), "endpoint", sub.Endpoint, "message", m.ID)
		return nil
	}
	return err
}

func (m *Message) check() error {
	size := len(m.Body)
	for name, a := range m.Attributes {
		size += len(name) + len(a.Type) + len(a.Value)
		if err := a.check(name); err != nil {
			return err
		}
	}
	for _, body := range m.Bodies {
		size = max(size, len(body))
	}
	switch {
	case m.Body == "":
		return Invalid("Empty message")
	case size > MaxMessage:
		return Invalid("Message too long")
	case !utf8.ValidString(m.Body):
		return Invalid("Message Reason: it is not UTF-8")
	case m.Subject != "" && !goodSubject(m.Subject):
		return Invalid("Subject Reason: it has at most 100 characters, no line breaks or control characters, and begins with no space")
	}
	return nil
}

func goodSubject(s string) bool {
	return utf8.RuneCountInString(s) <= 100 && s[0] != ' ' && utf8.ValidString(s) &&
		!strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f })
}

var (
	attributeName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,256}$`)
	decimal       = regexp.MustCompile(`^[+-]?[0-9]*\.?[0-9]+([eE][+-]?[0-9]{1,3})?$`)
)

func (a Attribute) check(name string) error {
	switch {
	case !attributeName.MatchString(name) || strings.HasPrefix(strings.ToUpper(name), "AWS."):
		return invalidValue("the name of a message attribute has letters, digits, '_', '-' and '.', and does not begin with AWS.: " + quoted(name))
	case !slices.Contains([]string{"String", "Number", "Binary"}, a.base()):
		return invalidValue("The message attribute " + quoted(name) + " has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.")
	case a.Value == "":
		return invalidValue("The message attribute " + quoted(name) + " must contain non-empty message attribute value for message attribute type " + quoted(a.Type) + ".")
	case a.base() == "Number" && !decimal.MatchString(a.Value):
		return invalidValue("Could not cast message attribute " + quoted(name) + " value to number.")
	case a.Type == "String.Array":
		if v, err := pattern.Decode([]byte(a.Value)); err != nil || !isList(v) {
			return invalidValue("The message attribute " + quoted(name) + " of type String.Array is no JSON array.")
		}
	}
	return nil
}

func isList(v any) bool { _, ok := v.([]any); return ok }

// InvalidValue is a message attribute that AWS would refuse.
type InvalidValue struct{ Invalid }

func (e InvalidValue) Error() string { return string(e.Invalid) }

func invalidValue(text string) error { return InvalidValue{Invalid(text)} }
