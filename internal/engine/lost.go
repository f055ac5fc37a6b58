package engine

import "github.com/grue-ecs/grue/internal/deploy"

// lostGreen completes the sentence "Service deployment rolled back because …".
const lostGreen = "all tasks of the target service revision stopped while it served production traffic."

// greenLost tells whether the last running task of the revision that a
// deployment moves production traffic to is gone since the machine looked, while
// the one that it replaces stands by with healthy tasks: then going back is quicker
// than any replacement. Tasks that are sick still run, and are the circuit breaker's.
// counts are the tasks as they are now.
func greenLost(m *deploy.Deployment, counts []deploy.Counts) bool {
	if m.Status != deploy.InProgress || m.Stage == deploy.CleanUp || m.Desired == 0 {
		return false
	}
	serves := false
	for _, s := range m.Traffic.Production {
		serves = serves || s.Rev == m.Target && s.Tenths > 0
	}
	green, blue := countOf(counts, m.Target), countOf(counts, m.Traffic.Blue)
	return serves && countOf(m.Counts, m.Target).Running > 0 && green.Running == 0 && m.Traffic.Blue != "" && blue.Healthy > 0
}

func countOf(counts []deploy.Counts, rev deploy.Rev) deploy.Counts {
	for _, c := range counts {
		if c.Rev == rev {
			return c
		}
	}
	return deploy.Counts{}
}
