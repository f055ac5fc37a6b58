package taskdef

import (
	"sort"
	"strings"

	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Requires lists the capabilities that a definition needs, as requiresAttributes
// names them.
func Requires(d *ecs.TaskDefinition) []ecs.Attribute {
	need := map[string]bool{}
	if val(d.TaskRoleArn) != "" {
		need["com.amazonaws.ecs.capability.task-iam-role"] = true
		need["com.amazonaws.ecs.capability.task-iam-role-network-host"] = d.NetworkMode == ecs.NetworkModeHost
	}
	need["ecs.capability.task-eni"] = d.NetworkMode == ecs.NetworkModeAwsvpc
	need["ecs.capability.pid-ipc-namespace-sharing"] = d.PidMode != "" || d.IpcMode != ""
	need["ecs.capability.extensible-ephemeral-storage"] = d.EphemeralStorage != nil
	for _, v := range d.Volumes {
		need["ecs.capability.efs"] = need["ecs.capability.efs"] || v.EfsVolumeConfiguration != nil
		need["com.amazonaws.ecs.capability.docker-plugin.local"] = need["com.amazonaws.ecs.capability.docker-plugin.local"] || v.DockerVolumeConfiguration != nil
	}
	need["com.amazonaws.ecs.capability.docker-remote-api.1.18"] = true
	for i := range d.ContainerDefinitions {
		requires(d, &d.ContainerDefinitions[i], need)
	}
	names := make([]string, 0, len(need))
	for name, yes := range need {
		if yes {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	out := make([]ecs.Attribute, len(names))
	for i, name := range names {
		out[i] = ecs.Attribute{Name: ptr(name)}
	}
	return out
}

// requires adds what one container needs.
func requires(d *ecs.TaskDefinition, c *ecs.ContainerDefinition, need map[string]bool) {
	set := func(name string, yes bool) { need[name] = need[name] || yes }
	role := val(d.ExecutionRoleArn) != ""
	if l := c.LogConfiguration; l != nil {
		set("com.amazonaws.ecs.capability.logging-driver."+string(l.LogDriver), true)
		set("com.amazonaws.ecs.capability.docker-remote-api.1.19", true)
		set("ecs.capability.execution-role-awslogs", role && l.LogDriver == ecs.LogDriverAwslogs)
	}
	if strings.Contains(val(c.Image), ".dkr.ecr.") {
		set("com.amazonaws.ecs.capability.ecr-auth", true)
		set("com.amazonaws.ecs.capability.docker-remote-api.1.19", true)
		set("ecs.capability.execution-role-ecr-pull", role)
	}
	for _, s := range c.Secrets {
		kind := "ssm"
		if strings.Contains(val(s.ValueFrom), ":secretsmanager:") {
			kind = "asm"
		}
		set("ecs.capability.secrets."+kind+".environment-variables", true)
	}
	set("com.amazonaws.ecs.capability.docker-remote-api.1.21", c.MemoryReservation != nil)
	set("com.amazonaws.ecs.capability.docker-remote-api.1.29", c.HealthCheck != nil)
	set("ecs.capability.container-health-check", c.HealthCheck != nil)
	set("ecs.capability.container-ordering", len(c.DependsOn) > 0)
	set("ecs.capability.container-restart-policy", c.RestartPolicy != nil && val(c.RestartPolicy.Enabled))
	set("ecs.capability.env-files.s3", len(c.EnvironmentFiles) > 0)
	set("com.amazonaws.ecs.capability.privileged-container", val(c.Privileged))
	set("ecs.capability.private-registry-authentication.secretsmanager", c.RepositoryCredentials != nil)
	if f := c.FirelensConfiguration; f != nil {
		set("ecs.capability.firelens."+string(f.Type), true)
	}
}
