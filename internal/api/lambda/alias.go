package lambda

import (
	"context"
	"maps"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/grue-ecs/grue/internal/function"
	"github.com/grue-ecs/grue/internal/store"
)

// aliasName: a name of digits only would look like a version.
var (
	aliasName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,128}$`)
	digits    = regexp.MustCompile(`^\d+$`)
)

// CreateAlias gives a version a name.
func (s *Service) CreateAlias(ctx context.Context, in *lambda.CreateAliasInput) (*lambda.CreateAliasOutput, error) {
	r, _, err := s.unqualified(ctx, in.FunctionName)
	if err != nil {
		return nil, err
	}
	name := aws.ToString(in.Name)
	if !aliasName.MatchString(name) || digits.MatchString(name) {
		return nil, invalid("1 validation error detected: Value '%s' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)", name)
	}
	a := function.Alias{Version: aws.ToString(in.FunctionVersion), Description: aws.ToString(in.Description), Revision: store.NewUUID()}
	if err := s.route(r, &a, in.RoutingConfig); err != nil {
		return nil, err
	}
	_, err = s.f.Change(r.Scope, r.Name, func(fn *function.Function) error {
		if _, ok := fn.Aliases[name]; ok {
			return conflict("Alias already exists: %s", function.ARN(r.Scope, r.Name, name))
		}
		fn.Aliases[name] = a
		return nil
	})
	if err != nil {
		return nil, reword(err, r)
	}
	v := aliasView(r, name, a)
	return &lambda.CreateAliasOutput{
		AliasArn: v.AliasArn, Description: v.Description, FunctionVersion: v.FunctionVersion, Name: v.Name,
		RevisionId: v.RevisionId, RoutingConfig: v.RoutingConfig,
	}, nil
}

// route checks the versions of an alias and takes over its weights.
func (s *Service) route(r function.Reference, a *function.Alias, c *types.AliasRoutingConfiguration) error {
	if c != nil {
		a.Weights = c.AdditionalVersionWeights
	}
	if len(a.Weights) > 1 {
		return invalid("Number of items in AdditionalVersionWeights cannot be greater than 1")
	}
	for number, weight := range a.Weights {
		if weight < 0 || weight > 1 || number == a.Version || number == function.Latest || a.Version == function.Latest {
			return invalid("An alias may send a part between 0.0 and 1.0 to one further published version; %s has %v.", number, weight)
		}
	}
	for _, number := range append(slices.Collect(maps.Keys(a.Weights)), a.Version) {
		if number != function.Latest && !digits.MatchString(number) {
			return invalid("1 validation error detected: Value '%s' at 'functionVersion' failed to satisfy constraint: Member must satisfy regular expression pattern: (\\$LATEST|[0-9]+)", number)
		}
		at := function.Reference{Scope: r.Scope, Name: r.Name, Qualifier: number}
		if _, err := s.f.Version(at); err != nil {
			return notFound(at)
		}
	}
	return nil
}

func aliasView(r function.Reference, name string, a function.Alias) types.AliasConfiguration {
	v := types.AliasConfiguration{
		AliasArn: aws.String(function.ARN(r.Scope, r.Name, name)), Name: &name, FunctionVersion: &a.Version,
		Description: &a.Description, RevisionId: &a.Revision,
	}
	if len(a.Weights) > 0 {
		v.RoutingConfig = &types.AliasRoutingConfiguration{AdditionalVersionWeights: a.Weights}
	}
	return v
}

func noAlias(r function.Reference, name string) error {
	return missing("Cannot find alias arn: %s", function.ARN(r.Scope, r.Name, name))
}

// GetAlias shows an alias.
func (s *Service) GetAlias(ctx context.Context, in *lambda.GetAliasInput) (*lambda.GetAliasOutput, error) {
	r, fn, err := s.unqualified(ctx, in.FunctionName)
	if err != nil {
		return nil, err
	}
	a, ok := fn.Aliases[aws.ToString(in.Name)]
	if !ok {
		return nil, noAlias(r, aws.ToString(in.Name))
	}
	v := aliasView(r, *in.Name, a)
	return &lambda.GetAliasOutput{
		AliasArn: v.AliasArn, Description: v.Description, FunctionVersion: v.FunctionVersion, Name: v.Name,
		RevisionId: v.RevisionId, RoutingConfig: v.RoutingConfig,
	}, nil
}

// UpdateAlias points an alias at another version.
func (s *Service) UpdateAlias(ctx context.Context, in *lambda.UpdateAliasInput) (*lambda.UpdateAliasOutput, error) {
	r, fn, err := s.unqualified(ctx, in.FunctionName)
	if err != nil {
		return nil, err
	}
	name := aws.ToString(in.Name)
	a, ok := fn.Aliases[name]
	if !ok {
		return nil, noAlias(r, name)
	}
	before := a.Revision
	if in.RevisionId != nil && *in.RevisionId != before {
		return nil, stale()
	}
	if in.FunctionVersion != nil {
		a.Version = *in.FunctionVersion
	}
	if in.Description != nil {
		a.Description = *in.Description
	}
	a.Revision = store.NewUUID()
	if err := s.route(r, &a, in.RoutingConfig); err != nil {
		return nil, err
	}
	_, err = s.f.Change(r.Scope, r.Name, func(fn *function.Function) error {
		if now, ok := fn.Aliases[name]; !ok {
			return noAlias(r, name)
		} else if now.Revision != before {
			return conflict("The alias %s was changed by another request; try again.", name)
		}
		fn.Aliases[name] = a
		return nil
	})
	if err != nil {
		return nil, reword(err, r)
	}
	v := aliasView(r, name, a)
	return &lambda.UpdateAliasOutput{
		AliasArn: v.AliasArn, Description: v.Description, FunctionVersion: v.FunctionVersion, Name: v.Name,
		RevisionId: v.RevisionId, RoutingConfig: v.RoutingConfig,
	}, nil
}

// DeleteAlias deletes an alias; one that is not there is no error.
func (s *Service) DeleteAlias(ctx context.Context, in *lambda.DeleteAliasInput) (*lambda.DeleteAliasOutput, error) {
	r, _, err := s.unqualified(ctx, in.FunctionName)
	if err != nil {
		return nil, err
	}
	_, err = s.f.Change(r.Scope, r.Name, func(fn *function.Function) error {
		delete(fn.Aliases, aws.ToString(in.Name))
		delete(fn.Policies, aws.ToString(in.Name))
		delete(fn.Async, aws.ToString(in.Name))
		return nil
	})
	return &lambda.DeleteAliasOutput{}, reword(err, r)
}

// ListAliases lists the aliases of a function, or those of a version.
func (s *Service) ListAliases(ctx context.Context, in *lambda.ListAliasesInput) (*lambda.ListAliasesOutput, error) {
	r, fn, err := s.unqualified(ctx, in.FunctionName)
	if err != nil {
		return nil, err
	}
	var items []types.AliasConfiguration
	for _, name := range slices.Sorted(maps.Keys(fn.Aliases)) {
		a := fn.Aliases[name]
		if in.FunctionVersion == nil || a.Version == *in.FunctionVersion {
			items = append(items, aliasView(r, name, a))
		}
	}
	page, next, err := cut(items, in.Marker, in.MaxItems)
	return &lambda.ListAliasesOutput{Aliases: page, NextMarker: next}, err
}
