package scale

import (
	"fmt"
	"math"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// Activity is something that scaling did, or decided not to do.
type Activity struct {
	arn.Scope
	Resource, ID                string
	Description, Cause, Message string
	Status                      types.ScalingActivityStatusCode
	Start, End                  time.Time // End is zero while it goes on
	// To is the desired count of an activity that sets one.
	To int
	// Unscaled is why nothing was scaled; "" for an activity that scaled.
	Unscaled           string
	Min, Max, Capacity *int // with Unscaled, those that matter
}

// Activities by account/region/resource/time, newest first.
var Activities = store.NewTable[Activity]("scaling.activity")

const (
	keepActivities = 6 * 7 * 24 * time.Hour
	maxActivities  = 500 // of one target
)

// Key in Activities.
func (a *Activity) Key() string { return Prefix(a.Scope, a.Resource) + a.Order() }

// Order sorts activities, of whatever target, newest first.
func (a *Activity) Order() string {
	return fmt.Sprintf("%019d-%s", math.MaxInt64-a.Start.UnixNano(), a.ID)
}

// note writes a new activity, which begins after those before it, and drops what is
// too old.
func note(tx *store.Tx, a *Activity) {
	if a.ID == "" {
		a.ID = store.NewUUID()
	}
	for _, last := range Activities.Prefix(tx, Prefix(a.Scope, a.Resource)) {
		if !a.Start.After(last.Start) {
			a.Start = last.Start.Add(time.Nanosecond)
		}
		break
	}
	Activities.Put(tx, a.Key(), a)
	n := 0
	for key, old := range Activities.Prefix(tx, Prefix(a.Scope, a.Resource)) {
		if n++; n > maxActivities || a.Start.Sub(old.Start) > keepActivities {
			Activities.Delete(tx, key)
		}
	}
}

// AWS's reasons for not scaling.
const (
	atMax        = "AlreadyAtMaxCapacity"
	atMin        = "AlreadyAtMinCapacity"
	atDesired    = "AlreadyAtDesiredCapacity"
	inDeployment = "TargetServicePutResourceAsUnscalable"
)
