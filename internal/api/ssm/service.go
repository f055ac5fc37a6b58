package ssm

import (
	"context"
	"encoding/json"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/console"
	"github.com/grue-ecs/grue/internal/secret"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// Options of New; Vault is required.
type Options struct {
	Vault    *secret.Vault
	Sessions *console.Sessions // of ECS Exec; nil = none
	Now      func() time.Time
}

// Service is AWS Systems Manager, as far as Parameter Store goes, and what clients
// of ECS Exec ask of Session Manager.
type Service struct {
	vault    *secret.Vault
	sessions *console.Sessions
	store    *store.Store
	now      func() time.Time
}

// New returns the service.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{vault: o.Vault, sessions: o.Sessions, store: o.Vault.Store(), now: o.Now}
}

// Spec describes the service to the wire.
func (s *Service) Spec() wire.Spec {
	return wire.Spec{
		Name:           "ssm",
		Protocols:      []wire.Protocol{wire.JSON11},
		TargetPrefixes: []string{"AmazonSSM"},
	}
}

func scopeOf(ctx context.Context) arn.Scope {
	c := wire.CallerFrom(ctx)
	return arn.Scope{Account: c.Account, Region: c.Region}
}

// emit tells EventBridge's "Parameter Store Change".
func emit(tx *store.Tx, p *secret.Parameter, operation string) {
	detail, _ := json.Marshal(map[string]string{ // a map of strings always encodes
		"operation": operation, "name": p.Name, "type": p.Type, "description": p.Latest().Description,
	})
	tx.Emit(store.Event{
		Source: "aws.ssm", DetailType: "Parameter Store Change", Account: p.Account, Region: p.Region,
		Resources: []string{p.ARN()}, Detail: detail,
	})
}
