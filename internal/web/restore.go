package web

import (
	"context"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/revision"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// restored answers an action.
type restored struct {
	// Notes are members of a former revision that UpdateService cannot bring back.
	Notes []string `json:"notes"`
}

// restore starts a deployment of what a revision of a service was. Images are
// resolved anew, as ECS does: a tag that moved since stands for what it is now.
func (s *Site) restore(ctx context.Context, svc *state.Service, n string) (*restored, error) {
	var now, former *state.Revision
	s.opts.Store.View(func(tx *store.Tx) {
		now, _ = state.Revisions.Get(tx, svc.Key()+"/"+svc.Primary)
		former, _ = state.Revisions.Get(tx, svc.Key()+"/"+n)
	})
	if now == nil || former == nil {
		return nil, &Problem{Code: "ResourceNotFoundException", Message: "The service has no revision " + n + " any more.", Status: http.StatusNotFound}
	}
	in, cannot := revision.Back(&now.Body.V, &former.Body.V)
	in.Cluster, in.Service, in.ForceNewDeployment = aws.String(svc.Cluster), aws.String(svc.Name), true
	if _, err := s.opts.ECS.UpdateService(ctx, in); err != nil {
		return nil, err
	}
	return &restored{Notes: append([]string{}, cannot...)}, nil
}
