package topic

import (
	"bytes"
	"encoding/json"
	"time"
)

// Types of messages.
const (
	notification = "Notification"
	confirmation = "SubscriptionConfirmation"
)

// message waits in the outbox for one subscription.
type message struct {
	Subscription  string // its key
	Kind, ID      string
	Subject, Body string
	Attributes    map[string]Attribute `json:",omitempty"`
	At            time.Time
}

func (m *message) timestamp() string { return m.At.UTC().Format("2006-01-02T15:04:05.000Z") }

// envelope is what an endpoint gets, in AWS's order.
type envelope struct {
	Type              string
	MessageID         string `json:"MessageId"`
	Token             string `json:",omitempty"`
	TopicARN          string `json:"TopicArn"`
	Subject           string `json:",omitempty"`
	Message           string
	SubscribeURL      string `json:",omitempty"`
	Timestamp         string
	SignatureVersion  string
	Signature         string
	SigningCertURL    string
	UnsubscribeURL    string               `json:",omitempty"`
	MessageAttributes map[string]Attribute `json:",omitempty"`
}

// wrap makes and signs the envelope of a message.
func (t *Topics) wrap(of *Topic, sub *Subscription, m *message) (*envelope, error) {
	e := &envelope{
		Type: m.Kind, MessageID: m.ID, TopicARN: sub.TopicARN(), Subject: m.Subject, Message: m.Body,
		Timestamp: m.timestamp(), SignatureVersion: "1", MessageAttributes: m.Attributes,
	}
	if of.Attributes["SignatureVersion"] == "2" {
		e.SignatureVersion = "2"
	}
	if m.Kind == confirmation {
		e.Token, e.SubscribeURL = sub.Token, t.subscribeURL(sub)
	} else {
		e.UnsubscribeURL = t.unsubscribeURL(sub)
	}
	if err := t.sign.sign(e); err != nil {
		return nil, err
	}
	path, err := t.sign.path()
	e.SigningCertURL = t.base(sub) + path
	return e, err
}

// body is the envelope as JSON.
func (e *envelope) body() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(e)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}

// lambdaEvent is what a function gets: other names, and members that are null.
func (e *envelope) lambdaEvent(subscriptionARN string) ([]byte, error) {
	attributes := e.MessageAttributes
	if attributes == nil {
		attributes = map[string]Attribute{}
	}
	var subject any
	if e.Subject != "" {
		subject = e.Subject
	}
	record := map[string]any{
		"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": subscriptionARN,
		"Sns": map[string]any{
			"Type": e.Type, "MessageId": e.MessageID, "TopicArn": e.TopicARN, "Subject": subject, "Message": e.Message,
			"Timestamp": e.Timestamp, "SignatureVersion": e.SignatureVersion, "Signature": e.Signature,
			"SigningCertUrl": e.SigningCertURL, "UnsubscribeUrl": e.UnsubscribeURL, "MessageAttributes": attributes,
		},
	}
	return json.Marshal(map[string]any{"Records": []any{record}})
}
