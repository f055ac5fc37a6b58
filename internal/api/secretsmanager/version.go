package secretsmanager

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/grue-ecs/grue/internal/secret"
	"github.com/grue-ecs/grue/internal/wire"
)

// ListSecretVersionIds lists the versions of a secret.
func (s *Service) ListSecretVersionIds(ctx context.Context, in *sm.ListSecretVersionIdsInput) (*sm.ListSecretVersionIdsOutput, error) {
	x, err := s.view(ctx, in.SecretId, true)
	if err != nil {
		return nil, err
	}
	var found []secret.SecretVersion
	for _, v := range x.Versions {
		if len(v.Stages) > 0 || aws.ToBool(in.IncludeDeprecated) {
			found = append(found, v)
		}
	}
	page, next, err := wire.Page(found, in.NextToken, int(aws.ToInt32(in.MaxResults)), 100, 100)
	if err != nil {
		return nil, wire.Recode(err, "InvalidNextTokenException")
	}
	out := &sm.ListSecretVersionIdsOutput{ARN: aws.String(x.ARN()), Name: &x.Name, NextToken: next, Versions: []types.SecretVersionsListEntry{}}
	for _, v := range page {
		out.Versions = append(out.Versions, types.SecretVersionsListEntry{
			VersionId: &v.ID, VersionStages: v.Stages, CreatedDate: &v.Created, KmsKeyIds: []string{"DefaultEncryptionKey"},
		})
	}
	return out, nil
}

// UpdateSecretVersionStage moves a stage from one version to another.
func (s *Service) UpdateSecretVersionStage(ctx context.Context, in *sm.UpdateSecretVersionStageInput) (*sm.UpdateSecretVersionStageOutput, error) {
	stage, to, from := aws.ToString(in.VersionStage), aws.ToString(in.MoveToVersionId), aws.ToString(in.RemoveFromVersionId)
	if stage == "" {
		return nil, invalidParameter("You must provide a value for the VersionStage parameter.")
	}
	var out *sm.UpdateSecretVersionStageOutput
	err := s.change(ctx, in.SecretId, func(x *secret.Secret) error {
		out = &sm.UpdateSecretVersionStageOutput{ARN: aws.String(x.ARN()), Name: &x.Name}
		return moveStage(x, stage, from, to)
	})
	return out, err
}

func moveStage(x *secret.Secret, stage, from, to string) error {
	for _, id := range []string{from, to} {
		if _, ok := x.Version(id, ""); id != "" && !ok {
			return wire.Errorf("ResourceNotFoundException", "Secrets Manager can't find the specified secret version: %s", id)
		}
	}
	var holder string
	for _, v := range x.Versions {
		if slices.Contains(v.Stages, stage) {
			holder = v.ID
		}
	}
	switch {
	case from == "" && to == "":
		return invalidParameter("You must provide MoveToVersionId, RemoveFromVersionId, or both.")
	case stage == secret.StageCurrent && to == "":
		return invalidParameter("You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.")
	case to != "" && holder != "" && holder != to && from != holder:
		return invalidParameter("The parameter RemoveFromVersionId can't be empty. Staging label %s is currently attached to version %s, so you must explicitly reference that version in RemoveFromVersionId.", stage, holder)
	case from != "" && from != holder:
		return invalidParameter("The staging label %s is not attached to version %s.", stage, from)
	case to != "":
		x.Move(stage, to)
	default:
		for i := range x.Versions {
			v := &x.Versions[i]
			v.Stages = slices.DeleteFunc(v.Stages, func(t string) bool { return t == stage && v.ID == from })
		}
	}
	return nil
}
