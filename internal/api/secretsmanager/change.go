package secretsmanager

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/grue-ecs/grue/internal/secret"
	"github.com/grue-ecs/grue/internal/wire"
)

// UpdateSecret changes what is said of a secret, and its value if one is given.
func (s *Service) UpdateSecret(ctx context.Context, in *sm.UpdateSecretInput) (*sm.UpdateSecretOutput, error) {
	value, binary, given, err := valueOf(in.SecretString, in.SecretBinary)
	if err != nil {
		return nil, err
	}
	var out *sm.UpdateSecretOutput
	err = s.change(ctx, in.SecretId, func(x *secret.Secret) error {
		out = &sm.UpdateSecretOutput{ARN: aws.String(x.ARN()), Name: &x.Name}
		if in.Description != nil {
			x.Description = *in.Description
		}
		if in.KmsKeyId != nil {
			x.KMSKey = *in.KmsKeyId
		}
		if in.Type != nil {
			x.Type = *in.Type
		}
		x.Changed = s.now()
		if !given {
			return nil
		}
		id := tokenOf(in.ClientRequestToken)
		out.VersionId = &id
		return s.add(x, id, value, binary, []string{secret.StageCurrent})
	})
	return out, err
}

// DescribeSecret tells everything but the value.
func (s *Service) DescribeSecret(ctx context.Context, in *sm.DescribeSecretInput) (*sm.DescribeSecretOutput, error) {
	x, err := s.view(ctx, in.SecretId, true)
	if err != nil {
		return nil, err
	}
	return &sm.DescribeSecretOutput{
		ARN: aws.String(x.ARN()), Name: &x.Name, Description: optional(x.Description), KmsKeyId: optional(x.KMSKey),
		Type: optional(x.Type), CreatedDate: &x.Created, LastChangedDate: &x.Changed,
		LastAccessedDate: optionalTime(x.Accessed), DeletedDate: optionalTime(x.Deleted),
		Tags: tagsOf(x), VersionIdsToStages: stagesOf(x),
	}, nil
}

// stagesOf lists the versions that have a stage.
func stagesOf(x *secret.Secret) map[string][]string {
	out := map[string][]string{}
	for _, v := range x.Versions {
		if len(v.Stages) > 0 {
			out[v.ID] = v.Stages
		}
	}
	return out
}

func firstOf(n *int32, deflt int32) *int32 {
	if n == nil {
		return &deflt
	}
	return n
}

func apiError(id string, err error) types.APIErrorType {
	out := types.APIErrorType{SecretId: &id, ErrorCode: aws.String("InternalServiceError"), Message: aws.String(err.Error())}
	var e *wire.Error
	if errors.As(err, &e) {
		out.ErrorCode, out.Message = &e.Code, &e.Message
	}
	return out
}
