package client

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// NotFound says that there is no such service.
type NotFound struct{ Service, Cluster, Where string }

func (n NotFound) Error() string {
	return fmt.Sprintf("there is no service %s in cluster %s at %s; 'grue status' lists those there are", n.Service, n.Cluster, n.Where)
}

// Look sees a service once. deployment is the ARN of the service deployment to
// look at; "" = the newest.
func (c *Client) Look(ctx context.Context, service, deployment string) (*Snapshot, error) {
	return newLooker(c).look(ctx, service, deployment)
}

// looker looks again and again and remembers what does not change.
type looker struct {
	*Client
	revisions map[string]*types.ServiceRevision // by ARN
	traffic   traffic
	without   bool // this ECS keeps no service deployments
}

func newLooker(c *Client) *looker {
	return &looker{Client: c, revisions: map[string]*types.ServiceRevision{}}
}

func (l *looker) look(ctx context.Context, service, deployment string) (*Snapshot, error) {
	raw, err := l.Service(ctx, service)
	if err != nil {
		return nil, err
	}
	s := snapshotOf(raw)
	if l.without {
		s.Deployment = rollout(raw)
		return s, nil
	}
	full, err := l.serviceDeployment(ctx, raw, deployment)
	switch {
	case err != nil && deployment == "" && absent(err):
		l.without, s.Deployment = true, rollout(raw) // an ECS or a controller without service deployments
	case err != nil:
		return nil, err
	case full != nil:
		s.Deployment = deploymentOf(full, raw)
		l.addRevisions(ctx, s)
		l.addTraffic(ctx, s)
	}
	return s, nil
}

// Service describes one service, by name or ARN; NotFound when there is none.
func (c *Client) Service(ctx context.Context, service string) (*types.Service, error) {
	out, err := c.ECS.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: &c.Cluster, Services: []string{service}})
	if err != nil {
		return nil, err
	}
	for i := range out.Services {
		if aws.ToString(out.Services[i].Status) != "INACTIVE" {
			return &out.Services[i], nil
		}
	}
	return nil, NotFound{service, Last(c.Cluster), c.Where()}
}

// serviceDeployment is the one of that ARN or the newest; nil = there is none.
func (c *Client) serviceDeployment(ctx context.Context, s *types.Service, arn string) (*types.ServiceDeployment, error) {
	if arn == "" {
		list, err := c.ECS.ListServiceDeployments(ctx, &ecs.ListServiceDeploymentsInput{Cluster: s.ClusterArn, Service: s.ServiceArn})
		if err != nil {
			return nil, err
		}
		if len(list.ServiceDeployments) == 0 {
			return nil, nil
		}
		arn = aws.ToString(list.ServiceDeployments[0].ServiceDeploymentArn)
	}
	out, err := c.ECS.DescribeServiceDeployments(ctx, &ecs.DescribeServiceDeploymentsInput{ServiceDeploymentArns: []string{arn}})
	if err != nil {
		return nil, err
	}
	if len(out.ServiceDeployments) == 0 {
		return nil, fmt.Errorf("there is no service deployment %s", Last(arn))
	}
	return &out.ServiceDeployments[0], nil
}

// absent tells whether an error says that there are no service deployments here,
// in words or by an answer that is none of AWS's.
func absent(err error) bool {
	var api smithy.APIError
	var status *smithyhttp.ResponseError
	if !errors.As(err, &api) && errors.As(err, &status) {
		return true
	}
	for _, code := range []string{"UnsupportedFeatureException", "UnknownOperationException", "NotImplemented", "NotImplementedException", "501"} {
		if Is(err, code) {
			return true
		}
	}
	return false
}

// Last is the end of an ARN, or the name itself.
func Last(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

func snapshotOf(raw *types.Service) *Snapshot {
	s := &Snapshot{
		At: time.Now(), Cluster: Last(aws.ToString(raw.ClusterArn)), Service: aws.ToString(raw.ServiceName), ARN: aws.ToString(raw.ServiceArn),
		Status: aws.ToString(raw.Status), Strategy: strategy(raw.DeploymentConfiguration), TaskDefinition: Last(aws.ToString(raw.TaskDefinition)),
		Desired: raw.DesiredCount, Running: raw.RunningCount, Pending: raw.PendingCount, Raw: raw,
		Events: make([]Event, 0, len(raw.Events)),
	}
	for _, e := range raw.Events {
		s.Events = append(s.Events, Event{ID: aws.ToString(e.Id), At: aws.ToTime(e.CreatedAt), Message: aws.ToString(e.Message)})
	}
	s.Steady = len(raw.Deployments) <= 1 && raw.RunningCount == raw.DesiredCount && raw.PendingCount == 0
	for _, d := range raw.Deployments {
		s.Steady = s.Steady && d.RolloutState != types.DeploymentRolloutStateInProgress
	}
	return s
}

func strategy(c *types.DeploymentConfiguration) string {
	if c == nil || c.Strategy == "" {
		return string(types.DeploymentStrategyRolling)
	}
	return string(c.Strategy)
}
