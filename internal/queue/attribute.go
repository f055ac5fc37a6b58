package queue

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var nameRule = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// goodName is AWS's rule: 1 to 80 letters, digits, '-' and '_', of which .fifo may
// be the end.
func goodName(name string) bool {
	return len(name) <= 80 && nameRule.MatchString(strings.TrimSuffix(name, fifoSuffix))
}

const maxSizeName = "MaximumMessageSize"

// numbers are the attributes of queues that are whole numbers: AWS's bounds and
// default.
var numbers = map[string]struct{ low, high, deflt int }{
	"VisibilityTimeout":             {0, 43200, 30},
	"MessageRetentionPeriod":        {60, 1209600, 345600},
	maxSizeName:                     {1024, MaxMessage, MaxMessage},
	"DelaySeconds":                  {0, maxDelay, 0},
	"ReceiveMessageWaitTimeSeconds": {0, 20, 0},
	"KmsDataKeyReusePeriodSeconds":  {60, 86400, 300},
}

// choices are the attributes that are one of some words; the first is the default.
var choices = map[string][]string{
	"ContentBasedDeduplication": {"false", "true"},
	"DeduplicationScope":        {"queue", "messageGroup"},
	"FifoThroughputLimit":       {"perQueue", "perMessageGroupId"},
	"SqsManagedSseEnabled":      {"true", "false"},
}

// fifoOnly are the attributes that only FIFO queues have.
var fifoOnly = []string{"FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"}

// readOnly are the attributes that nobody sets.
var readOnly = []string{
	"All", "QueueArn", "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible",
	"ApproximateNumberOfMessagesDelayed", "CreatedTimestamp", "LastModifiedTimestamp",
}

// documents are the attributes that are JSON objects; keys are recorded.
var documents = []string{"Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId"}

// KnownAttribute tells whether a queue can have an attribute of that name, be it
// set or counted, or All.
func KnownAttribute(name string) bool {
	_, number := numbers[name]
	_, choice := choices[name]
	return number || choice || name == "FifoQueue" || slices.Contains(readOnly, name) || slices.Contains(documents, name)
}

// checkAttribute refuses what cannot be set to value. Redrive policies are checked
// where the other queues are known.
func (q *Queue) checkAttribute(name, value string) error {
	n, isNumber := numbers[name]
	words, isChoice := choices[name]
	switch {
	case !KnownAttribute(name) || slices.Contains(readOnly, name):
		return refuse(ErrAttributeName, "Unknown Attribute %s.", clip(name))
	case slices.Contains(fifoOnly, name) && !q.FIFO():
		return refuse(ErrAttributeName, "Unknown Attribute %s. It is for FIFO queues, whose names end with .fifo", name)
	case name == "FifoQueue" && value != "true":
		return badAttribute(name, "Modifying queue type is not supported.")
	case isNumber:
		v, err := strconv.Atoi(value)
		if err != nil || v < n.low || v > n.high {
			return badAttribute(name, "it is a whole number from "+strconv.Itoa(n.low)+" to "+strconv.Itoa(n.high)+".")
		}
	case isChoice && !slices.Contains(words, strings.ToLower(value)) && !slices.Contains(words, value):
		return badAttribute(name, "it is "+strings.Join(words, " or ")+".")
	case name == "KmsMasterKeyId" && len(value) > 2048:
		return badAttribute(name, "it has at most 2048 characters.")
	case name == "Policy" && value != "" && !isObject(value):
		return badAttribute(name, "it is no JSON object.")
	}
	return nil
}

func isObject(doc string) bool {
	var m map[string]json.RawMessage
	return json.Unmarshal([]byte(doc), &m) == nil && m != nil
}

// set changes an attribute of a queue that nobody else sees yet. An empty document
// removes it.
func (q *Queue) set(name, value string) error {
	if err := q.checkAttribute(name, value); err != nil {
		return err
	}
	if _, ok := choices[name]; ok && (strings.EqualFold(value, "true") || strings.EqualFold(value, "false")) {
		value = strings.ToLower(value)
	}
	if value == "" {
		delete(q.Attributes, name)
		return nil
	}
	q.Attributes[name] = value
	switch { // a queue has one kind of encryption
	case name == "KmsMasterKeyId":
		q.Attributes["SqsManagedSseEnabled"] = "false"
	case name == "SqsManagedSseEnabled" && value == "true":
		delete(q.Attributes, "KmsMasterKeyId")
	}
	return nil
}

// setAll changes several attributes in an order of its own, so that the outcome
// does not hang on that of a map.
func (q *Queue) setAll(attributes map[string]string) error {
	if attributes["KmsMasterKeyId"] != "" && strings.EqualFold(attributes["SqsManagedSseEnabled"], "true") {
		return badAttribute("SqsManagedSseEnabled", "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.")
	}
	for _, name := range sortedNames(attributes) {
		if err := q.set(name, attributes[name]); err != nil {
			return err
		}
	}
	if q.is("FifoThroughputLimit=perMessageGroupId") && !q.is("DeduplicationScope=messageGroup") {
		return badAttribute("FifoThroughputLimit", "perMessageGroupId needs the DeduplicationScope messageGroup.")
	}
	return nil
}

func sortedNames(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// Attribute is the value of an attribute that can be set: the one that was, or the
// default; "" where there is none.
func (q *Queue) Attribute(name string) string {
	if v, ok := q.Attributes[name]; ok {
		return v
	}
	if slices.Contains(fifoOnly, name) && !q.FIFO() {
		return ""
	}
	if name == "FifoQueue" {
		return "true"
	}
	if name == "KmsDataKeyReusePeriodSeconds" && q.Attributes["KmsMasterKeyId"] == "" {
		return ""
	}
	if n, ok := numbers[name]; ok {
		return strconv.Itoa(n.deflt)
	}
	if words, ok := choices[name]; ok {
		return words[0]
	}
	return ""
}

// number is the value of a numeric attribute.
func (q *Queue) number(name string) int {
	if v, err := strconv.Atoi(q.Attributes[name]); err == nil {
		return v
	}
	return numbers[name].deflt
}

// is tells whether an attribute is "true", or with "Name=word" that word.
func (q *Queue) is(what string) bool {
	name, want, ok := strings.Cut(what, "=")
	if !ok {
		want = "true"
	}
	return q.Attribute(name) == want
}
