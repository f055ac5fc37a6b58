package elb

import (
	"iter"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// Listener is a listener of a load balancer. Its default actions are those of its
// default rule, the only one on a network load balancer.
type Listener struct {
	ARN          string
	LoadBalancer string // ARN
	Created      time.Time
	Port         int
	Protocol     string // HTTP, HTTPS; TCP, TLS, UDP, TCP_UDP
	Certificate  string // ARN of the default certificate; "" with HTTPS: a self-signed one is served
	Certificates []string
	SSLPolicy    string
	ALPN         string // ALPN policy of a TLS listener; "" = none was given
	DefaultRule  string // ARN
	Attributes   map[string]string
	Tags         map[string]string
}

var listeners = store.NewTable[Listener]("elb.listener")

// GetListener returns the listener with an ARN.
func GetListener(tx *store.Tx, listenerARN string) (*Listener, bool) {
	return listeners.Get(tx, listenerARN)
}

// Listeners walks the listeners of a load balancer.
func Listeners(tx *store.Tx, lbARN string) iter.Seq[*Listener] {
	return values(listeners.Prefix(tx, ListenerARN(lbARN, "")))
}

// ListenerARN is the ARN of a listener of a load balancer.
func ListenerARN(lbARN, id string) string {
	return strings.Replace(lbARN, ":loadbalancer/", ":listener/", 1) + "/" + id
}

// ListenerOf is the ARN of the listener that a rule belongs to.
func ListenerOf(ruleARN string) string {
	l := strings.Replace(ruleARN, ":listener-rule/", ":listener/", 1)
	if i := strings.LastIndexByte(l, '/'); i > 0 {
		return l[:i]
	}
	return l
}

// PutListener writes a listener.
func PutListener(tx *store.Tx, l *Listener) {
	touch(tx)
	listeners.Put(tx, l.ARN, l)
}

// DeleteListener removes a listener and its rules.
func DeleteListener(tx *store.Tx, listenerARN string) {
	for r := range Rules(tx, listenerARN) {
		DeleteRule(tx, r.ARN)
	}
	touch(tx)
	listeners.Delete(tx, listenerARN)
}

// UsesCertificate lists the load balancers whose listeners use a certificate.
func UsesCertificate(tx *store.Tx, certificateARN string) []string {
	s := scopeOf(certificateARN)
	var out []string
	for lb := range LoadBalancers(tx, s) {
		for l := range Listeners(tx, lb.ARN) {
			if l.has(certificateARN) {
				out = append(out, lb.ARN)
				break
			}
		}
	}
	return out
}

func (l *Listener) has(certificateARN string) bool {
	if l.Certificate == certificateARN {
		return true
	}
	for _, c := range l.Certificates {
		if c == certificateARN {
			return true
		}
	}
	return false
}

// newID returns the 16 hex digits that end an ARN of Elastic Load Balancing.
func newID() string { return arn.NewHex(16) }
