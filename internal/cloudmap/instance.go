package cloudmap

import (
	"iter"
	"maps"
	"time"

	"github.com/grue-ecs/grue/internal/store"
)

// Attributes that Cloud Map understands.
const (
	IPv4       = "AWS_INSTANCE_IPV4"
	IPv6       = "AWS_INSTANCE_IPV6"
	Port       = "AWS_INSTANCE_PORT"
	CNAME      = "AWS_INSTANCE_CNAME"
	Alias      = "AWS_ALIAS_DNS_NAME"
	EC2        = "AWS_EC2_INSTANCE_ID"
	InitHealth = "AWS_INIT_HEALTH_STATUS"
)

// States of instances.
const (
	Healthy   = "HEALTHY"
	Unhealthy = "UNHEALTHY"
	Unknown   = "UNKNOWN" // the service has no health check
)

// Instance is one place where a service is found.
type Instance struct {
	ServiceID        string
	ID               string
	Attributes       map[string]string
	Health           string // Healthy or Unhealthy; "" = Healthy at registration unless InitHealth says otherwise
	CreatorRequestID string
	Registered       time.Time // first
}

// Its id is "<service id>/<instance id>".
var instances = store.NewTable[Instance]("cloudmap.instance")

// Instances walks the instances of a service, by id.
func Instances(tx *store.Tx, serviceID string) iter.Seq2[string, *Instance] {
	return func(yield func(string, *Instance) bool) {
		for _, i := range instances.Prefix(tx, serviceID+"/") {
			if !yield(i.ID, i) {
				return
			}
		}
	}
}

// CountInstances counts the instances of a service.
func CountInstances(tx *store.Tx, serviceID string) (count int) {
	for range Instances(tx, serviceID) {
		count++
	}
	return count
}

// GetInstance finds an instance.
func GetInstance(tx *store.Tx, serviceID, instanceID string) (*Instance, bool) {
	return instances.Get(tx, serviceID+"/"+instanceID)
}

// HealthOf is the state of an instance as AWS shows it: Unknown where the
// service has no health check.
func HealthOf(s *Service, i *Instance) string {
	if !s.CustomHealth && s.Check == nil || i.Health == "" {
		return Unknown
	}
	return i.Health
}

// Register writes an instance of s, new or changed. A changed one keeps its
// health unless InitHealth says otherwise. Registering what is registered already
// changes nothing. The error is ErrNoService: somebody deleted s.
func Register(tx *store.Tx, s *Service, i Instance) error {
	if _, ok := services.Get(tx, s.Key(s.ID)); !ok {
		return ErrNoService
	}
	i.ServiceID = s.ID
	old, exists := GetInstance(tx, s.ID, i.ID)
	if i.Health == "" {
		i.Health = initialHealth(s, &i, old)
	}
	if exists {
		i.Registered = old.Registered
		if maps.Equal(old.Attributes, i.Attributes) && old.Health == i.Health && old.CreatorRequestID == i.CreatorRequestID {
			return nil
		}
	}
	instances.Put(tx, s.ID+"/"+i.ID, &i)
	raise(tx, revisions, s.ID)
	changed(tx)
	return nil
}

func initialHealth(s *Service, i, old *Instance) string {
	switch {
	case !s.CustomHealth:
		return ""
	case i.Attributes[InitHealth] != "":
		return i.Attributes[InitHealth]
	case old != nil:
		return old.Health
	}
	return Healthy
}

// Deregister removes an instance. The error is ErrNoInstance.
func Deregister(tx *store.Tx, s *Service, instanceID string) error {
	if _, ok := GetInstance(tx, s.ID, instanceID); !ok {
		return ErrNoInstance
	}
	instances.Delete(tx, s.ID+"/"+instanceID)
	raise(tx, revisions, s.ID)
	changed(tx)
	return nil
}

// SetHealth writes what a custom health check found. The error is
// ErrNoCustomHealth or ErrNoInstance.
func SetHealth(tx *store.Tx, s *Service, instanceID string, healthy bool) error {
	if !s.CustomHealth {
		return ErrNoCustomHealth
	}
	old, ok := GetInstance(tx, s.ID, instanceID)
	if !ok {
		return ErrNoInstance
	}
	health := Unhealthy
	if healthy {
		health = Healthy
	}
	if old.Health == health {
		return nil
	}
	next := *old
	next.Health = health
	instances.Put(tx, s.ID+"/"+instanceID, &next)
	changed(tx)
	return nil
}
