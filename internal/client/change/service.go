package change

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// ServiceFile is a service that a file holds: what CreateService or UpdateService
// takes, or what DescribeServices prints of one.
type ServiceFile struct {
	Path           string
	Name, Cluster  string // "" = not said
	TaskDefinition string
	create         ecs.CreateServiceInput
	update         ecs.UpdateServiceInput
	all            members
}

var (
	createNames  = fields(ecs.CreateServiceInput{})
	updateNames  = fields(ecs.UpdateServiceInput{})
	serviceNames = fields(types.Service{})
)

func readService(path string, all members) (*ServiceFile, error) {
	unknown := unknownMembers(all.without(createNames, updateNames, serviceNames))
	f := &ServiceFile{Path: path, all: all}
	if err := all.only(createNames).into(&f.create, &unknown); err != nil {
		return nil, err
	}
	if err := all.only(updateNames).into(&f.update, &unknown); err != nil {
		return nil, err
	}
	if err := unknown.error(); err != nil {
		return nil, err
	}
	f.Name = aws.ToString(f.create.ServiceName)
	if f.Name == "" {
		f.Name = aws.ToString(f.update.Service)
	}
	f.Name = f.Name[strings.LastIndex(f.Name, "/")+1:] // the name or the ARN
	f.Cluster, f.TaskDefinition = aws.ToString(f.create.Cluster), aws.ToString(f.create.TaskDefinition)
	return f, nil
}

// check compares what the file says of names with what the command line says.
func (f *ServiceFile) check(service string) error {
	if f.Name != "" && f.Name != service {
		return fmt.Errorf("%s is of the service %s, not of %s", f.Path, f.Name, service)
	}
	return nil
}

// notes names the members that are of no use for a call that takes those of names.
func (f *ServiceFile) notes(names map[string]bool) []string {
	var notes []string
	if own := f.all.without(createNames, updateNames); own != nil {
		notes = append(notes, fmt.Sprintf("%s: %s left out, for ECS sets them itself", f.Path, strings.Join(own, ", ")))
	}
	if f.all.has("forceNewDeployment") && !names["forceNewDeployment"] {
		notes = append(notes, fmt.Sprintf("%s: forceNewDeployment left out, for the service is new", f.Path))
	}
	if f.all.has("clientToken") && !names["clientToken"] {
		notes = append(notes, fmt.Sprintf("%s: clientToken left out, for the service exists already", f.Path))
	}
	return notes
}

// creation is the request that makes the service.
func (f *ServiceFile) creation() (*ecs.CreateServiceInput, []string) {
	in := f.create
	return &in, f.notes(createNames)
}

// change is the request that changes the service that there is, and the tags to
// set. What UpdateService cannot change must be as the service has it.
func (f *ServiceFile) change(now *types.Service) (*ecs.UpdateServiceInput, []types.Tag, []string, error) {
	in, notes := f.update, f.notes(updateNames)
	if t := in.DeploymentController; t != nil && sameController(t, now.DeploymentController) {
		in.DeploymentController = nil // ECS refuses to be told what it knows in some states
	}
	for _, fixed := range []struct{ member, want, have string }{
		{"launchType", string(f.create.LaunchType), string(now.LaunchType)},
		{"schedulingStrategy", string(f.create.SchedulingStrategy), string(now.SchedulingStrategy)},
		{"role", aws.ToString(f.create.Role), aws.ToString(now.RoleArn)},
	} {
		if fixed.want != "" && fixed.want != fixed.have && !strings.HasSuffix(fixed.have, "/"+fixed.want) {
			have := fixed.have
			if have == "" {
				have = "none"
			}
			return nil, nil, nil, fmt.Errorf("%s: %s %s: a service keeps the %s that it was created with, here %s; correct the file, or delete the service and deploy it anew",
				f.Path, fixed.member, fixed.want, fixed.member, have)
		}
	}
	tags, kept := newTags(f.create.Tags, now.Tags)
	if f.all.has("tags") && kept != nil {
		notes = append(notes, fmt.Sprintf("%s: tags that it does not name stay: %s", f.Path, strings.Join(kept, ", ")))
	}
	return &in, tags, notes, nil
}

func sameController(a, b *types.DeploymentController) bool {
	kind := types.DeploymentControllerTypeEcs
	if b != nil {
		kind = b.Type
	}
	return a.Type == kind
}

// newTags are the tags to set, and the keys of those that are only there already.
func newTags(want, have []types.Tag) (set []types.Tag, kept []string) {
	values := map[string]string{}
	for _, t := range have {
		values[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	named := map[string]bool{}
	for _, t := range want {
		key := aws.ToString(t.Key)
		named[key] = true
		if v, ok := values[key]; !ok || v != aws.ToString(t.Value) {
			set = append(set, t)
		}
	}
	for _, t := range have {
		if key := aws.ToString(t.Key); !named[key] && !strings.HasPrefix(key, "aws:") {
			kept = append(kept, key)
		}
	}
	return set, kept
}
