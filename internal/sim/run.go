package sim

import "fmt"

// Result is what came of a scenario.
type Result struct {
	Steps int
	Hash  uint64 // the same for the same course of events
	Err   error  // *Failure, or nil
}

// Failure is a world in which an invariant broke.
type Failure struct {
	Scenario Scenario
	Breach   error
}

func (f *Failure) Error() string {
	return fmt.Sprintf("%v\nKeep this as testdata/<what broke>.txt:\n# %v\n%s", f.Breach, f.Breach, f.Scenario)
}

func (f *Failure) Unwrap() error { return f.Breach }

// Run plays a scenario. tell, if not nil, is told what happens.
func Run(sc Scenario, cover *Coverage, tell func(string)) Result {
	w := newWorld(sc, cover, tell)
	w.run()
	r := Result{Steps: w.steps, Hash: w.hash}
	if w.fault != nil {
		r.Err = &Failure{Scenario: sc, Breach: w.fault}
	}
	return r
}
