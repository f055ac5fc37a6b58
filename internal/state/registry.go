package state

import "time"

// Registry is the registration of a task as an instance of a Cloud Map service
// (serviceRegistries). Set when the task is made; changed by the engine.
type Registry struct {
	Service string // ARN of the Cloud Map service
	// Container and ContainerPort, or Port, are what the service's definition names
	// for SRV records; zero = none.
	Container     string
	ContainerPort int
	Port          int
	// State is "" before the task runs, then registered, draining or refused.
	State string
	// Until is when those who looked the name up before have come or gone.
	Until time.Time
}
