package lambda

import (
	"context"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/grue-ecs/grue/internal/function"
	"github.com/grue-ecs/grue/internal/wire"
)

// GetFunction shows a version and where its code is.
func (s *Service) GetFunction(ctx context.Context, in *lambda.GetFunctionInput) (*lambda.GetFunctionOutput, error) {
	r, v, err := s.version(ctx, in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	fn, ok := s.f.Find(r.Scope, r.Name)
	if !ok {
		return nil, notFound(r)
	}
	c := qualified(r, v)
	out := &lambda.GetFunctionOutput{Configuration: &c, Tags: fn.Tags, Code: s.location(v)}
	if fn.Reserved != nil {
		out.Concurrency = &types.Concurrency{ReservedConcurrentExecutions: fn.Reserved}
	}
	return out, nil
}

// location tells where code is: AWS signs a URL of S3; here a zip is a file of
// this machine.
func (s *Service) location(v *function.Version) *types.FunctionCodeLocation {
	if v.Image() {
		return &types.FunctionCodeLocation{RepositoryType: aws.String("ECR"), ImageUri: &v.ImageURI, ResolvedImageUri: aws.String(v.ResolvedImage())}
	}
	return &types.FunctionCodeLocation{RepositoryType: aws.String("S3"), Location: aws.String("file://" + filepath.ToSlash(s.f.Zip(v)))}
}

// qualified shows the ARN as it was asked for.
func qualified(r function.Reference, v *function.Version) types.FunctionConfiguration {
	c := v.Config
	c.FunctionArn = aws.String(r.ARN())
	return c
}

// GetFunctionConfiguration shows a version.
func (s *Service) GetFunctionConfiguration(ctx context.Context, in *lambda.GetFunctionConfigurationInput) (*lambda.GetFunctionConfigurationOutput, error) {
	r, v, err := s.version(ctx, in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	out := &lambda.GetFunctionConfigurationOutput{}
	show(v, out)
	out.FunctionArn = aws.String(r.ARN())
	return out, nil
}

// ListFunctions lists $LATEST of each function, or with FunctionVersion ALL
// every version.
func (s *Service) ListFunctions(ctx context.Context, in *lambda.ListFunctionsInput) (*lambda.ListFunctionsOutput, error) {
	all := in.FunctionVersion == types.FunctionVersionAll
	if !all && in.FunctionVersion != "" {
		return nil, invalid("FunctionVersion must be ALL; it was %s.", in.FunctionVersion)
	}
	out := &lambda.ListFunctionsOutput{Functions: []types.FunctionConfiguration{}}
	if in.MasterRegion != nil && *in.MasterRegion != "ALL" {
		return out, nil // there are no functions of Lambda@Edge
	}
	var items []types.FunctionConfiguration
	for _, fn := range s.f.Functions(scopeOf(ctx)) {
		for _, v := range s.f.Versions(fn.Scope, fn.Name) {
			if all || v.Number() == function.Latest {
				items = append(items, v.Config)
			}
		}
	}
	page, next, err := cut(items, in.Marker, in.MaxItems)
	out.Functions, out.NextMarker = page, next
	return out, err
}

// cut makes a page of at most 50, in the order of the items.
func cut[T any](items []T, marker *string, limit *int32) ([]T, *string, error) {
	n := int(aws.ToInt32(limit))
	if limit != nil && (n < 1 || n > 10000) {
		return nil, nil, invalid("1 validation error detected: Value '%d' at 'maxItems' failed to satisfy constraint: Member must have value between 1 and 10000", n)
	}
	page, next, err := wire.Page(items, marker, min(n, 50), 50, 0)
	if err != nil {
		return nil, nil, wire.Recode(err, "InvalidParameterValueException")
	}
	if page == nil {
		page = []T{}
	}
	return page, next, nil
}

// ListVersionsByFunction lists $LATEST and the published versions.
func (s *Service) ListVersionsByFunction(ctx context.Context, in *lambda.ListVersionsByFunctionInput) (*lambda.ListVersionsByFunctionOutput, error) {
	r, _, err := s.unqualified(ctx, in.FunctionName)
	if err != nil {
		return nil, err
	}
	var items []types.FunctionConfiguration
	for _, v := range s.f.Versions(r.Scope, r.Name) {
		c := v.Config
		c.FunctionArn = aws.String(function.ARN(r.Scope, r.Name, v.Number()))
		items = append(items, c)
	}
	page, next, err := cut(items, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &lambda.ListVersionsByFunctionOutput{Versions: page, NextMarker: next}, nil
}
