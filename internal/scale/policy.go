package scale

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/watch"
)

// PutPolicy makes a policy of a target that exists, or replaces the configuration of
// one; its ARN, its alarms and its cool-down stay. It returns the record.
func (s *Scaler) PutPolicy(tx *store.Tx, p *Policy) *Policy {
	next := *p
	if old, ok := Policies.Get(tx, p.Key()); ok {
		next = *old
		next.Step, next.Tracking = p.Step, p.Tracking
	} else {
		next.UUID, next.Created = store.NewUUID(), s.opts.Now()
	}
	if next.Tracking != nil {
		if next.High == "" {
			next.High = store.NewUUID()
		}
		switch in := !aws.ToBool(next.Tracking.V.DisableScaleIn); {
		case in && next.Low == "":
			next.Low = store.NewUUID()
		case !in:
			s.deleteAlarm(tx, &next, next.LowAlarm())
			next.Low = ""
		}
		s.putAlarms(tx, &next)
	}
	Policies.Put(tx, next.Key(), &next)
	return &next
}

// DeletePolicy removes a policy, and the alarms of a target tracking policy.
func (s *Scaler) DeletePolicy(tx *store.Tx, p *Policy) {
	if p.Tracking != nil {
		s.deleteAlarm(tx, p, p.HighAlarm())
		s.deleteAlarm(tx, p, p.LowAlarm())
	}
	Policies.Delete(tx, p.Key())
}

// AlarmsOf are the alarms that make a policy act, by name: its own, or those of
// people that name it.
func AlarmsOf(tx *store.Tx, p *Policy) (out []*watch.Alarm) {
	for _, a := range watch.Alarms.Prefix(tx, p.Scope.Key("")) {
		if slices.Contains(a.AllActions(), p.ARN()) {
			out = append(out, a)
		}
	}
	return out
}

// PoliciesOf are the policies of a resource, by name.
func PoliciesOf(tx *store.Tx, t *Target) (out []*Policy) {
	for _, p := range Policies.Prefix(tx, Prefix(t.Scope, t.Resource)) {
		out = append(out, p)
	}
	return out
}
