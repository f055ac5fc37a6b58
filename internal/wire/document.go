package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"

	ecsdocument "github.com/aws/aws-sdk-go-v2/service/ecs/document"
	smithydocument "github.com/aws/smithy-go/document"
)

// Document is a value of any JSON shape: the hookDetails of ECS. The SDK seals
// its document interfaces, so one of its own values stands inside for the seal
// and the JSON text stands beside it.
type Document struct {
	ecsdocument.Interface
	raw json.RawMessage
}

var documentType = reflect.TypeFor[ecsdocument.Interface]()

func isDocument(t reflect.Type) bool { return t == documentType }

// NewDocument makes a document out of JSON text.
func NewDocument(text []byte) (*Document, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("document: %w", err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil {
		return nil, fmt.Errorf("document: %w", err)
	}
	return &Document{Interface: ecsdocument.NewLazyDocument(v), raw: compact.Bytes()}, nil
}

// MarshalSmithyDocument returns the JSON text.
func (d *Document) MarshalSmithyDocument() ([]byte, error) { return d.raw, nil }

// UnmarshalSmithyDocument decodes the document into the value v points to.
func (d *Document) UnmarshalSmithyDocument(v any) error {
	dec := json.NewDecoder(bytes.NewReader(d.raw))
	dec.UseNumber()
	return dec.Decode(v)
}

// DocumentJSON returns the JSON text of a document of any maker; null for nil.
func DocumentJSON(d smithydocument.Marshaler) (json.RawMessage, error) {
	if d == nil || reflect.ValueOf(d).IsZero() {
		return json.RawMessage("null"), nil
	}
	text, err := d.MarshalSmithyDocument()
	if err != nil {
		return nil, fmt.Errorf("document: %w", err)
	}
	return bytes.TrimSpace(text), nil
}
