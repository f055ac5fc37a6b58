package ecr

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/image/registry"
)

const maxBatch = 100

// reference turns an image id into what the registry looks up: the tag where
// there is one, for it has to match the digest.
func reference(id types.ImageIdentifier) (registry.Reference, *types.ImageFailure) {
	var ref registry.Reference
	if id.ImageTag == nil && id.ImageDigest == nil {
		return ref, failed(id, types.ImageFailureCodeMissingDigestAndTag, "Invalid request parameters: both tag and digest cannot be null")
	}
	if id.ImageDigest != nil {
		d, err := registry.CheckDigest(*id.ImageDigest)
		if err != nil {
			return ref, failed(id, types.ImageFailureCodeInvalidImageDigest, "Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'")
		}
		ref.Digest = d
	}
	if id.ImageTag != nil {
		if registry.CheckTag(*id.ImageTag) != nil {
			return ref, failed(id, types.ImageFailureCodeInvalidImageTag, "Invalid request parameters: image tag should satisfy the regex '[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}'")
		}
		ref = registry.Reference{Tag: *id.ImageTag}
	}
	return ref, nil
}

func failed(id types.ImageIdentifier, code types.ImageFailureCode, reason string) *types.ImageFailure {
	return &types.ImageFailure{FailureCode: code, FailureReason: aws.String(reason), ImageId: &id}
}

// lookup finds the image of an id, or says how it fails; err is for problems of
// the whole request.
func (s *Service) lookup(scope arn.Scope, name string, id types.ImageIdentifier) (*registry.Image, registry.Reference, *types.ImageFailure, error) {
	ref, failure := reference(id)
	if failure != nil {
		return nil, ref, failure, nil
	}
	img, err := s.registry.Image(scope, name, ref)
	if isKind(err, registry.ImageNotFound) {
		return nil, ref, failed(id, types.ImageFailureCodeImageNotFound, "Requested image not found"), nil
	}
	if err == nil && id.ImageDigest != nil && string(img.Digest) != *id.ImageDigest {
		return nil, ref, failed(id, types.ImageFailureCodeImageTagDoesNotMatchDigest, "Requested image tag does not match the digest"), nil
	}
	return img, ref, nil, asAWS(err)
}

// BatchGetImage returns manifests.
func (s *Service) BatchGetImage(ctx context.Context, in *ecr.BatchGetImageInput) (*ecr.BatchGetImageOutput, error) {
	scope, name, err := s.batch(ctx, in.RegistryId, in.RepositoryName, len(in.ImageIds))
	if err != nil {
		return nil, err
	}
	out := &ecr.BatchGetImageOutput{Images: []types.Image{}, Failures: []types.ImageFailure{}}
	for _, id := range in.ImageIds {
		img, _, failure, err := s.lookup(scope, name, id)
		if err != nil {
			return nil, err
		}
		if failure == nil && len(in.AcceptedMediaTypes) > 0 && !slices.Contains(in.AcceptedMediaTypes, img.MediaType) {
			failure = failed(id, types.ImageFailureCodeImageNotFound, "The image's media type "+img.MediaType+" is not among the accepted ones")
		}
		if failure != nil {
			out.Failures = append(out.Failures, *failure)
			continue
		}
		_, body, err := s.registry.Manifest(scope, name, registry.Reference{Digest: img.Digest})
		if err != nil {
			return nil, asAWS(err)
		}
		s.registry.Pulled(scope, name, img)
		out.Images = append(out.Images, types.Image{
			ImageId:       &types.ImageIdentifier{ImageDigest: aws.String(string(img.Digest)), ImageTag: id.ImageTag},
			ImageManifest: aws.String(string(body)), ImageManifestMediaType: aws.String(img.MediaType),
			RegistryId: aws.String(scope.Account), RepositoryName: aws.String(name),
		})
	}
	return out, nil
}

// BatchDeleteImage deletes tags, and by digest images with all their tags. An
// image goes with its last tag.
func (s *Service) BatchDeleteImage(ctx context.Context, in *ecr.BatchDeleteImageInput) (*ecr.BatchDeleteImageOutput, error) {
	scope, name, err := s.batch(ctx, in.RegistryId, in.RepositoryName, len(in.ImageIds))
	if err != nil {
		return nil, err
	}
	out := &ecr.BatchDeleteImageOutput{ImageIds: []types.ImageIdentifier{}, Failures: []types.ImageFailure{}}
	for _, id := range in.ImageIds {
		_, ref, failure, err := s.lookup(scope, name, id)
		if err != nil {
			return nil, err
		}
		var gone *registry.Image
		if failure == nil {
			gone, failure, err = s.remove(scope, name, ref, id)
		}
		if err != nil {
			return nil, err
		}
		if failure != nil {
			out.Failures = append(out.Failures, *failure)
			continue
		}
		out.ImageIds = append(out.ImageIds, deleted(gone, ref)...)
	}
	return out, nil
}

func (s *Service) remove(scope arn.Scope, name string, ref registry.Reference, id types.ImageIdentifier) (*registry.Image, *types.ImageFailure, error) {
	gone, err := s.registry.Delete(scope, name, ref)
	var p *registry.Problem
	switch {
	case isKind(err, registry.ImageNotFound):
		return nil, failed(id, types.ImageFailureCodeImageNotFound, "Requested image not found"), nil
	case isKind(err, registry.Denied) && errors.As(err, &p):
		return nil, failed(id, types.ImageFailureCodeImageReferencedByManifestList, p.Message), nil
	}
	return gone, nil, asAWS(err)
}

// deleted lists what a deletion removed: the tag, or every tag of the image.
func deleted(img *registry.Image, ref registry.Reference) (ids []types.ImageIdentifier) {
	digest := aws.String(string(img.Digest))
	if ref.Tag != "" {
		return []types.ImageIdentifier{{ImageDigest: digest, ImageTag: aws.String(ref.Tag)}}
	}
	for _, t := range img.Tags {
		ids = append(ids, types.ImageIdentifier{ImageDigest: digest, ImageTag: aws.String(t)})
	}
	if ids == nil {
		ids = []types.ImageIdentifier{{ImageDigest: digest}}
	}
	return ids
}

// batch checks what batches of images have in common.
func (s *Service) batch(ctx context.Context, registryID, repository *string, n int) (arn.Scope, string, error) {
	scope, name, err := s.target(ctx, registryID, repository)
	if err != nil {
		return scope, name, err
	}
	if n < 1 || n > maxBatch {
		return scope, name, invalid("imageIds", "Member must have length between 1 and 100")
	}
	_, err = s.registry.Repository(scope, name)
	return scope, name, asAWS(err)
}
