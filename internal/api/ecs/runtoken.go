package ecs

import (
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// runToken remembers a RunTask by its clientToken.
type runToken struct {
	arn.Scope
	Digest  string
	Created time.Time
	Tasks   []string // ids
}

var runTokens = store.NewTable[runToken]("ecs.runtoken")

// tokenLife is how long a token is remembered, unless its tasks are gone before:
// the records of STOPPED tasks live an hour.
const tokenLife = 24 * time.Hour

// sweepTokens is how many tokens a RunTask looks at to drop those that are over.
const sweepTokens = 20

// repeated returns the tasks of an earlier request with the same token and
// parameters, and an error if the parameters differ.
func (r *request) repeated(cluster, token, digest string) ([]*state.Task, error) {
	if token == "" {
		return nil, nil
	}
	x, ok := runTokens.Get(r.Tx, r.Key(cluster, token))
	if !ok {
		return nil, nil
	}
	tasks := r.alive(cluster, x)
	if len(tasks) == 0 {
		return nil, nil
	}
	if x.Digest != digest {
		var arns []string
		for _, t := range tasks {
			arns = append(arns, t.ARN())
		}
		return nil, conflict(arns, "The clientToken was used by a RunTask request with other parameters.")
	}
	return tasks, nil
}

// alive are the tasks of a token that still have records; none once it is over.
func (r *request) alive(cluster string, x *runToken) []*state.Task {
	if r.now.Sub(x.Created) > tokenLife {
		return nil
	}
	var out []*state.Task
	for _, id := range x.Tasks {
		if t, ok := state.Tasks.Get(r.Tx, state.TaskKey(x.Scope, cluster, id)); ok {
			out = append(out, t)
		}
	}
	return out
}

// remember keeps the token of a request that started tasks.
func (r *request) remember(cluster, token, digest string, tasks []*state.Task) {
	if token == "" || len(tasks) == 0 {
		return
	}
	prefix, seen := r.Key(cluster, ""), 0
	for key, x := range runTokens.Prefix(r.Tx, prefix) {
		if seen++; seen > sweepTokens {
			break
		}
		if len(r.alive(cluster, x)) == 0 {
			runTokens.Delete(r.Tx, key)
		}
	}
	x := &runToken{Scope: r.Scope, Digest: digest, Created: r.now}
	for _, t := range tasks {
		x.Tasks = append(x.Tasks, t.ID)
	}
	runTokens.Put(r.Tx, prefix+token, x)
}
