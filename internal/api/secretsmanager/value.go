package secretsmanager

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/grue-ecs/grue/internal/secret"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// maxStages a version may have.
const maxStages = 20

// GetSecretValue reads a version, the current one by default.
func (s *Service) GetSecretValue(ctx context.Context, in *sm.GetSecretValueInput) (*sm.GetSecretValueOutput, error) {
	x, err := s.view(ctx, in.SecretId, false)
	if err != nil {
		return nil, err
	}
	id, stage := aws.ToString(in.VersionId), aws.ToString(in.VersionStage)
	v, ok := x.Version(id, stage)
	if !ok {
		if _, exists := x.Version(id, ""); id != "" && stage != "" && exists {
			return nil, invalidRequest("You provided a VersionStage that is not associated to the provided VersionId.")
		}
		if id != "" {
			return nil, wire.Errorf("ResourceNotFoundException", "Secrets Manager can't find the specified secret value for VersionId: %s", id)
		}
		if stage == "" {
			stage = secret.StageCurrent
		}
		return nil, wire.Errorf("ResourceNotFoundException", "Secrets Manager can't find the specified secret value for staging label: %s", stage)
	}
	value, err := s.vault.SecretValue(x, v)
	if err != nil {
		return nil, wire.Errorf("DecryptionFailure", "%s", err)
	}
	s.touch(x)
	out := &sm.GetSecretValueOutput{
		ARN: aws.String(x.ARN()), Name: &x.Name, VersionId: &v.ID, VersionStages: v.Stages, CreatedDate: &v.Created,
	}
	if v.Binary {
		out.SecretBinary = value
	} else {
		out.SecretString = aws.String(string(value))
	}
	return out, nil
}

// touch notes the day of an access, at most once a day.
func (s *Service) touch(x *secret.Secret) {
	today := s.now().Truncate(24 * time.Hour)
	if x.Accessed.Equal(today) {
		return
	}
	// A date that is lost with the disk is no reason to fail a read.
	_ = s.store.Update(func(tx *store.Tx) error {
		if now, ok := secret.GetSecret(tx, x.Scope, x.Name); ok && now.Suffix == x.Suffix {
			next := *now
			next.Accessed = today
			secret.PutSecret(tx, &next)
		}
		return nil
	})
}

// BatchGetSecretValue reads the current values of up to twenty secrets, by a list
// of ids or by filters.
func (s *Service) BatchGetSecretValue(ctx context.Context, in *sm.BatchGetSecretValueInput) (*sm.BatchGetSecretValueOutput, error) {
	ids := in.SecretIdList
	out := &sm.BatchGetSecretValueOutput{SecretValues: []types.SecretValueEntry{}, Errors: []types.APIErrorType{}}
	switch {
	case len(ids) > 0 && len(in.Filters) > 0, len(ids) == 0 && len(in.Filters) == 0:
		return nil, invalidParameter("Either 'SecretIdList' or 'Filters' must be provided, but not both.")
	case len(ids) > 20:
		return nil, invalidParameter("SecretIdList may hold 20 secrets.")
	case len(in.Filters) > 0:
		page, err := s.ListSecrets(ctx, &sm.ListSecretsInput{Filters: in.Filters, MaxResults: firstOf(in.MaxResults, 20), NextToken: in.NextToken})
		if err != nil {
			return nil, err
		}
		out.NextToken = page.NextToken
		for _, x := range page.SecretList {
			ids = append(ids, *x.ARN)
		}
	}
	for _, id := range ids {
		v, err := s.GetSecretValue(ctx, &sm.GetSecretValueInput{SecretId: &id})
		if err != nil {
			out.Errors = append(out.Errors, apiError(id, err))
			continue
		}
		out.SecretValues = append(out.SecretValues, types.SecretValueEntry{
			ARN: v.ARN, Name: v.Name, VersionId: v.VersionId, VersionStages: v.VersionStages,
			CreatedDate: v.CreatedDate, SecretString: v.SecretString, SecretBinary: v.SecretBinary,
		})
	}
	return out, nil
}

// PutSecretValue adds a version; without stages it becomes the current one.
func (s *Service) PutSecretValue(ctx context.Context, in *sm.PutSecretValueInput) (*sm.PutSecretValueOutput, error) {
	value, binary, given, err := valueOf(in.SecretString, in.SecretBinary)
	if err == nil && !given {
		err = invalidRequest("You must provide either SecretString or SecretBinary.")
	}
	if err != nil {
		return nil, err
	}
	stages := in.VersionStages
	if len(stages) == 0 {
		stages = []string{secret.StageCurrent}
	}
	if len(stages) > maxStages || slices.Contains(stages, "") {
		return nil, invalidParameter("VersionStages must hold 1 to 20 staging labels.")
	}
	id := tokenOf(in.ClientRequestToken)
	var out *sm.PutSecretValueOutput
	err = s.change(ctx, in.SecretId, func(x *secret.Secret) error {
		if err := s.add(x, id, value, binary, stages); err != nil {
			return err
		}
		v, _ := x.Version(id, "")
		out = &sm.PutSecretValueOutput{ARN: aws.String(x.ARN()), Name: &x.Name, VersionId: &id, VersionStages: v.Stages}
		return nil
	})
	return out, err
}
