package queue

import (
	"fmt"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// Queue is a queue as it was made and changed. Values are shared: do not change
// them.
type Queue struct {
	arn.Scope
	Name string
	// ID tells this queue from an earlier one of the same name; its messages are
	// kept under it.
	ID                string
	Attributes        map[string]string // those that were set
	Tags              map[string]string
	Created, Modified time.Time
	// Purged is the number of the last message that PurgeQueue removed.
	Purged uint64
}

// Message is what was sent. It does not change.
type Message struct {
	ID            string // MessageId
	Body          string
	Attributes    map[string]Attribute `json:",omitempty"`
	Trace, Sender string               `json:",omitempty"` // AWSTraceHeader, SenderId
	Group, Dedup  string               `json:",omitempty"`
	Sent          time.Time
	Due           time.Time // visible from

	// Of a message that came from another queue: that queue's ARN, how often it
	// was received there, and when first.
	Source string `json:",omitempty"`
	Before int    `json:",omitempty"`
	First  time.Time
}

// delivery is what became of a message in its queue.
type delivery struct {
	Receives int // in this queue
	First    time.Time
	At       time.Time // the newest receive
	Until    time.Time // invisible until then
	Receipt  uint64    // of the newest receive
}

// duplicate remembers a message of a FIFO queue by its deduplication id.
type duplicate struct {
	Message string // its id
	Number  uint64
	At      time.Time
}

// Queues by account/region/name; messages and deliveries by the queue's ID/number;
// duplicates by the queue's ID/digest.
var (
	queues     = store.NewTable[Queue]("sqs.queue")
	messages   = store.NewTable[Message]("sqs.message")
	deliveries = store.NewTable[delivery]("sqs.delivery")
	duplicates = store.NewTable[duplicate]("sqs.duplicate")
)

// key of a message. Keys sort as numbers do.
func key(queueID string, number uint64) string { return fmt.Sprintf("%s/%020d", queueID, number) }

// parseKey reads what key made.
func parseKey(text string) (queueID string, number uint64, ok bool) {
	n, err := fmt.Sscanf(strings.Replace(text, "/", " ", 1), "%s %d", &queueID, &number)
	return queueID, number, err == nil && n == 2
}

// ARN of a queue.
func ARN(s arn.Scope, name string) string { return arn.Make("sqs", s.Region, s.Account, name) }

// ARN of the queue.
func (q *Queue) ARN() string { return ARN(q.Scope, q.Name) }

// FIFO tells whether the queue keeps order and removes duplicates.
func (q *Queue) FIFO() bool { return strings.HasSuffix(q.Name, fifoSuffix) }

const fifoSuffix = ".fifo"

func (q *Queue) key() string { return q.Key(q.Name) }

// ParseARN reads the ARN of a queue.
func ParseARN(text string) (s arn.Scope, name string, ok bool) {
	a, ok := arn.Parse(text)
	if !ok || a.Service != "sqs" || !goodName(a.Resource) {
		return s, "", false
	}
	return arn.Scope{Account: a.Account, Region: a.Region}, a.Resource, true
}

// Find returns a queue, or ErrNoQueue.
func Find(tx *store.Tx, s arn.Scope, name string) (*Queue, error) {
	if q, ok := queues.Get(tx, s.Key(name)); ok {
		return q, nil
	}
	return nil, ErrNoQueue
}

// FindARN returns the queue of an ARN, or ErrNoQueue.
func FindARN(tx *store.Tx, text string) (*Queue, error) {
	s, name, ok := ParseARN(text)
	if !ok {
		return nil, ErrNoQueue
	}
	return Find(tx, s, name)
}

// All lists the queues of a scope whose names begin with prefix, by name.
func All(tx *store.Tx, s arn.Scope, prefix string) (out []*Queue) {
	for _, q := range queues.Prefix(tx, s.Key(prefix)) {
		out = append(out, q)
	}
	return out
}

// Sources lists the queues of a scope whose dead-letter queue is that ARN, by name.
func Sources(tx *store.Tx, s arn.Scope, deadLetter string) (out []*Queue) {
	for _, q := range All(tx, s, "") {
		if p, ok := q.redrive(); ok && p.Target == deadLetter {
			out = append(out, q)
		}
	}
	return out
}
