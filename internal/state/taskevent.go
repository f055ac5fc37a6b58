package state

import (
	"encoding/json"
	"time"
)

// TaskEvent is the detail of an "ECS Task State Change" event: the task as
// DescribeTasks shows it, with times as ISO 8601 strings.
func TaskEvent(t *Task, now time.Time) ([]byte, error) {
	m := map[string]any{
		"taskArn": t.ARN(), "clusterArn": t.Scope.Cluster(t.Cluster), "taskDefinitionArn": t.TaskDefinition,
		"group": t.Group, "lastStatus": t.LastStatus, "desiredStatus": t.DesiredStatus,
		"launchType": t.LaunchType, "availabilityZone": t.AZ, "cpu": t.CPU, "memory": t.Memory,
		"connectivity": "CONNECTED", "version": t.Version, "updatedAt": isoTime(now), "containers": containerEvents(t),
		"overrides":   map[string]any{"containerOverrides": []any{}},
		"attachments": attachmentEvents(t),
	}
	for name, v := range map[string]string{
		"startedBy": t.StartedBy, "stopCode": t.StopCode, "stoppedReason": t.StoppedReason,
		"platformVersion": t.PlatformVersion, "capacityProviderName": t.CapacityProvider,
	} {
		if v != "" {
			m[name] = v
		}
	}
	for name, v := range map[string]time.Time{
		"createdAt": t.Created, "pullStartedAt": t.PullStarted, "pullStoppedAt": t.PullStopped, "startedAt": t.Started,
		"stoppingAt": t.Stopping, "executionStoppedAt": t.ExecutionStopped, "stoppedAt": t.Stopped,
	} {
		if !v.IsZero() {
			m[name] = isoTime(v)
		}
	}
	return json.Marshal(m)
}

func containerEvents(t *Task) []map[string]any {
	out := []map[string]any{}
	for _, c := range t.Containers {
		m := map[string]any{
			"containerArn": t.Scope.Container(t.Cluster, t.ID, c.UUID), "taskArn": t.ARN(), "name": c.Name,
			"image": c.Image, "lastStatus": c.Status, "cpu": c.CPU, "networkInterfaces": []any{},
		}
		for name, v := range map[string]string{"imageDigest": c.Digest, "runtimeId": c.RuntimeID, "reason": c.Reason, "memory": c.Memory} {
			if v != "" {
				m[name] = v
			}
		}
		if c.ExitCode != nil {
			m["exitCode"] = *c.ExitCode
		}
		out = append(out, m)
	}
	return out
}

func attachmentEvents(t *Task) []map[string]any {
	if t.ENI == "" {
		return []map[string]any{}
	}
	details := []map[string]string{{"name": "subnetId", "value": t.Subnet}, {"name": "networkInterfaceId", "value": t.ENI}}
	if t.IP != "" {
		details = append(details, map[string]string{"name": "macAddress", "value": t.MAC}, map[string]string{"name": "privateIPv4Address", "value": t.IP})
	}
	return []map[string]any{{"id": t.AttachmentID, "type": "eni", "status": t.ENIStatus, "details": details}}
}

func isoTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
