package deploy

// Early success criteria let a rolling deployment succeed before the last old
// task is exchanged.
//
//	BLOCKING  healthyPercent ─► bake ─► sources removed ─► SUCCESSFUL
//	DEFERRED  healthyPercent ─► bake ─► SUCCESSFUL ─► sources removed behind

// earlyNeed is how many target tasks must be healthy: at least one, unless none is desired.
func (d *Deployment) earlyNeed() int {
	need := (d.Desired*d.Config.Early.HealthyPercent + 99) / 100
	return max(need, min(1, d.Desired))
}

// earlyHealthy tells whether the target meets healthyPercent.
func (d *Deployment) earlyHealthy() bool {
	return d.observed() && d.count(d.Target).Healthy >= d.earlyNeed()
}

// holdForBake keeps the remaining source tasks for as long as an early success
// bakes: they are what a rollback would return to.
func (m *machine) holdForBake() {
	d := m.d
	if d.Strategy != Rolling || d.undoing() || d.Stage != BakeTime || !d.Config.Early.Enable || d.bakeLength() == 0 {
		return
	}
	for i := range d.Sources {
		d.Bake.Held = append(d.Bake.Held, d.present(i))
	}
}
