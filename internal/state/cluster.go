package state

import (
	"time"

	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// Cluster is an ECS cluster. Counts are not stored: they are counted.
type Cluster struct {
	arn.Scope
	Name    string
	Created time.Time
	// Body holds the members that users set: settings, configuration, capacity
	// providers, default strategy, Service Connect defaults, tags, status
	// (ACTIVE or INACTIVE).
	Body wire.Stored[ecs.Cluster]
}

// Key in Clusters.
func (c *Cluster) Key() string { return c.Scope.Key(c.Name) }

// Clusters by account/region/name.
var Clusters = store.NewTable[Cluster]("ecs.cluster")
