package hook

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/grue-ecs/grue/internal/deploy"
)

const (
	// maxDelay bounds callBackDelay: no hook lives longer.
	maxDelay = 24 * time.Hour
	// maxDetails bounds the hookDetails that answers can carry over, in bytes.
	maxDetails = 256 << 10
	// noStatus is ECS's text for everything that is not an answer.
	noStatus = "HookStatus must not be null"
)

// parseAnswer reads {"hookStatus", "callBackDelay", "hookDetails"}, with exactly
// these names; other members are ignored. callBackDelay may also be spelled
// callBackDelaySeconds. carried are the hookDetails that the hook got.
//
// What an answer says beside its status matters only while it is IN_PROGRESS.
func parseAnswer(target string, doc []byte, carried json.RawMessage) Answer {
	members, ok := object(doc)
	if !ok {
		return cannotParse(target, noStatus)
	}
	var status deploy.HookStatus
	if json.Unmarshal(members["hookStatus"], &status) != nil {
		return cannotParse(target, noStatus)
	}
	switch status {
	case deploy.HookSucceeded, deploy.HookFailed:
		return Answer{Status: status}
	case deploy.HookInProgress:
	default:
		return cannotParse(target, noStatus)
	}
	delay, err := callBackDelay(members)
	if err != nil {
		return cannotParse(target, err.Error())
	}
	a := Answer{Status: status, Delay: delay}
	if details := members["hookDetails"]; len(details) > 0 && string(details) != "null" {
		a.Details = Merge(carried, details)
	}
	if len(a.Details) > maxDetails {
		return cannotParse(target, fmt.Sprintf("hookDetails must not be larger than %d bytes", maxDetails))
	}
	return a
}

// callBackDelay is in how many seconds the hook wants to be called again.
func callBackDelay(members map[string]json.RawMessage) (time.Duration, error) {
	for _, name := range []string{"callBackDelay", "callBackDelaySeconds"} {
		doc := members[name]
		if len(doc) == 0 || string(doc) == "null" {
			continue
		}
		var seconds float64
		if json.Unmarshal(doc, &seconds) != nil || seconds < 0 || seconds > maxDelay.Seconds() {
			return 0, fmt.Errorf("%s must be a number of seconds from 0 to %.0f, not %s", name, maxDelay.Seconds(), shorten(string(doc)))
		}
		return time.Duration(seconds * float64(time.Second)), nil
	}
	return 0, nil
}

// Merge merges hookDetails shallowly: where both are objects the members of next
// win, otherwise next replaces old. Nothing, or null, as next leaves old.
func Merge(old, next json.RawMessage) json.RawMessage {
	if len(next) == 0 || string(next) == "null" {
		return old
	}
	a, ok := object(old)
	b, both := object(next)
	if !ok || !both {
		return next
	}
	for name, v := range b {
		a[name] = v
	}
	out, err := encode(a)
	if err != nil { // cannot happen: all members were read as JSON
		return next
	}
	return out
}
