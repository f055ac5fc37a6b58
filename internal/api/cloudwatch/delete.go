package cloudwatch

import (
	"context"
	"slices"
	"strings"

	cw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/watch"
)

// DeleteAlarms deletes alarms, at most one of them composite. Those that exist
// are deleted even when others do not. An alarm that a composite alarm needs
// stays, unless that one is deleted with it.
func (s *Service) DeleteAlarms(ctx context.Context, in *cw.DeleteAlarmsInput) (*cw.DeleteAlarmsOutput, error) {
	if err := checkNames(in.AlarmNames); err != nil {
		return nil, err
	}
	scope := scopeOf(ctx)
	var unknown []string
	err := s.o.Store.Update(func(tx *store.Tx) error {
		unknown = nil
		var all []*watch.Alarm
		composites := 0
		for _, name := range in.AlarmNames {
			a, ok := watch.Alarms.Get(tx, scope.Key(name))
			if !ok {
				unknown = append(unknown, name)
				continue
			}
			if a.Composite != nil {
				composites++
			}
			for _, p := range watch.Parents(tx, scope, name) {
				if !slices.Contains(in.AlarmNames, p.Name) {
					return refused("Cannot delete %s as there are composite alarm(s) depending on it.", name)
				}
			}
			if !slices.Contains(all, a) {
				all = append(all, a)
			}
		}
		if composites > 1 {
			return refused("DeleteAlarms deletes at most one composite alarm at a time.")
		}
		for _, a := range all {
			s.o.Watcher.Delete(tx, a)
		}
		return nil
	})
	if err == nil && len(unknown) > 0 {
		err = notFound("There are no alarms %s.", strings.Join(unknown, ", "))
	}
	return &cw.DeleteAlarmsOutput{}, err
}
