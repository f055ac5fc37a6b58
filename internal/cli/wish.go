package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/client"
	"github.com/grue-ecs/grue/internal/client/change"
)

// wishFlags say where a service shall be brought; deploy and diff share them.
type wishFlags struct {
	Image    []string `short:"i" sep:"none" help:"Image of a container. CONTAINER= may be left out where it is clear. Can be given for each container." placeholder:"[CONTAINER=]IMAGE"`
	File     []string `short:"f" sep:"none" help:"Service or task definition as JSON: input of aws ecs create-service, update-service or register-task-definition, or ecspresso's files. One of each." placeholder:"FILE"`
	Desired  *int32   `help:"Number of tasks." placeholder:"N"`
	Strategy string   `help:"rolling, blue_green, canary or linear, from this deployment on." placeholder:"NAME"`
	Percent  *float64 `help:"Traffic of the canary, or of each linear step." placeholder:"P"`
	Bake     string   `help:"Time at the end with both revisions, in whole minutes, such as 5m." placeholder:"TIME"`
	StepBake string   `help:"Time after the canary, or after each linear step." placeholder:"TIME"`
	Force    bool     `help:"Deploy even when nothing differs: tags of images are resolved anew."`
}

// wish reads flags and files. The file's cluster counts where none is said.
func (f *wishFlags) wish(service string, flags *client.Flags) (*change.Wish, error) {
	w := &change.Wish{Service: client.Last(service), Desired: f.Desired, Force: f.Force}
	var err error
	if w.Images, err = change.ParseImages(f.Image); err != nil {
		return nil, usageError(err.Error())
	}
	if w.Strategy, err = f.strategy(); err != nil {
		return nil, usageError(err.Error())
	}
	files, err := change.ReadFiles(f.File)
	if err != nil {
		return nil, usageError("-f " + err.Error())
	}
	w.Files = *files
	if s := files.Service; s != nil && s.Cluster != "" && client.Last(s.Cluster) != client.Last(flags.Cluster) {
		if flags.Cluster != "default" {
			return nil, usageError(fmt.Sprintf("%s is of the cluster %s, not of %s", s.Path, s.Cluster, flags.Cluster))
		}
		flags.Cluster = s.Cluster
	}
	w.Cluster = flags.Cluster
	return w, nil
}

func (f *wishFlags) strategy() (s change.Strategy, err error) {
	if f.Strategy != "" {
		if s.Name, err = change.StrategyNamed(f.Strategy); err != nil {
			return s, fmt.Errorf("--strategy: %w", err)
		}
	}
	s.Percent = f.Percent
	for _, t := range []struct {
		flag, text string
		to         **int32
	}{{"--bake", f.Bake, &s.Bake}, {"--step-bake", f.StepBake, &s.StepBake}} {
		if t.text == "" {
			continue
		}
		n, err := change.Minutes(t.text)
		if err != nil {
			return s, fmt.Errorf("%s: %w", t.flag, err)
		}
		*t.to = &n
	}
	return s, nil
}

// empty tells whether nothing is wished.
func (f *wishFlags) empty() bool {
	return len(f.Image) == 0 && len(f.File) == 0 && f.Desired == nil && f.Strategy == "" && f.Percent == nil && f.Bake == "" && f.StepBake == "" && !f.Force
}

// now looks at what a wish starts from.
func now(ctx context.Context, cl *client.Client, w *change.Wish) (n change.Now, err error) {
	if n.Service, err = described(ctx, cl, w.Service); err != nil {
		return n, err
	}
	if base := w.Base(n.Service); base != "" {
		n.Definition, n.Tags, err = definition(ctx, cl, base)
	}
	return n, err
}

// described is a service with its tags; nil when there is none.
func described(ctx context.Context, cl *client.Client, service string) (*types.Service, error) {
	out, err := cl.ECS.DescribeServices(ctx, &ecs.DescribeServicesInput{
		Cluster: &cl.Cluster, Services: []string{service}, Include: []types.ServiceField{types.ServiceFieldTags},
	})
	if client.Is(err, "ClusterNotFoundException") {
		return nil, fmt.Errorf("there is no cluster %s at %s: choose another with --cluster, or make it with 'aws ecs create-cluster --cluster-name %s'",
			client.Last(cl.Cluster), cl.Where(), client.Last(cl.Cluster))
	}
	if err != nil {
		return nil, err
	}
	for i := range out.Services {
		if aws.ToString(out.Services[i].Status) == "ACTIVE" {
			return &out.Services[i], nil
		}
	}
	return nil, nil
}

// definition describes a task definition with its tags.
func definition(ctx context.Context, cl *client.Client, name string) (*types.TaskDefinition, []types.Tag, error) {
	out, err := cl.ECS.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{
		TaskDefinition: &name, Include: []types.TaskDefinitionField{types.TaskDefinitionFieldTags},
	})
	if err != nil {
		return nil, nil, fmt.Errorf("task definition %s: %w", client.Last(name), client.Explain(err))
	}
	return out.TaskDefinition, out.Tags, nil
}

// primary is the deployment of a service that is wanted; nil = none.
func primary(s *types.Service) *types.Deployment {
	for i := range s.Deployments {
		if aws.ToString(s.Deployments[i].Status) == "PRIMARY" {
			return &s.Deployments[i]
		}
	}
	return nil
}

// primaryNumber is the number of the revision that is wanted; "" = none.
func primaryNumber(s *types.Service) string {
	if s == nil {
		return ""
	}
	if d := primary(s); d != nil {
		return strings.TrimPrefix(aws.ToString(d.Id), "ecs-svc/")
	}
	return ""
}

// revisionARN is the ARN of a service's revision.
func revisionARN(s *types.Service, number string) string {
	return strings.Replace(aws.ToString(s.ServiceArn), ":service/", ":service-revision/", 1) + "/" + number
}

var errNoRevision = errors.New("the service has no revision: ECS keeps none of services that are deployed by CodeDeploy or externally")
