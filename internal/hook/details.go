package hook

import "encoding/json"

// Members of hookDetails that are for grue.
const (
	memberURL    = "grue:url"
	memberSecret = "grue:secret"
	memberTask   = "grue:task"
)

// object reads a JSON object; ok is false for anything else.
func object(doc json.RawMessage) (members map[string]json.RawMessage, ok bool) {
	err := json.Unmarshal(doc, &members)
	return members, err == nil && members != nil
}
