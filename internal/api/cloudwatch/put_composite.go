package cloudwatch

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	cw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/grue-ecs/grue/internal/alarm"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/watch"
	"github.com/grue-ecs/grue/internal/wire"
)

// PutCompositeAlarm creates or replaces a composite alarm. Its children exist,
// and no circle leads back to it.
func (s *Service) PutCompositeAlarm(ctx context.Context, in *cw.PutCompositeAlarmInput) (*cw.PutCompositeAlarmOutput, error) {
	name, err := checkAlarmName(in.AlarmName)
	if err != nil {
		return nil, err
	}
	rule, err := alarm.ParseRule(get(in.AlarmRule))
	if err != nil {
		return nil, refused("AlarmRule is not valid: %s.", err)
	}
	if err := checkActions(in.OKActions, in.AlarmActions, in.InsufficientDataActions); err != nil {
		return nil, err
	}
	if err := checkSuppressor(in); err != nil {
		return nil, err
	}
	tags, err := readTags(in.Tags)
	if err != nil {
		return nil, err
	}
	a := &watch.Alarm{Scope: scopeOf(ctx), Name: name, Tags: tags, Composite: &wire.Stored[types.CompositeAlarm]{V: types.CompositeAlarm{
		AlarmName: in.AlarmName, AlarmDescription: in.AlarmDescription, AlarmRule: in.AlarmRule, ActionsEnabled: in.ActionsEnabled,
		OKActions: in.OKActions, AlarmActions: in.AlarmActions, InsufficientDataActions: in.InsufficientDataActions,
		ActionsSuppressor: in.ActionsSuppressor, ActionsSuppressorWaitPeriod: in.ActionsSuppressorWaitPeriod,
		ActionsSuppressorExtensionPeriod: in.ActionsSuppressorExtensionPeriod, ActionConfiguration: in.ActionConfiguration,
	}}}
	if in.ActionsEnabled == nil {
		a.Composite.V.ActionsEnabled = aws.Bool(true)
	}
	return &cw.PutCompositeAlarmOutput{}, s.o.Store.Update(func(tx *store.Tx) error {
		if err := checkFamily(tx, a, rule.Children()); err != nil {
			return err
		}
		s.o.Watcher.Put(tx, a)
		return nil
	})
}

func checkSuppressor(in *cw.PutCompositeAlarmInput) error {
	wait, extension := in.ActionsSuppressorWaitPeriod, in.ActionsSuppressorExtensionPeriod
	switch {
	case get(in.ActionsSuppressor) == "" && (wait != nil || extension != nil):
		return refused("ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod need an ActionsSuppressor.")
	case get(in.ActionsSuppressor) != "" && (wait == nil || extension == nil):
		return refused("ActionsSuppressor needs ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod.")
	case get(wait) < 0 || get(extension) < 0:
		return refused("The periods of an ActionsSuppressor are not negative.")
	}
	return nil
}

// checkFamily checks the alarms that a composite alarm names.
func checkFamily(tx *store.Tx, a *watch.Alarm, children []string) error {
	if old, ok := watch.Alarms.Get(tx, a.Key()); ok && old.Metric != nil {
		return refused("A metric alarm has the name %s already.", a.Name)
	}
	if watch.Reaches(tx, a.Scope, children, a.Name) {
		return refused("Could not save the composite alarm as its rule leads back to it: alarm rules must not form a circle.")
	}
	var unknown []string
	if s := a.Suppressor(); s != "" {
		children = append(children, s)
	}
	for _, c := range children {
		if _, ok := watch.Alarms.Get(tx, a.Scope.Key(c)); !ok && c != a.Name {
			unknown = append(unknown, watch.ARN(a.Scope, c))
		}
	}
	if len(unknown) > 0 {
		return refused("Could not save the composite alarm as alarms [%s] in the alarm rule do not exist", strings.Join(unknown, ", "))
	}
	return nil
}
