package cloudwatch

import (
	"context"
	"encoding/json"
	"slices"

	cw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"github.com/grue-ecs/grue/internal/alarm"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/watch"
)

// SetAlarmState sets the state of an alarm until its next evaluation.
func (s *Service) SetAlarmState(ctx context.Context, in *cw.SetAlarmStateInput) (*cw.SetAlarmStateOutput, error) {
	name, err := checkAlarmName(in.AlarmName)
	switch {
	case err != nil:
		return nil, err
	case !slices.Contains(in.StateValue.Values(), in.StateValue):
		return nil, refused("1 validation error detected: Value '%s' at 'stateValue' failed to satisfy constraint: Member must satisfy enum value set: %v", in.StateValue, in.StateValue.Values())
	case in.StateReason == nil:
		return nil, missing("StateReason")
	case len(*in.StateReason) > 1023:
		return nil, refused("1 validation error detected: Value at 'stateReason' failed to satisfy constraint: Member must have length less than or equal to 1023")
	case len(get(in.StateReasonData)) > 4000:
		return nil, refused("1 validation error detected: Value at 'stateReasonData' failed to satisfy constraint: Member must have length less than or equal to 4000")
	case get(in.StateReasonData) != "" && !json.Valid([]byte(*in.StateReasonData)):
		return nil, invalidFormat("StateReasonData is not JSON.")
	}
	r := alarm.Result{State: string(in.StateValue), Reason: *in.StateReason, Data: get(in.StateReasonData)}
	return &cw.SetAlarmStateOutput{}, s.o.Store.Update(func(tx *store.Tx) error {
		a, ok := watch.Alarms.Get(tx, scopeOf(ctx).Key(name))
		if !ok {
			return notFound("There is no alarm %s.", name)
		}
		s.o.Watcher.SetState(tx, a, r)
		return nil
	})
}

// EnableAlarmActions lets the actions of alarms run. Names that do not exist are
// left out.
func (s *Service) EnableAlarmActions(ctx context.Context, in *cw.EnableAlarmActionsInput) (*cw.EnableAlarmActionsOutput, error) {
	return &cw.EnableAlarmActionsOutput{}, s.enable(ctx, in.AlarmNames, true)
}

// DisableAlarmActions stops the actions of alarms; their states go on.
func (s *Service) DisableAlarmActions(ctx context.Context, in *cw.DisableAlarmActionsInput) (*cw.DisableAlarmActionsOutput, error) {
	return &cw.DisableAlarmActionsOutput{}, s.enable(ctx, in.AlarmNames, false)
}

func (s *Service) enable(ctx context.Context, names []string, on bool) error {
	if err := checkNames(names); err != nil {
		return err
	}
	return s.o.Store.Update(func(tx *store.Tx) error {
		for _, name := range names {
			if a, ok := watch.Alarms.Get(tx, scopeOf(ctx).Key(name)); ok && a.ActionsEnabled() != on {
				s.o.Watcher.EnableActions(tx, a, on)
			}
		}
		return nil
	})
}

func checkNames(names []string) error {
	if len(names) == 0 {
		return missing("AlarmNames")
	}
	if len(names) > 100 {
		return refused("1 validation error detected: Value at 'alarmNames' failed to satisfy constraint: Member must have length less than or equal to 100")
	}
	return nil
}
