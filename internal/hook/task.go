package hook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

const (
	stopped = "STOPPED"
	// eventVariable holds the event in the container whose exit code counts.
	eventVariable = "GRUE_HOOK_EVENT"
	// maxEvent bounds it, in bytes: Linux takes 128 KiB a variable.
	maxEvent = 100 << 10
)

// errOver tells that the deployment went on before the task was made.
var errOver = errors.New("the deployment no longer waits for it")

// task runs one task of the new revision and waits until it stopped. Its
// container's exit code is the answer: 0 is SUCCEEDED, everything else FAILED.
//
// A rollback runs the hooks of the traffic shifts again, but no task: going back
// starts none of the revision that failed.
func (h *Hooks) task(ctx context.Context, c *Call, name string, t *taskTarget, event []byte) Answer {
	if c.Invoke.Hook.Undo {
		return Answer{Status: deploy.HookSucceeded}
	}
	if len(event) > maxEvent {
		return cannotInvoke(name, fmt.Sprintf("an event larger than %d bytes; make hookDetails smaller", maxEvent))
	}
	key := c.Deployment.Key() + "/" + c.Invoke.ID
	err := h.opts.Store.Update(func(tx *store.Tx) error {
		if _, again := runs.Get(tx, key); again {
			return nil
		}
		return h.start(tx, key, c, t, event)
	})
	if err != nil {
		return cannotInvoke(name, err.Error())
	}
	return h.wait(ctx, key, name)
}

// start makes the task and remembers it.
func (h *Hooks) start(tx *store.Tx, key string, c *Call, t *taskTarget, event []byte) error {
	d, in := c.Deployment, &c.Invoke
	r := &run{
		Scope: d.Scope, Cluster: d.Cluster, Service: d.Service, Deployment: d.ID,
		Execution: in.Hook.Execution, Call: in.Hook.Call, ExpiresAt: in.Hook.ExpiresAt,
	}
	now := time.Now()
	if !r.wanted(tx, now) {
		return errOver
	}
	rev, ok := state.Revisions.Get(tx, state.RevisionKey(d.Scope, d.Cluster, d.Service, string(in.Target)))
	if !ok {
		return fmt.Errorf("the service revision %s no longer exists", in.Target)
	}
	td, err := definition(tx, rev, t.TaskDefinition)
	if err != nil {
		return err
	}
	if n := rev.Body.V.NetworkConfiguration; td.Def.V.NetworkMode == ecs.NetworkModeAwsvpc && n == nil {
		return fmt.Errorf("the task definition %s needs a networkConfiguration and the service has none", aws.ToString(td.Def.V.TaskDefinitionArn))
	}
	counts, err := container(td, t.Container)
	if err != nil {
		return err
	}
	r.Container, r.Essential = aws.ToString(counts.Name), essential(counts)
	task := state.NewTask(d.Scope, d.Cluster, td, h.taskOptions(tx, c, rev, td, overrides(r.Container, t, event)), now)
	r.Task = task.ID
	state.PutTask(tx, task)
	emitTask(tx, task, now)
	runs.Put(tx, key, r)
	return nil
}

// definition is the one to run: the revision's, or the one that ref names.
func definition(tx *store.Tx, rev *state.Revision, ref string) (*state.TaskDefinition, error) {
	if ref == "" {
		ref = aws.ToString(rev.Body.V.TaskDefinition)
	}
	family := ref
	if parts, ok := arn.Path(ref, "ecs", "task-definition"); ok && len(parts) == 1 {
		a, _ := arn.Parse(ref)
		if a.Account != rev.Account || a.Region != rev.Region {
			return nil, fmt.Errorf("the task definition %s is of another account or Region", ref)
		}
		family = parts[0]
	}
	family, number, numbered := strings.Cut(family, ":")
	n, err := strconv.Atoi(number)
	if !numbered {
		if f, ok := state.Families.Get(tx, rev.Scope.Key(family)); ok {
			n = newest(tx, f)
		}
	} else if err != nil {
		n = 0
	}
	td, ok := state.TaskDefinitions.Get(tx, state.TaskDefinitionKey(rev.Scope, family, n))
	if !ok {
		return nil, fmt.Errorf("the task definition %s does not exist", shorten(ref))
	}
	return td, nil
}

// newest is the latest ACTIVE revision of a family; 0 = none.
func newest(tx *store.Tx, f *state.Family) int {
	for n := f.Last; n > 0; n-- {
		td, ok := state.TaskDefinitions.Get(tx, state.TaskDefinitionKey(f.Scope, f.Name, n))
		if ok && td.Def.V.Status == ecs.TaskDefinitionStatusActive {
			return n
		}
	}
	return 0
}

// container finds the container whose exit code counts: the named one, or the
// first essential one.
func container(td *state.TaskDefinition, name string) (*ecs.ContainerDefinition, error) {
	list := td.Def.V.ContainerDefinitions
	i := slices.IndexFunc(list, func(c ecs.ContainerDefinition) bool {
		if name == "" {
			return essential(&c)
		}
		return aws.ToString(c.Name) == name
	})
	if i < 0 {
		return nil, fmt.Errorf("the task definition %s has no container %q", aws.ToString(td.Def.V.TaskDefinitionArn), shorten(name))
	}
	return &list[i], nil
}

func essential(c *ecs.ContainerDefinition) bool { return c.Essential == nil || *c.Essential }

// overrides are the command and the variables of a container.
func overrides(container string, t *taskTarget, event []byte) ecs.TaskOverride {
	o := ecs.ContainerOverride{Name: &container, Command: slices.Clone(t.Command)}
	if !slices.ContainsFunc(t.Environment, func(v variable) bool { return v.Name == eventVariable }) {
		o.Environment = append(o.Environment, ecs.KeyValuePair{Name: aws.String(eventVariable), Value: aws.String(string(event))})
	}
	for _, v := range t.Environment {
		o.Environment = append(o.Environment, ecs.KeyValuePair{Name: &v.Name, Value: &v.Value})
	}
	return ecs.TaskOverride{ContainerOverrides: []ecs.ContainerOverride{o}}
}

// taskOptions start the task as a task of the revision would start, outside the
// service: it is no target of load balancers and no part of the desired count.
func (h *Hooks) taskOptions(tx *store.Tx, c *Call, rev *state.Revision, td *state.TaskDefinition, over ecs.TaskOverride) state.TaskOptions {
	b := &rev.Body.V
	o := state.TaskOptions{
		Group: "hook:" + c.Deployment.Service, StartedBy: c.Deployment.ID, Overrides: over, Network: b.NetworkConfiguration,
		LaunchType: string(b.LaunchType), PlatformVersion: aws.ToString(b.PlatformVersion), AZ: rev.Region + "a",
	}
	if len(b.CapacityProviderStrategy) > 0 {
		o.CapacityProvider = aws.ToString(b.CapacityProviderStrategy[0].CapacityProvider)
	}
	if n := b.NetworkConfiguration; n != nil && n.AwsvpcConfiguration != nil && len(n.AwsvpcConfiguration.Subnets) > 0 {
		o.Subnet = n.AwsvpcConfiguration.Subnets[0]
		if h.opts.Zone != nil {
			if z := h.opts.Zone(rev.Scope, o.Subnet); z != "" {
				o.AZ = z
			}
		}
	}
	if svc, ok := state.Services.Get(tx, rev.Scope.Key(rev.Cluster, rev.Service)); ok {
		switch svc.Body.V.PropagateTags {
		case ecs.PropagateTagsService:
			o.Tags = slices.Clone(svc.Body.V.Tags)
		case ecs.PropagateTagsTaskDefinition:
			o.Tags = slices.Clone(td.Tags)
		}
		if svc.Body.V.EnableECSManagedTags {
			o.Tags = append(o.Tags, ecs.Tag{Key: aws.String("aws:ecs:clusterName"), Value: &svc.Cluster},
				ecs.Tag{Key: aws.String("aws:ecs:serviceName"), Value: &svc.Name})
		}
	}
	return o
}

// emitTask emits an "ECS Task State Change" event.
func emitTask(tx *store.Tx, t *state.Task, now time.Time) {
	doc, err := state.TaskEvent(t, now)
	if err != nil {
		doc, _ = json.Marshal(map[string]string{"taskArn": t.ARN(), "lastStatus": t.LastStatus}) // strings always encode
	}
	tx.Emit(store.Event{
		Source: "aws.ecs", DetailType: "ECS Task State Change", Account: t.Account, Region: t.Region,
		Time: now, Resources: []string{t.ARN()}, Detail: doc,
	})
}
