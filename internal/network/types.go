package network

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"time"
)

// Zones is the number of availability zones, and of task subnets.
const Zones = 3

// MetadataIP is where tasks reach the ECS metadata endpoint.
var MetadataIP = netip.MustParseAddr("169.254.170.2")

// Options says where a Network lives. Only Dir is required.
type Options struct {
	Dir    string         // state that outlives a restart
	RunDir string         // state that ends with the machine; default /run/grue
	Name   string         // bridge; default grue-<6 hex digits of Dir's hash>
	Pool   []netip.Prefix // where to look for a free /18; see DefaultPool
	Spares int            // namespaces made ahead per zone; 0 = 2, negative = none
	Rest   time.Duration  // how long a freed address rests; 0 = 1 minute
	Log    *slog.Logger
	// NoFilter leaves packet filter and forwarding alone: tasks then reach
	// each other and the machine, and nothing else.
	NoFilter bool
}

// DefaultPool is where a /18 is looked for, first fit: shared address space
// (RFC 6598) first, then private ranges that few sites use.
func DefaultPool() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("100.80.0.0/12"),
		netip.MustParsePrefix("10.208.0.0/12"),
		netip.MustParsePrefix("172.28.0.0/14"),
	}
}

// Info describes the network as a whole.
type Info struct {
	Bridge  string
	MAC     string
	Gateway netip.Addr
	CIDR    netip.Prefix
	Subnets [Zones]netip.Prefix // tasks, by availability zone
	LBs     netip.Prefix        // load balancers
}

// Lease is the network identity of one task.
type Lease struct {
	ID      string       `json:"id"`
	Zone    int          `json:"zone"`
	IP      netip.Addr   `json:"ip"`
	MAC     string       `json:"mac"`
	Netns   string       `json:"netns"` // path of the namespace
	Veth    string       `json:"veth"`  // the machine's end of the pair
	Gateway netip.Addr   `json:"gateway"`
	Subnet  netip.Prefix `json:"subnet"`
}

// Errors of this package. Use errors.Is.
var (
	ErrUnsupported = errors.New("task networking needs Linux")
	ErrPrivilege   = errors.New("task networking needs root (CAP_NET_ADMIN and CAP_SYS_ADMIN)")
	ErrExhausted   = errors.New("no free address left")
	ErrInUse       = errors.New("another grue is using this data directory")
	ErrNoRange     = errors.New("every candidate address range collides with a route of this machine; name a free one with Options.Pool")
)

// Error says which step failed.
type Error struct {
	Op  string
	Err error
}

func (e *Error) Error() string { return fmt.Sprintf("network: %s: %v", e.Op, e.Err) }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

func opErr(op string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Op: op, Err: err}
}
