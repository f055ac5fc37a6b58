package connect

import (
	"path/filepath"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/logs"
	"github.com/grue-ecs/grue/internal/state"
)

// lastLines is how long after a task's end its access log may still grow: the
// proxy writes once a second.
const lastLines = 3 * time.Second

// ContainerName is what ECS calls the proxy in a task of a revision.
func ContainerName(rev *state.Revision) string {
	return "ecs-service-connect-" + rev.N[max(0, len(rev.N)-5):]
}

// follow hands the access log of a task's proxy to its log group.
func (m *Mesh) follow(rev *state.Revision, task string) {
	if rev == nil || rev.Connect == nil || m.logs == nil {
		return
	}
	name := logFile(rev.Connect, task)
	if name == "" {
		return
	}
	l := rev.Connect.Log
	to := logs.Target{Scope: arn.Scope{Account: rev.Account, Region: l.Region}, Group: l.Group, Stream: ContainerName(rev) + "/" + task}
	if l.Prefix != "" {
		to.Stream = l.Prefix + "/" + to.Stream
	}
	if err := m.logs.FollowTo(filepath.Join(m.logDir, name), to); err != nil {
		m.log.Error("access log not forwarded", "task", task, "err", err)
	}
}

// Forget drops what is known of a task that ended.
func (m *Mesh) Forget(task string, rev *state.Revision) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.quiet, task)
	if name := logFile(rev.Connect, task); name != "" && m.logs != nil {
		m.ended[filepath.Join(m.logDir, name)] = m.now().Add(lastLines)
	}
}

// finish ends the access logs of tasks that are gone for a while.
func (m *Mesh) finish() {
	var due []string
	m.mu.Lock()
	for file, at := range m.ended {
		if !m.now().Before(at) {
			due = append(due, file)
			delete(m.ended, file)
		}
	}
	m.mu.Unlock()
	for _, file := range due {
		m.logs.Finish(file)
	}
}
