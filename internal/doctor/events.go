package doctor

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/store"
)

// event is what is told of an event.
type event struct {
	Seq       uint64            `json:"seq"`
	Time      time.Time         `json:"time"`
	Source    string            `json:"source"`
	Type      string            `json:"detail-type"`
	Resources []string          `json:"resources,omitempty"`
	Detail    map[string]string `json:"detail,omitempty"`
}

// plainDetails are members of details that are names, states or times.
var plainDetails = keys(`eventType eventName lastStatus desiredStatus stopCode taskArn clusterArn serviceArn serviceDeploymentArn
	group deploymentId updatedAt createdAt startedAt stoppedAt hookId hookType lifecycleStage alarmName launchType availabilityZone action`)

// maxEvents is how many events are told.
const maxEvents = 1000

// eventsOf tells the last events of a snapshot. Events that users put themselves are
// told by their number only.
func eventsOf(s *store.Snapshot) ([]event, error) {
	after := uint64(0)
	if s.LastEvent > maxEvents {
		after = s.LastEvent - maxEvents
	}
	list, err := s.Events(after, maxEvents)
	out := []event{}
	for i := range list {
		out = append(out, plain(&list[i]))
	}
	return out, err
}

func plain(e *store.Event) event {
	out := event{Seq: e.Seq, Time: e.Time, Source: "custom"}
	if !strings.HasPrefix(e.Source, "aws.") && !strings.HasPrefix(e.Source, "grue.") || !name.MatchString(e.Source) || !message(e.DetailType) {
		return out
	}
	out.Source, out.Type = e.Source, e.DetailType
	for _, r := range e.Resources {
		if name.MatchString(r) {
			out.Resources = append(out.Resources, r)
		}
	}
	var detail map[string]any
	_ = json.Unmarshal(e.Detail, &detail) // what is no object has no members
	for k, v := range detail {
		if text, ok := v.(string); ok && plainDetails[k] && name.MatchString(text) && (k != "group" || strings.HasPrefix(text, "service:")) {
			if out.Detail == nil {
				out.Detail = map[string]string{}
			}
			out.Detail[k] = text
		}
	}
	return out
}
