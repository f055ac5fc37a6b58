package connect

import (
	"slices"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/store"
)

// split is how a service's deployments divide the requests of its endpoints among
// revisions. Without one all instances take turns.
type split struct {
	Production, Test []deploy.Share
	// Without are revisions that an interrupted shift left, while a rolling
	// deployment replaces them: their instances get nothing.
	Without []string
}

// Its id is the key of the ECS service.
var splits = store.NewTable[split]("connect.split")

// SetWeights divides the requests of a service's endpoints. test may be empty.
func SetWeights(tx *store.Tx, service string, production, test []deploy.Share) {
	splits.Put(tx, service, &split{Production: slices.Clone(production), Test: slices.Clone(test)})
	elb.Touch(tx)
}

// Roll ends the division: all instances take turns but those of the revisions
// without.
func Roll(tx *store.Tx, service string, without []string) {
	_, divided := splits.Get(tx, service)
	switch {
	case len(without) > 0:
		splits.Put(tx, service, &split{Without: without})
	case divided:
		splits.Delete(tx, service)
	default:
		return
	}
	elb.Touch(tx)
}

// Serving tells which revisions get production requests, and ok whether weights
// say so.
func Serving(tx *store.Tx, service string) (revisions []string, ok bool) {
	s, ok := splits.Get(tx, service)
	if !ok || len(s.Production) == 0 {
		return nil, false
	}
	for _, x := range s.Production {
		if x.Tenths > 0 {
			revisions = append(revisions, string(x.Rev))
		}
	}
	return revisions, true
}
