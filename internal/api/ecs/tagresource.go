package ecs

import (
	"context"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/wire"
)

// tagged is a resource that has tags: how to read and to replace them.
type tagged struct {
	tags []types.Tag
	put  func([]types.Tag)
}

// TagResource adds tags.
func (s *Service) TagResource(ctx context.Context, in *sdk.TagResourceInput) (*sdk.TagResourceOutput, error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	return &sdk.TagResourceOutput{}, s.update(ctx, func(r *request) error {
		x, err := s.tagged(r, get(in.ResourceArn))
		if err != nil {
			return err
		}
		tags := mergeTags(x.tags, in.Tags)
		if len(tags) > maxTags {
			return wire.Errorf("LimitExceededException", "A resource can have at most %d tags.", maxTags)
		}
		x.put(tags)
		return nil
	})
}

// UntagResource removes tags.
func (s *Service) UntagResource(ctx context.Context, in *sdk.UntagResourceInput) (*sdk.UntagResourceOutput, error) {
	for _, k := range in.TagKeys {
		if strings.HasPrefix(strings.ToLower(k), "aws:") {
			return nil, invalid("Tags with the prefix aws: are managed by Amazon ECS and cannot be removed; the key was '%s'.", clip(k))
		}
	}
	return &sdk.UntagResourceOutput{}, s.update(ctx, func(r *request) error {
		x, err := s.tagged(r, get(in.ResourceArn))
		if err == nil {
			x.put(dropTags(x.tags, in.TagKeys))
		}
		return err
	})
}

// ListTagsForResource lists tags.
func (s *Service) ListTagsForResource(ctx context.Context, in *sdk.ListTagsForResourceInput) (*sdk.ListTagsForResourceOutput, error) {
	out := &sdk.ListTagsForResourceOutput{}
	return out, s.view(ctx, func(r *request) error {
		x, err := s.tagged(r, get(in.ResourceArn))
		if err == nil {
			out.Tags = list(x.tags)
		}
		return err
	})
}

// tagged finds the resource of an ARN.
func (s *Service) tagged(r *request, ref string) (*tagged, error) {
	a, ok := arn.Parse(ref)
	if !ok || a.Service != "ecs" {
		return nil, invalid("The ARN '%s' is not the ARN of an Amazon ECS resource.", clip(ref))
	}
	if a.Account != r.Account || a.Region != r.Region {
		return nil, noResource(ref)
	}
	kind, rest, _ := strings.Cut(a.Resource, "/")
	cluster, _, long := strings.Cut(rest, "/")
	if !long {
		cluster = "default"
	}
	var x *tagged
	switch kind {
	case "cluster":
		x = r.taggedCluster(rest)
	case "service":
		x = r.taggedService(cluster, ref)
	case "task":
		x = r.taggedTask(cluster, ref)
	case "task-definition":
		x = r.taggedDefinition(ref)
	case "container-instance":
		x = s.taggedInstance(r, cluster, ref)
	case "capacity-provider":
		return nil, invalid("The capacity providers FARGATE and FARGATE_SPOT cannot have tags.")
	default:
		return nil, invalid("Resources of the type '%s' have no tags.", clip(kind))
	}
	if x == nil {
		return nil, noResource(ref)
	}
	return x, nil
}

func noResource(ref string) error {
	return wire.Errorf("ResourceNotFoundException", "The specified resource '%s' was not found.", clip(ref))
}

func (r *request) taggedCluster(name string) *tagged {
	c, ok := state.Clusters.Get(r.Tx, r.Key(name))
	if !ok || get(c.Body.V.Status) != active {
		return nil
	}
	return &tagged{c.Body.V.Tags, func(tags []types.Tag) {
		next := *c
		next.Body.V.Tags = tags
		state.Clusters.Put(r.Tx, next.Key(), &next)
	}}
}

func (r *request) taggedService(cluster, ref string) *tagged {
	svc, ok := r.service(cluster, ref)
	if !ok || svc.Status == inactive {
		return nil
	}
	return &tagged{svc.Body.V.Tags, func(tags []types.Tag) {
		next := *svc
		next.Body.V.Tags = tags
		state.Services.Put(r.Tx, next.Key(), &next)
	}}
}

func (r *request) taggedTask(cluster, ref string) *tagged {
	t, ok := r.task(cluster, ref)
	if !ok {
		return nil
	}
	return &tagged{t.Tags, func(tags []types.Tag) {
		next := *t
		next.Tags = tags
		state.PutTask(r.Tx, &next)
	}}
}

func (r *request) taggedDefinition(ref string) *tagged {
	td, ok := r.definition(ref)
	if !ok || !hasRevision.MatchString(ref) {
		return nil
	}
	return &tagged{td.Tags, func(tags []types.Tag) {
		next := *td
		next.Tags = tags
		state.TaskDefinitions.Put(r.Tx, next.Key(), &next)
	}}
}

func (s *Service) taggedInstance(r *request, cluster, ref string) *tagged {
	if !s.isInstance(r, cluster, ref) {
		return nil
	}
	next := instance{Scope: r.Scope}
	if x, ok := instances.Get(r.Tx, r.Key(cluster)); ok {
		next = *x
	}
	return &tagged{next.Tags, func(tags []types.Tag) {
		next.Tags = tags
		instances.Put(r.Tx, r.Key(cluster), &next)
	}}
}
