package registry

import (
	"fmt"
	"net/http"

	"github.com/grue-ecs/grue/internal/arn"
)

// Kind says what is wrong. api/ecr turns it into ECR's exception, the handler
// into the error code of the distribution protocol.
type Kind int

// Kinds of problems.
const (
	RepositoryNotFound Kind = iota + 1
	RepositoryExists
	RepositoryNotEmpty
	ImageNotFound
	ImageExists // same digest and tag again, by PutImage
	TagImmutable
	LayersNotFound // a manifest names layers that were not uploaded
	ReferencedImagesNotFound
	LayerNotFound
	LayerExists
	DigestMismatch
	InvalidDigest
	InvalidManifest
	InvalidName
	InvalidTag
	UploadNotFound
	InvalidPart
	InvalidPolicy
	TooLarge
	Denied
	Unauthorized
	Unsupported
)

// Problem is an error that the client caused and can mend.
type Problem struct {
	Kind    Kind
	Message string
	// Size is how many bytes of an upload have arrived, for InvalidPart.
	Size int64
}

func (p *Problem) Error() string { return p.Message }

func problem(kind Kind, format string, args ...any) *Problem {
	return &Problem{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

func noRepository(s arn.Scope, name string) *Problem {
	return problem(RepositoryNotFound, "The repository with name '%s' does not exist in the registry with id '%s'", name, s.Account)
}

// code is the error code and HTTP status of the distribution protocol.
func (p *Problem) code() (string, int) {
	switch p.Kind {
	case RepositoryNotFound:
		return "NAME_UNKNOWN", http.StatusNotFound
	case ImageNotFound:
		return "MANIFEST_UNKNOWN", http.StatusNotFound
	case TagImmutable, InvalidTag:
		return "TAG_INVALID", http.StatusBadRequest
	case LayersNotFound, ReferencedImagesNotFound:
		return "MANIFEST_BLOB_UNKNOWN", http.StatusNotFound
	case LayerNotFound:
		return "BLOB_UNKNOWN", http.StatusNotFound
	case DigestMismatch, InvalidDigest:
		return "DIGEST_INVALID", http.StatusBadRequest
	case InvalidManifest:
		return "MANIFEST_INVALID", http.StatusBadRequest
	case InvalidName:
		return "NAME_INVALID", http.StatusBadRequest
	case UploadNotFound:
		return "BLOB_UPLOAD_UNKNOWN", http.StatusNotFound
	case InvalidPart:
		return "BLOB_UPLOAD_INVALID", http.StatusRequestedRangeNotSatisfiable
	case TooLarge:
		return "SIZE_INVALID", http.StatusRequestEntityTooLarge
	case Unauthorized:
		return "UNAUTHORIZED", http.StatusUnauthorized
	case Denied:
		return "DENIED", http.StatusForbidden
	case Unsupported:
		return "UNSUPPORTED", http.StatusMethodNotAllowed
	}
	return "UNKNOWN", http.StatusBadRequest
}
