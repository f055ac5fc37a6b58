package hook

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/grue-ecs/grue/internal/deploy"
)

// event is what a hook gets: the event that ECS gives to Lambda functions.
type event struct {
	ExecutionID      string           `json:"executionId"` // the same for every call of an execution
	LifecycleStage   deploy.Stage     `json:"lifecycleStage"`
	ResourceARN      string           `json:"resourceArn"` // of the service deployment
	ExecutionDetails executionDetails `json:"executionDetails"`
	HookDetails      json.RawMessage  `json:"hookDetails,omitempty"`
}

// executionDetails of an event. The weights are empty objects in the stages that
// move no traffic; they are per cent by revision ARN.
type executionDetails struct {
	ServiceARN               string                 `json:"serviceArn"`
	TargetServiceRevisionARN string                 `json:"targetServiceRevisionArn"`
	TestTrafficWeights       map[string]json.Number `json:"testTrafficWeights"`
	ProductionTrafficWeights map[string]json.Number `json:"productionTrafficWeights"`
}

// Event is the JSON document that a hook gets. The secret that signs calls of a
// URL is not in its hookDetails; everything else is as configured, or as the
// hook's last answer changed it.
func Event(c *Call) ([]byte, error) {
	d, in := c.Deployment, &c.Invoke
	details, err := withoutSecret(in.Hook.Details)
	if err != nil {
		return nil, err
	}
	return encode(event{
		ExecutionID: in.Hook.Execution, LifecycleStage: in.Hook.Stage, ResourceARN: d.ARN(), HookDetails: details,
		ExecutionDetails: executionDetails{
			ServiceARN:               d.Scope.Service(d.Cluster, d.Service),
			TargetServiceRevisionARN: d.Scope.Revision(d.Cluster, d.Service, string(in.Target)),
			TestTrafficWeights:       c.weights(in.Test),
			ProductionTrafficWeights: c.weights(in.Production),
		},
	})
}

// weights are shares as AWS writes them: integers, or one decimal.
func (c *Call) weights(shares []deploy.Share) map[string]json.Number {
	d, out := c.Deployment, map[string]json.Number{}
	for _, s := range shares {
		n := fmt.Sprint(s.Tenths / 10)
		if tenth := s.Tenths % 10; tenth != 0 {
			n += fmt.Sprintf(".%d", tenth)
		}
		out[d.Scope.Revision(d.Cluster, d.Service, string(s.Rev))] = json.Number(n)
	}
	return out
}

// withoutSecret removes the member that only grue may know; null is nothing.
func withoutSecret(details json.RawMessage) (json.RawMessage, error) {
	details = bytes.TrimSpace(details)
	if len(details) == 0 || string(details) == "null" {
		return nil, nil
	}
	if !json.Valid(details) {
		return nil, fmt.Errorf("hookDetails is not JSON")
	}
	members, ok := object(details)
	if _, secret := members[memberSecret]; !ok || !secret {
		return details, nil
	}
	delete(members, memberSecret)
	return encode(members)
}

// encode is json.Marshal that leaves <, > and & in strings as they are.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}
