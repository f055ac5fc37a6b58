package deploy

import (
	"slices"
	"time"
)

// Request is what a new service deployment is made from.
type Request struct {
	ID         string
	Service    string
	Strategy   Strategy
	Config     Config
	Target     Rev
	Sources    []Rev // revisions that have tasks now
	RollbackTo Rev   // last successful revision, "" = none
	Desired    int
	// Production is who serves production traffic now; only for strategies that shift traffic.
	Production []Share
}

// New makes a PENDING deployment. It begins with Start.
func New(r Request, now time.Time) *Deployment {
	d := &Deployment{
		ID: r.ID, Service: r.Service, Strategy: r.Strategy, Config: r.Config,
		Status: Pending, Target: r.Target, RollbackTo: r.RollbackTo, Desired: r.Desired,
		Breaker:   Breaker{Status: Disabled, Threshold: BreakerThreshold(r.Config.Breaker, r.Desired)},
		Alarms:    Alarms{Status: Disabled},
		CreatedAt: now, UpdatedAt: now,
	}
	if d.Strategy == "" {
		d.Strategy = Rolling
	}
	d.addSources(r)
	d.Traffic.Plan = trafficPlan(d.Strategy, &d.Config)
	d.Traffic.Blue = d.chooseBlue(r.Production)
	d.Traffic.Divided = d.divided(r.Production)
	d.startTraffic(r.Production)
	d.WakeAt = now.Add(heartbeat(&d.Config))
	return d
}

// addSources names the revisions to replace: those that have tasks and those that
// serve. The last successful one comes first: it is the one worth keeping alive.
func (d *Deployment) addSources(r Request) {
	sources := slices.Clone(r.Sources)
	for _, s := range r.Production {
		if s.Tenths > 0 && d.shifts() {
			sources = append(sources, s.Rev)
		}
	}
	for _, rev := range sources {
		switch {
		case rev == r.Target || slices.Contains(d.Sources, rev):
		case rev == r.RollbackTo:
			d.Sources = slices.Insert(d.Sources, 0, rev)
		default:
			d.Sources = append(d.Sources, rev)
		}
	}
}

// start turns PENDING into IN_PROGRESS.
func (m *machine) start(e Start) {
	d := m.d
	if !d.StartedAt.IsZero() || d.Status != Pending && d.Status != RollbackRequested {
		return
	}
	d.StartedAt, d.Fresh, d.Desired = m.now, m.now, e.Desired
	if e.Counts != nil {
		m.observe(Observed{Desired: e.Desired, Counts: e.Counts})
	}
	if d.Status == RollbackRequested {
		return // asked for before it began: there is nothing to do but go back
	}
	d.Status = InProgress
	if d.Config.Breaker.Enable {
		d.Breaker.Status = Monitoring
	}
	m.startAlarms(e.InAlarm)
	m.emit(Emit{
		ID: m.id(), DetailType: DetailDeployment, EventType: "INFO", EventName: "SERVICE_DEPLOYMENT_IN_PROGRESS",
		Deployment: d.Target, Reason: inProgressReason(d.Target),
	})
	m.enter(d.firstStage())
}
