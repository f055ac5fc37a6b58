package secretsmanager

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/secret"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// Options of New; Vault is required.
type Options struct {
	Vault *secret.Vault
	Now   func() time.Time
}

// Service is AWS Secrets Manager.
type Service struct {
	vault *secret.Vault
	store *store.Store
	now   func() time.Time
}

// New returns the service.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{vault: o.Vault, store: o.Vault.Store(), now: func() time.Time { return o.Now().UTC() }}
}

// Spec describes the service to the wire.
func (s *Service) Spec() wire.Spec {
	return wire.Spec{
		Name:           "secretsmanager",
		Protocols:      []wire.Protocol{wire.JSON11},
		TargetPrefixes: []string{"secretsmanager"},
	}
}

func scopeOf(ctx context.Context) arn.Scope {
	c := wire.CallerFrom(ctx)
	return arn.Scope{Account: c.Account, Region: c.Region}
}

// find finds a secret by name, ARN or partial ARN. A secret whose recovery window
// is over does not exist any more.
func (s *Service) find(ctx context.Context, tx *store.Tx, id *string) (*secret.Secret, error) {
	if aws.ToString(id) == "" {
		return nil, invalidParameter("You must provide a value for the SecretId parameter.")
	}
	found, ok := secret.FindSecret(tx, scopeOf(ctx), *id)
	if !ok || s.purged(found) {
		return nil, wire.Errorf("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
	}
	return found, nil
}

func (s *Service) purged(x *secret.Secret) bool {
	return !x.Purge.IsZero() && !s.now().Before(x.Purge)
}

// view reads a secret; marked says that one marked for deletion will do.
func (s *Service) view(ctx context.Context, id *string, marked bool) (found *secret.Secret, err error) {
	s.store.View(func(tx *store.Tx) { found, err = s.find(ctx, tx, id) })
	if err == nil && !marked {
		err = notMarked(found)
	}
	return found, err
}

// change writes a changed copy of a secret that is not marked for deletion.
func (s *Service) change(ctx context.Context, id *string, fn func(*secret.Secret) error) error {
	return s.store.Update(func(tx *store.Tx) error {
		found, err := s.find(ctx, tx, id)
		if err == nil {
			err = notMarked(found)
		}
		if err != nil {
			return err
		}
		next := found.Clone()
		if err := fn(next); err != nil {
			return err
		}
		secret.PutSecret(tx, next)
		return nil
	})
}

func notMarked(x *secret.Secret) error {
	if x.Deleted.IsZero() {
		return nil
	}
	return invalidRequest("You can't perform this operation on the secret because it was marked for deletion.")
}

func invalidRequest(format string, args ...any) error {
	return wire.Errorf("InvalidRequestException", format, args...)
}

func invalidParameter(format string, args ...any) error {
	return wire.Errorf("InvalidParameterException", format, args...)
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func optionalTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
