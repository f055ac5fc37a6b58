package web

// AlarmDetail is the item `alarm` of the view alarm/NAME.
type AlarmDetail struct {
	AlarmItem
	Description  string   `json:"description,omitempty"`
	Periods      int      `json:"periods,omitempty"`      // that are looked at
	ToAlarm      int      `json:"toAlarm,omitempty"`      // of them that must breach
	Missing      string   `json:"missing,omitempty"`      // what a period without data counts as, in words
	Actions      []string `json:"actions,omitempty"`      // in ALARM: ARNs
	Enabled      bool     `json:"enabled"`                // actions run
	Services     []string `json:"services,omitempty"`     // CLUSTER/NAME of those whose deployments it watches
	SuppressedBy string   `json:"suppressedBy,omitempty"` // name of the alarm that holds its actions back
}

// AlarmSeries is the item `series` of the view alarm/NAME: the metric in the last
// periods, oldest first; null = there was no data.
type AlarmSeries struct {
	From   Time       `json:"from"`
	Step   float64    `json:"step"` // seconds
	Values []*float64 `json:"values"`
}

// AlarmEvent is `history/KEY` of the view alarm/NAME.
type AlarmEvent struct {
	At      Time   `json:"at"`
	Kind    string `json:"kind"` // StateUpdate, ConfigurationUpdate or Action
	Summary string `json:"summary"`
	Tone    string `json:"tone"`             // info, good or bad
	Reason  string `json:"reason,omitempty"` // of a new state
}
