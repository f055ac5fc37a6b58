package change

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Wish is what a person asks for; zero members ask for nothing.
type Wish struct {
	Cluster, Service string
	Images           []Image
	Files            Files
	Desired          *int32
	Strategy         Strategy
	Force            bool // deploy even when nothing differs
}

// Now is what there is.
type Now struct {
	Service *types.Service // nil = the service does not exist
	// Definition, with Tags, is what the plan starts from: that of Base.
	Definition *types.TaskDefinition
	Tags       []types.Tag
}

// Plan is the calls to make, in this order; nil ones are not needed.
type Plan struct {
	Register *ecs.RegisterTaskDefinitionInput
	// Create or Update is set; Update names the service alone when nothing of the
	// service changes. With Register, its answer is their TaskDefinition.
	Create *ecs.CreateServiceInput
	Update *ecs.UpdateServiceInput
	Tag    []types.Tag // of the service, beside Update
	// Definition is what the service will run; nil = TaskDefinition of Create or
	// Update says which, and it was not looked at.
	Definition *types.TaskDefinition
	Swaps      []Swap
	Notes      []string // what a person should know
}

// Base names the task definition that a plan starts from, to be put in
// Now.Definition: that of the file, else that which the service runs; "" = none is
// needed or there is none.
func (w *Wish) Base(now *types.Service) string {
	switch {
	case w.Files.Definition != nil:
		return ""
	case w.Files.Service != nil && w.Files.Service.TaskDefinition != "":
		return w.Files.Service.TaskDefinition
	case now != nil:
		return aws.ToString(now.TaskDefinition)
	}
	return ""
}

// Make works out the plan. Errors say what to give instead.
func (w *Wish) Make(now Now) (*Plan, error) {
	p := &Plan{}
	switch f := w.Files.Service; {
	case f != nil:
		if err := f.check(w.Service); err != nil {
			return nil, err
		}
	case now.Service == nil:
		return nil, fmt.Errorf("the service %s does not exist in the cluster %s: create it with -f service.json, or choose another cluster with --cluster", w.Service, w.Cluster)
	}
	if err := w.define(p, now); err != nil {
		return nil, err
	}
	if now.Service == nil {
		return p, w.create(p)
	}
	return p, w.update(p, now.Service)
}

// define plans the registration.
func (w *Wish) define(p *Plan, now Now) error {
	var in *ecs.RegisterTaskDefinitionInput
	switch {
	case w.Files.Definition != nil:
		in = w.Files.Definition.Input
		p.Notes = append(p.Notes, w.Files.Definition.Notes...)
	case now.Definition != nil:
		in = Again(now.Definition, now.Tags)
	case len(w.Images) > 0:
		return errors.New("--image needs a task definition to put it into: give one with -f taskdef.json")
	default:
		return nil
	}
	swaps, err := SetImages(in.ContainerDefinitions, w.Images)
	if err != nil {
		return err
	}
	p.Swaps, p.Definition = swaps, now.Definition
	if w.Files.Definition != nil || len(swaps) > 0 {
		p.Register, p.Definition = in, Described(in)
	}
	return nil
}

func (w *Wish) create(p *Plan) error {
	f := w.Files.Service
	in, notes := f.creation()
	p.Create, p.Notes = in, append(p.Notes, notes...)
	in.Cluster, in.ServiceName = &w.Cluster, &w.Service
	if aws.ToString(in.TaskDefinition) == "" && p.Register == nil {
		return fmt.Errorf("the service %s does not exist yet, and %s has no taskDefinition: name one there, or give one with -f taskdef.json", w.Service, f.Path)
	}
	if p.Register != nil {
		in.TaskDefinition = nil
	}
	lay(&in.DesiredCount, w.Desired)
	if in.DesiredCount == nil && in.SchedulingStrategy != types.SchedulingStrategyDaemon {
		return fmt.Errorf("the service %s does not exist yet: say how many tasks it shall have, with --desired N or desiredCount in %s", w.Service, f.Path)
	}
	return w.configure(&in.DeploymentConfiguration, nil)
}

func (w *Wish) update(p *Plan, now *types.Service) error {
	p.Update = &ecs.UpdateServiceInput{}
	if f := w.Files.Service; f != nil {
		in, tags, notes, err := f.change(now)
		if err != nil {
			return err
		}
		p.Update, p.Tag, p.Notes = in, tags, append(p.Notes, notes...)
	}
	in := p.Update
	in.Cluster, in.Service = &w.Cluster, &w.Service
	if p.Register != nil {
		in.TaskDefinition = nil
	}
	lay(&in.DesiredCount, w.Desired)
	in.ForceNewDeployment = in.ForceNewDeployment || w.Force
	return w.configure(&in.DeploymentConfiguration, now.DeploymentConfiguration)
}

// configure lays the wished strategy over the file's configuration, else over the
// service's.
func (w *Wish) configure(c **types.DeploymentConfiguration, now *types.DeploymentConfiguration) error {
	if w.Strategy.Empty() {
		return nil
	}
	under := *c
	if under == nil {
		under = now
	}
	over, err := w.Strategy.Over(under)
	if err == nil {
		*c = over
	}
	return err
}

// Calls names the AWS calls of a plan, for a person.
func (p *Plan) Calls() (list []string) {
	if p.Register != nil {
		list = append(list, "RegisterTaskDefinition for "+aws.ToString(p.Register.Family))
	}
	if p.Create != nil {
		list = append(list, "CreateService")
	}
	if p.Register != nil && p.Create == nil || touches(p.Update) {
		list = append(list, "UpdateService")
	}
	if len(p.Tag) > 0 {
		list = append(list, fmt.Sprintf("TagResource for %d tags", len(p.Tag)))
	}
	return list
}

// Nothing tells whether the plan changes nothing at all.
func (p *Plan) Nothing() bool {
	return p.Register == nil && p.Create == nil && len(p.Tag) == 0 && !touches(p.Update)
}

// touches tells whether an update names more than the service.
func touches(in *ecs.UpdateServiceInput) bool {
	if in == nil {
		return false
	}
	rest := *in
	rest.Cluster, rest.Service = nil, nil
	return !reflect.ValueOf(rest).IsZero()
}
