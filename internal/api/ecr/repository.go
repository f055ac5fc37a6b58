package ecr

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/image/registry"
	"github.com/grue-ecs/grue/internal/wire"
)

// CreateRepository creates a repository.
func (s *Service) CreateRepository(ctx context.Context, in *ecr.CreateRepositoryInput) (*ecr.CreateRepositoryOutput, error) {
	name, err := named(in.RepositoryName)
	if err != nil {
		return nil, err
	}
	scope := scopeOf(ctx, in.RegistryId)
	repo := registry.Repository{Name: name, CreatedAt: s.now().UTC()}
	if err := setMutability(&repo, in.ImageTagMutability, in.ImageTagMutabilityExclusionFilters); err != nil {
		return nil, err
	}
	if in.ImageScanningConfiguration != nil {
		repo.ScanOnPush = in.ImageScanningConfiguration.ScanOnPush
	}
	if err := setEncryption(scope, &repo, in.EncryptionConfiguration); err != nil {
		return nil, err
	}
	if repo.Tags, err = merge(nil, in.Tags); err != nil {
		return nil, err
	}
	if err := s.registry.CreateRepository(scope, repo); err != nil {
		return nil, asAWS(err)
	}
	made, err := s.registry.Repository(scope, name)
	if err != nil {
		return nil, asAWS(err)
	}
	return &ecr.CreateRepositoryOutput{Repository: describe(scope, made)}, nil
}

func setEncryption(scope arn.Scope, repo *registry.Repository, c *types.EncryptionConfiguration) error {
	if c == nil {
		return nil
	}
	if !slices.Contains(c.EncryptionType.Values(), c.EncryptionType) {
		return invalid("encryptionType", "Member must satisfy enum value set: [AES256, KMS, KMS_DSSE]")
	}
	repo.Encryption, repo.KMSKey = string(c.EncryptionType), aws.ToString(c.KmsKey)
	switch {
	case c.EncryptionType == types.EncryptionTypeAes256 && repo.KMSKey != "":
		return invalid("encryptionConfiguration", "kmsKey must not be specified when encryptionType is AES256")
	case c.EncryptionType != types.EncryptionTypeAes256 && repo.KMSKey == "":
		repo.KMSKey = arn.Make("kms", scope.Region, scope.Account, "alias/aws/ecr")
	}
	return nil
}

// describe shows a repository as ECR does.
func describe(s arn.Scope, repo *registry.Repository) *types.Repository {
	r := &types.Repository{
		CreatedAt:                          aws.Time(repo.CreatedAt),
		EncryptionConfiguration:            &types.EncryptionConfiguration{EncryptionType: types.EncryptionType(repo.Encryption)},
		ImageScanningConfiguration:         &types.ImageScanningConfiguration{ScanOnPush: repo.ScanOnPush},
		ImageTagMutability:                 types.ImageTagMutability(repo.Mutability),
		ImageTagMutabilityExclusionFilters: exclusions(repo),
		RegistryId:                         aws.String(s.Account),
		RepositoryArn:                      aws.String(registry.ARN(s, repo.Name)),
		RepositoryName:                     aws.String(repo.Name),
		RepositoryUri:                      aws.String(registry.URI(s, repo.Name)),
	}
	if repo.KMSKey != "" {
		r.EncryptionConfiguration.KmsKey = aws.String(repo.KMSKey)
	}
	return r
}

// DescribeRepositories lists repositories, all or those named.
func (s *Service) DescribeRepositories(ctx context.Context, in *ecr.DescribeRepositoriesInput) (*ecr.DescribeRepositoriesOutput, error) {
	scope := scopeOf(ctx, in.RegistryId)
	out := &ecr.DescribeRepositoriesOutput{Repositories: []types.Repository{}}
	if len(in.RepositoryNames) > 0 {
		if in.NextToken != nil || in.MaxResults != nil {
			return nil, invalid("repositoryNames", "nextToken and maxResults must not be specified with repositoryNames")
		}
		for _, name := range in.RepositoryNames {
			repo, err := s.registry.Repository(scope, name)
			if err != nil {
				return nil, asAWS(err)
			}
			out.Repositories = append(out.Repositories, *describe(scope, repo))
		}
		return out, nil
	}
	key := func(r *registry.Repository) string { return r.Name }
	page, next, err := wire.PageBy(s.registry.Repositories(scope), key, in.NextToken, int(aws.ToInt32(in.MaxResults)), 100, 1000)
	if err != nil {
		return nil, err
	}
	for _, repo := range page {
		out.Repositories = append(out.Repositories, *describe(scope, repo))
	}
	out.NextToken = next
	return out, nil
}

// DeleteRepository deletes a repository; one with images only by force.
func (s *Service) DeleteRepository(ctx context.Context, in *ecr.DeleteRepositoryInput) (*ecr.DeleteRepositoryOutput, error) {
	name, err := named(in.RepositoryName)
	if err != nil {
		return nil, err
	}
	scope := scopeOf(ctx, in.RegistryId)
	gone, err := s.registry.DeleteRepository(scope, name, in.Force)
	if err != nil {
		return nil, asAWS(err)
	}
	return &ecr.DeleteRepositoryOutput{Repository: describe(scope, gone)}, nil
}

// DescribeRegistry tells the id of the caller's registry; it has no replication.
func (s *Service) DescribeRegistry(ctx context.Context, _ *ecr.DescribeRegistryInput) (*ecr.DescribeRegistryOutput, error) {
	return &ecr.DescribeRegistryOutput{
		RegistryId:               aws.String(scopeOf(ctx, nil).Account),
		ReplicationConfiguration: &types.ReplicationConfiguration{Rules: []types.ReplicationRule{}},
	}, nil
}
