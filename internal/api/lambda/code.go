package lambda

import (
	"context"
	"encoding/base64"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/grue-ecs/grue/internal/function"
)

// source is code as a request brings it: a zip or the name of an image.
type source struct {
	zip   []byte
	image string
}

// load brings code to this machine and returns what puts it into a version.
// Call release when the version is stored, or never will be.
func (s *Service) load(ctx context.Context, r function.Reference, from source) (set func(*function.Version), release func(), err error) {
	if from.image != "" {
		digest, err := s.f.ResolveImage(ctx, from.image)
		if err != nil {
			return nil, nil, reword(err, r)
		}
		return func(v *function.Version) { setImage(v, from.image, digest) }, func() {}, nil
	}
	code, release, err := s.f.SaveCode(from.zip)
	if err != nil {
		return nil, nil, reword(err, r)
	}
	return func(v *function.Version) { setZip(v, code) }, release, nil
}

func setZip(v *function.Version, c function.Code) {
	v.Digest, v.ImageURI = c.Digest, ""
	v.Config.CodeSize = c.Size
	v.Config.CodeSha256 = aws.String(base64.StdEncoding.EncodeToString(c.Sum))
}

// setImage: an image has no size, and its digest stands in hexadecimal, as in AWS.
func setImage(v *function.Version, uri, digest string) {
	v.Digest, v.ImageURI = digest, uri
	v.Config.CodeSize = 0
	v.Config.CodeSha256 = aws.String(strings.TrimPrefix(digest, "sha256:"))
}

// codeOf checks the code of CreateFunction.
func codeOf(in *lambda.CreateFunctionInput) (source, error) {
	c := in.Code
	switch {
	case c == nil:
		return source{}, noSource(in.PackageType)
	case c.S3Bucket != nil || c.S3Key != nil || c.S3ObjectVersion != nil:
		return source{}, invalid("There is no Amazon S3 here to read code from: pass the zip file itself as Code.ZipFile.")
	case c.SourceKMSKeyArn != nil:
		return source{}, invalid("Code encrypted with a KMS key is not supported: leave SourceKMSKeyArn out.")
	}
	if in.PackageType == types.PackageTypeImage {
		switch {
		case len(c.ZipFile) > 0:
			return source{}, invalid("Please don't provide ZipFile when creating a function with packageType Image.")
		case aws.ToString(c.ImageUri) == "":
			return source{}, noSource(in.PackageType)
		}
		return source{image: *c.ImageUri}, nil
	}
	switch {
	case c.ImageUri != nil:
		return source{}, invalid("Please don't provide ImageUri when creating a function with packageType Zip.")
	case len(c.ZipFile) == 0:
		return source{}, noSource(in.PackageType)
	}
	return source{zip: c.ZipFile}, nil
}

func noSource(t types.PackageType) error {
	if t == types.PackageTypeImage {
		return invalid("Please provide a source for function code: Code.ImageUri.")
	}
	return invalid("Please provide a source for function code: Code.ZipFile.")
}

// newCodeOf checks the code of UpdateFunctionCode: a function keeps its package
// type.
func newCodeOf(in *lambda.UpdateFunctionCodeInput, v *function.Version) (source, error) {
	switch {
	case v.Image() && aws.ToString(in.ImageUri) == "":
		return source{}, invalid("Please provide ImageUri when updating a function with packageType Image.")
	case !v.Image() && in.ImageUri != nil:
		return source{}, invalid("Please don't provide ImageUri when updating a function with packageType Zip.")
	case in.S3Bucket != nil || in.S3Key != nil || in.S3ObjectVersion != nil:
		return source{}, invalid("There is no Amazon S3 here to read code from: pass the zip file itself as ZipFile.")
	case in.SourceKMSKeyArn != nil || in.PublishTo != "":
		return source{}, invalid("SourceKMSKeyArn and PublishTo are not supported: leave them out.")
	case v.Image() && len(in.ZipFile) > 0:
		return source{}, invalid("Please don't provide ZipFile when updating a function with packageType Image.")
	case v.Image():
		return source{image: *in.ImageUri}, nil
	case len(in.ZipFile) == 0:
		return source{}, invalid("Please provide a source for function code: ZipFile.")
	}
	return source{zip: in.ZipFile}, nil
}

// checkPackage refuses settings of the other package type.
func checkPackage(v *function.Version, in *lambda.UpdateFunctionConfigurationInput) error {
	image := v.Config.PackageType == types.PackageTypeImage
	switch {
	case image && (in.Handler != nil || in.Runtime != "" || len(in.Layers) > 0):
		return invalid("Please don't provide Handler or Runtime or Layer when the intended function PackageType is Image.")
	case !image && in.ImageConfig != nil:
		return invalid("Please don't provide ImageConfig when the intended function PackageType is Zip.")
	}
	return nil
}

// applyImage takes over how an image is to be started; an empty ImageConfig goes
// back to what the image itself says.
func applyImage(c *types.FunctionConfiguration, in *types.ImageConfig) error {
	if in == nil {
		return nil
	}
	if len(aws.ToString(in.WorkingDirectory)) > 1000 {
		return invalid("1 validation error detected: Value at 'imageConfig.workingDirectory' failed to satisfy constraint: Member must have length less than or equal to 1000")
	}
	if len(in.Command) > 1500 || len(in.EntryPoint) > 1500 {
		return invalid("1 validation error detected: Value at 'imageConfig' failed to satisfy constraint: Command and EntryPoint must have length less than or equal to 1500")
	}
	c.ImageConfigResponse = nil
	if len(in.Command)+len(in.EntryPoint) > 0 || aws.ToString(in.WorkingDirectory) != "" {
		c.ImageConfigResponse = &types.ImageConfigResponse{ImageConfig: in}
	}
	return nil
}
