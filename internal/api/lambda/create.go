package lambda

import (
	"context"
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

// CreateFunction unpacks the code, or pins the image, and makes a function that is Active at once.
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
	from, err := codeOf(in)
	if err != nil {
		return nil, err
	}
	if _, ok := s.f.Find(r.Scope, r.Name); ok {
		return nil, reword(function.ErrExists, r)
	}
	v := &function.Version{Scope: r.Scope, Config: initial(r, in)}
	if err := s.apply(v, settingsOf(in)); err != nil {
		return nil, err
	}
	set, release, err := s.load(ctx, r, from)
	if err != nil {
		return nil, err
	}
	defer release()
	set(v)
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
	case in.PackageType != "" && in.PackageType != types.PackageTypeZip && in.PackageType != types.PackageTypeImage:
		return invalid("1 validation error detected: Value '%s' at 'packageType' failed to satisfy constraint: Member must satisfy enum value set: [Zip, Image]", in.PackageType)
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
	case in.PackageType != types.PackageTypeImage && (in.Runtime == "" || aws.ToString(in.Handler) == ""):
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
	kind := types.PackageTypeZip
	if in.PackageType != "" {
		kind = in.PackageType
	}
	return types.FunctionConfiguration{
		FunctionName: &r.Name, FunctionArn: aws.String(function.ARN(r.Scope, r.Name, "")), Version: aws.String(function.Latest),
		PackageType: kind, Architectures: []types.Architecture{arch},
		Description: aws.String(""), Timeout: aws.Int32(3), MemorySize: aws.Int32(128),
		EphemeralStorage: &types.EphemeralStorage{Size: aws.Int32(512)},
		SnapStart:        &types.SnapStartResponse{ApplyOn: types.SnapStartApplyOnNone, OptimizationStatus: types.SnapStartOptimizationStatusOff},
		TracingConfig:    &types.TracingConfigResponse{Mode: types.TracingModePassThrough},
		LoggingConfig:    &types.LoggingConfig{LogFormat: types.LogFormatText, LogGroup: aws.String("/aws/lambda/" + r.Name)},
		State:            types.StateActive, LastUpdateStatus: types.LastUpdateStatusSuccessful,
	}
}

// touch marks a change.
func touch(v *function.Version) {
	v.Config.RevisionId = aws.String(store.NewUUID())
	v.Config.LastModified = aws.String(time.Now().UTC().Format("2006-01-02T15:04:05.000+0000"))
	v.Config.ConfigSha256 = aws.String(configSum(v.Config))
}
