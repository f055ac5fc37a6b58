package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/client"
	"github.com/grue-ecs/grue/internal/revision"
)

// past are the deployments of a service that ECS remembers, newest first.
func (x *steering) past(ctx context.Context, s *types.Service) ([]types.ServiceDeploymentBrief, error) {
	var all []types.ServiceDeploymentBrief
	in := &ecs.ListServiceDeploymentsInput{Cluster: s.ClusterArn, Service: s.ServiceArn}
	for {
		out, err := x.client.ECS.ListServiceDeployments(ctx, in)
		if err != nil {
			return nil, err
		}
		all = append(all, out.ServiceDeployments...)
		if in.NextToken = out.NextToken; aws.ToString(in.NextToken) == "" {
			break
		}
	}
	slices.SortStableFunc(all, func(a, b types.ServiceDeploymentBrief) int {
		return aws.ToTime(b.CreatedAt).Compare(aws.ToTime(a.CreatedAt))
	})
	return all, nil
}

// revisions describes revisions, by ARN; those that ECS does not know are left out.
func (x *steering) revisions(ctx context.Context, arns []string) (map[string]*types.ServiceRevision, error) {
	found := map[string]*types.ServiceRevision{}
	for some := range slices.Chunk(arns, 20) {
		out, err := x.client.ECS.DescribeServiceRevisions(ctx, &ecs.DescribeServiceRevisionsInput{ServiceRevisionArns: some})
		if err != nil {
			return nil, err
		}
		for i := range out.ServiceRevisions {
			r := &out.ServiceRevisions[i]
			found[aws.ToString(r.ServiceRevisionArn)] = r
		}
	}
	return found, nil
}

// known are the revisions of a service that its deployments name, newest first.
func (x *steering) known(ctx context.Context, s *types.Service, past []types.ServiceDeploymentBrief) ([]*types.ServiceRevision, error) {
	var arns []string
	add := func(arn string) {
		if arn != "" && !slices.Contains(arns, arn) {
			arns = append(arns, arn)
		}
	}
	for _, d := range past {
		add(aws.ToString(d.TargetServiceRevisionArn))
	}
	for _, r := range s.CurrentServiceRevisions {
		add(aws.ToString(r.Arn))
	}
	found, err := x.revisions(ctx, arns)
	if err != nil {
		return nil, err
	}
	var list []*types.ServiceRevision
	for _, arn := range arns {
		if r := found[arn]; r != nil {
			list = append(list, r)
		}
	}
	return list, nil
}

// pick finds the revision that a person means: by ARN, by number, or the newest
// with a task definition.
func pick(known []*types.ServiceRevision, text string) (*types.ServiceRevision, error) {
	for _, r := range known {
		arn, def := aws.ToString(r.ServiceRevisionArn), aws.ToString(r.TaskDefinition)
		if text == arn || text == client.Last(arn) || text == def || text == client.Last(def) {
			return r, nil
		}
	}
	var list []string
	for _, r := range known[:min(len(known), 10)] {
		list = append(list, fmt.Sprintf("%s (%s, %s ago)", client.Last(aws.ToString(r.ServiceRevisionArn)), client.Last(aws.ToString(r.TaskDefinition)),
			client.Age(time.Since(aws.ToTime(r.CreatedAt)))))
	}
	return nil, fmt.Errorf("the service has no revision %s; it has %s", text, strings.Join(list, ", "))
}

// between compares two revisions. Without from, it is the one that the newest
// deployment replaced, or replaces; without to, the present one.
func (x *steering) between(ctx context.Context, from, to string) (*difference, error) {
	defer x.doing("asking " + x.client.Where() + " about revisions of " + x.service)()
	s, err := x.client.Service(ctx, x.service)
	if err != nil {
		return nil, err
	}
	past, err := x.past(ctx, s)
	if err != nil {
		return nil, err
	}
	known, err := x.known(ctx, s, past)
	if err != nil {
		return nil, err
	}
	if to == "" {
		to = primaryNumber(s)
	}
	after, err := pick(known, to)
	if err != nil {
		return nil, err
	}
	before, err := x.before(from, known, past, after)
	if err != nil {
		return nil, err
	}
	a, err := x.subject(ctx, before)
	if err != nil {
		return nil, err
	}
	b, err := x.subject(ctx, after)
	if err != nil {
		return nil, err
	}
	return &difference{Service: x.service, From: titleOf(before), To: titleOf(after), Differences: revision.Compare(a, b), Notes: []string{}}, nil
}

// before is the revision from which to compare.
func (x *steering) before(from string, known []*types.ServiceRevision, past []types.ServiceDeploymentBrief, after *types.ServiceRevision) (*types.ServiceRevision, error) {
	if from != "" {
		return pick(known, from)
	}
	arns := previous(past, aws.ToString(after.ServiceRevisionArn))
	if len(arns) == 0 {
		return nil, fmt.Errorf("%s has had no other revision: say --from REVISION, or what to deploy (--image, -f)", x.service)
	}
	return pick(known, arns[0])
}

// previous are the revisions that were deployed successfully before a revision was
// deployed first, newest first.
func previous(past []types.ServiceDeploymentBrief, arn string) (arns []string) {
	older := past
	for i, d := range past {
		if aws.ToString(d.TargetServiceRevisionArn) == arn {
			older = past[i+1:]
		}
	}
	for _, d := range older {
		if to := aws.ToString(d.TargetServiceRevisionArn); d.Status == types.ServiceDeploymentStatusSuccessful && to != arn {
			arns = append(arns, to)
		}
	}
	return arns
}

// subject is a revision with its task definition, which may be deleted.
func (x *steering) subject(ctx context.Context, r *types.ServiceRevision) (revision.Subject, error) {
	s := revision.Subject{Revision: *r}
	out, err := x.client.ECS.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: r.TaskDefinition})
	if err == nil {
		s.Definition = out.TaskDefinition
	} else if !client.Is(err, "ClientException") {
		return s, err
	}
	return s, nil
}

// titleOf names a revision.
func titleOf(r *types.ServiceRevision) string {
	return fmt.Sprintf("%s (%s)", client.Last(aws.ToString(r.ServiceRevisionArn)), client.Last(aws.ToString(r.TaskDefinition)))
}
