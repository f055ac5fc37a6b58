package server

import (
	"fmt"

	"github.com/grue-ecs/grue/internal/console"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// openConsole makes the sessions of ECS Exec.
func (s *server) openConsole() (err error) {
	s.console, err = console.New(console.Options{
		Store: s.store, Logs: s.logs, Exec: s.platform.driver.Exec, State: s.containerState, Log: s.log,
	})
	if err != nil {
		return err
	}
	s.onClose(s.console.Close)
	return nil
}

// containerState tells the sessions in a container why it does not run.
func (s *server) containerState(t console.Target) (why string, ended bool) {
	s.store.View(func(tx *store.Tx) { why, ended = containerEnd(tx, t) })
	return why, ended
}

func containerEnd(tx *store.Tx, t console.Target) (why string, ended bool) {
	task, ok := state.Tasks.Get(tx, state.TaskKey(t.Scope, t.Cluster, t.Task))
	if !ok {
		return fmt.Sprintf("The task %s is gone.", t.Task), true
	}
	for i := range task.Containers {
		c := &task.Containers[i]
		if c.Name != t.Container || c.Status != "STOPPED" {
			continue
		}
		why = fmt.Sprintf("The container %s of task %s has stopped", c.Name, task.ID)
		if c.ExitCode != nil {
			why += fmt.Sprintf(" with exit code %d", *c.ExitCode)
		}
		return why + because(task), true
	}
	if task.DesiredStatus == "STOPPED" {
		return fmt.Sprintf("The task %s is stopping", task.ID) + because(task), false
	}
	return "", false
}

func because(t *state.Task) string {
	if t.StoppedReason == "" {
		return "."
	}
	return ": " + t.StoppedReason
}
