package cloudmap

import "github.com/grue-ecs/grue/internal/store"

// count counts changes. It is written in the transaction of the change.
type count struct{ N uint64 }

var (
	changes   = store.NewTable[count]("cloudmap.changes")
	revisions = store.NewTable[count]("cloudmap.revision")
)

// ChangesKind is the kind of the record that changes with every change of what
// is registered.
var ChangesKind = changes.Kind()

const changesID = "all"

// Changes counts what happened to namespaces, services and instances: two equal
// values mean equal names in the table.
func Changes(tx *store.Tx) uint64 { return get(tx, changes, changesID) }

// Revision counts the registrations and deregistrations of a service's instances
// (InstancesRevision). Changes of health do not count, as in AWS.
func Revision(tx *store.Tx, serviceID string) uint64 { return get(tx, revisions, serviceID) }

func get(tx *store.Tx, t store.Table[count], id string) uint64 {
	if c, ok := t.Get(tx, id); ok {
		return c.N
	}
	return 0
}

func raise(tx *store.Tx, t store.Table[count], id string) { t.Put(tx, id, &count{get(tx, t, id) + 1}) }

// changed notes a change of what is registered.
func changed(tx *store.Tx) { raise(tx, changes, changesID) }
