package sim

import (
	"time"

	"github.com/grue-ecs/grue/internal/deploy"
)

// Scenario is all that is decided before a world begins.
type Scenario struct {
	Seed     uint64
	Strategy deploy.Strategy
	Config   deploy.Config
	Desired  int
	Min, Max int // minimumHealthyPercent, maximumPercent
	Zones    int
	First    bool // the service is new: no revision runs yet
	Noise    Noise
	Happens  []Happening
}

// Noise is how often, in per cent unless said otherwise, things go wrong between world and controller.
type Noise struct {
	Lose    int // a fact is never told
	Repeat  int // a fact is told twice
	Late    int // a fact is told later, after newer ones
	Restart int // the controller is killed around a step
	Lag     int // milliseconds by which the controller is late at most
	Slow    int // milliseconds for which proxies keep an acknowledgement at most
}

// Happening is one thing that happens, at a time or a while after a deployment
// came to a place.
type Happening struct {
	At    time.Duration
	Place string // "BAKE_TIME" or "STOP_REQUESTED", "<BAKE_TIME" on the way back; "" = at a time
	What  string // one of kinds
	Arg   string
}

// Temper is how the tasks of a revision behave.
type Temper string

// Tempers.
const (
	Good   Temper = "good"
	Slow   Temper = "slow"   // starts and becomes healthy late
	Broken Temper = "broken" // never reaches RUNNING
	Crash  Temper = "crash"  // exits before it is healthy
	Sick   Temper = "sick"   // fails its health checks from the start
	Flaky  Temper = "flaky"  // some tasks fail, in every way; good when the world is calm
	Flap   Temper = "flap"   // healthy and unhealthy in turn; good when the world is calm
	Fade   Temper = "fade"   // exits after it was healthy; good when the world is calm
)

// hopeless tells whether no task of the temper ever becomes healthy.
func (t Temper) hopeless() bool { return t == Broken || t == Crash || t == Sick }
