package client

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Approval is a hook that waits for a person.
type Approval struct {
	Kind          string     `json:"kind"` // PAUSE or, of grue alone, PARAMETER
	Cluster       string     `json:"cluster"`
	Service       string     `json:"service"`
	DeploymentARN string     `json:"serviceDeploymentArn"`
	HookID        string     `json:"hookId"`
	Stage         string     `json:"lifecycleStage"`
	Strategy      string     `json:"strategy"`
	Since         *time.Time `json:"since,omitempty"` // Amazon does not tell
	ExpiresAt     *time.Time `json:"expiresAt,omitempty"`
	TimeoutAction string     `json:"timeoutAction"` // at ExpiresAt: ROLLBACK or CONTINUE
	// Target is what is to be approved; Source is what serves now, nil at a first
	// deployment.
	Target *Side `json:"target,omitempty"`
	Source *Side `json:"source,omitempty"`
}

// Side is one revision of a deployment that waits.
type Side struct {
	Number         string   `json:"number"`
	TaskDefinition string   `json:"taskDefinition"` // family:revision
	Production     *float64 `json:"productionTrafficWeight,omitempty"`
	Test           *float64 `json:"testTrafficWeight,omitempty"`
}

// Approvals finds what waits for a person, of the services of one cluster or, with
// cluster "", of all clusters; those of grue also where a hook reads an approval
// from an SSM parameter. The oldest come first where that is known.
func (c *Client) Approvals(ctx context.Context, cluster string) ([]Approval, error) {
	all, ok, err := c.grueApprovals(ctx)
	if err != nil {
		return nil, err
	}
	if ok {
		return slices.DeleteFunc(all, func(a Approval) bool { return cluster != "" && a.Cluster != Last(cluster) }), nil
	}
	clusters := []string{cluster}
	if cluster == "" {
		if clusters, err = c.clusters(ctx); err != nil {
			return nil, err
		}
	}
	all = []Approval{}
	for _, name := range clusters {
		found, err := c.clusterApprovals(ctx, name)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// ApprovalsOf finds what one service waits for.
func (c *Client) ApprovalsOf(ctx context.Context, service string) ([]Approval, error) {
	all, ok, err := c.grueApprovals(ctx)
	if err != nil {
		return nil, err
	}
	if ok {
		return slices.DeleteFunc(all, func(a Approval) bool { return a.Cluster != Last(c.Cluster) || a.Service != Last(service) }), nil
	}
	s, err := c.Service(ctx, service)
	if err != nil {
		return nil, err
	}
	return c.pauses(ctx, []types.Service{*s})
}

func (c *Client) clusters(ctx context.Context) ([]string, error) {
	var list []string
	for p := ecs.NewListClustersPaginator(c.ECS, &ecs.ListClustersInput{}); p.HasMorePages(); {
		out, err := p.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		list = append(list, out.ClusterArns...)
	}
	return list, nil
}

func (c *Client) clusterApprovals(ctx context.Context, cluster string) ([]Approval, error) {
	var all []Approval
	for p := ecs.NewListServicesPaginator(c.ECS, &ecs.ListServicesInput{Cluster: &cluster, MaxResults: aws.Int32(10)}); p.HasMorePages(); {
		page, err := p.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		if len(page.ServiceArns) == 0 {
			continue
		}
		out, err := c.ECS.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: &cluster, Services: page.ServiceArns})
		if err != nil {
			return nil, err
		}
		found, err := c.pauses(ctx, out.Services)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// pauses finds the PAUSE hooks that wait in at most ten services.
func (c *Client) pauses(ctx context.Context, services []types.Service) ([]Approval, error) {
	byARN, arns := map[string]*types.Service{}, []string{}
	for i := range services {
		if arn := aws.ToString(services[i].CurrentServiceDeployment); arn != "" {
			byARN[arn] = &services[i]
			arns = append(arns, arn)
		}
	}
	if len(arns) == 0 {
		return nil, nil
	}
	out, err := c.ECS.DescribeServiceDeployments(ctx, &ecs.DescribeServiceDeploymentsInput{ServiceDeploymentArns: arns})
	if err != nil {
		return nil, err
	}
	var all []Approval
	for i := range out.ServiceDeployments {
		raw := &out.ServiceDeployments[i]
		if s := byARN[aws.ToString(raw.ServiceDeploymentArn)]; s != nil {
			all = append(all, waiting(deploymentOf(raw, s), s)...)
		}
	}
	return all, nil
}

// waiting are the hooks of a deployment that wait for a person.
func waiting(d *Deployment, s *types.Service) (list []Approval) {
	for _, h := range d.Hooks {
		if !h.Waits() || d.Outcome != WaitsForApproval {
			continue
		}
		a := Approval{
			Kind: h.Type, Cluster: Last(aws.ToString(s.ClusterArn)), Service: aws.ToString(s.ServiceName), DeploymentARN: d.ARN, HookID: h.ID,
			Stage: d.Stage, Strategy: d.Strategy, ExpiresAt: h.Expires, TimeoutAction: h.TimeoutAction, Target: sideOf(&d.New),
		}
		if len(d.Old) > 0 {
			a.Source = sideOf(&d.Old[0])
		}
		list = append(list, a)
	}
	return list
}

func sideOf(r *Revision) *Side {
	return &Side{Number: r.Number, TaskDefinition: r.TaskDefinition, Production: r.Weight, Test: r.TestWeight}
}

// Answer approves or rejects. Of an answer that comes too late ECS's error tells.
func (c *Client) Answer(ctx context.Context, a Approval, approve bool, reason string) error {
	if strings.EqualFold(a.Kind, "PARAMETER") {
		return c.answerGrue(ctx, a, approve, reason)
	}
	action := types.DeploymentLifecycleHookActionContinue
	if !approve {
		action = types.DeploymentLifecycleHookActionRollback
	}
	_, err := c.ECS.ContinueServiceDeployment(ctx, &ecs.ContinueServiceDeploymentInput{
		ServiceDeploymentArn: &a.DeploymentARN, HookId: &a.HookID, Action: action,
	}, Because(reason, ""))
	return err
}
