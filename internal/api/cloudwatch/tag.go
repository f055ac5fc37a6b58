package cloudwatch

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	cw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/watch"
	"github.com/grue-ecs/grue/internal/wire"
)

// TagResource adds tags to an alarm.
func (s *Service) TagResource(ctx context.Context, in *cw.TagResourceInput) (*cw.TagResourceOutput, error) {
	add, err := readTags(in.Tags)
	if err != nil {
		return nil, err
	}
	return &cw.TagResourceOutput{}, s.retag(ctx, in.ResourceARN, func(tags map[string]string) error {
		maps.Copy(tags, add)
		if len(tags) > 50 {
			return invalid("A resource can have no more than 50 tags.")
		}
		return nil
	})
}

// UntagResource removes tags from an alarm.
func (s *Service) UntagResource(ctx context.Context, in *cw.UntagResourceInput) (*cw.UntagResourceOutput, error) {
	return &cw.UntagResourceOutput{}, s.retag(ctx, in.ResourceARN, func(tags map[string]string) error {
		for _, k := range in.TagKeys {
			delete(tags, k)
		}
		return nil
	})
}

// ListTagsForResource lists the tags of an alarm.
func (s *Service) ListTagsForResource(ctx context.Context, in *cw.ListTagsForResourceInput) (out *cw.ListTagsForResourceOutput, err error) {
	out = &cw.ListTagsForResourceOutput{Tags: []types.Tag{}}
	s.o.Store.View(func(tx *store.Tx) {
		var a *watch.Alarm
		if a, err = tagged(ctx, tx, in.ResourceARN); err != nil {
			return
		}
		for _, k := range slices.Sorted(maps.Keys(a.Tags)) {
			out.Tags = append(out.Tags, types.Tag{Key: aws.String(k), Value: aws.String(a.Tags[k])})
		}
	})
	return out, err
}

func (s *Service) retag(ctx context.Context, resource *string, change func(map[string]string) error) error {
	return s.o.Store.Update(func(tx *store.Tx) error {
		a, err := tagged(ctx, tx, resource)
		if err != nil {
			return err
		}
		next := *a
		next.Tags = map[string]string{}
		maps.Copy(next.Tags, a.Tags)
		if err := change(next.Tags); err != nil {
			return err
		}
		watch.Alarms.Put(tx, next.Key(), &next)
		return nil
	})
}

// tagged is the alarm that an ARN names.
func tagged(ctx context.Context, tx *store.Tx, resource *string) (*watch.Alarm, error) {
	r, ok := arn.Parse(get(resource))
	name, isAlarm := strings.CutPrefix(r.Resource, "alarm:")
	if !ok || r.Service != "cloudwatch" || !isAlarm {
		return nil, invalid("The parameter ResourceARN must be the ARN of an alarm; it was %q.", get(resource))
	}
	scope := scopeOf(ctx)
	a, found := watch.Alarms.Get(tx, scope.Key(name))
	if !found || r.Account != scope.Account || r.Region != scope.Region {
		return nil, wire.Errorf("ResourceNotFoundException", "There is no alarm %s.", *resource).WithStatus(http.StatusNotFound)
	}
	return a, nil
}
