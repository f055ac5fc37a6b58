package ecr

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/grue-ecs/grue/internal/image/registry"
)

// PutImageTagMutability changes whether tags of a repository may move.
func (s *Service) PutImageTagMutability(ctx context.Context, in *ecr.PutImageTagMutabilityInput) (*ecr.PutImageTagMutabilityOutput, error) {
	name, err := named(in.RepositoryName)
	if err != nil {
		return nil, err
	}
	scope := scopeOf(ctx, in.RegistryId)
	var next registry.Repository
	err = s.registry.UpdateRepository(scope, name, func(repo *registry.Repository) error {
		if err := setMutability(repo, in.ImageTagMutability, in.ImageTagMutabilityExclusionFilters); err != nil {
			return err
		}
		next = *repo
		return nil
	})
	if err != nil {
		return nil, asAWS(err)
	}
	return &ecr.PutImageTagMutabilityOutput{
		RegistryId: aws.String(scope.Account), RepositoryName: in.RepositoryName,
		ImageTagMutability: in.ImageTagMutability, ImageTagMutabilityExclusionFilters: exclusions(&next),
	}, nil
}

var filterRule = regexp.MustCompile(`^[0-9a-zA-Z._*-]{1,128}$`)

// Limits of ECR for exclusion filters.
const (
	maxFilters   = 5
	maxWildcards = 2 // in one filter
)

func setMutability(repo *registry.Repository, m types.ImageTagMutability, filters []types.ImageTagMutabilityExclusionFilter) error {
	if m == "" {
		m = types.ImageTagMutabilityMutable
	}
	if !slices.Contains(m.Values(), m) {
		return invalid("imageTagMutability", "Member must satisfy enum value set: [MUTABLE, IMMUTABLE, IMMUTABLE_WITH_EXCLUSION, MUTABLE_WITH_EXCLUSION]")
	}
	excluding := strings.HasSuffix(string(m), "_WITH_EXCLUSION")
	if excluding != (len(filters) > 0) {
		return invalid("imageTagMutabilityExclusionFilters", "filters must be specified with IMMUTABLE_WITH_EXCLUSION and MUTABLE_WITH_EXCLUSION, and only with these")
	}
	if len(filters) > maxFilters {
		return invalid("imageTagMutabilityExclusionFilters", "Member must have length less than or equal to 5")
	}
	repo.Mutability, repo.Exclusions = string(m), nil
	for _, f := range filters {
		filter := aws.ToString(f.Filter)
		if f.FilterType != types.ImageTagMutabilityExclusionFilterTypeWildcard {
			return invalid("filterType", "Member must satisfy enum value set: [WILDCARD]")
		}
		if !filterRule.MatchString(filter) || strings.Count(filter, "*") > maxWildcards {
			return invalid("filter", "Member must satisfy regular expression pattern: ^[0-9a-zA-Z._*-]{1,128}$ and hold at most 2 wildcards")
		}
		repo.Exclusions = append(repo.Exclusions, filter)
	}
	return nil
}

func exclusions(repo *registry.Repository) (filters []types.ImageTagMutabilityExclusionFilter) {
	for _, f := range repo.Exclusions {
		filters = append(filters, types.ImageTagMutabilityExclusionFilter{
			Filter: aws.String(f), FilterType: types.ImageTagMutabilityExclusionFilterTypeWildcard,
		})
	}
	return filters
}

// PutImageScanningConfiguration records whether images are to be scanned.
func (s *Service) PutImageScanningConfiguration(ctx context.Context, in *ecr.PutImageScanningConfigurationInput) (*ecr.PutImageScanningConfigurationOutput, error) {
	name, err := named(in.RepositoryName)
	if err != nil {
		return nil, err
	}
	if in.ImageScanningConfiguration == nil {
		return nil, invalid("imageScanningConfiguration", "Member must not be null")
	}
	scope := scopeOf(ctx, in.RegistryId)
	err = s.registry.UpdateRepository(scope, name, func(repo *registry.Repository) error {
		repo.ScanOnPush = in.ImageScanningConfiguration.ScanOnPush
		return nil
	})
	if err != nil {
		return nil, asAWS(err)
	}
	return &ecr.PutImageScanningConfigurationOutput{
		RegistryId: aws.String(scope.Account), RepositoryName: in.RepositoryName,
		ImageScanningConfiguration: in.ImageScanningConfiguration,
	}, nil
}
