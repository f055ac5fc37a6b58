package ecs

import (
	"crypto/sha256"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/connect"
	"github.com/grue-ecs/grue/internal/state"
)

// addProxy shows the proxy of a task with Service Connect as ECS does: as a
// container that is not in the task definition, and as an attachment. Here it runs
// in no container of the task, so it has no image.
func (r *request) addProxy(t *state.Task, out *types.Task) {
	if t.Service == "" {
		return
	}
	rev, ok := state.Revisions.Get(r.Tx, state.RevisionKey(t.Scope, t.Cluster, t.Service, t.Revision))
	if !ok || rev.Connect == nil {
		return
	}
	name, id := connect.ContainerName(rev), proxyID(t)
	status, health, attached := "PENDING", types.HealthStatusUnknown, "PRECREATED"
	switch {
	case t.LastStatus == stopped:
		status, attached = stopped, "DELETED"
	case !t.Started.IsZero():
		status, health, attached = running, types.HealthStatusHealthy, "ATTACHED"
	}
	c := types.Container{
		ContainerArn: ptr(r.Container(t.Cluster, t.ID, id)), TaskArn: ptr(t.ARN()), Name: &name, LastStatus: &status,
		HealthStatus: health, Cpu: ptr("0"), NetworkBindings: []types.NetworkBinding{}, NetworkInterfaces: []types.NetworkInterface{},
	}
	if t.ENI != "" && t.IP != "" {
		c.NetworkInterfaces = []types.NetworkInterface{{AttachmentId: &t.AttachmentID, PrivateIpv4Address: &t.IP}}
	}
	out.Containers = append(out.Containers, c)
	out.Attachments = append(out.Attachments, types.Attachment{
		Id: ptr(proxyID(t)), Type: ptr("Service Connect"), Status: &attached,
		Details: []types.KeyValuePair{{Name: ptr("ContainerName"), Value: &name}},
	})
}

// proxyID is the same UUID at every look at a task.
func proxyID(t *state.Task) string {
	h := sha256.Sum256([]byte("service-connect/" + t.ID))
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:16])
}
