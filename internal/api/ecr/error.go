package ecr

import (
	"errors"

	"github.com/grue-ecs/grue/internal/image/blob"
	"github.com/grue-ecs/grue/internal/image/registry"
	"github.com/grue-ecs/grue/internal/wire"
)

// exceptions of ECR for the registry's problems; others are
// InvalidParameterException.
var exceptions = map[registry.Kind]string{
	registry.RepositoryNotFound:       "RepositoryNotFoundException",
	registry.RepositoryExists:         "RepositoryAlreadyExistsException",
	registry.RepositoryNotEmpty:       "RepositoryNotEmptyException",
	registry.ImageNotFound:            "ImageNotFoundException",
	registry.ImageExists:              "ImageAlreadyExistsException",
	registry.TagImmutable:             "ImageTagAlreadyExistsException",
	registry.LayersNotFound:           "LayersNotFoundException",
	registry.ReferencedImagesNotFound: "ReferencedImagesNotFoundException",
	registry.LayerNotFound:            "LayersNotFoundException",
	registry.LayerExists:              "LayerAlreadyExistsException",
	registry.DigestMismatch:           "ImageDigestDoesNotMatchException",
	registry.UploadNotFound:           "UploadNotFoundException",
	registry.InvalidPart:              "InvalidLayerPartException",
}

// asAWS gives an error its code; others pass as they are.
func asAWS(err error) error {
	var p *registry.Problem
	switch {
	case errors.As(err, &p):
		code := exceptions[p.Kind]
		if code == "" {
			code = "InvalidParameterException"
		}
		return wire.Errorf(code, "%s", p.Message)
	case errors.Is(err, blob.ErrTooLarge):
		return wire.Errorf("LimitExceededException", "%s", err)
	}
	return err
}

// isKind tells whether err is a problem of that kind.
func isKind(err error, kind registry.Kind) bool {
	var p *registry.Problem
	return errors.As(err, &p) && p.Kind == kind
}

// invalid is ECR's answer to a parameter that breaks a rule.
func invalid(parameter, rule string) error {
	return wire.Errorf("InvalidParameterException", "Invalid parameter at '%s' failed to satisfy constraint: '%s'", parameter, rule)
}
