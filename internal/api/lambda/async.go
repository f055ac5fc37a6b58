package lambda

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/grue-ecs/grue/internal/function"
)

// asyncOf finds what the settings of asynchronous invocations belong to.
func (s *Service) asyncOf(ctx context.Context, name, qualifier *string) (r function.Reference, key string, err error) {
	if r, _, err = s.version(ctx, name, qualifier); err != nil {
		return r, "", err
	}
	if r.Qualifier == "" {
		r.Qualifier = function.Latest
	}
	return r, r.Qualifier, nil
}

func checkAsync(retries, age *int32, d *types.DestinationConfig) error {
	switch {
	case retries != nil && (*retries < 0 || *retries > 2):
		return invalid("MaximumRetryAttempts must be between 0 and 2; it was %d.", *retries)
	case age != nil && (*age < 60 || *age > 21600):
		return invalid("MaximumEventAgeInSeconds must be between 60 and 21600; it was %d.", *age)
	case d != nil && (d.OnFailure != nil && d.OnFailure.Destination != nil || d.OnSuccess != nil && d.OnSuccess.Destination != nil):
		return invalid("Destinations are not supported: events that fail are named in grue's log.")
	}
	return nil
}

// PutFunctionEventInvokeConfig sets how asynchronous events are retried.
func (s *Service) PutFunctionEventInvokeConfig(ctx context.Context, in *lambda.PutFunctionEventInvokeConfigInput) (*lambda.PutFunctionEventInvokeConfigOutput, error) {
	r, key, err := s.asyncOf(ctx, in.FunctionName, in.Qualifier)
	if err == nil {
		err = checkAsync(in.MaximumRetryAttempts, in.MaximumEventAgeInSeconds, in.DestinationConfig)
	}
	if err != nil {
		return nil, err
	}
	a := function.Async{Retries: in.MaximumRetryAttempts, Age: in.MaximumEventAgeInSeconds, Modified: time.Now()}
	_, err = s.f.Change(r.Scope, r.Name, func(fn *function.Function) error { fn.Async[key] = a; return nil })
	if err != nil {
		return nil, reword(err, r)
	}
	v := asyncView(r, a)
	return &lambda.PutFunctionEventInvokeConfigOutput{
		DestinationConfig: v.DestinationConfig, FunctionArn: v.FunctionArn, LastModified: v.LastModified,
		MaximumEventAgeInSeconds: v.MaximumEventAgeInSeconds, MaximumRetryAttempts: v.MaximumRetryAttempts,
	}, nil
}

// UpdateFunctionEventInvokeConfig changes some of these settings.
func (s *Service) UpdateFunctionEventInvokeConfig(ctx context.Context, in *lambda.UpdateFunctionEventInvokeConfigInput) (*lambda.UpdateFunctionEventInvokeConfigOutput, error) {
	r, key, err := s.asyncOf(ctx, in.FunctionName, in.Qualifier)
	if err == nil {
		err = checkAsync(in.MaximumRetryAttempts, in.MaximumEventAgeInSeconds, in.DestinationConfig)
	}
	if err != nil {
		return nil, err
	}
	var a function.Async
	_, err = s.f.Change(r.Scope, r.Name, func(fn *function.Function) error {
		var ok bool
		if a, ok = fn.Async[key]; !ok {
			return noAsync(r)
		}
		if in.MaximumRetryAttempts != nil {
			a.Retries = in.MaximumRetryAttempts
		}
		if in.MaximumEventAgeInSeconds != nil {
			a.Age = in.MaximumEventAgeInSeconds
		}
		a.Modified = time.Now()
		fn.Async[key] = a
		return nil
	})
	if err != nil {
		return nil, reword(err, r)
	}
	v := asyncView(r, a)
	return &lambda.UpdateFunctionEventInvokeConfigOutput{
		DestinationConfig: v.DestinationConfig, FunctionArn: v.FunctionArn, LastModified: v.LastModified,
		MaximumEventAgeInSeconds: v.MaximumEventAgeInSeconds, MaximumRetryAttempts: v.MaximumRetryAttempts,
	}, nil
}

// GetFunctionEventInvokeConfig shows these settings.
func (s *Service) GetFunctionEventInvokeConfig(ctx context.Context, in *lambda.GetFunctionEventInvokeConfigInput) (*lambda.GetFunctionEventInvokeConfigOutput, error) {
	r, key, err := s.asyncOf(ctx, in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	fn, ok := s.f.Find(r.Scope, r.Name)
	if !ok {
		return nil, notFound(r)
	}
	a, ok := fn.Async[key]
	if !ok {
		return nil, noAsync(r)
	}
	v := asyncView(r, a)
	return &lambda.GetFunctionEventInvokeConfigOutput{
		DestinationConfig: v.DestinationConfig, FunctionArn: v.FunctionArn, LastModified: v.LastModified,
		MaximumEventAgeInSeconds: v.MaximumEventAgeInSeconds, MaximumRetryAttempts: v.MaximumRetryAttempts,
	}, nil
}

// DeleteFunctionEventInvokeConfig goes back to the defaults.
func (s *Service) DeleteFunctionEventInvokeConfig(ctx context.Context, in *lambda.DeleteFunctionEventInvokeConfigInput) (*lambda.DeleteFunctionEventInvokeConfigOutput, error) {
	r, key, err := s.asyncOf(ctx, in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	_, err = s.f.Change(r.Scope, r.Name, func(fn *function.Function) error {
		if _, ok := fn.Async[key]; !ok {
			return noAsync(r)
		}
		delete(fn.Async, key)
		return nil
	})
	return &lambda.DeleteFunctionEventInvokeConfigOutput{}, reword(err, r)
}

// ListFunctionEventInvokeConfigs lists these settings of a function.
func (s *Service) ListFunctionEventInvokeConfigs(ctx context.Context, in *lambda.ListFunctionEventInvokeConfigsInput) (*lambda.ListFunctionEventInvokeConfigsOutput, error) {
	r, fn, err := s.unqualified(ctx, in.FunctionName)
	if err != nil {
		return nil, err
	}
	var items []types.FunctionEventInvokeConfig
	for _, q := range slices.Sorted(maps.Keys(fn.Async)) {
		r.Qualifier = q
		items = append(items, asyncView(r, fn.Async[q]))
	}
	page, next, err := cut(items, in.Marker, in.MaxItems)
	return &lambda.ListFunctionEventInvokeConfigsOutput{FunctionEventInvokeConfigs: page, NextMarker: next}, err
}

func asyncView(r function.Reference, a function.Async) types.FunctionEventInvokeConfig {
	return types.FunctionEventInvokeConfig{
		FunctionArn: aws.String(r.ARN()), LastModified: &a.Modified, MaximumRetryAttempts: a.Retries, MaximumEventAgeInSeconds: a.Age,
		DestinationConfig: &types.DestinationConfig{OnSuccess: &types.OnSuccess{}, OnFailure: &types.OnFailure{}},
	}
}

func noAsync(r function.Reference) error {
	return missing("The function %s doesn't have an EventInvokeConfig", r.ARN())
}
