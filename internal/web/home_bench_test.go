package web

import (
	"fmt"
	"testing"

	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// BenchmarkHome has 1,000 services of 4 tasks: the whole page, and what one changed
// task makes it compute.
func BenchmarkHome(b *testing.B) {
	w := newWorld(b)
	for i := range 1000 {
		w.put(func(tx *store.Tx) {
			svc := &state.Service{Scope: scope, Cluster: "c", Name: fmt.Sprintf("s%04d", i), Status: "ACTIVE", Desired: 4, Primary: "1", Live: "1"}
			state.Services.Put(tx, svc.Key(), svc)
			for n := range 4 {
				state.PutTask(tx, &state.Task{Scope: scope, Cluster: "c", Service: svc.Name, ID: fmt.Sprintf("%04d-%d", i, n), Revision: "1", LastStatus: "RUNNING", DesiredStatus: "RUNNING", Healthy: true})
			}
		})
	}
	w.put(func(tx *store.Tx) { state.Clusters.Put(tx, scope.Key("c"), &state.Cluster{Scope: scope, Name: "c"}) })
	b.Run("whole", func(b *testing.B) {
		for b.Loop() {
			f := newFeed(w.Site, feedKey{scope, "home"}, homeKind().Open(w.Site, scope, nil))
			f.compute(true)
		}
	})
	b.Run("changed", func(b *testing.B) {
		f := newFeed(w.Site, feedKey{scope, "home"}, homeKind().Open(w.Site, scope, nil))
		f.compute(true)
		for b.Loop() {
			f.touch(store.Commit{Changes: []store.Change{{Kind: state.Tasks.Kind(), ID: scope.Key("c", "x"), New: &state.Task{Cluster: "c", Service: "s0500"}}}})
			f.compute(false)
		}
	})
}
