package client

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
)

// addRevisions fills in what only DescribeServiceRevisions knows. A revision
// does not change, so each is asked for once.
func (l *looker) addRevisions(ctx context.Context, s *Snapshot) {
	var missing []string
	for _, r := range s.Deployment.sides() {
		if known := l.revisions[r.ARN]; r.ARN != "" && (known == nil || known.ResolvedConfiguration == nil) {
			missing = append(missing, r.ARN)
		}
	}
	if len(missing) > 0 {
		out, err := l.ECS.DescribeServiceRevisions(ctx, &ecs.DescribeServiceRevisionsInput{ServiceRevisionArns: missing[:min(20, len(missing))]})
		if err != nil {
			s.Problem = "revisions: " + Explain(err).Error()
			return
		}
		for i := range out.ServiceRevisions {
			l.revisions[aws.ToString(out.ServiceRevisions[i].ServiceRevisionArn)] = &out.ServiceRevisions[i]
		}
	}
	for _, r := range s.Deployment.sides() {
		known := l.revisions[r.ARN]
		if known == nil {
			continue
		}
		r.TaskDefinition = Last(aws.ToString(known.TaskDefinition))
		for _, i := range known.ContainerImages {
			image := aws.ToString(i.Image)
			if d := aws.ToString(i.ImageDigest); d != "" && !strings.Contains(image, "@") {
				image += "@" + d
			}
			r.Images = append(r.Images, image)
		}
	}
}

// groupsOf are the target groups of a revision, ARNs.
func (l *looker) groupsOf(revision string) (groups []string) {
	known := l.revisions[revision]
	if known == nil || known.ResolvedConfiguration == nil {
		return nil
	}
	for _, b := range known.ResolvedConfiguration.LoadBalancers {
		groups = append(groups, aws.ToString(b.TargetGroupArn))
	}
	return groups
}
