package engine

// Backlog is how much work waits for a worker: services to reconcile and tasks to
// advance. It is near zero unless the machine is too slow for what is asked of it.
func (e *Engine) Backlog() (services, tasks int) { return e.services.waiting(), e.tasks.waiting() }

func (q *queue) waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.ready)
}
