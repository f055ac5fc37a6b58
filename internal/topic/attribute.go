package topic

import (
	"encoding/json"
	"slices"
	"strings"
)

// topicAttributes can be set. Policies, keys and the roles of delivery logs are
// recorded, not enforced.
var topicAttributes = []string{
	"Policy", "DisplayName", "DeliveryPolicy", "KmsMasterKeyId", "TracingConfig", "SignatureVersion",
}

// feedback attributes of delivery logs, by protocol.
var feedback = []string{"SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate", "FailureFeedbackRoleArn"}

// SetAttribute sets an attribute of a topic.
func SetAttribute(t *Topic, name, value string) error { return setTopic(t, name, value) }

func setTopic(t *Topic, name, value string) error {
	isFeedback := slices.ContainsFunc(feedback, func(s string) bool {
		p, ok := strings.CutSuffix(name, s)
		return ok && slices.Contains([]string{"HTTP", "Lambda", "SQS", "Firehose", "Application"}, p)
	})
	switch {
	case name == "FifoTopic" || name == "ContentBasedDeduplication" || name == "FifoThroughputScope" || name == "ArchivePolicy":
		if value == "false" || value == "" { // Terraform says so of standard topics
			return nil
		}
		return Invalid("Attributes Reason: " + name + " is for FIFO topics, which grue does not have")
	case !isFeedback && !slices.Contains(topicAttributes, name):
		return Invalid("AttributeName Reason: " + quoted(name) + " cannot be set; those that can are " + strings.Join(topicAttributes, ", "))
	case name == "SignatureVersion" && value != "1" && value != "2":
		return Invalid("SignatureVersion Reason: it is 1 (SHA1) or 2 (SHA256)")
	case name == "TracingConfig" && value != "PassThrough" && value != "Active":
		return Invalid("TracingConfig Reason: it is PassThrough or Active")
	case name == "DisplayName" && len(value) > 100:
		return Invalid("DisplayName Reason: it has at most 100 characters")
	case name == "Policy" && value != "" && !isObject(value):
		return Invalid("Policy Reason: it is no JSON object")
	case name == "DeliveryPolicy" && value != "":
		if _, err := parsePolicy(value, true); err != nil {
			return err
		}
	}
	if value == "" {
		delete(t.Attributes, name)
		return nil
	}
	t.Attributes[name] = value
	return nil
}

// SetSubscriptionAttribute sets an attribute of a subscription.
func SetSubscriptionAttribute(s *Subscription, name, value string) error {
	return setAll(s, map[string]string{name: value})
}

// setAll sets attributes together, for the scope of a filter policy decides what
// the policy may say.
func setAll(s *Subscription, attributes map[string]string) error {
	for name, value := range attributes {
		if err := checkAttribute(s, name, value); err != nil {
			return err
		}
		if value == "" || name == "FilterPolicy" && strings.TrimSpace(value) == "{}" {
			delete(s.Attributes, name)
			continue
		}
		s.Attributes[name] = value
	}
	if _, err := parseFilter(s); err != nil {
		return err
	}
	return nil
}

func checkAttribute(s *Subscription, name, value string) error {
	switch name {
	case "RawMessageDelivery":
		if value != "true" && value != "false" && value != "" {
			return Invalid("RawMessageDelivery Reason: it is true or false")
		}
		if value == "true" && !strings.HasPrefix(s.Protocol, "http") && s.Protocol != "sqs" {
			return Invalid("RawMessageDelivery Reason: the protocol " + s.Protocol + " cannot have raw messages; http, https and sqs can")
		}
	case "FilterPolicyScope":
		if value != "MessageAttributes" && value != "MessageBody" && value != "" {
			return Invalid("FilterPolicyScope Reason: it is MessageAttributes or MessageBody")
		}
	case "DeliveryPolicy":
		if value != "" {
			_, err := parsePolicy(value, false)
			return err
		}
	case "FilterPolicy", "SubscriptionRoleArn":
	case "RedrivePolicy":
		if value != "" {
			_, err := deadLetters(value)
			return err
		}
	case "ReplayPolicy":
		if value != "" {
			return Invalid("ReplayPolicy Reason: it is for FIFO topics, which grue does not have")
		}
	default:
		return Invalid("AttributeName Reason: " + quoted(name) + " cannot be set; those that can are RawMessageDelivery, FilterPolicy, FilterPolicyScope, DeliveryPolicy and RedrivePolicy")
	}
	return nil
}

func isObject(doc string) bool {
	var m map[string]json.RawMessage
	return json.Unmarshal([]byte(doc), &m) == nil && m != nil
}
