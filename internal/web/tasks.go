package web

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// tasksKind is the view tasks/CLUSTER: every task of a cluster, stopped ones included
// as long as they are kept.
func tasksKind() Kind {
	return Kind{Name: "tasks", Parts: 1, Open: func(_ *Site, scope arn.Scope, parts []string) View {
		cluster := parts[0]
		prefix := state.TaskKey(scope, cluster, "")
		return View{
			All: func(b *Build) (Items, error) {
				if _, ok := state.Clusters.Get(b.Tx, b.Scope.Key(cluster)); !ok {
					return nil, noCluster(cluster, b.Scope.Region)
				}
				out := Items{}
				for _, t := range state.Tasks.Prefix(b.Tx, prefix) {
					out["task/"+t.ID] = taskRow(t)
				}
				return out, nil
			},
			Touch: func(c store.Change) []string {
				if id, ok := strings.CutPrefix(c.ID, prefix); ok && c.Kind == state.Tasks.Kind() {
					return []string{"task/" + id}
				}
				return nil
			},
			Item: func(b *Build, key string) any {
				if t, ok := state.Tasks.Get(b.Tx, prefix+strings.TrimPrefix(key, "task/")); ok {
					return taskRow(t)
				}
				return nil
			},
		}
	}}
}

func noCluster(cluster, region string) error {
	return &Problem{Code: "ClusterNotFoundException", Message: "There is no cluster " + cluster + " in " + region + ".", Status: http.StatusNotFound}
}

// taskRow sums up a task for a list.
func taskRow(t *state.Task) *TaskRow {
	out := &TaskRow{
		ID: t.ID, Service: t.Service, Revision: t.Revision, TaskDefinition: arn.Name(t.TaskDefinition), Status: t.LastStatus,
		Desired: t.DesiredStatus, Health: t.Health, Healthy: t.Healthy && t.LastStatus == "RUNNING", Why: taskWhy(t), StopCode: t.StopCode,
		Created: At(t.Created), Started: At(t.Started), Stopped: At(t.Stopped), IP: t.IP,
	}
	for i := range t.Containers {
		c := &t.Containers[i]
		out.Restarts += c.Restarts
		if c.Status == "STOPPED" {
			out.Exits = append(out.Exits, ExitRow{c.Name, c.ExitCode})
		}
	}
	return out
}

// taskWhy says in words what keeps a task from being healthy, or why it stopped; ""
// when there is nothing to say.
func taskWhy(t *state.Task) string {
	switch {
	case t.LastStatus == "STOPPED" || t.DesiredStatus == "STOPPED":
		return stopWords(t)
	case t.Unhealthy != "":
		return t.Unhealthy
	case t.LastStatus == "PENDING" && !t.PullStarted.IsZero() && t.PullStopped.IsZero():
		return "Its images are being pulled."
	case t.LastStatus == "PROVISIONING":
		return "Its network interface is being made."
	case t.LastStatus == "RUNNING" && !t.Healthy && t.Service != "":
		return notYetHealthy(t)
	}
	return ""
}

// notYetHealthy says which gate a running task has not passed.
func notYetHealthy(t *state.Task) string {
	for i := range t.Containers {
		if c := &t.Containers[i]; c.Health == "UNHEALTHY" {
			return "Container " + c.Name + " fails its health check."
		}
	}
	if (t.Health == "UNKNOWN" || t.Health == "") && len(t.Targets) == 0 {
		return "It has not run long enough to count as healthy."
	}
	if len(t.Targets) > 0 {
		return "Its target group has not found it healthy yet."
	}
	return "The health checks of its containers have not passed yet."
}

// stopWords is the reason for which a task stopped, with the containers that tell
// more.
func stopWords(t *state.Task) string {
	words := t.StoppedReason
	for i := range t.Containers {
		c := &t.Containers[i]
		switch {
		case c.Reason != "" && !strings.Contains(words, c.Reason):
			words += " " + c.Name + ": " + c.Reason
		case c.ExitCode != nil && *c.ExitCode != 0:
			words += " " + c.Name + " ended with exit code " + strconv.Itoa(*c.ExitCode) + exitWords(*c.ExitCode) + "."
		}
	}
	return strings.TrimSpace(words)
}

// exitWords explains the exit codes that people look up.
func exitWords(code int) string {
	switch code {
	case 126:
		return " (the command cannot be executed)"
	case 127:
		return " (there is no such command)"
	case 137:
		return " (SIGKILL: it did not end in time, or was out of memory)"
	case 139:
		return " (SIGSEGV: it crashed)"
	case 143:
		return " (SIGTERM: it was asked to end)"
	}
	return ""
}
