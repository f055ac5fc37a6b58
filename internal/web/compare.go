package web

import (
	"net/http"

	"github.com/grue-ecs/grue/internal/revision"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// compare answers GET /ui/api/compare?cluster=&service=&a=&b=: what has changed from
// revision a to revision b.
func compare(s *Site, w http.ResponseWriter, r *http.Request, who *Session) {
	q := r.URL.Query()
	var out *Differences
	var err error
	s.opts.Store.View(func(tx *store.Tx) {
		scope := who.Scope(r)
		subject := func(n string) (x revision.Subject) {
			rev, ok := state.Revisions.Get(tx, state.RevisionKey(scope, q.Get("cluster"), q.Get("service"), n))
			if !ok {
				err = &Problem{
					Code: "ServiceRevisionNotFound", Status: http.StatusNotFound,
					Message: "Service " + q.Get("service") + " in cluster " + q.Get("cluster") + " has no revision " + n + ".",
				}
				return x
			}
			return subjectOf(tx, rev)
		}
		a, b := subject(q.Get("a")), subject(q.Get("b"))
		if err == nil {
			out = differences(a, b)
		}
	})
	if err != nil {
		s.fail(w, err)
		return
	}
	reply(w, http.StatusOK, out)
}

// subjectOf is a revision with its task definition, as far as that still exists.
func subjectOf(tx *store.Tx, rev *state.Revision) revision.Subject {
	out := revision.Subject{Revision: rev.Body.V}
	if rev.Body.V.TaskDefinition != nil {
		if td, ok := state.DefinitionByARN(tx, *rev.Body.V.TaskDefinition); ok {
			out.Definition = &td.Def.V
		}
	}
	return out
}

func differences(a, b revision.Subject) *Differences {
	found := revision.Compare(a, b)
	if found == nil {
		found = []revision.Difference{}
	}
	return &Differences{Differences: found}
}
