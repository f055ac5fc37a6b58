package lambda

import (
	"context"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/grue-ecs/grue/internal/function"
)

// current refuses a change of a revision that is not the latest.
func current(v *function.Version, revision *string) error {
	if revision != nil && *revision != *v.Config.RevisionId {
		return stale()
	}
	return nil
}

// UpdateFunctionCode replaces the code of $LATEST.
func (s *Service) UpdateFunctionCode(ctx context.Context, in *lambda.UpdateFunctionCodeInput) (*lambda.UpdateFunctionCodeOutput, error) {
	r, _, err := s.unqualified(ctx, in.FunctionName)
	if err != nil {
		return nil, err
	}
	latest, err := s.f.Version(function.Reference{Scope: r.Scope, Name: r.Name})
	if err != nil {
		return nil, reword(err, r)
	}
	from, err := newCodeOf(in, latest)
	if err != nil {
		return nil, err
	}
	set, release, err := s.load(ctx, r, from)
	if err != nil {
		return nil, err
	}
	defer release()
	change := func(v *function.Version) error {
		if err := current(v, in.RevisionId); err != nil {
			return err
		}
		if len(in.Architectures) > 0 {
			v.Config.Architectures = in.Architectures
			if err := checkArchitecture(&v.Config); err != nil {
				return err
			}
		}
		if v.Image() != (from.image != "") {
			return conflict("The function %s was made anew by another request; try again.", r.Name)
		}
		set(v)
		touch(v)
		return nil
	}
	v, err := s.change(r, in.DryRun, change)
	if err == nil && in.Publish && !in.DryRun {
		v, err = s.f.Publish(r.Scope, r.Name, func(*function.Version) error { return nil }, nil)
	}
	if err != nil {
		return nil, reword(err, r)
	}
	out := &lambda.UpdateFunctionCodeOutput{}
	show(v, out)
	return out, nil
}

// change changes $LATEST, or only says how it would be.
func (s *Service) change(r function.Reference, dry bool, change func(*function.Version) error) (*function.Version, error) {
	if !dry {
		return s.f.ChangeLatest(r.Scope, r.Name, change)
	}
	v, err := s.f.Version(function.Reference{Scope: r.Scope, Name: r.Name})
	if err != nil {
		return nil, err
	}
	c := *v
	return &c, change(&c)
}

// UpdateFunctionConfiguration changes settings of $LATEST.
func (s *Service) UpdateFunctionConfiguration(ctx context.Context, in *lambda.UpdateFunctionConfigurationInput) (*lambda.UpdateFunctionConfigurationOutput, error) {
	r, _, err := s.unqualified(ctx, in.FunctionName)
	if err != nil {
		return nil, err
	}
	v, err := s.f.ChangeLatest(r.Scope, r.Name, func(v *function.Version) error {
		if err := current(v, in.RevisionId); err != nil {
			return err
		}
		if err := s.apply(v, in); err != nil {
			return err
		}
		touch(v)
		return nil
	})
	if err != nil {
		return nil, reword(err, r)
	}
	out := &lambda.UpdateFunctionConfigurationOutput{}
	show(v, out)
	return out, nil
}

// DeleteFunction deletes a function, or with a qualifier one version.
func (s *Service) DeleteFunction(ctx context.Context, in *lambda.DeleteFunctionInput) (*lambda.DeleteFunctionOutput, error) {
	r, err := reference(ctx, in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	if r.Qualifier == function.Latest {
		return nil, invalid("$LATEST version cannot be deleted without deleting the function.")
	}
	if fn, ok := s.f.Find(r.Scope, r.Name); ok {
		if _, alias := fn.Aliases[r.Qualifier]; alias {
			return nil, invalid("%s is an alias: use DeleteAlias.", r.Qualifier)
		}
	}
	if err := s.f.Delete(r.Scope, r.Name, r.Qualifier); err != nil {
		return nil, reword(err, r)
	}
	return &lambda.DeleteFunctionOutput{StatusCode: http.StatusNoContent}, nil
}

// PublishVersion makes a version that does not change any more.
func (s *Service) PublishVersion(ctx context.Context, in *lambda.PublishVersionInput) (*lambda.PublishVersionOutput, error) {
	r, _, err := s.unqualified(ctx, in.FunctionName)
	if err != nil {
		return nil, err
	}
	if in.PublishTo != "" {
		return nil, invalid("PublishTo is not supported: leave it out.")
	}
	v, err := s.f.Publish(r.Scope, r.Name, func(v *function.Version) error {
		if in.CodeSha256 != nil && *in.CodeSha256 != *v.Config.CodeSha256 {
			return invalid("CodeSHA256 (%s) is different from current CodeSHA256 in $LATEST (%s). Please try again with the CodeSHA256 in $LATEST.", *in.CodeSha256, *v.Config.CodeSha256)
		}
		return current(v, in.RevisionId)
	}, in.Description)
	if err != nil {
		return nil, reword(err, r)
	}
	out := &lambda.PublishVersionOutput{}
	show(v, out)
	return out, nil
}
