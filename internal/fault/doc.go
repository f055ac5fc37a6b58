// Package fault kills this process at named points, so that tests can ask what a
// crash there costs.
//
//	var committed = fault.New("engine.round.after")
//
//	err := e.store.Update(…)
//	committed.Hit() // a crash here must repeat the effects
//
// A point is a package variable; so Names lists all of a program, reached or not.
// A name is package.what.when: "store.commit.before".
//
// Nothing happens, at the price of one comparison, unless Arm was called. `grue
// server` arms what the variable GRUE_FAULT says and takes it out of its
// environment: no task, function or proxy inherits it.
//
//	GRUE_FAULT=store.commit.before      die when the point is reached
//	GRUE_FAULT=engine.start.after:3     … for the third time
//	GRUE_FAULT=a.b.c,d.e.f              at each of both
//	GRUE_FAULT=@/path/plan              as the file says at that moment, so that a
//	                                    test can change it while the server runs
//	GRUE_FAULT_ONCE=/path/fired         note each death there as a line, and never
//	                                    die twice at a point
//
// Death is SIGKILL: nothing is closed, flushed or told.
//
// Files: point.go (New, Names, Hit), plan.go (what is armed), kill.go.
package fault
