package ecs

import (
	"context"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/taskdef"
	"github.com/grue-ecs/grue/internal/wire"
)

// maxDefinition is ECS's limit for the size of a task definition.
const maxDefinition = 64 << 10

// RegisterTaskDefinition makes a new revision, even of an identical definition.
func (s *Service) RegisterTaskDefinition(ctx context.Context, in *sdk.RegisterTaskDefinitionInput) (*sdk.RegisterTaskDefinitionOutput, error) {
	defer faultRegistered.Hit()
	def, err := taskdef.Normalise(definitionOf(in))
	if err != nil {
		return nil, definitionError(err)
	}
	if err := taskdef.Validate(&def); err != nil {
		return nil, definitionError(err)
	}
	if doc, err := wire.MarshalJSON(def, true); err != nil || len(doc) > maxDefinition {
		return nil, clientError("The task definition is larger than 64 KiB.")
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	def.Compatibilities, def.RequiresAttributes = taskdef.Compatibilities(&def), taskdef.Requires(&def)
	out := &sdk.RegisterTaskDefinitionOutput{Tags: in.Tags}
	return out, s.update(ctx, func(r *request) error {
		td := r.register(def)
		td.Tags = in.Tags
		state.TaskDefinitions.Put(r.Tx, td.Key(), td)
		out.TaskDefinition = &td.Def.V
		return nil
	})
}

// register gives a definition the next number of its family; numbers are never
// used again.
func (r *request) register(def types.TaskDefinition) *state.TaskDefinition {
	name := *def.Family
	next := state.Family{Scope: r.Scope, Name: name, Last: 1}
	if f, ok := state.Families.Get(r.Tx, r.Key(name)); ok {
		next.Last = f.Last + 1
	}
	state.Families.Put(r.Tx, r.Key(name), &next)
	def.Revision, def.Status = int32(next.Last), types.TaskDefinitionStatusActive
	def.TaskDefinitionArn = ptr(r.TaskDefinition(name, next.Last))
	def.RegisteredAt, def.RegisteredBy = &r.now, text(r.caller.ARN)
	td := &state.TaskDefinition{Scope: r.Scope, Family: name, Revision: next.Last}
	td.Def.V = def
	return td
}

// definitionOf copies the members of the input: their names are the same.
func definitionOf(in *sdk.RegisterTaskDefinitionInput) types.TaskDefinition {
	return types.TaskDefinition{
		Family: in.Family, ContainerDefinitions: in.ContainerDefinitions, Cpu: in.Cpu, Memory: in.Memory,
		EnableFaultInjection: in.EnableFaultInjection, EphemeralStorage: in.EphemeralStorage,
		ExecutionRoleArn: in.ExecutionRoleArn, InferenceAccelerators: in.InferenceAccelerators,
		IpcMode: in.IpcMode, NetworkMode: in.NetworkMode, PidMode: in.PidMode,
		PlacementConstraints: in.PlacementConstraints, ProxyConfiguration: in.ProxyConfiguration,
		RequiresCompatibilities: in.RequiresCompatibilities, RuntimePlatform: in.RuntimePlatform,
		TaskRoleArn: in.TaskRoleArn, Volumes: in.Volumes,
	}
}

// DescribeTaskDefinition describes a revision, INACTIVE ones included.
func (s *Service) DescribeTaskDefinition(ctx context.Context, in *sdk.DescribeTaskDefinitionInput) (*sdk.DescribeTaskDefinitionOutput, error) {
	out := &sdk.DescribeTaskDefinitionOutput{}
	return out, s.view(ctx, func(r *request) error {
		td, ok := r.definition(get(in.TaskDefinition))
		if !ok {
			return clientError("Unable to describe task definition.")
		}
		out.TaskDefinition = &td.Def.V
		if slices.Contains(in.Include, types.TaskDefinitionFieldTags) {
			out.Tags = list(td.Tags)
		}
		return nil
	})
}

// DeregisterTaskDefinition makes a revision INACTIVE.
func (s *Service) DeregisterTaskDefinition(ctx context.Context, in *sdk.DeregisterTaskDefinitionInput) (*sdk.DeregisterTaskDefinitionOutput, error) {
	out := &sdk.DeregisterTaskDefinitionOutput{}
	return out, s.update(ctx, func(r *request) error {
		td, err := r.numbered(get(in.TaskDefinition))
		if err != nil {
			return err
		}
		if td.Def.V.Status == types.TaskDefinitionStatusActive {
			next := *td
			next.Def.V.Status, next.Def.V.DeregisteredAt = types.TaskDefinitionStatusInactive, &r.now
			state.TaskDefinitions.Put(r.Tx, next.Key(), &next)
			td = &next
		}
		out.TaskDefinition = &td.Def.V
		return nil
	})
}

// numbered finds a definition whose revision must be given.
func (r *request) numbered(ref string) (*state.TaskDefinition, error) {
	if ref == "" {
		return nil, clientError("Task definition cannot be null or empty.")
	}
	if !hasRevision.MatchString(ref) {
		return nil, clientError("Invalid revision number. Number: %s", clip(ref))
	}
	td, ok := r.definition(ref)
	if !ok {
		return nil, clientError("The specified task definition does not exist. Specify a valid account, family, revision and try again.")
	}
	return td, nil
}

// DeleteTaskDefinitions deletes INACTIVE revisions. One that is still in use
// stays DELETE_IN_PROGRESS until nothing refers to it any more.
func (s *Service) DeleteTaskDefinitions(ctx context.Context, in *sdk.DeleteTaskDefinitionsInput) (*sdk.DeleteTaskDefinitionsOutput, error) {
	if err := batch("Task definitions", len(in.TaskDefinitions), 10); err != nil {
		return nil, err
	}
	for _, ref := range in.TaskDefinitions {
		if !hasRevision.MatchString(ref) {
			return nil, invalid("The revision is required to delete a task definition: '%s'.", clip(ref))
		}
	}
	out := &sdk.DeleteTaskDefinitionsOutput{Failures: []types.Failure{}, TaskDefinitions: []types.TaskDefinition{}}
	return out, s.update(ctx, func(r *request) error {
		for _, ref := range in.TaskDefinitions {
			td, ok := r.definition(ref)
			if !ok {
				out.Failures = append(out.Failures, missing(r.definitionARN(ref)))
				continue
			}
			if td.Def.V.Status == types.TaskDefinitionStatusActive {
				out.Failures = append(out.Failures, types.Failure{
					Arn: td.Def.V.TaskDefinitionArn, Reason: ptr("The specified task definition is still in ACTIVE status. Please deregister the target and try again."),
				})
				continue
			}
			next := *td
			if next.Def.V.Status != types.TaskDefinitionStatusDeleteInProgress {
				next.Def.V.Status, next.Def.V.DeleteRequestedAt = types.TaskDefinitionStatusDeleteInProgress, &r.now
				state.TaskDefinitions.Put(r.Tx, next.Key(), &next)
			}
			out.TaskDefinitions = append(out.TaskDefinitions, next.Def.V)
		}
		state.SweepDefinitions(r.Tx, r.Key(""))
		return nil
	})
}
