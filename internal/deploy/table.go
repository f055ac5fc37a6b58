package deploy

// row is one line of a strategy's life: after Stage comes Next, or, while the
// traffic plan has steps left, More.
type row struct{ Stage, Next, More Stage }

// rollingTable is the life of a ROLLING deployment. AWS shows none of these
// stages unless hooks are configured for them. Stages without work are passed at once.
var rollingTable = []row{
	{Stage: PreScaleUp, Next: ScaleUp},   // hooks only
	{Stage: ScaleUp, Next: PostScaleUp},  // tasks are exchanged within min and max
	{Stage: PostScaleUp, Next: BakeTime}, // hooks only
	{Stage: BakeTime, Next: CleanUp},     // with alarms or bakeTimeInMinutes
	{Stage: CleanUp, Next: endOfLife},    // early success: sources leave; else all is done
}

// shiftTable is the life of BLUE_GREEN, CANARY and LINEAR deployments; their
// difference is Traffic.Plan.
var shiftTable = []row{
	{Stage: ReconcileService, Next: PreScaleUp},      // only with several source revisions
	{Stage: PreScaleUp, Next: ScaleUp},               // hooks only
	{Stage: ScaleUp, Next: PostScaleUp},              // green comes up beside blue
	{Stage: PostScaleUp, Next: TestShift},            // hooks
	{Stage: TestShift, Next: PostTestShift},          // test traffic → green
	{Stage: PostTestShift, Next: PreProductionShift}, // hooks: validate green
	{Stage: PreProductionShift, Next: ProductionShift},
	{Stage: ProductionShift, Next: PostProduction, More: PreProductionShift}, // one step of the plan, step bake
	{Stage: PostProduction, Next: BakeTime},                                  // hooks
	{Stage: BakeTime, Next: CleanUp},                                         // both at full strength
	{Stage: CleanUp, Next: endOfLife},                                        // blue leaves
}

// rollingUndo and shiftUndo are the way back; it starts at the first stage that
// has something to undo.
var (
	rollingUndo = []row{
		{Stage: ScaleUp, Next: endOfLife}, // tasks are exchanged the other way round
	}
	shiftUndo = []row{
		{Stage: ProductionShift, Next: TestShift}, // production → blue at once
		{Stage: TestShift, Next: CleanUp},         // test → blue
		{Stage: CleanUp, Next: endOfLife},         // green leaves
	}
)

// endOfLife is no stage: the deployment is over.
const endOfLife Stage = ""

// table is the strategy's life, or its way back.
func (d *Deployment) table() []row {
	switch {
	case d.Strategy == Rolling && d.undoing():
		return rollingUndo
	case d.Strategy == Rolling:
		return rollingTable
	case d.undoing():
		return shiftUndo
	}
	return shiftTable
}

// row finds the present stage in the table.
func (d *Deployment) row() (row, bool) {
	for _, r := range d.table() {
		if r.Stage == d.Stage {
			return r, true
		}
	}
	return row{}, false
}

// firstStage is where a deployment begins: RECONCILE_SERVICE exists only when
// earlier deployments were interrupted and left several revisions.
func (d *Deployment) firstStage() Stage {
	t := d.table()
	if t[0].Stage == ReconcileService && (d.blue() == "" || !d.leftovers()) {
		return t[0].Next
	}
	return t[0].Stage
}

// undoing tells whether the deployment goes back.
func (d *Deployment) undoing() bool { return d.Status == RollbackInProgress }

// shifts tells whether the strategy moves traffic between two full revisions.
func (d *Deployment) shifts() bool { return d.Strategy != Rolling }
