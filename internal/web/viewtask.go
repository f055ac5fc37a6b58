package web

// TaskRow is `task/ID` of the view tasks/CLUSTER: what a list of thousands shows.
type TaskRow struct {
	ID             string    `json:"id"`
	Service        string    `json:"service,omitempty"`
	Revision       string    `json:"revision,omitempty"`
	TaskDefinition string    `json:"taskDefinition"` // family:revision
	Status         string    `json:"status"`         // lastStatus
	Desired        string    `json:"desired"`
	Health         string    `json:"health"`  // HEALTHY, UNHEALTHY or UNKNOWN, of containers
	Healthy        bool      `json:"healthy"` // passed every gate of its service
	Why            string    `json:"why,omitempty"`
	StopCode       string    `json:"stopCode,omitempty"`
	Created        Time      `json:"createdAt,omitzero"`
	Started        Time      `json:"startedAt,omitzero"`
	Stopped        Time      `json:"stoppedAt,omitzero"`
	IP             string    `json:"ip,omitempty"`
	Exits          []ExitRow `json:"exits,omitempty"` // containers that ended
	Restarts       int       `json:"restarts,omitempty"`
}

// ExitRow is a container that ended.
type ExitRow struct {
	Name string `json:"name"`
	Code *int   `json:"code"` // null = it never ran
}

// TaskDetail is the item `task` of the view task/CLUSTER/ID.
type TaskDetail struct {
	TaskItem
	LaunchType       string `json:"launchType,omitempty"`
	CapacityProvider string `json:"capacityProvider,omitempty"`
	Zone             string `json:"zone,omitempty"`
	NetworkMode      string `json:"networkMode"`
	ExecuteCommand   bool   `json:"executeCommand"`
	Protected        Time   `json:"protectedUntil,omitzero"`
	PullStarted      Time   `json:"pullStartedAt,omitzero"`
	PullStopped      Time   `json:"pullStoppedAt,omitzero"`
	Stopping         Time   `json:"stoppingAt,omitzero"`
	ExecutionStopped Time   `json:"executionStoppedAt,omitzero"`
	// CPULimit are processors and MemoryLimit bytes that the task reserves; 0 = it
	// does not say.
	CPULimit    float64      `json:"cpuLimit"`
	MemoryLimit float64      `json:"memoryLimit"`
	Targets     []TaskTarget `json:"targets,omitempty"`
	Connect     string       `json:"connect,omitempty"`  // state of its registration with Service Connect
	Registry    string       `json:"registry,omitempty"` // and with Cloud Map
}

// TaskTarget is a registration of a task in a target group.
type TaskTarget struct {
	Group    string `json:"group"` // name
	ID       string `json:"id"`
	Port     int    `json:"port"`
	State    string `json:"state"`
	Words    string `json:"words,omitempty"`
	Balancer string `json:"balancer,omitempty"` // name of a load balancer that uses the group
}

// ContainerDetail is the item `container/NAME` of the view task/CLUSTER/ID.
type ContainerDetail struct {
	ContainerItem
	Essential bool     `json:"essential"`
	Command   []string `json:"command,omitempty"`
	Started   Time     `json:"startedAt,omitzero"`
	Finished  Time     `json:"finishedAt,omitzero"`
	Ports     []string `json:"ports,omitempty"` // "80/tcp", "8080:80/tcp"
	CPU       string   `json:"cpu,omitempty"`
	Memory    string   `json:"memory,omitempty"` // MiB: the hard limit, else the reservation
	// Output tells where what it writes is to be read: "logs" (LogGroup, LogStream),
	// "file" (kept with the task, read with ?task=), or "" = nowhere.
	Output string `json:"output"`
}

// TaskUsage is an item `usage/N` of the view task/CLUSTER/ID: what its containers used
// together. Parts in ascending order of N, and the points in them, are the history of
// some minutes.
type TaskUsage struct {
	Points []UsagePoint `json:"points"`
}

// UsagePoint is one measure of a task.
type UsagePoint struct {
	At     Time    `json:"at"`
	CPU    float64 `json:"cpu"`    // processors
	Memory float64 `json:"memory"` // bytes
}
