package deploy

import "time"

// Rev is a service revision number, "4051237419235687890". The deployment
// "ecs-svc/N" inside DescribeServices and the service revision N share it.
type Rev string

// Deployment is one service deployment: everything the machine remembers.
// It is plain data; callers may read every field and change none.
type Deployment struct {
	ID       string   `json:"id"` // service deployment id
	Service  string   `json:"service"`
	Strategy Strategy `json:"strategy"`
	Config   Config   `json:"config"` // snapshot taken when the deployment was made

	Status       Status `json:"status"`
	StatusReason string `json:"statusReason,omitempty"`

	// Stage is the stage inside the machine; LifecycleStage tells which one the API shows.
	Stage        Stage     `json:"stage,omitempty"`
	Step         int       `json:"step"` // which step of the traffic plan, from 0
	StageEntered time.Time `json:"stageEntered,omitzero"`
	Limit        time.Time `json:"limit,omitzero"` // the stage fails then, where ECS limits stages
	HooksBegun   bool      `json:"hooksBegun,omitempty"`

	Target     Rev   `json:"target"`
	Sources    []Rev `json:"sources,omitempty"`    // revisions that had tasks at the start; RollbackTo first if it is one
	RollbackTo Rev   `json:"rollbackTo,omitempty"` // last successful revision; "" = none

	Desired int      `json:"desired"`
	Goals   []Goal   `json:"goals,omitempty"`
	Counts  []Counts `json:"counts,omitempty"` // newest observation
	// Fresh is the moment before which observations are stale: they may show
	// the world as it was before the goals or the desired count changed.
	Fresh      time.Time `json:"fresh,omitzero"`
	ObservedAt time.Time `json:"observedAt,omitzero"` // moment of Counts
	ScaleID    string    `json:"scaleId,omitempty"`   // effect id of the newest Scale

	Traffic Traffic `json:"traffic,omitzero"`
	Breaker Breaker `json:"breaker"`
	Alarms  Alarms  `json:"alarms"`
	Hooks   []Hook  `json:"hooks,omitempty"` // executions of the current stage
	Bake    Bake    `json:"bake,omitzero"`

	Failure  *Failure  `json:"failure,omitempty"`  // why it does not go on
	Rollback *Rollback `json:"rollback,omitempty"` // once a rollback began
	// SupersededBy is the newer service deployment that replaced this one.
	SupersededBy string `json:"supersededBy,omitempty"`
	Deleted      bool   `json:"deleted,omitempty"` // the service is being deleted

	CreatedAt  time.Time `json:"createdAt"`
	StartedAt  time.Time `json:"startedAt,omitzero"`
	FinishedAt time.Time `json:"finishedAt,omitzero"`
	StoppedAt  time.Time `json:"stoppedAt,omitzero"`
	UpdatedAt  time.Time `json:"updatedAt"`

	WakeAt time.Time `json:"wakeAt,omitzero"` // feed a Tick then; zero only when terminal
	Serial int       `json:"serial"`          // numbers effects
}

// Goal is how many tasks a revision shall have in the end.
type Goal struct {
	Rev  Rev `json:"rev"`
	Want int `json:"want"`
	// Peak is the most healthy tasks the revision had at once in this deployment.
	// schedule replaces lost tasks of a leaving revision only as far as the
	// target has never taken over from it.
	Peak int `json:"peak,omitempty"`
	// Frozen forbids launches: the circuit breaker or an alarm condemned it.
	Frozen bool `json:"frozen,omitempty"`
}

// Counts are the tasks of one revision. A task counts once: Pending until it is
// RUNNING, Running until it is asked to stop, Stopping until it is STOPPED.
type Counts struct {
	Rev      Rev `json:"rev"`
	Pending  int `json:"pending,omitempty"`
	Running  int `json:"running,omitempty"`
	Healthy  int `json:"healthy,omitempty"` // of Running: passes every health gate
	Stopping int `json:"stopping,omitempty"`
}

// Tasks is how many tasks there are that nobody asked to stop.
func (c Counts) Tasks() int { return c.Pending + c.Running }

// Gone tells whether nothing is left of the revision.
func (c Counts) Gone() bool { return c.Tasks()+c.Stopping == 0 }

// Traffic is who gets which share. Shares are tenths of a per cent and sum to
// 1000; both lists are empty for a strategy that shifts no traffic.
type Traffic struct {
	Blue Rev `json:"blue,omitempty"` // serves when the deployment begins; "" = nobody does
	// Divided says that blue does not have all traffic when the deployment begins,
	// and nobody has the rest: a first deployment was interrupted in its shift.
	Divided    bool    `json:"divided,omitempty"`
	Production []Share `json:"production,omitempty"`
	Test       []Share `json:"test,omitempty"`
	Plan       []int   `json:"plan,omitempty"` // target's production share after each step
	Version    int     `json:"version"`        // grows with every change of weights
	Acked      int     `json:"acked"`          // newest version that every proxy serves
	// SettledAt is when the newest version was acknowledged: bake clocks start here.
	SettledAt time.Time `json:"settledAt,omitzero"`
}

// Share is a revision's share of the traffic in tenths of a per cent.
type Share struct {
	Rev    Rev `json:"rev"`
	Tenths int `json:"tenths"`
}

// Percent is the share as AWS shows it, 0.0 to 100.0.
func (s Share) Percent() float64 { return float64(s.Tenths) / 10 }

// Breaker is the state of the deployment circuit breaker.
type Breaker struct {
	Failures  int         `json:"failures"`
	Threshold int         `json:"threshold"`
	Status    WatchStatus `json:"status"`
	// Seen holds the tasks already judged, newest last, so that an event told twice counts once.
	Seen []string `json:"seen,omitempty"`
}

// Alarms is the state of the deployment alarms.
type Alarms struct {
	Status    WatchStatus `json:"status"`
	Triggered []string    `json:"triggered,omitempty"`
	// Ignored is set when an alarm was in ALARM before the deployment started:
	// then none is evaluated for the whole deployment.
	Ignored bool `json:"ignored,omitempty"`
}

// Bake is a running bake time.
type Bake struct {
	Ends time.Time `json:"ends,omitzero"`
	// Held are the source tasks kept while an early success bakes.
	Held []Goal `json:"held,omitempty"`
}

// Rollback is the API's rollback member.
type Rollback struct {
	Reason    string    `json:"reason"`
	StartedAt time.Time `json:"startedAt"`
	To        Rev       `json:"to,omitempty"`
	From      Stage     `json:"from"`             // stage in which the failure occurred
	Failed    string    `json:"failed,omitempty"` // what went wrong on the way back, as a sentence
}
