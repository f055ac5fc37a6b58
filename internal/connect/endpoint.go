package connect

import (
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/cloudmap"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// Endpoint is a name of a namespace and the ECS service behind it.
type Endpoint struct {
	arn.Scope
	Namespace, Discovery string // id, discoveryName
	NamespaceName        string
	Cluster, Service     string // of ECS
	CloudMap             string // ARN of the Cloud Map service
	DNSName              string // as the newest revision has it
	Port                 int
	// VIP is the loopback address of DNSName in every task that knows it.
	VIP string
}

// Its id is "<namespace id>/<discoveryName>".
var endpoints = store.NewTable[Endpoint]("connect.endpoint")

// Key of the endpoint, as in state.ConnectName.
func (e *Endpoint) Key() string { return EndpointKey(e.Namespace, e.Discovery) }

// EndpointKey names an endpoint: a namespace's id and a discovery name.
func EndpointKey(namespace, discovery string) string { return namespace + "/" + discovery }

// ServiceKey is the key of the ECS service.
func (e *Endpoint) ServiceKey() string { return e.Scope.Key(e.Cluster, e.Service) }

// Endpoints walks the endpoints of a namespace, by discovery name.
func Endpoints(tx *store.Tx, namespace string) iter.Seq2[string, *Endpoint] {
	return endpoints.Prefix(tx, namespace+"/")
}

// TakenError tells that another service has a name already.
type TakenError struct {
	What, Name string // "discovery name" or "client alias"
	By         string // ARN of the ECS service
}

func (e *TakenError) Error() string {
	return fmt.Sprintf("the %s %s is already used by the service %s in this namespace", e.What, e.Name, e.By)
}

// Claim makes the endpoints of a new revision the service's own, with a Cloud Map
// service each, and notes the latter in c. A name that another service has is a
// TakenError; then the caller's transaction must not be committed.
func Claim(tx *store.Tx, svc *state.Service, c *state.Connect, now time.Time) error {
	for i := range c.Endpoints {
		e := &c.Endpoints[i]
		if err := free(tx, svc, c, e); err != nil {
			return err
		}
		x := &Endpoint{
			Scope: svc.Scope, Namespace: c.Namespace, NamespaceName: c.NamespaceName, Discovery: e.Discovery,
			Cluster: svc.Cluster, Service: svc.Name, DNSName: e.DNSName, Port: e.Port,
		}
		home, err := cloudMap(tx, x, now)
		if err != nil {
			return err
		}
		x.CloudMap, e.CloudMap = home.ARN(), home.ARN()
		if x.VIP, err = address(tx, x); err != nil {
			return err
		}
		endpoints.Put(tx, x.Key(), x)
	}
	elb.Touch(tx)
	return nil
}

// free tells who has an endpoint's names, if it is another service.
func free(tx *store.Tx, svc *state.Service, c *state.Connect, e *state.ConnectEndpoint) error {
	for _, x := range Endpoints(tx, c.Namespace) {
		if x.ServiceKey() == svc.Key() {
			continue
		}
		by := x.Scope.Service(x.Cluster, x.Service)
		switch {
		case x.Discovery == e.Discovery:
			return &TakenError{"discovery name", e.Discovery, by}
		case x.Port == e.Port && strings.EqualFold(x.DNSName, e.DNSName):
			return &TakenError{"client alias", fmt.Sprintf("%s:%d", e.DNSName, e.Port), by}
		}
	}
	return nil
}

// cloudMap finds the Cloud Map service of an endpoint, or makes it.
func cloudMap(tx *store.Tx, e *Endpoint, now time.Time) (*cloudmap.Service, error) {
	s, ok := cloudmap.FindService(tx, e.Scope, e.Namespace, e.Discovery)
	switch {
	case !ok:
		return cloudmap.CreateService(tx, cloudmap.Service{
			Scope: e.Scope, NamespaceID: e.Namespace, Name: e.Discovery, Managed: true, Created: now,
			Description: "Managed by Amazon ECS for Service Connect.",
			Tags:        map[string]string{"AmazonECSManaged": "true"},
		})
	case len(s.Records) > 0:
		return nil, &TakenError{"discovery name", e.Discovery, s.ARN()}
	}
	return s, nil
}

// errNoAddress: 127.255.0.0/16 has no address left.
var errNoAddress = errors.New("the namespace has too many client aliases: 65,000 at most")

// address is the loopback address of an endpoint's DNS name: the one that the name
// has in its namespace already, or the first that is free.
func address(tx *store.Tx, e *Endpoint) (string, error) {
	used := map[string]bool{}
	for _, x := range Endpoints(tx, e.Namespace) {
		if strings.EqualFold(x.DNSName, e.DNSName) {
			return x.VIP, nil
		}
		if x.Key() != e.Key() {
			used[x.VIP] = true
		}
	}
	for a := netip.AddrFrom4([4]byte{127, 255, 0, 1}); a.As4()[1] == 255 && a.As4() != [4]byte{127, 255, 255, 255}; a = a.Next() {
		if !used[a.String()] {
			return a.String(), nil
		}
	}
	return "", errNoAddress
}

// Changed has the table made again: something that endpoints depend on and that
// is not of this package has changed.
func Changed(tx *store.Tx) {
	if endpoints.Len(tx) > 0 {
		elb.Touch(tx)
	}
}

// Sweep removes the endpoints of a service that none of its revisions keep,
// with their Cloud Map services.
func Sweep(tx *store.Tx, svc *state.Service, keep []*state.Revision) {
	wanted := map[string]bool{}
	for _, rev := range keep {
		if rev.Connect == nil {
			continue
		}
		for _, e := range rev.Connect.Endpoints {
			wanted[EndpointKey(rev.Connect.Namespace, e.Discovery)] = true
		}
	}
	for key, e := range endpoints.All(tx) {
		if e.ServiceKey() != svc.Key() || wanted[key] {
			continue
		}
		for at := range instances.Prefix(tx, key+"/") {
			instances.Delete(tx, at)
		}
		endpoints.Delete(tx, key)
		discard(tx, e)
		elb.Touch(tx)
	}
}

// discard removes the Cloud Map service of an endpoint, unless somebody else
// registered instances in it.
func discard(tx *store.Tx, e *Endpoint) {
	s, ok := cloudmap.ServiceByID(tx, e.Scope, e.CloudMap)
	if ok && s.Managed {
		_ = cloudmap.DeleteService(tx, s) // somebody's own instances keep it
	}
}
