package fake

import (
	"context"
	"errors"
	"testing"

	"github.com/grue-ecs/grue/internal/runtime"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestJoined(t *testing.T) {
	d := New(Options{
		NetNS: func(task string) string { return "/ns/" + task },
		Joined: func(ctx context.Context, task, netns string) error {
			switch {
			case netns != "/ns/"+task:
				return errors.New("netns is " + netns)
			case task == "bad":
				return errors.New("no room")
			case task == "slow":
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		},
	})
	defer d.Close()
	for _, id := range []string{"good", "bad", "slow"} {
		if err := d.Start(t.Context(), runtime.Spec{ID: id, NetworkMode: runtime.ModeAWSVPC}); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]runtime.Phase{"good": runtime.PhaseRunning, "bad": runtime.PhaseStopped}
	ctx, cancel := context.WithCancel(t.Context())
	news := d.Watch(ctx)
	for len(want) > 0 {
		s := <-news
		if s.ID == "bad" && s.Fail != nil && s.Fail.Reason != "ResourceInitializationError: no room" {
			t.Errorf("%+v", s.Fail)
		}
		if s.Phase == want[s.ID] {
			delete(want, s.ID)
		}
		if s.NetNS != "/ns/"+s.ID {
			t.Errorf("status %+v", s)
		}
	}
	cancel()
	for range news { // ends with its context
	}
}
