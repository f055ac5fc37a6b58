package connect

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/authority"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// With tls the proxies of two tasks encrypt what goes between them: the client's
// verifies the certificate of the endpoint, the server's ends TLS inside the
// task. Certificates come from grue's own authority. As in ECS they last five
// days and are renewed when four fifths of that have passed.

// How long certificates last, and how soon a renewal that failed is tried again.
const (
	certificateLife = 5 * 24 * time.Hour
	renewRetry      = time.Minute
)

// renewAfter is the age at which certificates are renewed.
func (m *Mesh) renewAfter() time.Duration { return m.life * 8 / 10 }

// Certificate of an endpoint.
type Certificate struct {
	Chain     []byte // PEM, the authority's certificate last
	SealedKey []byte // PEM, sealed by the vault
	Issued    time.Time
}

// Its id is the key of the endpoint.
var certificates = store.NewTable[Certificate]("connect.certificate")

// Vault keeps the keys of certificates.
type Vault interface {
	Seal(id string, value []byte) []byte
	Open(id string, sealed []byte) ([]byte, error)
}

var plainDNS = regexp.MustCompile(`^[a-z0-9_.-]{1,253}$`)

// certificateName is the name in an endpoint's certificate.
func certificateName(e *Endpoint) string {
	if name := strings.ToLower(e.Discovery + "." + e.NamespaceName); plainDNS.MatchString(name) {
		return name
	}
	return e.Discovery + "." + e.Namespace
}

// certify makes or renews the certificates that endpoints with tls need; with
// service "" of all services. It answers when to look again.
func (m *Mesh) certify(service string) (next time.Time, err error) {
	now := m.now()
	next = now.Add(m.renewAfter())
	due := map[string]*Endpoint{}
	m.store.View(func(tx *store.Tx) {
		for key, e := range endpoints.All(tx) {
			if service != "" && e.ServiceKey() != service || !encrypted(tx, e) {
				continue
			}
			c, ok := certificates.Get(tx, key)
			if ok && now.Before(c.Issued.Add(m.renewAfter())) {
				next = earlier(next, c.Issued.Add(m.renewAfter()))
				continue
			}
			due[key] = e
		}
	})
	for key, e := range due {
		if err := m.issue(key, e, now); err != nil {
			return now.Add(renewRetry), fmt.Errorf("certificate of the endpoint %s: %w", e.Discovery, err)
		}
	}
	return next, nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// encrypted tells whether a revision of the endpoint's service asks for tls.
func encrypted(tx *store.Tx, e *Endpoint) bool {
	for _, rev := range state.Revisions.Prefix(tx, e.ServiceKey()+"/") {
		if rev.Connect == nil {
			continue
		}
		for i := range rev.Connect.Endpoints {
			if x := &rev.Connect.Endpoints[i]; x.TLS && EndpointKey(rev.Connect.Namespace, x.Discovery) == e.Key() {
				return true
			}
		}
	}
	return false
}

// issue makes one certificate.
func (m *Mesh) issue(key string, e *Endpoint, now time.Time) error {
	ca, err := authority.Of(m.store, now)
	if err != nil {
		return err
	}
	chain, private, err := ca.Issue([]string{certificateName(e)}, authority.P256, now, m.life)
	if err != nil {
		return err
	}
	c := &Certificate{Chain: chain, SealedKey: m.vault.Seal(key, private), Issued: now}
	return m.store.Update(func(tx *store.Tx) error {
		if _, ok := endpoints.Get(tx, key); !ok {
			return nil // it left meanwhile
		}
		certificates.Put(tx, key, c)
		elb.Touch(tx)
		return nil
	})
}
