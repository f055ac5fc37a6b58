package lambda

import (
	"context"
	"encoding/base64"
	"regexp"
	"runtime"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/grue-ecs/grue/internal/function"
	"github.com/grue-ecs/grue/internal/store"
)

var roleARN = regexp.MustCompile(`^arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+$`)

// CreateFunction unpacks the code and makes a function that is Active at once.
func (s *Service) CreateFunction(ctx context.Context, in *lambda.CreateFunctionInput) (*lambda.CreateFunctionOutput, error) {
	r, err := reference(ctx, in.FunctionName, nil)
	if err != nil {
		return nil, err
	}
	if r.Qualifier != "" {
		return nil, invalid("The function name %s must have no qualifier.", *in.FunctionName)
	}
	if err := refuseCreate(in); err != nil {
		return nil, err
	}
	if _, ok := s.f.Find(r.Scope, r.Name); ok {
		return nil, reword(function.ErrExists, r)
	}
	v := &function.Version{Scope: r.Scope, Config: initial(r, in)}
	if err := s.apply(v, settingsOf(in)); err != nil {
		return nil, err
	}
	if len(in.Code.ZipFile) == 0 {
		return nil, invalid("Please provide a source for function code: Code.ZipFile.")
	}
	code, release, err := s.f.SaveCode(in.Code.ZipFile)
	if err != nil {
		return nil, reword(err, r)
	}
	defer release()
	setCode(v, code)
	touch(v)
	fn := &function.Function{Scope: r.Scope, Name: r.Name, Next: 1, Tags: in.Tags}
	if err := s.f.Create(fn, v); err != nil {
		return nil, reword(err, r)
	}
	if in.Publish {
		if v, err = s.f.Publish(r.Scope, r.Name, func(*function.Version) error { return nil }, nil); err != nil {
			return nil, reword(err, r)
		}
	}
	out := &lambda.CreateFunctionOutput{}
	show(v, out)
	return out, nil
}

// refuseCreate names what grue does not do.
func refuseCreate(in *lambda.CreateFunctionInput) error {
	switch {
	case in.PackageType == types.PackageTypeImage || in.Code != nil && in.Code.ImageUri != nil || in.ImageConfig != nil:
		return invalid("Container images are not run as functions: use PackageType Zip.")
	case in.PackageType != "" && in.PackageType != types.PackageTypeZip:
		return invalid("PackageType must be Zip; it was %s.", in.PackageType)
	case in.Code == nil:
		return invalid("Please provide a source for function code: Code.ZipFile.")
	case in.Code.S3Bucket != nil || in.Code.S3Key != nil || in.Code.S3ObjectVersion != nil:
		return invalid("There is no Amazon S3 here to read code from: pass the zip file itself as Code.ZipFile.")
	case in.Code.SourceKMSKeyArn != nil:
		return invalid("Code encrypted with a KMS key is not supported: leave SourceKMSKeyArn out.")
	case in.CodeSigningConfigArn != nil:
		return invalid("Code signing is not supported: leave CodeSigningConfigArn out.")
	case in.CapacityProviderConfig != nil || in.PublishTo != "":
		return invalid("Capacity providers of Lambda are not supported: leave CapacityProviderConfig and PublishTo out.")
	case in.DurableConfig != nil:
		return invalid("Durable functions are not supported: leave DurableConfig out.")
	case in.TenancyConfig != nil:
		return invalid("Tenant isolation is not supported: leave TenancyConfig out.")
	case in.Role == nil:
		return invalid("1 validation error detected: Value at 'role' failed to satisfy constraint: Member must not be null")
	case in.Runtime == "" || aws.ToString(in.Handler) == "":
		return invalid("Runtime and Handler are mandatory parameters for functions created with deployment packages.")
	}
	return checkTags(in.Tags)
}

// initial is a configuration with AWS's defaults.
func initial(r function.Reference, in *lambda.CreateFunctionInput) types.FunctionConfiguration {
	arch := types.ArchitectureX8664
	if runtime.GOARCH == "arm64" {
		arch = types.ArchitectureArm64
	}
	if len(in.Architectures) > 0 {
		arch = in.Architectures[0]
	}
	return types.FunctionConfiguration{
		FunctionName: &r.Name, FunctionArn: aws.String(function.ARN(r.Scope, r.Name, "")), Version: aws.String(function.Latest),
		PackageType: types.PackageTypeZip, Architectures: []types.Architecture{arch},
		Description: aws.String(""), Timeout: aws.Int32(3), MemorySize: aws.Int32(128),
		EphemeralStorage: &types.EphemeralStorage{Size: aws.Int32(512)},
		SnapStart:        &types.SnapStartResponse{ApplyOn: types.SnapStartApplyOnNone, OptimizationStatus: types.SnapStartOptimizationStatusOff},
		TracingConfig:    &types.TracingConfigResponse{Mode: types.TracingModePassThrough},
		LoggingConfig:    &types.LoggingConfig{LogFormat: types.LogFormatText, LogGroup: aws.String("/aws/lambda/" + r.Name)},
		State:            types.StateActive, LastUpdateStatus: types.LastUpdateStatusSuccessful,
	}
}

func setCode(v *function.Version, c function.Code) {
	v.Digest = c.Digest
	v.Config.CodeSize = c.Size
	v.Config.CodeSha256 = aws.String(base64.StdEncoding.EncodeToString(c.Sum))
}

// touch marks a change.
func touch(v *function.Version) {
	v.Config.RevisionId = aws.String(store.NewUUID())
	v.Config.LastModified = aws.String(time.Now().UTC().Format("2006-01-02T15:04:05.000+0000"))
	v.Config.ConfigSha256 = aws.String(configSum(v.Config))
}
