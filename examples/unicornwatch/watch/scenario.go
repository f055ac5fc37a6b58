package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cw "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/examples/unicornwatch/unicorn"
)

// steer is what people do about a deployment; it is called at every look.
type steer func(ctx context.Context, w *watch, sc scenario, d types.ServiceDeployment, at *turn) error

// turn is what they did.
type turn struct {
	decided  bool
	rejected bool // the person noticed something
}

// tester tries green when it has test traffic, and decides with ui/decide.sh.
func tester(approve, reject string) steer {
	return func(ctx context.Context, w *watch, sc scenario, d types.ServiceDeployment, at *turn) error {
		if at.decided || d.LifecycleStage != types.ServiceDeploymentLifecycleStagePostTestTrafficShift {
			return nil
		}
		return w.decide(ctx, sc, at, "ui/decide.sh", approve, reject)
	}
}

// pauser does the same for a PAUSE hook, with ui/continue.sh.
func pauser(ctx context.Context, w *watch, sc scenario, d types.ServiceDeployment, at *turn) error {
	for _, h := range d.LifecycleHookDetails {
		if !at.decided && h.Status == types.DeploymentLifecycleHookStatusAwaitingAction {
			return w.decide(ctx, sc, at, "ui/continue.sh", "CONTINUE", "ROLLBACK")
		}
	}
	return nil
}

func (w *watch) decide(ctx context.Context, sc scenario, at *turn, script, yes, no string) error {
	good, err := w.tryGreen(ctx, sc.version)
	if err != nil {
		return err
	}
	at.decided, at.rejected = true, !good
	if !good {
		yes = no
	}
	_, err = w.script(ctx, script, yes)
	return err
}

// tries is how often a tester looks.
const tries = 20

// tryGreen looks at the page with the header of testers. Everything it gets must be
// of that version; whether it is right decides.
func (w *watch) tryGreen(ctx context.Context, version string) (good bool, err error) {
	good = true
	for range tries {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.traffic.web+sightings, nil)
		if err != nil {
			return false, err
		}
		req.Header.Set("X-BG-Test", "1")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return false, err
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			return false, err
		}
		if got := resp.Header.Get(unicorn.HeaderVersion); got != version {
			return false, fmt.Errorf("a tester asked for %s and got an answer of %q, status %d", version, got, resp.StatusCode)
		}
		good = good && resp.StatusCode == http.StatusOK && strings.Contains(string(text), someSeen)
	}
	return good, nil
}

// alarmsOn are the names of the alarms that are on.
func (w *watch) alarmsOn(ctx context.Context) (names []string, err error) {
	out, err := w.alarms.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{StateValue: cw.StateValueAlarm})
	if err != nil {
		return nil, err
	}
	for _, a := range out.MetricAlarms {
		names = append(names, *a.AlarmName)
	}
	return names, nil
}
