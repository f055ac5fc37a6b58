package engine

import (
	"context"
	"time"

	"github.com/grue-ecs/grue/internal/runtime"
)

// Shutdown stops every task that the driver holds, for an orderly end of grue.
// Records keep their desired state: the next Run starts replacements. Nothing
// drains: ctx bounds the wait, and what is left then is for the caller to kill.
func (e *Engine) Shutdown(ctx context.Context) error {
	e.mu.Lock()
	e.closing = true
	e.mu.Unlock()
	for {
		held, err := e.driver.List(ctx)
		if err != nil {
			return err
		}
		left := 0
		for _, st := range held {
			if st.Phase != runtime.PhaseStopped && !e.opts.Foreign(st.ID) {
				left++
				if err := e.driver.Stop(ctx, st.ID); err != nil {
					e.log.Warn("task not stopped", "task", st.ID, "err", err)
				}
			}
		}
		if left == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (e *Engine) isClosing() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.closing
}
