package doctor

import (
	"encoding/json"
	"testing"

	"github.com/grue-ecs/grue/internal/store"
)

// TestPlainEvents: of users' own events nothing is told, of grue's what lists name.
func TestPlainEvents(t *testing.T) {
	for name, c := range map[string]struct {
		event store.Event
		want  string
	}{
		"a user's own": {
			store.Event{Source: "my.app", DetailType: "hunter2", Resources: []string{"hunter2"}, Detail: json.RawMessage(`{"group":"hunter2"}`)},
			`{"seq":1,"time":"0001-01-01T00:00:00Z","source":"custom","detail-type":""}`,
		},
		"a task's": {
			store.Event{Source: "aws.ecs", DetailType: "ECS Task State Change", Resources: []string{"arn:aws:ecs:task/a", "no name"}, Detail: json.RawMessage(`{"group":"service:web","startedBy":"hunter2","stoppedReason":"hunter2","lastStatus":"STOPPED","desiredStatus":"a text","stopCode":7}`)},
			`{"seq":1,"time":"0001-01-01T00:00:00Z","source":"aws.ecs","detail-type":"ECS Task State Change","resources":["arn:aws:ecs:task/a"],"detail":{"group":"service:web","lastStatus":"STOPPED"}}`,
		},
		"a task of its own group": {
			store.Event{Source: "aws.ecs", DetailType: "x", Detail: json.RawMessage(`{"group":"hunter2"}`)},
			`{"seq":1,"time":"0001-01-01T00:00:00Z","source":"aws.ecs","detail-type":"x"}`,
		},
		"no object": {store.Event{Source: "aws.ecs", DetailType: "x", Detail: json.RawMessage(`[1]`)}, `{"seq":1,"time":"0001-01-01T00:00:00Z","source":"aws.ecs","detail-type":"x"}`},
	} {
		c.event.Seq = 1
		got, err := json.Marshal(plain(&c.event))
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %s %v", name, got, err)
		}
	}
}

func TestFlags(t *testing.T) {
	got, _ := json.Marshal(flagsOf("grue\x00up\x00--minute\x001s\x00--tls-key\x00/root/hunter2\x00--keep-tasks\x00--region=eu-west-1\x00--public-url=http://hunter2\x00"))
	if want := `["--minute=1s","--tls-key=(set)","--keep-tasks","--region=eu-west-1","--public-url=(set)"]`; string(got) != want {
		t.Errorf("%s", got)
	}
}
