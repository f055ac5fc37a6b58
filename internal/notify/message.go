package notify

import (
	"time"

	"github.com/grue-ecs/grue/internal/approval"
	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// Message is what is told: the body of the format generic, and the data of
// templates.
type Message struct {
	// ID is the same for every try of the message, and for all notifications.
	ID            string    `json:"id"`
	Event         Kind      `json:"event"`
	At            time.Time `json:"at"`
	Notification  string    `json:"notification"` // its name
	Title         string    `json:"title"`        // a few words
	Text          string    `json:"text"`         // a sentence or two
	Account       string    `json:"account"`
	Region        string    `json:"region"`
	Cluster       string    `json:"cluster"`
	Service       string    `json:"service"`
	ServiceARN    string    `json:"serviceArn"`
	DeploymentARN string    `json:"serviceDeploymentArn"`
	Strategy      string    `json:"strategy"`
	Status        string    `json:"status"`
	Reason        string    `json:"statusReason,omitempty"`
	Stage         string    `json:"lifecycleStage,omitempty"`
	Step          int       `json:"step"` // of the traffic plan, from 0
	StartedAt     time.Time `json:"startedAt,omitzero"`
	FinishedAt    time.Time `json:"finishedAt,omitzero"`
	// Target is the new revision; Source is the last one that was deployed with
	// success, absent at a first deployment.
	Target *approval.Revision `json:"target"`
	Source *approval.Revision `json:"source,omitempty"`
	// Approval is what waits for a person, of the event approval. ApproveURL leads
	// to the page that decides it, once.
	Approval   *approval.Pending `json:"approval,omitempty"`
	ApproveURL string            `json:"approveUrl,omitempty"`
	// Decision is a person's, where it made the deployment roll back or end.
	Decision *approval.Decision `json:"decision,omitempty"`
	// URL leads to the deployment in the dashboard.
	URL string `json:"url,omitempty"`
}

// message describes next, as it is in the transaction.
func message(tx *store.Tx, next *state.Deployment, x news, now time.Time) *Message {
	m := &next.Machine
	out := &Message{
		ID: store.NewUUID(), Event: x.kind, At: now.UTC(), Account: next.Account, Region: next.Region,
		Cluster: next.Cluster, Service: next.Service, ServiceARN: next.Scope.Service(next.Cluster, next.Service), DeploymentARN: next.ARN(),
		Strategy: string(m.Strategy), Status: string(m.Status), Reason: m.StatusReason, Stage: string(m.LifecycleStage()), Step: m.Step,
		StartedAt: m.StartedAt, FinishedAt: m.FinishedAt, Target: approval.RevisionOf(tx, next, m.Target), Approval: x.pending,
	}
	if m.RollbackTo != "" {
		out.Source = approval.RevisionOf(tx, next, m.RollbackTo)
	}
	if f := m.Failure; f != nil && (f.Kind == deploy.FailStop || f.Kind == deploy.FailAbort) {
		for i, x := range next.Decisions {
			if x.Steers(f.Kind) {
				out.Decision = &approval.Decisions(next)[i]
			}
		}
	}
	out.say()
	return out
}
