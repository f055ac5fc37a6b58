package deploy

// Stage is a lifecycle stage.
type Stage string

// Lifecycle stages.
const (
	ReconcileService   Stage = "RECONCILE_SERVICE"
	PreScaleUp         Stage = "PRE_SCALE_UP"
	ScaleUp            Stage = "SCALE_UP"
	PostScaleUp        Stage = "POST_SCALE_UP"
	TestShift          Stage = "TEST_TRAFFIC_SHIFT"
	PostTestShift      Stage = "POST_TEST_TRAFFIC_SHIFT"
	PreProductionShift Stage = "PRE_PRODUCTION_TRAFFIC_SHIFT"
	ProductionShift    Stage = "PRODUCTION_TRAFFIC_SHIFT"
	PostProduction     Stage = "POST_PRODUCTION_TRAFFIC_SHIFT"
	BakeTime           Stage = "BAKE_TIME"
	CleanUp            Stage = "CLEAN_UP"
)
