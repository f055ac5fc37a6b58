package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// result is what the run has shown; it is written as JSON.
type result struct {
	Deployments []outcome `json:"deployments"`
	Requests    totals    `json:"requests"`
	Connections totals    `json:"connections"`
	Messages    messages  `json:"messages"`
}

// totals of all services.
type totals struct {
	Sent  int    `json:"sent"`
	Lost  int    `json:"lost"`
	First string `json:"first,omitempty"` // that was lost
	// Bad are errors and wrong answers, of bad versions and of good ones.
	BadOfBad  int `json:"badOfBad"`
	BadOfGood int `json:"badOfGood"`
	Mixed     int `json:"mixed,omitempty"` // connections that spoke two versions
}

// outcome is what came of one deployment.
type outcome struct {
	Service  string  `json:"service"`
	Version  string  `json:"version"`
	Bad      string  `json:"bad,omitempty"`
	Strategy string  `json:"strategy"`
	Status   string  `json:"status"`
	Reason   string  `json:"reason,omitempty"`
	Expected string  `json:"expected,omitempty"` // who shall notice
	By       string  `json:"by,omitempty"`       // who did
	Detail   string  `json:"detail,omitempty"`   // which alarm, which hook
	Seconds  float64 `json:"seconds"`            // from start to end
	After    float64 `json:"after,omitempty"`    // seconds from start to rollback
	Unseen   bool    `json:"unseen,omitempty"`   // no customer may see it
	Saw      int     `json:"saw"`                // answers, connections or messages of the version
	Lost     int     `json:"lost"`               // meanwhile
}

func newOutcome(sc scenario, d types.ServiceDeployment, at *turn) *outcome {
	o := &outcome{
		Service: sc.service, Version: sc.version, Bad: sc.bad, Strategy: sc.strategy, Expected: sc.noticed, Unseen: sc.unseen,
		Status: string(d.Status), Reason: aws.ToString(d.StatusReason),
	}
	if d.StartedAt == nil || d.FinishedAt == nil {
		return o
	}
	o.Seconds = d.FinishedAt.Sub(*d.StartedAt).Seconds()
	if d.Rollback == nil || d.Rollback.StartedAt == nil {
		return o
	}
	o.After = d.Rollback.StartedAt.Sub(*d.StartedAt).Seconds()
	switch {
	case at.rejected:
		o.By = byPerson
	case d.Alarms != nil && d.Alarms.Status == types.ServiceDeploymentRollbackMonitorsStatusTriggered:
		o.By, o.Detail = byAlarm, strings.Join(d.Alarms.TriggeredAlarmNames, ", ")
	case d.DeploymentCircuitBreaker != nil && d.DeploymentCircuitBreaker.Status == types.ServiceDeploymentRollbackMonitorsStatusTriggered:
		o.By = byBreaker
	case strings.Contains(o.Reason, "hook"):
		o.By = byHook
		if _, f, ok := strings.Cut(o.Reason, ":function:"); ok {
			o.Detail, _, _ = strings.Cut(f, " ")
		}
	}
	return o
}

// settle ends the traffic and counts.
func (w *watch) settle(ctx context.Context, r *result) error {
	accepted := 0
	for _, job := range w.traffic.inside {
		t, err := w.traffic.generator.End(ctx, job)
		if err != nil {
			return err
		}
		if job == "orders" {
			for _, v := range t.Versions {
				accepted += v.Answers - v.Errors
			}
		}
		r.Requests.add(count{sent: t.Sent, lost: t.Lost, first: t.First}, job)
		for version, v := range t.Versions {
			r.Requests.bad(isBad(job, version), v.Bad())
		}
	}
	w.traffic.stop()
	for service, l := range w.traffic.loads {
		t := l.Tally()
		r.Requests.add(count{sent: t.Sent, lost: t.Lost, first: t.First}, service)
		for version, v := range t.Versions {
			r.Requests.bad(isBad(service, version), v.Bad())
		}
	}
	if v := w.traffic.viewers; v != nil {
		t := v.Tally()
		r.Connections.add(count{sent: t.Sent, lost: t.Lost, first: t.First}, "streaming")
		r.Connections.Mixed = v.mixed
	}
	if !w.has("orders") || !w.has("notifications") {
		return nil
	}
	err := w.emptyQueue(ctx)
	if err == nil {
		r.Messages, err = w.account(ctx, accepted)
	}
	for i, o := range r.Deployments {
		if o.Service == "notifications" {
			r.Deployments[i].Saw = r.Messages.Versions[o.Version]
		}
	}
	return err
}

func (t *totals) add(c count, service string) {
	t.Sent += c.sent
	t.Lost += c.lost
	if t.First == "" && c.first != "" {
		t.First = service + ": " + c.first
	}
}

func (t *totals) bad(deliberate bool, n int) {
	if deliberate {
		t.BadOfBad += n
	} else {
		t.BadOfGood += n
	}
}

func isBad(service, version string) bool {
	return slices.ContainsFunc(plan[service], func(sc scenario) bool { return sc.version == version && sc.bad != "" })
}

// verdict is an error that names everything that is not as it shall be.
func (r *result) verdict() error {
	var all []error
	for _, o := range r.Deployments {
		want := successful
		if o.Expected != "" {
			want = rolledBack
		}
		if o.Status != want || o.By != o.Expected {
			all = append(all, fmt.Errorf("%s %s ended %s, noticed by %q instead of %q: %s", o.Service, o.Version, o.Status, o.By, o.Expected, o.Reason))
		}
		if o.Unseen && o.Saw > 0 {
			all = append(all, fmt.Errorf("%s %s was seen %d times before it was called back", o.Service, o.Version, o.Saw))
		}
	}
	for what, t := range map[string]totals{"requests": r.Requests, "connections": r.Connections} {
		if t.Lost > 0 || t.BadOfGood > 0 || t.Mixed > 0 {
			all = append(all, fmt.Errorf("of %d %s %d were lost, %d had a bad answer of a good version, %d were mixed; the first: %s",
				t.Sent, what, t.Lost, t.BadOfGood, t.Mixed, t.First))
		}
	}
	if m := r.Messages; m.Lost > 0 || m.Mixed > 0 || m.Twice > 0 {
		all = append(all, fmt.Errorf("of %d messages %d were lost, %d told twice, %d taken while another revision was active", m.Accepted, m.Lost, m.Twice, m.Mixed))
	}
	return errors.Join(all...)
}

func (r *result) write(file string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}
