package sim

import (
	"encoding/json"
	"reflect"
	"time"

	"github.com/grue-ecs/grue/internal/deploy"
)

// step feeds a deployment one event and judges what comes of it.
func (w *World) step(d *deploy.Deployment, ev deploy.Event) {
	w.steps++
	if d.Status.Terminal() {
		w.judgeTerminal(d, ev)
		return
	}
	was := *d
	w.cover.add(d, ev)
	dark := w.shadowOf(d)
	dark.follow(d, ev)
	killed := w.chance(w.sc.Noise.Restart)
	if killed {
		w.rehearse(d, ev)
	}
	w.remember(d, ev)
	effects := deploy.Step(d, ev, w.clock())
	w.mix(int64(w.steps), w.now.UnixNano(), int64(len(effects)), int64(len(d.Status)), int64(len(d.Stage)))
	if d.Status != was.Status || d.Stage != was.Stage {
		w.note("%s %T: %s %s", d.ID, ev, d.Status, d.Stage)
	}
	w.judgeStep(&was, d, effects)
	w.judgeShadow(dark, &was, d)
	dark.model.Step(ev, w.clock())
	w.judgeModel(dark, d, effects)
	for _, e := range effects {
		if killed && outside(e) && w.chance(50) {
			continue // killed after the commit, before the effect
		}
		w.perform(d, e)
		if killed && outside(e) && w.chance(50) {
			w.perform(d, e) // killed after the effect, before it was noted
		}
	}
	w.judgePrimary()
	if d.Status != was.Status {
		w.cover.turn(d)
	}
	if d.Status != was.Status || d.Stage != was.Stage {
		w.arrive(d)
	}
	if killed && w.chance(50) { // the next controller asks what is outstanding
		w.after(w.soon(2*time.Second), func() { w.step(d, deploy.Tick{Repeat: true}) })
	}
	w.setTimer(d)
	w.decide(d)
}

// rehearse is a controller that is killed before it commits: it took the step in
// vain. The next one reads the deployment from disk and must take the same step.
func (w *World) rehearse(d *deploy.Deployment, ev deploy.Event) {
	stored, err := json.Marshal(d)
	if err != nil {
		w.breach("the deployment cannot be stored: %v", err)
		return
	}
	var again deploy.Deployment
	if err := json.Unmarshal(stored, &again); err != nil {
		w.breach("the deployment cannot be read: %v", err)
		return
	}
	*d = *d.Clone()
	first := deploy.Step(&again, ev, w.clock())
	copied := d.Clone()
	second := deploy.Step(copied, ev, w.clock())
	a, _ := json.Marshal(again)
	b, _ := json.Marshal(copied)
	if string(a) != string(b) {
		w.breach("a step taken again leaves another deployment:\n%s\n%s", a, b)
	}
	if !reflect.DeepEqual(ids(first), ids(second)) {
		w.breach("a step taken again has other effects: %v, %v", ids(first), ids(second))
	}
	var fresh deploy.Deployment
	if err := json.Unmarshal(stored, &fresh); err == nil {
		*d = fresh
	}
}

func ids(effects []deploy.Effect) []string {
	var out []string
	for _, e := range effects {
		out = append(out, e.EffectID())
	}
	return out
}
