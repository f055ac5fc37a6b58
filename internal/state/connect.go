package state

import "time"

// Connect is what a revision with Service Connect provides and what its tasks
// can call. Endpoints are written with the revision, Known when its deployment
// begins; neither changes afterwards.
type Connect struct {
	Namespace     string // id, ns-…
	NamespaceName string
	Endpoints     []ConnectEndpoint // empty = the tasks only call others
	// Known are the endpoints that the namespace had when the deployment began.
	Known   []ConnectName
	Snapped bool // Known is written
	Log     ConnectLog
}

// ConnectEndpoint is a port of the revision's tasks that others call by a name.
type ConnectEndpoint struct {
	PortName  string
	Discovery string // discoveryName, unique in the namespace
	CloudMap  string // ARN of the Cloud Map service
	DNSName   string // what clients call, with Port
	Port      int
	Container string
	// ContainerPort is where the container listens.
	ContainerPort int
	Protocol      string // route.Protocol…: HTTP, HTTP2, GRPC or TCP
	// Ingress is the port on which the proxy listens in the provider's task; 0 =
	// clients' proxies call the container.
	Ingress int
	// Idle ends a connection on which nothing moves for that long, Request bounds a
	// request; 0 = no bound.
	Idle, Request time.Duration
	// TestHeader selects the revision under test; TestValue "" = any value.
	TestHeader, TestValue string
	TLS                   bool
}

// ConnectName is an endpoint as a client's task knows it: in its /etc/hosts and
// as an address of its loopback interface.
type ConnectName struct {
	Endpoint string   // key of the endpoint: namespace id/discoveryName
	Names    []string // all resolve to VIP
	VIP      string   // 127.255.x.y
	Port     int
}

// ConnectLog is what the proxy of each task logs.
type ConnectLog struct {
	Group, Prefix, Region string // awslogs; Group "" = nothing is kept
	Format                string // TEXT or JSON; "" = no access log
	Query                 bool   // with query parameters
}

// TaskConnect is the registration of a task with Service Connect.
type TaskConnect struct {
	State string    // as a Target's
	Until time.Time // of draining
}
