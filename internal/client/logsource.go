package client

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// logSource is where a container's logs are.
type logSource struct {
	container, group, prefix, region string
}

// sources are the containers of a task definition with their awslogs options.
func (r *LogReader) sources(ctx context.Context, arn string) ([]logSource, error) {
	if known, ok := r.definitions[arn]; ok {
		return known, nil
	}
	out, err := r.client.ECS.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: &arn})
	if err != nil {
		return nil, err
	}
	var all []logSource
	for _, k := range out.TaskDefinition.ContainerDefinitions {
		name := aws.ToString(k.Name)
		if r.query.Container != "" && r.query.Container != name {
			continue
		}
		src, why := sourceOf(&k)
		if why != "" {
			r.Without = append(r.Without, fmt.Sprintf("%s of %s %s", name, Last(arn), why))
			continue
		}
		all = append(all, src)
	}
	r.definitions[arn] = all
	return all, nil
}

// sourceOf finds the log group and streams of a container, or says why it cannot.
func sourceOf(k *types.ContainerDefinition) (src logSource, why string) {
	c := k.LogConfiguration
	switch {
	case c == nil:
		return src, "has no logConfiguration"
	case c.LogDriver != types.LogDriverAwslogs:
		return src, fmt.Sprintf("logs with the driver %s, which cannot be read back", c.LogDriver)
	case c.Options["awslogs-group"] == "" || c.Options["awslogs-stream-prefix"] == "":
		return src, "has no awslogs-group or awslogs-stream-prefix, without which its streams are not known"
	}
	return logSource{
		container: aws.ToString(k.Name), group: c.Options["awslogs-group"], prefix: c.Options["awslogs-stream-prefix"],
		region: c.Options["awslogs-region"],
	}, ""
}
