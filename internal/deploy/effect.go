package deploy

import "time"

// Effect is something the caller shall do, after it committed the deployment.
// The id is the same whenever the same step is taken again.
type Effect interface{ EffectID() string }

// Scale sets how many tasks each revision shall have.
type Scale struct {
	ID    string `json:"id"`
	Goals []Goal `json:"goals"`
}

// Emit tells people: a service event, an EventBridge event, or both.
type Emit struct {
	ID string `json:"id"`
	// Message is a service event without its "(service x) " prefix.
	Message string `json:"message,omitempty"`
	// EventBridge: nothing is sent when EventName is empty.
	DetailType string `json:"detailType,omitempty"` // DetailDeployment, DetailService or DetailHook
	EventType  string `json:"eventType,omitempty"`  // INFO, WARN or ERROR
	EventName  string `json:"eventName,omitempty"`
	Deployment Rev    `json:"deployment,omitempty"` // detail.deploymentId is ecs-svc/<this>
	Reason     string `json:"reason,omitempty"`
	Hook       *Hook  `json:"hook,omitempty"` // with DetailHook
}

// Detail types of EventBridge events.
const (
	DetailDeployment = "ECS Deployment State Change"
	DetailService    = "ECS Service Action"
	DetailHook       = "ECS Hook State Change"
)

// Wake asks for a Tick.
type Wake struct {
	ID string    `json:"id"`
	At time.Time `json:"at"`
}

// SetPrimary makes the deployment ecs-svc/Rev the PRIMARY one again, with its
// old id and createdAt, and service.taskDefinition that of the revision.
type SetPrimary struct {
	ID  string `json:"id"`
	Rev Rev    `json:"rev"`
}

// SetWeights sets the shares of production and test traffic. Answer with
// RouteAcked{Version} when every proxy serves them.
type SetWeights struct {
	ID         string  `json:"id"`
	Version    int     `json:"version"`
	Production []Share `json:"production"`
	Test       []Share `json:"test,omitempty"`
}

// InvokeHook calls a Lambda hook once. Answer with HookResult{Execution, Call}.
type InvokeHook struct {
	ID         string     `json:"id"`
	Hook       Hook       `json:"hook"`
	Config     HookConfig `json:"config"`
	Target     Rev        `json:"target"`               // executionDetails.targetServiceRevisionArn
	Production []Share    `json:"production,omitempty"` // productionTrafficWeights
	Test       []Share    `json:"test,omitempty"`       // testTrafficWeights
}

// Finished tells that the deployment is terminal.
type Finished struct {
	ID     string `json:"id"`
	Status Status `json:"status"`
}

// EffectID implements Effect.
func (e Scale) EffectID() string      { return e.ID }
func (e Emit) EffectID() string       { return e.ID }
func (e Wake) EffectID() string       { return e.ID }
func (e SetPrimary) EffectID() string { return e.ID }
func (e SetWeights) EffectID() string { return e.ID }
func (e InvokeHook) EffectID() string { return e.ID }
func (e Finished) EffectID() string   { return e.ID }
