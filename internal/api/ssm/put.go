package ssm

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/grue-ecs/grue/internal/secret"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// PutParameter creates a parameter, or with Overwrite adds a version to it.
func (s *Service) PutParameter(ctx context.Context, in *ssm.PutParameterInput) (*ssm.PutParameterOutput, error) {
	var out *ssm.PutParameterOutput
	err := s.store.Update(func(tx *store.Tx) (err error) {
		out, err = s.Put(ctx, tx, in)
		return err
	})
	return out, err
}

// Put is PutParameter inside a transaction.
func (s *Service) Put(ctx context.Context, tx *store.Tx, in *ssm.PutParameterInput) (*ssm.PutParameterOutput, error) {
	name := aws.ToString(in.Name)
	scope := scopeOf(ctx)
	if err := checkNewName(scope, name); err != nil {
		return nil, err
	}
	old, exists := secret.GetParameter(tx, scope, name)
	if exists && !aws.ToBool(in.Overwrite) {
		return nil, wire.Errorf("ParameterAlreadyExists", "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.")
	}
	next, err := s.next(ctx, in, old)
	if err != nil {
		return nil, err
	}
	secret.PutParameter(tx, next)
	operation := "Create"
	if exists {
		operation = "Update"
	}
	emit(tx, next, operation)
	return &ssm.PutParameterOutput{Version: next.Latest().Version, Tier: types.ParameterTier(next.Latest().Tier)}, nil
}

// next is the parameter with the version that in asks for; old is nil for a new
// one.
func (s *Service) next(ctx context.Context, in *ssm.PutParameterInput, old *secret.Parameter) (*secret.Parameter, error) {
	kind, err := checkType(in.Type, old)
	if err != nil {
		return nil, err
	}
	tier, err := tierOf(in, old)
	if err != nil {
		return nil, err
	}
	if err := checkValue(in, tier); err != nil {
		return nil, err
	}
	dataType, err := checkDataType(aws.ToString(in.DataType))
	if err != nil {
		return nil, err
	}
	p := &secret.Parameter{Scope: scopeOf(ctx), Name: *in.Name, Type: kind, Tags: map[string]string{}}
	v := secret.ParameterVersion{
		Version: 1, KeyID: aws.ToString(in.KeyId), Description: aws.ToString(in.Description),
		Pattern: aws.ToString(in.AllowedPattern), Tier: string(tier), DataType: dataType,
		Policies: aws.ToString(in.Policies), By: wire.CallerFrom(ctx).ARN, At: s.now().UTC(),
	}
	if old != nil {
		if len(in.Tags) > 0 {
			return nil, invalid("Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.")
		}
		p = old.Clone()
		v.Version = old.Latest().Version + 1
		if in.Description == nil {
			v.Description = old.Latest().Description
		}
		if err := dropOldest(p); err != nil {
			return nil, err
		}
	}
	if err := addTags(p, in.Tags); err != nil {
		return nil, err
	}
	if p.Type == string(types.ParameterTypeSecureString) {
		if v.KeyID == "" {
			v.KeyID = "alias/aws/ssm"
		}
		v.Sealed = s.vault.SealParameter(p, v.Version, *in.Value)
	} else {
		v.Value = *in.Value
	}
	p.Versions = append(p.Versions, v)
	return p, nil
}

// dropOldest makes room: a parameter keeps its last 100 versions, and a labelled
// one is not dropped.
func dropOldest(p *secret.Parameter) error {
	if len(p.Versions) < maxVersions {
		return nil
	}
	if oldest := p.Versions[0]; len(oldest.Labels) > 0 {
		return wire.Errorf("ParameterMaxVersionLimitExceeded", "You attempted to create a new version of %s by calling the PutParameter API with the overwrite flag. Version %d, the oldest version, can't be deleted because it has a label associated with it. Move the label to another version of the parameter, and try again.", p.Name, oldest.Version)
	}
	p.Versions = p.Versions[1:]
	return nil
}
