package autoscaling

import (
	"cmp"
	"context"
	"slices"

	api "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/grue-ecs/grue/internal/scale"
	"github.com/grue-ecs/grue/internal/store"
)

// DescribeScalingActivities lists what scaling did, newest first; on demand also
// what it decided not to do.
func (s *Service) DescribeScalingActivities(ctx context.Context, in *api.DescribeScalingActivitiesInput) (*api.DescribeScalingActivitiesOutput, error) {
	w, err := want(in.ServiceNamespace, one(in.ResourceId), in.ScalableDimension, nil)
	if err != nil {
		return nil, err
	}
	var all []*scale.Activity
	s.store.View(func(tx *store.Tx) {
		for _, a := range scale.Activities.Prefix(tx, scopeOf(ctx).Key("")) {
			if w.has(a.Resource, "") && (a.Unscaled == "" || get(in.IncludeNotScaledActivities)) {
				all = append(all, a)
			}
		}
	})
	slices.SortFunc(all, func(a, b *scale.Activity) int { return cmp.Compare(a.Order(), b.Order()) })
	some, next, err := page(all, (*scale.Activity).Order, in.NextToken, in.MaxResults)
	out := &api.DescribeScalingActivitiesOutput{ScalingActivities: []types.ScalingActivity{}, NextToken: next}
	for _, a := range some {
		out.ScalingActivities = append(out.ScalingActivities, activity(a))
	}
	return out, err
}

func activity(a *scale.Activity) types.ScalingActivity {
	v := types.ScalingActivity{
		ServiceNamespace: types.ServiceNamespaceEcs, ResourceId: &a.Resource, ScalableDimension: types.ScalableDimensionECSServiceDesiredCount,
		ActivityId: &a.ID, Description: &a.Description, Cause: &a.Cause, StatusCode: a.Status, StatusMessage: text(a.Message),
		StartTime: &a.Start, EndTime: moment(a.End),
	}
	if a.Unscaled != "" {
		v.NotScaledReasons = []types.NotScaledReason{{
			Code: &a.Unscaled, MinCapacity: number(a.Min), MaxCapacity: number(a.Max), CurrentCapacity: number(a.Capacity),
		}}
	}
	return v
}
