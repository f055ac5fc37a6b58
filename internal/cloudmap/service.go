package cloudmap

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// Routing policies.
const (
	Multivalue = "MULTIVALUE" // up to eight healthy instances
	Weighted   = "WEIGHTED"   // one healthy instance
)

// Service is a name below a namespace, and how its instances are found.
type Service struct {
	arn.Scope
	ID          string // srv-…
	NamespaceID string
	Name        string
	Description string
	Policy      string   // Multivalue or Weighted; "" without DNS records
	Records     []Record // empty = found by DiscoverInstances only
	// CustomHealth says that somebody else tells the health of instances
	// (UpdateInstanceCustomHealthStatus, ECS).
	CustomHealth     bool
	Check            *Check // nil = none
	Attributes       map[string]string
	CreatorRequestID string
	// Managed says that the service belongs to Service Connect.
	Managed bool
	Tags    map[string]string
	Created time.Time
}

// Record is a kind of DNS record that each instance has.
type Record struct {
	Type string // A, AAAA, SRV, CNAME
	TTL  int64  // seconds
}

// Check is a health check of Amazon Route 53, as it was given.
type Check struct {
	Type             string // HTTP, HTTPS, TCP
	Path             string
	FailureThreshold int32
}

var services = store.NewTable[Service]("cloudmap.service")

// ARN of the service.
func (s *Service) ARN() string {
	return arn.Make("servicediscovery", s.Region, s.Account, "service/"+s.ID)
}

// Type as AWS shows it: DNS_HTTP or HTTP.
func (s *Service) Type() string {
	if len(s.Records) > 0 {
		return "DNS_HTTP"
	}
	return HTTP
}

// Record finds the settings of a record type.
func (s *Service) Record(kind string) (Record, bool) {
	for _, r := range s.Records {
		if r.Type == kind {
			return r, true
		}
	}
	return Record{}, false
}

// Clone is a copy that may be changed.
func (s *Service) Clone() *Service {
	c := *s
	c.Records = slices.Clone(s.Records)
	c.Attributes = maps.Clone(s.Attributes)
	c.Tags = maps.Clone(s.Tags)
	return &c
}

// Services walks the services of a scope, by id.
func Services(tx *store.Tx, s arn.Scope) iter.Seq2[string, *Service] {
	return services.Prefix(tx, s.Key(""))
}

// CountServices counts the services of a namespace.
func CountServices(tx *store.Tx, n *Namespace) (count int) {
	for _, s := range Services(tx, n.Scope) {
		if s.NamespaceID == n.ID {
			count++
		}
	}
	return count
}

// ServiceByID finds a service by id or ARN.
func ServiceByID(tx *store.Tx, s arn.Scope, idOrARN string) (*Service, bool) {
	s, id, ok := idOf(s, idOrARN, "service")
	if !ok {
		return nil, false
	}
	return services.Get(tx, s.Key(id))
}

// FindService finds a service by its name in a namespace.
func FindService(tx *store.Tx, s arn.Scope, namespaceID, name string) (*Service, bool) {
	for _, x := range Services(tx, s) {
		if x.NamespaceID == namespaceID && x.Name == name {
			return x, true
		}
	}
	return nil, false
}

// CreateService writes a new service of the namespace s.NamespaceID and gives it
// its id. Names of services with DNS records differ by more than case. The error
// is ErrNoNamespace or an ExistsError.
func CreateService(tx *store.Tx, s Service) (*Service, error) {
	n, ok := NamespaceByID(tx, s.Scope, s.NamespaceID)
	if !ok {
		return nil, ErrNoNamespace
	}
	s.NamespaceID = n.ID
	for _, other := range Services(tx, s.Scope) {
		if other.NamespaceID == n.ID && (other.Name == s.Name || n.DNS() && strings.EqualFold(other.Name, s.Name)) {
			return nil, &ExistsError{"service", s.Name, other.ID, other.ARN(), other.CreatorRequestID}
		}
	}
	s.ID = newID("srv-", 16)
	PutService(tx, &s)
	return &s, nil
}

// PutService writes a service that CreateService made before.
func PutService(tx *store.Tx, s *Service) {
	services.Put(tx, s.Key(s.ID), s)
	changed(tx)
}

// DeleteService removes a service without instances. The error is an InUseError.
func DeleteService(tx *store.Tx, s *Service) error {
	if count := CountInstances(tx, s.ID); count > 0 {
		return &InUseError{s.ID, "instances", count}
	}
	services.Delete(tx, s.Key(s.ID))
	revisions.Delete(tx, s.ID)
	changed(tx)
	return nil
}
