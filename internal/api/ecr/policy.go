package ecr

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/image/registry"
	"github.com/grue-ecs/grue/internal/wire"
)

const maxPolicy, maxLifecycle = 10240, 30720

// SetRepositoryPolicy keeps the policy of a repository.
func (s *Service) SetRepositoryPolicy(ctx context.Context, in *ecr.SetRepositoryPolicyInput) (*ecr.SetRepositoryPolicyOutput, error) {
	scope, name, err := s.target(ctx, in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	var doc struct {
		Statement json.RawMessage
	}
	text := aws.ToString(in.PolicyText)
	if len(text) > maxPolicy || json.Unmarshal([]byte(text), &doc) != nil || doc.Statement == nil {
		return nil, invalid("PolicyText", "Invalid repository policy provided")
	}
	err = s.registry.UpdateRepository(scope, name, func(r *registry.Repository) error {
		r.Policy = text
		return nil
	})
	if err != nil {
		return nil, asAWS(err)
	}
	return &ecr.SetRepositoryPolicyOutput{PolicyText: &text, RegistryId: &scope.Account, RepositoryName: &name}, nil
}

// GetRepositoryPolicy returns the policy of a repository.
func (s *Service) GetRepositoryPolicy(ctx context.Context, in *ecr.GetRepositoryPolicyInput) (*ecr.GetRepositoryPolicyOutput, error) {
	scope, name, err := s.target(ctx, in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	repo, err := s.registry.Repository(scope, name)
	if err != nil {
		return nil, asAWS(err)
	}
	if repo.Policy == "" {
		return nil, noPolicy(scope, name)
	}
	return &ecr.GetRepositoryPolicyOutput{PolicyText: &repo.Policy, RegistryId: &scope.Account, RepositoryName: &name}, nil
}

// DeleteRepositoryPolicy removes the policy of a repository.
func (s *Service) DeleteRepositoryPolicy(ctx context.Context, in *ecr.DeleteRepositoryPolicyInput) (*ecr.DeleteRepositoryPolicyOutput, error) {
	scope, name, err := s.target(ctx, in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	var old string
	err = s.registry.UpdateRepository(scope, name, func(r *registry.Repository) error {
		if old = r.Policy; old == "" {
			return noPolicy(scope, name)
		}
		r.Policy = ""
		return nil
	})
	if err != nil {
		return nil, asAWS(err)
	}
	return &ecr.DeleteRepositoryPolicyOutput{PolicyText: &old, RegistryId: &scope.Account, RepositoryName: &name}, nil
}

func noPolicy(s arn.Scope, name string) error {
	return wire.Errorf("RepositoryPolicyNotFoundException", "Repository policy does not exist for the repository with name '%s' in the registry with id '%s'", name, s.Account)
}

// PutLifecyclePolicy sets the rules by which images expire.
func (s *Service) PutLifecyclePolicy(ctx context.Context, in *ecr.PutLifecyclePolicyInput) (*ecr.PutLifecyclePolicyOutput, error) {
	scope, name, err := s.target(ctx, in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	text := aws.ToString(in.LifecyclePolicyText)
	if len(text) > maxLifecycle {
		return nil, invalid("LifecyclePolicyText", "Member must have length less than or equal to 30720")
	}
	if _, err := registry.ParseLifecycle(text); err != nil {
		return nil, asAWS(err)
	}
	err = s.registry.UpdateRepository(scope, name, func(r *registry.Repository) error {
		r.Lifecycle = text
		return nil
	})
	if err != nil {
		return nil, asAWS(err)
	}
	return &ecr.PutLifecyclePolicyOutput{LifecyclePolicyText: &text, RegistryId: &scope.Account, RepositoryName: &name}, nil
}

// GetLifecyclePolicy returns the lifecycle policy of a repository.
func (s *Service) GetLifecyclePolicy(ctx context.Context, in *ecr.GetLifecyclePolicyInput) (*ecr.GetLifecyclePolicyOutput, error) {
	scope, name, err := s.target(ctx, in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	repo, err := s.registry.Repository(scope, name)
	if err != nil {
		return nil, asAWS(err)
	}
	if repo.Lifecycle == "" {
		return nil, noLifecycle(scope, name)
	}
	out := &ecr.GetLifecyclePolicyOutput{LifecyclePolicyText: &repo.Lifecycle, RegistryId: &scope.Account, RepositoryName: &name}
	if !repo.LifecycleRun.IsZero() {
		out.LastEvaluatedAt = &repo.LifecycleRun
	}
	return out, nil
}

// DeleteLifecyclePolicy removes the lifecycle policy of a repository.
func (s *Service) DeleteLifecyclePolicy(ctx context.Context, in *ecr.DeleteLifecyclePolicyInput) (*ecr.DeleteLifecyclePolicyOutput, error) {
	scope, name, err := s.target(ctx, in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	out := &ecr.DeleteLifecyclePolicyOutput{RegistryId: &scope.Account, RepositoryName: &name}
	err = s.registry.UpdateRepository(scope, name, func(r *registry.Repository) error {
		if r.Lifecycle == "" {
			return noLifecycle(scope, name)
		}
		out.LifecyclePolicyText = aws.String(r.Lifecycle)
		if !r.LifecycleRun.IsZero() {
			out.LastEvaluatedAt = aws.Time(r.LifecycleRun)
		}
		r.Lifecycle = ""
		return nil
	})
	if err != nil {
		return nil, asAWS(err)
	}
	return out, nil
}

func noLifecycle(s arn.Scope, name string) error {
	return wire.Errorf("LifecyclePolicyNotFoundException", "Lifecycle policy does not exist for the repository with name '%s' in the registry with id '%s'", name, s.Account)
}

// target is registry and name of the repository that a request is about.
func (s *Service) target(ctx context.Context, registryID, repository *string) (arn.Scope, string, error) {
	name, err := named(repository)
	return scopeOf(ctx, registryID), name, err
}
