package ecr

import (
	"bytes"
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/image/registry"
	"github.com/grue-ecs/grue/internal/wire"
)

// partSize is what ECR tells clients to upload at a time.
const partSize = 10 << 20

// BatchCheckLayerAvailability tells which layers a repository has.
func (s *Service) BatchCheckLayerAvailability(ctx context.Context, in *ecr.BatchCheckLayerAvailabilityInput) (*ecr.BatchCheckLayerAvailabilityOutput, error) {
	scope, name, err := s.batch(ctx, in.RegistryId, in.RepositoryName, len(in.LayerDigests))
	if err != nil {
		return nil, err
	}
	out := &ecr.BatchCheckLayerAvailabilityOutput{Layers: []types.Layer{}, Failures: []types.LayerFailure{}}
	for _, digest := range in.LayerDigests {
		d, err := registry.CheckDigest(digest)
		if err != nil {
			out.Failures = append(out.Failures, layerFailure(digest))
			continue
		}
		l := types.Layer{LayerDigest: aws.String(digest), LayerAvailability: types.LayerAvailabilityUnavailable}
		size, err := s.registry.Layer(scope, name, d)
		if err == nil {
			l.LayerAvailability, l.LayerSize = types.LayerAvailabilityAvailable, aws.Int64(size)
			l.MediaType = aws.String("application/vnd.docker.image.rootfs.diff.tar.gzip")
		} else if !isKind(err, registry.LayerNotFound) {
			return nil, asAWS(err)
		}
		out.Layers = append(out.Layers, l)
	}
	return out, nil
}

func layerFailure(digest string) types.LayerFailure {
	f := types.LayerFailure{
		LayerDigest: aws.String(digest), FailureCode: types.LayerFailureCodeInvalidLayerDigest,
		FailureReason: aws.String("Invalid request parameters: layer digest should satisfy the regex 'sha256:[0-9a-f]{64}'"),
	}
	if digest == "" {
		f.FailureCode = types.LayerFailureCodeMissingLayerDigest
	}
	return f
}

// GetDownloadUrlForLayer returns a URL that is good for an hour.
func (s *Service) GetDownloadUrlForLayer(ctx context.Context, in *ecr.GetDownloadUrlForLayerInput) (*ecr.GetDownloadUrlForLayerOutput, error) { //nolint:revive // ECR's name
	scope, name, err := s.target(ctx, in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	d, err := registry.CheckDigest(aws.ToString(in.LayerDigest))
	if err != nil {
		return nil, asAWS(err)
	}
	if _, err := s.registry.Layer(scope, name, d); err != nil {
		return nil, asAWS(err)
	}
	url := wire.CallerFrom(ctx).Endpoint + s.registry.LayerPath(scope, name, d)
	return &ecr.GetDownloadUrlForLayerOutput{DownloadUrl: &url, LayerDigest: in.LayerDigest}, nil
}

// InitiateLayerUpload begins the upload of a layer.
func (s *Service) InitiateLayerUpload(ctx context.Context, in *ecr.InitiateLayerUploadInput) (*ecr.InitiateLayerUploadOutput, error) {
	scope, name, err := s.target(ctx, in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	id, err := s.registry.StartUpload(scope, name)
	if err != nil {
		return nil, asAWS(err)
	}
	return &ecr.InitiateLayerUploadOutput{PartSize: aws.Int64(partSize), UploadId: &id}, nil
}

// UploadLayerPart adds the next bytes of a layer.
func (s *Service) UploadLayerPart(ctx context.Context, in *ecr.UploadLayerPartInput) (*ecr.UploadLayerPartOutput, error) {
	scope, name, err := s.target(ctx, in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	id, first := aws.ToString(in.UploadId), aws.ToInt64(in.PartFirstByte)
	size := int64(-1)
	if aws.ToInt64(in.PartLastByte)-first+1 == int64(len(in.LayerPartBlob)) && first >= 0 {
		size, err = s.registry.AppendUpload(scope, name, id, first, bytes.NewReader(in.LayerPartBlob))
	} else {
		size, err = s.registry.UploadSize(scope, name, id)
		if err == nil {
			err = &registry.Problem{Kind: registry.InvalidPart, Size: size, Message: "The layer part size is not valid, or the first byte specified is not consecutive to the last byte of a previous layer part upload."}
		}
	}
	if err != nil {
		return nil, partError(err, scope, name, id)
	}
	return &ecr.UploadLayerPartOutput{
		LastByteReceived: aws.Int64(size - 1), RegistryId: &scope.Account, RepositoryName: &name, UploadId: &id,
	}, nil
}

// partError adds what InvalidLayerPartException tells about the upload.
func partError(err error, scope arn.Scope, name, id string) error {
	var p *registry.Problem
	if !errors.As(err, &p) || p.Kind != registry.InvalidPart {
		return asAWS(err)
	}
	e := wire.Errorf("InvalidLayerPartException", "%s", p.Message)
	e.Fields = map[string]any{
		"registryId": scope.Account, "repositoryName": name, "uploadId": id, "lastValidByteReceived": p.Size - 1,
	}
	return e
}

// CompleteLayerUpload verifies a layer and gives it to the repository.
func (s *Service) CompleteLayerUpload(ctx context.Context, in *ecr.CompleteLayerUploadInput) (*ecr.CompleteLayerUploadOutput, error) {
	scope, name, err := s.target(ctx, in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	if len(in.LayerDigests) != 1 {
		return nil, invalid("layerDigests", "exactly one sha256 digest must be specified")
	}
	d, err := registry.CheckDigest(in.LayerDigests[0])
	if err != nil {
		return nil, asAWS(err)
	}
	id := aws.ToString(in.UploadId)
	size, err := s.registry.UploadSize(scope, name, id)
	if err != nil {
		return nil, asAWS(err)
	}
	if size == 0 {
		return nil, wire.Errorf("EmptyUploadException", "The specified layer upload does not contain any layer parts.")
	}
	if _, err := s.registry.Layer(scope, name, d); err == nil {
		return nil, wire.Errorf("LayerAlreadyExistsException", "The image layer with digest '%s' already exists in the repository with name '%s' in the registry with id '%s'", d, name, scope.Account)
	}
	_, err = s.registry.FinishUpload(scope, name, id, d)
	if isKind(err, registry.DigestMismatch) {
		return nil, wire.Errorf("InvalidLayerException", "%s", err)
	}
	if err != nil {
		return nil, asAWS(err)
	}
	return &ecr.CompleteLayerUploadOutput{
		LayerDigest: aws.String(string(d)), RegistryId: &scope.Account, RepositoryName: &name, UploadId: &id,
	}, nil
}
