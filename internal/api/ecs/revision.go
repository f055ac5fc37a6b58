package ecs

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/state"
)

// DescribeServiceRevisions describes up to twenty service revisions.
func (s *Service) DescribeServiceRevisions(ctx context.Context, in *sdk.DescribeServiceRevisionsInput) (*sdk.DescribeServiceRevisionsOutput, error) {
	if err := batch("Service revision ARNs", len(in.ServiceRevisionArns), 20); err != nil {
		return nil, err
	}
	out := &sdk.DescribeServiceRevisionsOutput{ServiceRevisions: []types.ServiceRevision{}, Failures: []types.Failure{}}
	return out, s.view(ctx, func(r *request) error {
		for _, ref := range in.ServiceRevisionArns {
			key, err := r.serviceChild("service-revision", ref)
			if err != nil {
				return err
			}
			rev, ok := state.Revisions.Get(r.Tx, key)
			if !ok || rev.ARN() != ref {
				out.Failures = append(out.Failures, missing(ref))
				continue
			}
			out.ServiceRevisions = append(out.ServiceRevisions, rev.Body.V)
		}
		return nil
	})
}

// serviceChild is the key of a service revision or service deployment.
func (r *request) serviceChild(kind, ref string) (string, error) {
	parts, ok := arn.Path(ref, "ecs", kind)
	if !ok || len(parts) != 3 {
		return "", invalid("'%s' is not a valid %s ARN.", clip(ref), kind)
	}
	return r.Key(parts...), nil
}
