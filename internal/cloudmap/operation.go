package cloudmap

import (
	"iter"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// Types of operations.
const (
	CreateNamespaceOp    = "CREATE_NAMESPACE"
	DeleteNamespaceOp    = "DELETE_NAMESPACE"
	UpdateNamespaceOp    = "UPDATE_NAMESPACE"
	UpdateServiceOp      = "UPDATE_SERVICE"
	RegisterInstanceOp   = "REGISTER_INSTANCE"
	DeregisterInstanceOp = "DEREGISTER_INSTANCE"
)

// Operation is what an asynchronous call answered with. grue does the work in the
// transaction of the call, so an operation is over from its start.
type Operation struct {
	arn.Scope
	ID          string
	Type        string
	Code        string // of the failure; "" = SUCCESS
	Message     string
	Targets     map[string]string // NAMESPACE, SERVICE, INSTANCE → id
	Request     string            // CreatorRequestId of a creation
	Asked       string            // what it asked for, to tell a repeated call from another one
	Created     time.Time
	NamespaceID string // of the service, for filters
}

// maxOperations bounds how many operations are kept; older ones go.
const maxOperations = 5000

var operations = store.NewTable[Operation]("cloudmap.operation")

// AddOperation writes an operation and gives it its id.
func AddOperation(tx *store.Tx, o *Operation, now time.Time) string {
	o.ID, o.Created = newOperationID(now), now
	operations.Put(tx, o.Key(operationKey(o.ID)), o)
	if operations.Len(tx) > maxOperations {
		for key, old := range operations.Prefix(tx, o.Key("")) { // the oldest
			if old != o {
				operations.Delete(tx, key)
			}
			break
		}
	}
	return o.ID
}

// GetOperation finds an operation.
func GetOperation(tx *store.Tx, s arn.Scope, id string) (*Operation, bool) {
	return operations.Get(tx, s.Key(operationKey(id)))
}

// Operations walks the operations of a scope, the oldest first.
func Operations(tx *store.Tx, s arn.Scope) iter.Seq2[string, *Operation] {
	return operations.Prefix(tx, s.Key(""))
}

// Order sorts operations by their time.
func (o *Operation) Order() string { return operationKey(o.ID) }
