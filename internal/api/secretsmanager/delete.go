package secretsmanager

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/grue-ecs/grue/internal/secret"
	"github.com/grue-ecs/grue/internal/store"
)

const defaultWindow = 30 // days

// DeleteSecret marks a secret for deletion, or deletes it at once.
func (s *Service) DeleteSecret(ctx context.Context, in *sm.DeleteSecretInput) (*sm.DeleteSecretOutput, error) {
	force := aws.ToBool(in.ForceDeleteWithoutRecovery)
	days := int64(defaultWindow)
	if in.RecoveryWindowInDays != nil {
		if days = *in.RecoveryWindowInDays; force {
			return nil, invalidParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
		}
		if days < 7 || days > 30 {
			return nil, invalidParameter("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).")
		}
	}
	var out *sm.DeleteSecretOutput
	err := s.store.Update(func(tx *store.Tx) error {
		x, err := s.find(ctx, tx, in.SecretId)
		if err != nil {
			if force { // AWS answers as if it had been there
				now := s.now()
				out = &sm.DeleteSecretOutput{Name: in.SecretId, ARN: in.SecretId, DeletionDate: &now}
				return nil
			}
			return err
		}
		now := s.now()
		out = &sm.DeleteSecretOutput{ARN: aws.String(x.ARN()), Name: &x.Name, DeletionDate: &now}
		if force {
			secret.DeleteSecret(tx, x)
			return nil
		}
		if err := notMarked(x); err != nil {
			return err
		}
		next := x.Clone()
		next.Deleted, next.Purge = now, now.Add(time.Duration(days)*24*time.Hour)
		out.DeletionDate = &next.Purge
		secret.PutSecret(tx, next)
		return nil
	})
	return out, err
}

// RestoreSecret takes a mark for deletion back.
func (s *Service) RestoreSecret(ctx context.Context, in *sm.RestoreSecretInput) (*sm.RestoreSecretOutput, error) {
	var out *sm.RestoreSecretOutput
	err := s.store.Update(func(tx *store.Tx) error {
		x, err := s.find(ctx, tx, in.SecretId)
		if err != nil {
			return err
		}
		next := x.Clone()
		next.Deleted, next.Purge = time.Time{}, time.Time{}
		secret.PutSecret(tx, next)
		out = &sm.RestoreSecretOutput{ARN: aws.String(x.ARN()), Name: &x.Name}
		return nil
	})
	return out, err
}

// purge deletes the secrets of a scope whose recovery window is over.
func (s *Service) purge(over []*secret.Secret) error {
	if len(over) == 0 {
		return nil
	}
	return s.store.Update(func(tx *store.Tx) error {
		for _, x := range over {
			if now, ok := secret.GetSecret(tx, x.Scope, x.Name); ok && s.purged(now) {
				secret.DeleteSecret(tx, now)
			}
		}
		return nil
	})
}
