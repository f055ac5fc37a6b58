package approval

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// Kinds of approvals.
const (
	KindPause     = "PAUSE"     // a PAUSE hook: ContinueServiceDeployment answers it
	KindParameter = "PARAMETER" // a hook that reads an SSM parameter: PutParameter answers it
)

// Pending is an approval that a deployment waits for.
type Pending struct {
	Kind          string    `json:"kind"`
	Cluster       string    `json:"cluster"`
	Service       string    `json:"service"`
	ServiceARN    string    `json:"serviceArn"`
	DeploymentARN string    `json:"serviceDeploymentArn"`
	HookID        string    `json:"hookId"`
	Stage         string    `json:"lifecycleStage"`
	Step          int       `json:"step"` // of the traffic plan, from 0
	Strategy      string    `json:"strategy"`
	Since         time.Time `json:"since"`
	ExpiresAt     time.Time `json:"expiresAt"`
	// TimeoutAction is what happens at ExpiresAt: ROLLBACK or CONTINUE.
	TimeoutAction string `json:"timeoutAction"`
	// Target is what is to be approved; Source is what serves now, absent at a
	// first deployment.
	Target *Revision `json:"target"`
	Source *Revision `json:"source,omitempty"`
	// Parameter is set for KindParameter.
	Parameter *Parameter `json:"parameter,omitempty"`
}

// scope is the account and region of the deployment.
func (p *Pending) scope() arn.Scope {
	a, _ := arn.Parse(p.DeploymentARN) // we made it
	return arn.Scope{Account: a.Account, Region: a.Region}
}

// Revision is one side of a deployment.
type Revision struct {
	Number         string  `json:"number"`
	ARN            string  `json:"serviceRevisionArn"`
	TaskDefinition string  `json:"taskDefinition"` // family:revision
	Images         []Image `json:"images"`
	// Production and Test are shares of the traffic in per cent; absent where
	// nothing is shifted.
	Production *float64 `json:"productionTrafficWeight,omitempty"`
	Test       *float64 `json:"testTrafficWeight,omitempty"`
}

// Image is that of one container.
type Image struct {
	Container string `json:"container"`
	Image     string `json:"image"`
	Digest    string `json:"digest,omitempty"` // "" until it is resolved
}

// List are the pending approvals of a scope, oldest first.
func List(tx *store.Tx, s arn.Scope) []Pending {
	out := []Pending{}
	for _, svc := range state.Services.Prefix(tx, s.Key("")) {
		if svc.Deployment == "" {
			continue
		}
		if d, ok := state.Deployments.Get(tx, svc.Key()+"/"+svc.Deployment); ok {
			out = append(out, Of(tx, d)...)
		}
	}
	slices.SortStableFunc(out, func(a, b Pending) int { return a.Since.Compare(b.Since) })
	return out
}

// Of are the approvals that a deployment waits for.
func Of(tx *store.Tx, d *state.Deployment) (out []Pending) {
	m := &d.Machine
	if m.Status != deploy.InProgress || d.StopRequested != "" {
		return nil
	}
	for i := range m.Hooks {
		h := &m.Hooks[i]
		if !h.Open() || decided(d, h.ID) {
			continue
		}
		switch h.Type {
		case deploy.Pause:
			out = append(out, pending(tx, d, h, nil))
		case deploy.Lambda:
			if p := parameterOf(tx, d, h); p != nil {
				out = append(out, pending(tx, d, h, p))
			}
		}
	}
	return out
}

// decided tells whether a person has answered a hook.
func decided(d *state.Deployment, hookID string) bool {
	return slices.ContainsFunc(d.Answers, func(a state.HookAnswer) bool { return a.HookID == hookID }) ||
		slices.ContainsFunc(d.Decisions, func(x state.Decision) bool { return x.HookID == hookID })
}

func pending(tx *store.Tx, d *state.Deployment, h *deploy.Hook, p *Parameter) Pending {
	m := &d.Machine
	out := Pending{
		Kind: KindPause, Cluster: d.Cluster, Service: d.Service, ServiceARN: d.Scope.Service(d.Cluster, d.Service),
		DeploymentARN: d.ARN(), HookID: h.ID, Stage: string(h.Stage), Step: h.Step, Strategy: string(m.Strategy),
		Since: m.Since(h), ExpiresAt: h.ExpiresAt, TimeoutAction: string(m.Config.Hooks[h.Config].Action),
		Target: RevisionOf(tx, d, m.Target), Parameter: p,
	}
	if p != nil {
		out.Kind = KindParameter
	}
	if out.TimeoutAction == "" {
		out.TimeoutAction = string(deploy.ActionRollback)
	}
	if m.RollbackTo != "" {
		out.Source = RevisionOf(tx, d, m.RollbackTo)
	}
	return out
}

// RevisionOf describes a revision of a deployment.
func RevisionOf(tx *store.Tx, d *state.Deployment, n deploy.Rev) *Revision {
	out := &Revision{Number: string(n), ARN: d.Scope.Revision(d.Cluster, d.Service, string(n)), Images: []Image{}}
	out.Production = share(d.Machine.Traffic.Production, n)
	out.Test = share(d.Machine.Traffic.Test, n)
	rev, ok := state.Revisions.Get(tx, state.RevisionKey(d.Scope, d.Cluster, d.Service, string(n)))
	if !ok {
		return out
	}
	body := &rev.Body.V
	td := aws.ToString(body.TaskDefinition)
	out.TaskDefinition = td[strings.LastIndexByte(td, '/')+1:]
	for _, c := range body.ContainerImages {
		out.Images = append(out.Images, Image{aws.ToString(c.ContainerName), aws.ToString(c.Image), aws.ToString(c.ImageDigest)})
	}
	return out
}

func share(list []deploy.Share, n deploy.Rev) *float64 {
	if len(list) == 0 {
		return nil
	}
	percent := 0.0
	for _, x := range list {
		if x.Rev == n {
			percent = x.Percent()
		}
	}
	return &percent
}
