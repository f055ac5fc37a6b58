package bus

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/cron"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// Default is the name of the bus that every account has in every region.
const Default = "default"

// Bus is an event bus.
type Bus struct {
	arn.Scope
	Name, Description string
	Policy            string // recorded
	Tags              map[string]string
	Created, Modified time.Time // zero for the default bus
}

// Rule of a bus.
type Rule struct {
	arn.Scope
	Bus, Name         string
	Pattern, Schedule string
	Description, Role string
	State             types.RuleState
	Tags              map[string]string
	Targets           []wire.Stored[types.Target] // by id
	// Since is the number of the event before the rule's first: events of before
	// it was put or enabled are none of its.
	Since uint64
	// Next is when a rule with a schedule is due.
	Next time.Time
}

// Tables by account/region/…: buses by name, rules by bus/name.
var (
	buses   = store.NewTable[Bus]("events.bus")
	rules   = store.NewTable[Rule]("events.rule")
	cursors = store.NewTable[cursor]("events.cursor")
)

// cursor is the number of the last event that went through the default buses.
type cursor struct{ At uint64 }

const cursorID = "default"

// ARN of the bus.
func (b *Bus) ARN() string {
	return arn.Make("events", b.Region, b.Account, "event-bus/"+b.Name)
}

func (b *Bus) key() string { return b.Key(b.Name) }

// ARN of the rule.
func (r *Rule) ARN() string {
	if r.Bus == Default {
		return arn.Make("events", r.Region, r.Account, "rule/"+r.Name)
	}
	return arn.Make("events", r.Region, r.Account, "rule/"+r.Bus+"/"+r.Name)
}

func (r *Rule) key() string { return r.Key(r.Bus, r.Name) }

// Enabled tells whether the rule sees events.
func (r *Rule) Enabled() bool { return r.State != types.RuleStateDisabled }

// Target returns a target by its id.
func (r *Rule) Target(id string) (*types.Target, bool) {
	for i := range r.Targets {
		if aws.ToString(r.Targets[i].V.Id) == id {
			return &r.Targets[i].V, true
		}
	}
	return nil, false
}

// BusName is the name in what a request calls a bus: nothing, a name or an ARN.
func BusName(text string) string {
	if text == "" {
		return Default
	}
	if a, ok := arn.Parse(text); ok && a.Service == "events" {
		if name, ok := strings.CutPrefix(a.Resource, "event-bus/"); ok {
			return name
		}
	}
	return text
}

// FindBus returns a bus, which must not be changed.
func FindBus(tx *store.Tx, s arn.Scope, name string) (*Bus, bool) {
	if b, ok := buses.Get(tx, s.Key(name)); ok {
		return b, true
	}
	return &Bus{Scope: s, Name: Default}, name == Default
}

// Buses lists the buses of a scope by name.
func Buses(tx *store.Tx, s arn.Scope) (out []*Bus) {
	made := false
	for _, b := range buses.Prefix(tx, s.Key("")) {
		out = append(out, b)
		made = made || b.Name == Default
	}
	if !made {
		out = append(out, &Bus{Scope: s, Name: Default})
	}
	slices.SortFunc(out, func(a, b *Bus) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// PutBus writes a bus.
func PutBus(tx *store.Tx, b *Bus) { buses.Put(tx, b.key(), b) }

// DeleteBus removes a bus, which has no rules.
func DeleteBus(tx *store.Tx, b *Bus) { buses.Delete(tx, b.key()) }

// FindRule returns a rule, which must not be changed.
func FindRule(tx *store.Tx, s arn.Scope, bus, name string) (*Rule, bool) {
	return rules.Get(tx, s.Key(bus, name))
}

// Rules lists the rules of a bus by name.
func Rules(tx *store.Tx, s arn.Scope, bus string) (out []*Rule) {
	for _, r := range rules.Prefix(tx, s.Key(bus, "")) {
		out = append(out, r)
	}
	return out
}

// DeleteRule removes a rule.
func DeleteRule(tx *store.Tx, r *Rule) { rules.Delete(tx, r.key()) }

// PutRule writes a rule. A rule that is new, or is enabled again, or whose
// pattern or schedule changed, sees what comes from now on.
func (r *Router) PutRule(tx *store.Tx, next *Rule) error {
	old, ok := rules.Get(tx, next.key())
	if !ok || !old.Enabled() && next.Enabled() || old.Pattern != next.Pattern || old.Schedule != next.Schedule {
		next.Since = r.opts.Store.LastEvent()
		next.Next = time.Time{}
		if next.Schedule != "" {
			s, err := cron.Parse(next.Schedule)
			if err != nil {
				return err
			}
			next.Next = s.After(r.opts.Now(), r.opts.Minute)
		}
	}
	rules.Put(tx, next.key(), next)
	// Events that the rules as they were have seen are not for the rules as they
	// will be.
	r.feed.save(tx)
	tx.AfterCommit(r.poke)
	return nil
}

// Retag writes a rule of which nothing but the tags changed.
func Retag(tx *store.Tx, r *Rule) { rules.Put(tx, r.key(), r) }
