package runtime

import "time"

// Spec is everything a driver needs to run one task. It is plain data, complete
// and serialisable: environment files and secrets are already resolved.
type Spec struct {
	ID          string      // task id, 32 lower-case hex digits
	Cluster     string      // cluster name, for labels
	Family      string      // task definition family, for labels
	NetworkMode NetworkMode // of the task
	Zone        int         // availability zone, 0 to 2; chooses the subnet
	CPU         int64       // task CPU units (1024 = one core); 0 = no task limit
	MemoryMiB   int64       // task memory limit; 0 = none
	PIDMode     string      // "", "task" or "host"
	IPCMode     string      // "", "task", "host" or "none"
	Containers  []Container
	Volumes     []Volume
	Labels      map[string]string
	// MetadataEnv is added to each container's environment with %s replaced by
	// the container's endpoint id (Container.EndpointID).
	MetadataEnv map[string]string
	// Image credentials by registry host; key "" is the default.
	Auth map[string]RegistryAuth
}

// NetworkMode is a task's networking, in ECS's words.
type NetworkMode string

// Network modes.
const (
	ModeAWSVPC NetworkMode = "awsvpc" // own namespace and address
	ModeBridge NetworkMode = "bridge" // own namespace and address, ports published on the host
	ModeHost   NetworkMode = "host"   // the machine's namespace
	ModeNone   NetworkMode = "none"   // loopback only
)

// RegistryAuth is a user and password for an image registry.
type RegistryAuth struct{ Username, Password string }

// Container is one container of a task.
type Container struct {
	Name       string
	EndpointID string // id in the metadata endpoint's path
	// Image as the task definition has it, and Digest (sha256:…) when the
	// service revision has pinned it; with a digest the tag is not consulted.
	Image  string
	Digest string

	Essential    bool
	EntryPoint   []string // nil = the image's
	Command      []string // nil = the image's
	Env          []string // KEY=VALUE, wins over the image's
	WorkingDir   string
	User         string
	Hostname     string
	CPU          int64 // CPU units (shares)
	MemoryMiB    int64 // hard limit; 0 = none
	ReserveMiB   int64 // soft limit; 0 = none
	StartTimeout time.Duration
	StopTimeout  time.Duration // 0 = 30 s
	DependsOn    []Dependency
	HealthCheck  *HealthCheck
	Restart      *RestartPolicy
	Mounts       []Mount
	VolumesFrom  []VolumeFrom
	Ports        []Port
	Linux        Linux
	DNS          []string
	DNSSearch    []string
	ExtraHosts   []string // "name:address"
	Links        []string
	Log          LogConfig
	Privileged   bool
	ReadOnlyRoot bool
	Interactive  bool
	TTY          bool
	Ulimits      []Ulimit
	Sysctls      map[string]string
	DockerLabels map[string]string
	NoNetwork    bool // disableNetworking
	SecurityOpts []string
}

// Dependency orders the start of containers.
type Dependency struct {
	Container string
	Condition Condition
}

// Condition of a Dependency.
type Condition string

// Conditions, in ECS's words.
const (
	DependStart    Condition = "START"
	DependComplete Condition = "COMPLETE"
	DependSuccess  Condition = "SUCCESS"
	DependHealthy  Condition = "HEALTHY"
)

// HealthCheck of a container. Defaults are already filled in.
type HealthCheck struct {
	Command     []string // "CMD" argv… or "CMD-SHELL" script
	Interval    time.Duration
	Timeout     time.Duration
	Retries     int
	StartPeriod time.Duration
}

// RestartPolicy restarts a single container without replacing its task.
type RestartPolicy struct {
	IgnoredExitCodes []int
	AttemptPeriod    time.Duration
}

// Volume is a task volume that Mounts refer to by name.
type Volume struct {
	Name       string
	HostPath   string // bind mount; empty = a directory that lives as long as the task
	Docker     bool   // a named Docker volume
	Shared     bool   // Docker scope "shared": outlives the task
	Driver     string
	DriverOpts map[string]string
	Labels     map[string]string
	Autocreate bool
}

// Mount places a Volume in a container.
type Mount struct {
	Volume, Path string
	ReadOnly     bool
}

// VolumeFrom takes all mounts of another container of the task.
type VolumeFrom struct {
	Container string
	ReadOnly  bool
}

// Port is one published port. HostPort 0 in bridge mode asks for a dynamic one.
type Port struct {
	Container, Host uint16
	Protocol        string // "tcp" or "udp"
}

// Ulimit is one resource limit by its ECS name ("nofile", …).
type Ulimit struct {
	Name       string
	Soft, Hard int64
}

// Linux holds ECS linuxParameters.
type Linux struct {
	Init            bool
	CapAdd, CapDrop []string
	Devices         []Device
	SharedMemoryMiB int64
	Tmpfs           []Tmpfs
	MaxSwapMiB      *int64
	Swappiness      *int64
}

// Device is a host device shown in the container.
type Device struct {
	HostPath, Path string
	Permissions    string // of "rwm"
}

// Tmpfs is a memory file system.
type Tmpfs struct {
	Path    string
	SizeMiB int64
	Options []string
}

// LogConfig says where a container's output goes. The driver writes every line to
// File (JSON lines: {"t":RFC3339Nano,"s":"stdout|stderr","m":"line"}); what
// forwards it from there is not the driver's business.
type LogConfig struct {
	Driver  string
	Options map[string]string
}
