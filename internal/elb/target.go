package elb

import (
	"errors"
	"fmt"
	"iter"
	"strconv"
	"time"

	"github.com/grue-ecs/grue/internal/store"
)

// Target is what the engine and users register.
type Target struct {
	Group   string // ARN
	ID      string // IP address or instance id
	Port    int    // 0 = the group's port
	Address string // "ip:port" to connect to
	AZ      string
}

// Registration is a registered target, until its draining ends.
type Registration struct {
	Target
	Registered time.Time
	Draining   bool
	DrainUntil time.Time
}

// ErrNoGroup is the error of Register for a target group that does not exist.
var ErrNoGroup = errors.New("elb: no such target group")

var registrations = store.NewTable[Registration]("elb.target")

// targetKey names a registration: group, id and port.
func targetKey(group, id string, port int) string {
	return group + "/" + id + "/" + strconv.Itoa(port)
}

func (r *Registration) key() string { return targetKey(r.Group, r.ID, r.Port) }

// Register registers a target. A target that is draining is registered anew and
// starts at initial; one that is registered already stays as it is.
func Register(tx *store.Tx, t Target) error {
	g, ok := groups.Get(tx, t.Group)
	if !ok {
		return fmt.Errorf("%w: %s", ErrNoGroup, t.Group)
	}
	if t.Port == 0 {
		t.Port = g.Port
	}
	next := &Registration{Target: t, Registered: time.Now().Round(0).UTC()}
	if old, ok := registrations.Get(tx, next.key()); ok && !old.Draining && old.Address == t.Address {
		if old.Target == t {
			return nil
		}
		next.Registered = old.Registered // only its zone changes
	}
	touch(tx)
	registrations.Put(tx, next.key(), next)
	return nil
}

// Deregister starts the draining of a target and says when it ends. A target or
// group that does not exist is no error, and the time is zero; nor is a target
// that is draining already.
func Deregister(tx *store.Tx, group, id string, port int, at time.Time) (until time.Time, err error) {
	g, ok := groups.Get(tx, group)
	if !ok {
		return time.Time{}, nil
	}
	if port == 0 {
		port = g.Port
	}
	r, ok := registrations.Get(tx, targetKey(group, id, port))
	if !ok {
		return time.Time{}, nil
	}
	if r.Draining {
		return r.DrainUntil, nil
	}
	touch(tx)
	delay := g.DeregistrationDelay()
	if delay <= 0 {
		remove(tx, r)
		return at, nil
	}
	next := *r
	next.Draining, next.DrainUntil = true, at.Add(delay).UTC()
	registrations.Put(tx, r.key(), &next)
	return next.DrainUntil, nil
}

// Registered walks the targets of a group, draining ones included, in order of
// id and port.
func Registered(tx *store.Tx, groupARN string) iter.Seq[*Registration] {
	return values(registrations.Prefix(tx, groupARN+"/"))
}

// remove forgets a target and its last verdict.
func remove(tx *store.Tx, r *Registration) {
	registrations.Delete(tx, r.key())
	if _, ok := verdicts.Get(tx, r.key()); ok {
		verdicts.Delete(tx, r.key())
	}
}

// Drained removes a target whose draining has ended at the time given, as Run does
// by itself, a moment later: who stops the target must not be faster.
func Drained(tx *store.Tx, group, id string, port int, at time.Time) {
	if g, ok := groups.Get(tx, group); ok && port == 0 {
		port = g.Port
	}
	endDrain(tx, targetKey(group, id, port), at)
}

// endDrain removes a target whose draining ended.
func endDrain(tx *store.Tx, key string, at time.Time) {
	r, ok := registrations.Get(tx, key)
	if !ok || !r.Draining || r.DrainUntil.After(at) {
		return
	}
	touch(tx)
	remove(tx, r)
}
