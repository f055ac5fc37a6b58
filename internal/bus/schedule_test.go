package bus

import (
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/cron"
)

// What was missed while nobody ran is not made up for.
func TestFollow(t *testing.T) {
	s, err := cron.Parse("rate(5 minutes)")
	if err != nil {
		t.Fatal(err)
	}
	due := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	if got := follow(s, due, due.Add(time.Minute), time.Minute); !got.Equal(due.Add(5 * time.Minute)) {
		t.Errorf("a little late: %v", got)
	}
	if got := follow(s, due, due.Add(time.Hour), time.Minute); !got.Equal(due.Add(65 * time.Minute)) {
		t.Errorf("an hour late: %v", got)
	}
}
