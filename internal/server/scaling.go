package server

import (
	"github.com/grue-ecs/grue/internal/scale"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/watch"
)

// openScaler makes what scales services. Its alarms are the watcher's; the desired
// count is changed by the ECS API, so that its rules hold.
func (s *server) openScaler() error {
	s.scaler = scale.New(scale.Options{
		Store: s.store, Watcher: s.watcher, Minute: s.opts.Minute, Log: s.log,
		SetDesired: func(tx *store.Tx, svc *state.Service, n int, event string) error {
			return s.ecs.SetDesired(tx, svc, n, event)
		},
	})
	return nil
}

// scalePolicy performs a scaling policy that is the action of an alarm.
func (s *server) scalePolicy(tx *store.Tx, policyARN string, a *watch.Alarm) error {
	return s.scaler.Perform(tx, policyARN, a)
}
