package eventbridge

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/bus"
	"github.com/grue-ecs/grue/internal/pattern"
	"github.com/grue-ecs/grue/internal/store"
)

// Limits of PutEvents: entries, and their size together.
const (
	maxEntries = 10
	maxSize    = 256 << 10
)

// PutEvents sends custom events; each entry is accepted or refused for itself.
func (s *Service) PutEvents(ctx context.Context, in *eventbridge.PutEventsInput) (*eventbridge.PutEventsOutput, error) {
	if n := len(in.Entries); n == 0 || n > maxEntries {
		return nil, violated("entries", n, "Member must have length between 1 and 10")
	}
	if get(in.EndpointId) != "" {
		return nil, invalid("grue has no global endpoints; leave out EndpointId.")
	}
	size := 0
	for _, e := range in.Entries {
		size += sizeOf(&e)
	}
	if size > maxSize {
		return nil, invalid("Total size of the entries in the request is over the limit.")
	}
	var out eventbridge.PutEventsOutput
	err := s.store.Update(func(tx *store.Tx) error {
		out = eventbridge.PutEventsOutput{Entries: []types.PutEventsResultEntry{}}
		var events []*bus.Event
		for _, e := range in.Entries {
			event, id, refused := s.event(tx, scopeOf(ctx), &e)
			if refused != nil {
				out.FailedEntryCount++
				out.Entries = append(out.Entries, *refused)
				continue
			}
			events = append(events, event)
			out.Entries = append(out.Entries, types.PutEventsResultEntry{EventId: &id})
		}
		return s.router.PutEvents(tx, events)
	})
	return &out, err
}

// sizeOf an entry, as AWS counts it.
func sizeOf(e *types.PutEventsRequestEntry) int {
	n := len(get(e.Source)) + len(get(e.DetailType)) + len(get(e.Detail))
	if e.Time != nil {
		n += 14
	}
	for _, r := range e.Resources {
		n += len(r)
	}
	return n
}

func refuse(code, message string) *types.PutEventsResultEntry {
	return &types.PutEventsResultEntry{ErrorCode: &code, ErrorMessage: &message}
}

func (s *Service) event(tx *store.Tx, scope arn.Scope, e *types.PutEventsRequestEntry) (*bus.Event, string, *types.PutEventsResultEntry) {
	name := bus.BusName(get(e.EventBusName))
	var detail bytes.Buffer
	switch {
	case get(e.Source) == "":
		return nil, "", refuse("InvalidArgument", "Parameter Source is not valid. Reason: Source is a required argument.")
	case get(e.DetailType) == "":
		return nil, "", refuse("InvalidArgument", "Parameter DetailType is not valid. Reason: DetailType is a required argument.")
	case e.Detail == nil || *e.Detail == "":
		return nil, "", refuse("InvalidArgument", "Parameter Detail is not valid. Reason: Detail is a required argument.")
	case len(*e.DetailType) > 128:
		return nil, "", refuse("InvalidArgument", "Parameter DetailType is not valid. Reason: it has more than 128 characters.")
	case strings.HasPrefix(*e.Source, "aws."):
		return nil, "", refuse("NotAuthorizedForSourceException", "Not authorized for the source.")
	case json.Compact(&detail, []byte(*e.Detail)) != nil || detail.Bytes()[0] != '{':
		return nil, "", refuse("MalformedDetail", "Detail is malformed.")
	}
	if a, ok := arn.Parse(get(e.EventBusName)); ok {
		scope.Account, scope.Region = a.Account, a.Region
	}
	if _, ok := bus.FindBus(tx, scope, name); !ok {
		return nil, "", refuse("ResourceNotFoundException", "Event bus "+name+" does not exist.")
	}
	at := s.now()
	if e.Time != nil {
		at = *e.Time
	}
	id := store.NewUUID()
	event, err := bus.NewEvent(name, store.Event{
		ID: id, DetailType: *e.DetailType, Source: *e.Source, Account: scope.Account, Region: scope.Region,
		Time: at, Resources: e.Resources, Detail: detail.Bytes(),
	})
	if err != nil {
		return nil, "", refuse("MalformedDetail", "Detail is malformed.")
	}
	return event, id, nil
}

// TestEventPattern tells whether a pattern matches an event.
func (s *Service) TestEventPattern(_ context.Context, in *eventbridge.TestEventPatternInput) (*eventbridge.TestEventPatternOutput, error) {
	p, err := pattern.Parse(get(in.EventPattern), pattern.Events)
	if err != nil {
		return nil, badPattern(err)
	}
	doc, err := pattern.Decode([]byte(get(in.Event)))
	if err != nil {
		return nil, invalid("Parameter Event is not valid. Reason: %s", err)
	}
	m, ok := doc.(map[string]any)
	if !ok {
		return nil, invalid("Parameter Event is not valid. Reason: it is no JSON object.")
	}
	for _, name := range []string{"id", "account", "source", "time", "region", "resources", "detail-type"} {
		if _, ok := m[name]; !ok {
			return nil, invalid("Parameter Event is not valid. Reason: it has no %s; an event has id, account, source, time, region, resources and detail-type.", name)
		}
	}
	return &eventbridge.TestEventPatternOutput{Result: p.Matches(doc)}, nil
}
