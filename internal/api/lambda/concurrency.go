package lambda

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/grue-ecs/grue/internal/function"
)

// PutFunctionConcurrency bounds how often a function runs at once; 0 stops it.
func (s *Service) PutFunctionConcurrency(ctx context.Context, in *lambda.PutFunctionConcurrencyInput) (*lambda.PutFunctionConcurrencyOutput, error) {
	r, _, err := s.unqualified(ctx, in.FunctionName)
	if err != nil {
		return nil, err
	}
	n := in.ReservedConcurrentExecutions
	if n == nil || *n < 0 || int(*n) > s.f.Concurrency() {
		return nil, invalid("ReservedConcurrentExecutions must be between 0 and %d.", s.f.Concurrency())
	}
	_, err = s.f.Change(r.Scope, r.Name, func(fn *function.Function) error { fn.Reserved = n; return nil })
	return &lambda.PutFunctionConcurrencyOutput{ReservedConcurrentExecutions: n}, reword(err, r)
}

// GetFunctionConcurrency shows the reserved concurrency, if there is one.
func (s *Service) GetFunctionConcurrency(ctx context.Context, in *lambda.GetFunctionConcurrencyInput) (*lambda.GetFunctionConcurrencyOutput, error) {
	_, fn, err := s.unqualified(ctx, in.FunctionName)
	if err != nil {
		return nil, err
	}
	return &lambda.GetFunctionConcurrencyOutput{ReservedConcurrentExecutions: fn.Reserved}, nil
}

// DeleteFunctionConcurrency removes the reserved concurrency.
func (s *Service) DeleteFunctionConcurrency(ctx context.Context, in *lambda.DeleteFunctionConcurrencyInput) (*lambda.DeleteFunctionConcurrencyOutput, error) {
	r, _, err := s.unqualified(ctx, in.FunctionName)
	if err != nil {
		return nil, err
	}
	_, err = s.f.Change(r.Scope, r.Name, func(fn *function.Function) error { fn.Reserved = nil; return nil })
	return &lambda.DeleteFunctionConcurrencyOutput{}, reword(err, r)
}

// GetAccountSettings tells the limits that hold here.
func (s *Service) GetAccountSettings(ctx context.Context, _ *lambda.GetAccountSettingsInput) (*lambda.GetAccountSettingsOutput, error) {
	n := int32(s.f.Concurrency())
	use := &types.AccountUsage{}
	for _, fn := range s.f.Functions(scopeOf(ctx)) {
		use.FunctionCount++
		for _, v := range s.f.Versions(fn.Scope, fn.Name) {
			use.TotalCodeSize += v.Config.CodeSize
		}
	}
	return &lambda.GetAccountSettingsOutput{
		AccountLimit: &types.AccountLimit{
			CodeSizeUnzipped: function.MaxUnzipped, CodeSizeZipped: function.MaxZip, ConcurrentExecutions: n,
			TotalCodeSize: 75 << 30, UnreservedConcurrentExecutions: &n,
		},
		AccountUsage: use,
	}, nil
}

// GetFunctionCodeSigningConfig: no function has one; Terraform asks each time.
func (s *Service) GetFunctionCodeSigningConfig(ctx context.Context, in *lambda.GetFunctionCodeSigningConfigInput) (*lambda.GetFunctionCodeSigningConfigOutput, error) {
	r, _, err := s.unqualified(ctx, in.FunctionName)
	if err != nil {
		return nil, err
	}
	return &lambda.GetFunctionCodeSigningConfigOutput{CodeSigningConfigArn: aws.String(""), FunctionName: &r.Name}, nil
}
