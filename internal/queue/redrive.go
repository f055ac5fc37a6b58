package queue

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/grue-ecs/grue/internal/store"
)

// redrivePolicy says where messages go that nobody manages to process.
type redrivePolicy struct {
	Target string // ARN of the dead-letter queue
	Max    int    // receives, after which the next one moves the message
}

// maxReceives is AWS's bound of maxReceiveCount; the default is 10.
const maxReceives = 1000

// parseRedrive reads a RedrivePolicy.
func parseRedrive(doc string) (p redrivePolicy, err error) {
	var raw struct {
		Target string          `json:"deadLetterTargetArn"`
		Max    json.RawMessage `json:"maxReceiveCount"`
	}
	if !isObject(doc) || json.Unmarshal([]byte(doc), &raw) != nil {
		return p, badAttribute("RedrivePolicy", "it is a JSON object with deadLetterTargetArn and maxReceiveCount.")
	}
	if raw.Target == "" {
		return p, badValue("RedrivePolicy", doc, "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.")
	}
	p = redrivePolicy{Target: raw.Target, Max: 10}
	if raw.Max != nil { // people write 3 and "3"
		if p.Max, err = strconv.Atoi(strings.Trim(string(raw.Max), `"`)); err != nil || p.Max < 1 || p.Max > maxReceives {
			return p, badValue("RedrivePolicy", doc, "Invalid value for maxReceiveCount: it is 1 to 1000.")
		}
	}
	return p, nil
}

// allowPolicy says which queues may use this one as their dead-letter queue.
type allowPolicy struct {
	Permission string   `json:"redrivePermission"`
	Sources    []string `json:"sourceQueueArns"`
}

func parseAllow(doc string) (p allowPolicy, err error) {
	bad := func(reason string) error { return badValue("RedriveAllowPolicy", doc, reason) }
	switch {
	case !isObject(doc) || json.Unmarshal([]byte(doc), &p) != nil:
		return p, badAttribute("RedriveAllowPolicy", "it is a JSON object with redrivePermission and sourceQueueArns.")
	case !slices.Contains([]string{"allowAll", "denyAll", "byQueue"}, p.Permission):
		return p, bad("redrivePermission is allowAll, denyAll or byQueue.")
	case p.Permission == "byQueue" && (len(p.Sources) == 0 || len(p.Sources) > 10):
		return p, bad("sourceQueueArns has 1 to 10 ARNs when redrivePermission is byQueue.")
	case p.Permission != "byQueue" && len(p.Sources) > 0:
		return p, bad("sourceQueueArns is only for the redrivePermission byQueue.")
	}
	return p, nil
}

// redrive is the policy of a queue; ok is false where it has none.
func (q *Queue) redrive() (p redrivePolicy, ok bool) {
	doc := q.Attributes["RedrivePolicy"]
	if doc == "" {
		return p, false
	}
	p, err := parseRedrive(doc) // it was parsed when it was set
	return p, err == nil
}

// allows tells whether the queue may be the dead-letter queue of source.
func (q *Queue) allows(source *Queue) bool {
	doc := q.Attributes["RedriveAllowPolicy"]
	if doc == "" {
		return true
	}
	p, err := parseAllow(doc)
	return err == nil && (p.Permission == "allowAll" || p.Permission == "byQueue" && slices.Contains(p.Sources, source.ARN()))
}

// checkRedrive holds the policies of a queue against the queues that there are.
func (q *Queue) checkRedrive(tx *store.Tx) error {
	if doc := q.Attributes["RedriveAllowPolicy"]; doc != "" {
		if _, err := parseAllow(doc); err != nil {
			return err
		}
	}
	doc := q.Attributes["RedrivePolicy"]
	if doc == "" {
		return nil
	}
	p, err := parseRedrive(doc)
	if err != nil {
		return err
	}
	target, err := FindARN(tx, p.Target)
	if p.Target == q.ARN() {
		target, err = q, nil
	}
	switch {
	case err != nil:
		return badValue("RedrivePolicy", doc, "Dead letter target does not exist.")
	case target.Scope != q.Scope:
		return badValue("RedrivePolicy", doc, "Dead letter target must be in the same account and region.")
	case target.FIFO() != q.FIFO():
		return badValue("RedrivePolicy", doc, "Dead-letter queue must be same type of queue as the source.")
	case !target.allows(q):
		return badValue("RedrivePolicy", doc, "Queue "+target.Name+" does not allow this queue to redrive messages to it (RedriveAllowPolicy).")
	}
	return nil
}
