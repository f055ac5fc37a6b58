package cloudmap

import (
	"iter"
	"maps"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// Types of namespaces.
const (
	HTTP       = "HTTP"
	DNSPrivate = "DNS_PRIVATE"
	DNSPublic  = "DNS_PUBLIC"
)

// Namespace groups services. The services of a DNS namespace have names below
// its own, which tasks can resolve.
type Namespace struct {
	arn.Scope
	ID   string // ns-…
	Name string
	Type string // HTTP, DNS_PRIVATE, DNS_PUBLIC
	// HTTPName is what DiscoverInstances calls it: Name, with a random ending when
	// that was taken.
	HTTPName         string
	Description      string
	VPC              string // DNS_PRIVATE only
	HostedZone       string // Z…, not of HTTP
	SOATTL           int64  // seconds, not of HTTP
	CreatorRequestID string
	Tags             map[string]string
	Created          time.Time
}

// DefaultSOATTL is the time to live of a zone's SOA record, in seconds, when the
// request did not say.
const DefaultSOATTL = 15

var namespaces = store.NewTable[Namespace]("cloudmap.namespace")

// ARN of the namespace.
func (n *Namespace) ARN() string {
	return arn.Make("servicediscovery", n.Region, n.Account, "namespace/"+n.ID)
}

// DNS tells whether the namespace has names that tasks can resolve.
func (n *Namespace) DNS() bool { return n.Type != HTTP }

// Clone is a copy that may be changed.
func (n *Namespace) Clone() *Namespace {
	c := *n
	c.Tags = maps.Clone(n.Tags)
	return &c
}

// Namespaces walks the namespaces of a scope, by id.
func Namespaces(tx *store.Tx, s arn.Scope) iter.Seq2[string, *Namespace] {
	return namespaces.Prefix(tx, s.Key(""))
}

// NamespaceByID finds a namespace by id or ARN.
func NamespaceByID(tx *store.Tx, s arn.Scope, idOrARN string) (*Namespace, bool) {
	s, id, ok := idOf(s, idOrARN, "namespace")
	if !ok {
		return nil, false
	}
	return namespaces.Get(tx, s.Key(id))
}

// FindNamespace finds a namespace by name, id or ARN. A name is the one that
// DiscoverInstances takes (HttpName).
func FindNamespace(tx *store.Tx, s arn.Scope, nameOrIDOrARN string) (*Namespace, bool) {
	if n, ok := NamespaceByID(tx, s, nameOrIDOrARN); ok {
		return n, true
	}
	for _, n := range Namespaces(tx, s) {
		if n.HTTPName == nameOrIDOrARN {
			return n, true
		}
	}
	return nil, false
}

// CreateHTTPNamespace makes a namespace whose services are found by
// DiscoverInstances and Service Connect only: what ECS does for an unknown name in
// serviceConnectDefaults. The error is an ExistsError.
func CreateHTTPNamespace(tx *store.Tx, s arn.Scope, name, description string, tags map[string]string, now time.Time) (*Namespace, error) {
	n := &Namespace{Scope: s, Name: name, Type: HTTP, Description: description, Tags: tags, Created: now}
	return n, CreateNamespace(tx, n)
}

// CreateNamespace writes a new namespace and gives it its ids. Of one type there
// is one namespace of a name in a scope, and what HTTP namespaces are called
// nothing else may be called. The error is an ExistsError.
func CreateNamespace(tx *store.Tx, n *Namespace) error {
	n.HTTPName = n.Name
	for _, other := range Namespaces(tx, n.Scope) {
		same := strings.EqualFold(other.Name, n.Name)
		if n.Type == HTTP || other.Type == HTTP {
			same = other.Name == n.Name
		}
		if same && (n.Type == other.Type || n.Type == HTTP) {
			return &ExistsError{"namespace", n.Name, other.ID, other.ARN(), other.CreatorRequestID}
		}
		if same {
			n.HTTPName = n.Name + "-" + newID("", 8)
		}
	}
	n.ID = newID("ns-", 16)
	if n.DNS() {
		n.HostedZone = strings.ToUpper(newID("Z", 20))
		if n.SOATTL == 0 {
			n.SOATTL = DefaultSOATTL
		}
	}
	PutNamespace(tx, n)
	return nil
}

// PutNamespace writes a namespace that CreateNamespace made before.
func PutNamespace(tx *store.Tx, n *Namespace) {
	namespaces.Put(tx, n.Key(n.ID), n)
	changed(tx)
}

// DeleteNamespace removes an empty namespace. The error is an InUseError.
func DeleteNamespace(tx *store.Tx, n *Namespace) error {
	if count := CountServices(tx, n); count > 0 {
		return &InUseError{n.ID, "services", count}
	}
	namespaces.Delete(tx, n.Key(n.ID))
	changed(tx)
	return nil
}

// ZoneTaken finds the private zone of another account or region that has the
// name of n in the same VPC: a machine has one network, and in AWS, too, a VPC
// has one private zone of a name.
func ZoneTaken(tx *store.Tx, n *Namespace) (*Namespace, bool) {
	for _, other := range namespaces.All(tx) {
		if other.Type == DNSPrivate && other.Scope != n.Scope && strings.EqualFold(other.Name, n.Name) {
			return other, true
		}
	}
	return nil, false
}

// idOf takes an id, or the id and the scope out of an ARN of Cloud Map.
func idOf(s arn.Scope, idOrARN, kind string) (arn.Scope, string, bool) {
	if !arn.Is(idOrARN) {
		return s, idOrARN, true
	}
	parts, ok := arn.Path(idOrARN, "servicediscovery", kind)
	a, _ := arn.Parse(idOrARN)
	if !ok || len(parts) != 1 || a.Account != s.Account || a.Region != s.Region {
		return s, "", false
	}
	return s, parts[0], true
}
