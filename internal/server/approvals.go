package server

import (
	"context"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ssmsdk "github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/grue-ecs/grue/internal/api/ssm"
	"github.com/grue-ecs/grue/internal/approval"
	"github.com/grue-ecs/grue/internal/hook"
	"github.com/grue-ecs/grue/internal/notify"
	"github.com/grue-ecs/grue/internal/store"
)

// openApprovals makes what people decide with. It needs the APIs.
func (s *server) openApprovals() error {
	key, err := hook.LoadKey(s.path("approvals.key"))
	if err != nil {
		return err
	}
	parameters := ssm.New(ssm.Options{Vault: s.vault})
	s.approvals = approval.New(approval.Options{
		Store: s.store, Key: key, PublicURL: s.publicURL(), ECS: s.ecs, Log: s.log,
		PutParameter: func(ctx context.Context, tx *store.Tx, name, value string) error {
			_, err := parameters.Put(ctx, tx, &ssmsdk.PutParameterInput{Name: &name, Value: &value, Overwrite: aws.Bool(true)})
			return err
		},
	})
	return nil
}

// openNotifications makes what tells people of deployments. key signs generic
// messages.
func (s *server) openNotifications(key []byte) {
	s.notifier = notify.New(notify.Options{
		Store: s.store, Vault: s.vault, Key: key, Publish: s.messages.Publish, PublicURL: s.publicURL(), Log: s.log,
		Link: func(p *approval.Pending, to string) string { return s.approvals.Link(p, to) },
	})
}

// publicURL is what links begin with that people get.
func (s *server) publicURL() string {
	if s.opts.PublicURL != "" {
		return s.opts.PublicURL
	}
	url, _ := s.ownEndpoint()
	return url
}

// guard lets callers of the ECS API to a route of grue's own.
func (s *server) guard(h http.Handler) http.Handler { return s.wire.Guard("ecs", h) }

// isLink tells whether a request is for a link that was sent to people: they come
// from pages of other sites, and the secret is in the address.
func isLink(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, approval.LinkPath) }
