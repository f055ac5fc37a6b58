package topic

import (
	"encoding/json"

	"github.com/grue-ecs/grue/internal/pattern"
)

// Limits of filter policies.
const (
	maxFilterKeys = 5
	scopeBody     = "MessageBody"
)

// parseFilter reads the filter policy of a subscription; nil = everything.
func parseFilter(s *Subscription) (*pattern.Pattern, error) {
	text := s.Attributes["FilterPolicy"]
	if text == "" {
		return nil, nil
	}
	p, err := pattern.Parse(text, pattern.Policy)
	if err != nil {
		return nil, Invalid("FilterPolicy: " + err.Error())
	}
	if s.Attributes["FilterPolicyScope"] != scopeBody && p.Depth() > 1 {
		return nil, Invalid("FilterPolicy: Filter policy scope MessageAttributes does not support nested filter policy; set FilterPolicyScope to MessageBody")
	}
	if p.Keys() > maxFilterKeys {
		return nil, Invalid("FilterPolicy: Filter policy can not have more than 5 keys")
	}
	return p, nil
}

// wants tells whether a subscription's filter policy lets a message through. A
// body that is no JSON object passes no policy on bodies.
func wants(s *Subscription, m *Message) bool {
	p, err := parseFilter(s)
	if err != nil || p == nil { // it was parsed when it was set
		return err == nil
	}
	if s.Attributes["FilterPolicyScope"] != scopeBody {
		return p.Matches(attributesDocument(m.Attributes))
	}
	doc, err := pattern.Decode([]byte(m.Body))
	if _, ok := doc.(map[string]any); err != nil || !ok {
		return false
	}
	return p.Matches(doc)
}

// attributesDocument shows the attributes of a message to a policy. Binary ones
// match nothing but exists.
func attributesDocument(attributes map[string]Attribute) map[string]any {
	doc := map[string]any{}
	for name, a := range attributes {
		switch a.base() {
		case "String":
			doc[name] = a.Value
			if a.Type == "String.Array" {
				if list, err := pattern.Decode([]byte(a.Value)); err == nil {
					doc[name] = list
				}
			}
		case "Number":
			doc[name] = json.Number(a.Value)
		default:
			doc[name] = struct{}{}
		}
	}
	return doc
}
