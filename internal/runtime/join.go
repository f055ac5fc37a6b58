package runtime

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Joined is told that the network namespace of a task exists, before any of its
// containers starts: what others do inside the namespace is done when it
// returns. Drivers call it for the modes awsvpc and bridge. The path is empty
// where this process cannot enter namespaces of tasks; who needs them refuses
// with ErrNoNetNS. An error fails the start of the task as a
// ResourceInitializationError. After a crash it may be called again for a task
// that had not started; a task that runs is not told again.
type Joined func(ctx context.Context, task, netns string) error

// ErrNoNetNS is why a task cannot have what is served inside its namespace.
var ErrNoNetNS = errors.New("grue cannot enter the task's network namespace: run grue as root on the Linux machine where the containers run")

// startTimeout is ECS's default of startTimeout.
const startTimeout = 3 * time.Minute

// Tell calls j, unless it is nil, and waits no longer than the longest start
// time-out of the task's containers, 3 minutes where none says.
func (j Joined) Tell(ctx context.Context, s *Spec, netns string) error {
	if j == nil {
		return nil
	}
	limit := time.Duration(0)
	for i := range s.Containers {
		limit = max(limit, s.Containers[i].StartTimeout)
	}
	if limit == 0 {
		limit = startTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := j(ctx, s.ID, netns)
	if err != nil && errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("the task's network was not ready within %v: %w", limit, err)
	}
	return err
}
