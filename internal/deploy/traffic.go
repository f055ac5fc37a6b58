package deploy

import (
	"slices"
	"time"
)

// full production traffic, in tenths of a per cent.
const allTraffic = 1000

// trafficPlan is the target's production share after each step.
func trafficPlan(s Strategy, c *Config) []int {
	var plan []int
	switch s {
	case Rolling:
		return nil
	case Canary:
		if p := c.CanaryTenths; p > 0 && p < allTraffic {
			plan = append(plan, p)
		}
	case Linear:
		for p := c.LinearTenths; p > 0 && p < allTraffic; p += c.LinearTenths {
			plan = append(plan, p)
		}
	}
	return append(plan, allTraffic)
}

// chooseBlue is the revision that serves production when the deployment starts:
// the last successful one, or, where none ever was, the source with the largest
// share. Nobody serves before the first deployment of a service has shifted.
func (d *Deployment) chooseBlue(production []Share) Rev {
	if !d.shifts() || d.RollbackTo != "" {
		return d.RollbackTo
	}
	best := Share{}
	for _, s := range production {
		if s.Tenths > best.Tenths && slices.Contains(d.Sources, s.Rev) {
			best = s
		}
	}
	return best.Rev
}

// blue is the revision that the target shall replace in production.
func (d *Deployment) blue() Rev { return d.Traffic.Blue }

// divided tells whether blue does not have all the traffic, for the first deployment
// of a service was interrupted in the middle of its shift.
func (d *Deployment) divided(production []Share) bool {
	return d.shifts() && d.RollbackTo == "" && d.blue() != "" && share(production, d.blue()) < allTraffic
}

// leftovers tells whether interrupted deployments left revisions beside blue, or blue
// without all its traffic.
func (d *Deployment) leftovers() bool {
	return d.Traffic.Divided || slices.ContainsFunc(d.Sources, func(r Rev) bool { return r != d.blue() })
}

// shares gives green its share and blue the rest.
func (d *Deployment) shares(green int) []Share {
	if blue := d.blue(); blue != "" {
		return []Share{{Rev: blue, Tenths: allTraffic - green}, {Rev: d.Target, Tenths: green}}
	}
	return []Share{{Rev: d.Target, Tenths: green}}
}

// startTraffic notes what the load balancers do as the deployment begins: after
// an interrupted deployment they may serve other revisions than blue.
func (d *Deployment) startTraffic(production []Share) {
	if !d.shifts() {
		return
	}
	d.Traffic.Production = d.shares(0)
	if d.blue() != "" && d.leftovers() && len(production) > 0 {
		d.Traffic.Production = d.whole(production)
	}
	if d.Config.TestTraffic {
		d.Traffic.Test = d.shares(0)
	}
}

// whole makes shares sum to 100 per cent: what an interrupted first deployment had
// not shifted yet, nobody had, and blue answers for it.
func (d *Deployment) whole(production []Share) []Share {
	shares, blue, rest := slices.Clone(production), -1, allTraffic
	for i, s := range shares {
		rest -= s.Tenths
		if s.Rev == d.blue() {
			blue = i
		}
	}
	if blue < 0 {
		return append(shares, Share{Rev: d.blue(), Tenths: rest})
	}
	shares[blue].Tenths += rest
	return shares
}

// shift sets the green shares of production and test traffic once ready, and
// tells whether every proxy serves them and the targets are still ready.
func (m *machine) shift(production, test int, ready bool) bool {
	d, t := m.d, &m.d.Traffic
	p, q := d.shares(production), t.Test
	if d.Config.TestTraffic {
		q = d.shares(test)
	}
	assert := d.Stage == ReconcileService && t.Version == 0
	if assert || !slices.Equal(p, t.Production) || !slices.Equal(q, t.Test) {
		if !ready {
			return false
		}
		t.Production, t.Test = p, q
		t.Version++
		t.SettledAt = time.Time{}
		m.emit(m.weights())
	}
	return t.Acked >= t.Version && ready && !m.now.Before(d.settledAt())
}

// weights is the effect for the present weights.
func (m *machine) weights() SetWeights {
	t := &m.d.Traffic
	return SetWeights{ID: m.d.weightsID(), Version: t.Version, Production: slices.Clone(t.Production), Test: slices.Clone(t.Test)}
}

// routeAcked notes the newest version that every proxy serves.
func (m *machine) routeAcked(e RouteAcked) {
	t := &m.d.Traffic
	if e.Version <= t.Acked || e.Version > t.Version {
		return
	}
	t.Acked = e.Version
	if t.Acked == t.Version {
		t.SettledAt = m.now
	}
}

// routeFailed fails the deployment. On the way back there is no choice but to try
// again, which the heartbeat does, or, where that is useless, to go on without.
func (m *machine) routeFailed(e RouteFailed) {
	d := m.d
	if e.Version != d.Traffic.Version || !d.shifts() {
		return
	}
	if d.undoing() && e.Permanent && d.Traffic.Acked < e.Version {
		d.spoil(e.Reason)
		m.routeAcked(RouteAcked{Version: e.Version})
	}
	if d.Status != InProgress {
		return
	}
	switch {
	case e.Lost:
		m.fail(FailLost, e.Reason, true)
	case e.Network:
		m.fail(FailNetwork, networkText+e.Reason, true)
	default:
		m.fail(FailHook, hooksFailedText(d.Stage)+e.Reason, true)
	}
}

// settledAt is when the load balancer has followed the newest weights.
func (d *Deployment) settledAt() time.Time {
	if d.Traffic.SettledAt.IsZero() || d.Config.ShiftWait == 0 || d.undoing() {
		return time.Time{}
	}
	return d.Traffic.SettledAt.Add(d.Config.span(d.Config.ShiftWait))
}

// scaledUpAt is when POST_SCALE_UP has waited for the load balancer.
func (d *Deployment) scaledUpAt() time.Time {
	if d.Stage != PostScaleUp || d.Config.ScaleUpWait == 0 {
		return time.Time{}
	}
	return d.StageEntered.Add(d.Config.span(d.Config.ScaleUpWait))
}

// repeatTraffic sets weights again that no acknowledgement arrived for.
func (m *machine) repeatTraffic(told func(string) bool) {
	t := &m.d.Traffic
	if t.Acked < t.Version && !told(m.d.weightsID()) && m.d.allServe(t.Production) {
		m.emit(m.weights())
	}
}

// share is a revision's share.
func share(shares []Share, r Rev) int {
	for _, s := range shares {
		if s.Rev == r {
			return s.Tenths
		}
	}
	return 0
}

// allServe tells whether every revision that gets traffic has a healthy task.
func (d *Deployment) allServe(shares []Share) bool {
	return d.Desired == 0 || !slices.ContainsFunc(shares, func(s Share) bool {
		return s.Tenths > 0 && d.count(s.Rev).Healthy == 0
	})
}
