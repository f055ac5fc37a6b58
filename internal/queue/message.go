package queue

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Attribute of a message.
type Attribute struct {
	Type  string // String, Number or Binary, or one of these with .label
	Text  string `json:",omitempty"`
	Bytes []byte `json:",omitempty"` // of Binary
}

// base is the data type without the label that people may add to it.
func (a Attribute) base() string {
	base, _, _ := strings.Cut(a.Type, ".")
	return base
}

// Limits of messages, in bytes, seconds and pieces.
const (
	MaxMessage    = 1 << 20 // of a message, and of a batch
	maxDelay      = 900
	maxAttributes = 10
)

// Outgoing is a message that somebody sends.
type Outgoing struct {
	Body          string
	Attributes    map[string]Attribute
	Trace, Sender string // AWSTraceHeader, SenderId
	Group, Dedup  string
	Delay         *int32 // seconds; nil = the queue's
}

// Size in bytes, as AWS counts it: body, and names, types and values of
// attributes.
func (m *Outgoing) Size() int {
	size := len(m.Body)
	for name, a := range m.Attributes {
		size += len(name) + len(a.Type) + len(a.Text) + len(a.Bytes)
	}
	return size
}

// check refuses what the queue does not take.
func (m *Outgoing) check(q *Queue) error {
	if m.Body == "" {
		return refuse(ErrMissing, "The request must contain the parameter MessageBody.")
	}
	if !goodText(m.Body) {
		return refuse(ErrContents, "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF")
	}
	if limit := q.number(maxSizeName); m.Size() > limit {
		return refuse(ErrValue, "One or more parameters are invalid. Reason: Message must be shorter than %d bytes.", limit)
	}
	if len(m.Attributes) > maxAttributes {
		return refuse(ErrValue, "Number of message attributes [%d] exceeds the allowed maximum [%d].", len(m.Attributes), maxAttributes)
	}
	for name, a := range m.Attributes {
		if err := a.check(name); err != nil {
			return err
		}
	}
	if d := m.Delay; d != nil && (*d < 0 || *d > maxDelay) {
		return badValue("DelaySeconds", strconv.Itoa(int(*d)), "DelaySeconds must be >= 0 and <= 900.")
	}
	return m.checkIDs(q)
}

const wrongType = "The request include parameter that is not valid for this queue type."

// checkIDs holds group and deduplication ids against the kind of the queue.
func (m *Outgoing) checkIDs(q *Queue) error {
	switch {
	case m.Group != "" && !goodID(m.Group):
		return badValue("MessageGroupId", m.Group, "MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.")
	case m.Dedup != "" && !goodID(m.Dedup):
		return badValue("MessageDeduplicationId", m.Dedup, "MessageDeduplicationId can only include alphanumeric and punctuation characters. 1 to 128 in length.")
	case !q.FIFO() && m.Dedup != "":
		return badValue("MessageDeduplicationId", m.Dedup, wrongType)
	case q.FIFO() && m.Group == "":
		return refuse(ErrMissing, "The request must contain the parameter MessageGroupId.")
	case q.FIFO() && m.Delay != nil && *m.Delay != 0:
		return badValue("DelaySeconds", strconv.Itoa(int(*m.Delay)), wrongType)
	case q.FIFO() && m.Dedup == "" && !q.is("ContentBasedDeduplication"):
		return refuse(ErrValue, "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")
	}
	return nil
}

// goodID: 1 to 128 printable ASCII characters without spaces.
func goodID(s string) bool {
	return len(s) <= 128 && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}

// goodText tells whether s is of the characters that XML can hold, as AWS
// requires.
func goodText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF
	})
}

// Clean replaces the characters that a message cannot hold.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

var (
	attributeName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,256}$`)
	decimal       = regexp.MustCompile(`^[+-]?[0-9]*\.?[0-9]+([eE][+-]?[0-9]{1,3})?$`)
)

// check refuses an attribute in AWS's words.
func (a Attribute) check(name string) error {
	lower := strings.ToLower(name)
	switch {
	case !attributeName.MatchString(name) || strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".") || strings.Contains(name, ".."):
		return refuse(ErrValue, "The message attribute name '%s' is invalid. Attribute name can contain A-Z, a-z, 0-9, underscore (_), hyphen (-), and period (.) characters, no period at its ends or beside another, and at most 256 of them.", clip(name))
	case strings.HasPrefix(lower, "aws.") || strings.HasPrefix(lower, "amazon."):
		return refuse(ErrValue, "The message attribute name '%s' is invalid because it starts with a reserved prefix: AWS. or Amazon.", clip(name))
	case a.Type == "":
		return refuse(ErrValue, "The message attribute '%s' must contain a non-empty message attribute type.", name)
	case !slices.Contains([]string{"String", "Number", "Binary"}, a.base()) || len(a.Type) > 256 || !goodText(a.Type):
		return refuse(ErrValue, "The message attribute '%s' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.", name)
	case a.base() == "Binary" && len(a.Bytes) == 0, a.base() != "Binary" && a.Text == "":
		return refuse(ErrValue, "The message attribute '%s' must contain a non-empty message attribute value for message attribute type '%s'.", name, clip(a.Type))
	case a.base() == "Binary" && a.Text != "", a.base() != "Binary" && len(a.Bytes) > 0:
		return refuse(ErrValue, "The message attribute '%s' has a value that is not of its type '%s'.", name, clip(a.Type))
	case !goodText(a.Text):
		return refuse(ErrContents, "The message attribute '%s' has characters that are not allowed.", name)
	case a.base() == "Number" && !decimal.MatchString(a.Text):
		return refuse(ErrValue, "Can't cast the value of message (user) attribute '%s' to a number.", name)
	}
	return nil
}
