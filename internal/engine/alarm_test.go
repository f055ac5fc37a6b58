package engine

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/grue-ecs/grue/internal/alarm"
	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/metric"
	"github.com/grue-ecs/grue/internal/runtime/fake"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/watch"
	"github.com/grue-ecs/grue/internal/wire"
)

// set gives an alarm a state, as SetAlarmState does.
func (w *world) set(name, to string) {
	x := watch.New(watch.Options{Store: w.store, Metrics: metric.New(metric.Options{})})
	w.update(func(tx *store.Tx) {
		a, ok := watch.Alarms.Get(tx, testScope.Key(name))
		if !ok {
			a = &watch.Alarm{Scope: testScope, Name: name, Metric: &wire.Stored[types.MetricAlarm]{}}
			x.Put(tx, a)
			a, _ = watch.Alarms.Get(tx, a.Key())
		}
		x.SetState(tx, a, alarm.Result{State: to})
	})
}

// TestAlarmThatIsOver: an alarm that fired and was over before the engine looked
// again, here because the server was down, fails the deployment; one that was over
// before the deployment began does not.
func TestAlarmThatIsOver(t *testing.T) {
	w := newWorld(t)
	v1, v2 := w.define("web", 1, "web:1"), w.define("web", 2, "web:2")
	watched := deploy.Config{Alarms: deploy.AlarmConfig{Enable: true, Rollback: true, Names: []string{"high"}}}
	w.set("high", alarm.Alarm)
	w.set("high", alarm.OK)
	w.ended("s", w.deploy("s", v1, 1, watched), deploy.Successful)

	w.mu.Lock()
	w.script["web:2"] = fake.Script{} // never healthy: the deployment goes on until something ends it
	w.mu.Unlock()
	id := w.deploy("s", v2, 1, watched)
	w.await("alarms are watched", func() bool { return w.deployment("s", id).Machine.Alarms.Status == deploy.Monitoring })
	w.stop()
	w.set("high", alarm.Alarm)
	w.set("high", alarm.OK)
	w.start()
	w.ended("s", id, deploy.RollbackSuccessful)
	if got := w.deployment("s", id).Machine.Alarms.Triggered; len(got) != 1 {
		t.Errorf("triggered %v", got)
	}
}
