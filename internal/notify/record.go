package notify

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/outbox"
	"github.com/grue-ecs/grue/internal/store"
)

// Formats of bodies.
const (
	FormatSlack   = "slack"
	FormatTeams   = "teams"
	FormatGeneric = "generic" // the Message as JSON
	FormatText    = "text"    // sentences, for topics
)

// Notification says whom to tell what.
type Notification struct {
	arn.Scope
	Name string
	// ID tells a notification from a later one of the same name.
	ID       string
	Topic    string   `json:",omitempty"` // ARN; "" = the URL in Sealed
	Host     string   `json:",omitempty"` // of the URL, to be shown: "https://hooks.slack.com"
	Sealed   []byte   `json:",omitempty"` // target, encrypted
	Format   string   // of bodies
	Events   []Kind   // that it gets
	Services []string `json:",omitempty"` // "CLUSTER/NAME"; none = all
	Template string   `json:",omitempty"` // Go text/template of the body; "" = Format's
	Signed   bool     // with a secret of its own
	Created  time.Time
}

// target is what of a notification must not be seen.
type target struct {
	URL    string `json:"url"`
	Secret string `json:"secret,omitempty"` // of its signatures; "" = the server's key
}

// status is how the deliveries of a notification went.
type status struct {
	Delivered time.Time `json:",omitzero"` // last success
	GivenUp   int       // messages that nobody got
	Error     string    `json:",omitempty"` // why, of the last one
	ErrorAt   time.Time `json:",omitzero"`
	ErrorOf   string    `json:",omitempty"` // its title
}

// Tables: notifications and their status by account/region/name.
var (
	notifications = store.NewTable[Notification]("grue.notification")
	statuses      = store.NewTable[status]("grue.notification.status")
	deliveries    = store.NewTable[outbox.Item]("grue.notification.delivery")
)

func (n *Notification) key() string { return n.Key(n.Name) }

// sealID binds the target to the notification.
func (n *Notification) sealID() string { return "notification " + n.key() + " " + n.ID }

// wants tells whether the notification is for an event of a service.
func (n *Notification) wants(k Kind, cluster, service string) bool {
	return slices.Contains(n.Events, k) && (len(n.Services) == 0 || slices.Contains(n.Services, cluster+"/"+service))
}

// seal keeps a target; open reads it.
func (n *Notifier) seal(x *Notification, t target) {
	doc, _ := json.Marshal(t) // strings
	x.Sealed = n.opts.Vault.Seal(x.sealID(), doc)
}

func (n *Notifier) open(x *Notification) (t target, err error) {
	doc, err := n.opts.Vault.Open(x.sealID(), x.Sealed)
	if err != nil {
		return t, err
	}
	return t, json.Unmarshal(doc, &t)
}
