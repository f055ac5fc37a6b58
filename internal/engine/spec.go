package engine

import (
	"sort"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/state"
)

// defaultStopTimeout applies to containers without a stopTimeout.
const defaultStopTimeout = 30 * time.Second

// taskSpec turns a task and its definition into what a driver runs. Environment
// is complete except for secrets and files, which environment.go adds.
func taskSpec(t *state.Task, def *ecs.TaskDefinition) runtime.Spec {
	s := runtime.Spec{
		ID: t.ID, Cluster: t.Cluster, Family: aws.ToString(def.Family),
		NetworkMode: runtime.NetworkMode(t.NetworkMode), Zone: zoneOf(t.AZ),
		CPU: number(t.CPU), MemoryMiB: number(t.Memory),
		PIDMode: string(def.PidMode), IPCMode: string(def.IpcMode),
		Labels: labels(t, def),
	}
	overrides := map[string]ecs.ContainerOverride{}
	for _, o := range t.Overrides.V.ContainerOverrides {
		overrides[aws.ToString(o.Name)] = o
	}
	for _, v := range def.Volumes {
		s.Volumes = append(s.Volumes, volume(v))
	}
	for i, c := range def.ContainerDefinitions {
		rc := container(c, overrides[aws.ToString(c.Name)])
		rc.EndpointID = t.Containers[i].EndpointID
		rc.Digest = t.Containers[i].Digest
		s.Containers = append(s.Containers, rc)
	}
	return s
}

// zoneOf is the number of an availability zone, whose letter is its last: "b" = 1.
func zoneOf(az string) int {
	if az == "" {
		return 0
	}
	return int(az[len(az)-1] - 'a')
}

// labels are the Docker labels that the ECS agent sets.
func labels(t *state.Task, def *ecs.TaskDefinition) map[string]string {
	return map[string]string{
		"com.amazonaws.ecs.cluster":                 t.Scope.Cluster(t.Cluster),
		"com.amazonaws.ecs.task-arn":                t.ARN(),
		"com.amazonaws.ecs.task-definition-family":  aws.ToString(def.Family),
		"com.amazonaws.ecs.task-definition-version": strconv.Itoa(int(def.Revision)),
	}
}

func container(c ecs.ContainerDefinition, o ecs.ContainerOverride) runtime.Container {
	rc := runtime.Container{
		Name: aws.ToString(c.Name), Image: aws.ToString(c.Image),
		Essential:  c.Essential == nil || *c.Essential,
		EntryPoint: c.EntryPoint, Command: c.Command,
		WorkingDir: aws.ToString(c.WorkingDirectory), User: aws.ToString(c.User),
		Hostname: aws.ToString(c.Hostname), CPU: int64(c.Cpu),
		MemoryMiB: int64(aws.ToInt32(c.Memory)), ReserveMiB: int64(aws.ToInt32(c.MemoryReservation)),
		StartTimeout: seconds(c.StartTimeout), StopTimeout: seconds(c.StopTimeout),
		Restart: restart(c.RestartPolicy), HealthCheck: healthCheck(c.HealthCheck),
		DNS: c.DnsServers, DNSSearch: c.DnsSearchDomains, Links: c.Links,
		Privileged: aws.ToBool(c.Privileged), ReadOnlyRoot: aws.ToBool(c.ReadonlyRootFilesystem),
		Interactive: aws.ToBool(c.Interactive), TTY: aws.ToBool(c.PseudoTerminal),
		NoNetwork: aws.ToBool(c.DisableNetworking), SecurityOpts: c.DockerSecurityOptions,
		DockerLabels: c.DockerLabels, Linux: linux(c.LinuxParameters),
	}
	if rc.StopTimeout == 0 {
		rc.StopTimeout = defaultStopTimeout
	}
	if o.Command != nil {
		rc.Command = o.Command
	}
	if o.Cpu != nil {
		rc.CPU = int64(*o.Cpu)
	}
	if o.Memory != nil {
		rc.MemoryMiB = int64(*o.Memory)
	}
	if o.MemoryReservation != nil {
		rc.ReserveMiB = int64(*o.MemoryReservation)
	}
	fillLists(&rc, c)
	return rc
}

// fillLists copies the members that are lists of structures.
func fillLists(rc *runtime.Container, c ecs.ContainerDefinition) {
	for _, d := range c.DependsOn {
		rc.DependsOn = append(rc.DependsOn, runtime.Dependency{Container: aws.ToString(d.ContainerName), Condition: runtime.Condition(d.Condition)})
	}
	for _, m := range c.MountPoints {
		rc.Mounts = append(rc.Mounts, runtime.Mount{Volume: aws.ToString(m.SourceVolume), Path: aws.ToString(m.ContainerPath), ReadOnly: aws.ToBool(m.ReadOnly)})
	}
	for _, v := range c.VolumesFrom {
		rc.VolumesFrom = append(rc.VolumesFrom, runtime.VolumeFrom{Container: aws.ToString(v.SourceContainer), ReadOnly: aws.ToBool(v.ReadOnly)})
	}
	for _, p := range c.PortMappings {
		rc.Ports = append(rc.Ports, ports(p)...)
	}
	for _, h := range c.ExtraHosts {
		rc.ExtraHosts = append(rc.ExtraHosts, aws.ToString(h.Hostname)+":"+aws.ToString(h.IpAddress))
	}
	for _, u := range c.Ulimits {
		rc.Ulimits = append(rc.Ulimits, runtime.Ulimit{Name: string(u.Name), Soft: int64(u.SoftLimit), Hard: int64(u.HardLimit)})
	}
	for _, x := range c.SystemControls {
		if rc.Sysctls == nil {
			rc.Sysctls = map[string]string{}
		}
		rc.Sysctls[aws.ToString(x.Namespace)] = aws.ToString(x.Value)
	}
	if l := c.LogConfiguration; l != nil {
		rc.Log = runtime.LogConfig{Driver: string(l.LogDriver), Options: l.Options}
	}
}

// ports expands a port mapping; a range becomes one port each.
func ports(p ecs.PortMapping) []runtime.Port {
	proto := string(p.Protocol)
	if proto != "udp" {
		proto = "tcp" // any other value is treated as tcp
	}
	if r := aws.ToString(p.ContainerPortRange); r != "" {
		var out []runtime.Port
		first, last := portRange(r)
		for n := first; n <= last && n > 0; n++ {
			out = append(out, runtime.Port{Container: uint16(n), Protocol: proto})
		}
		return out
	}
	return []runtime.Port{{Container: uint16(aws.ToInt32(p.ContainerPort)), Host: uint16(aws.ToInt32(p.HostPort)), Protocol: proto}}
}

func portRange(r string) (first, last int) {
	for i := range r {
		if r[i] == '-' {
			first, _ = strconv.Atoi(r[:i])
			last, _ = strconv.Atoi(r[i+1:])
			return first, last
		}
	}
	return 0, -1
}

func healthCheck(h *ecs.HealthCheck) *runtime.HealthCheck {
	if h == nil || len(h.Command) == 0 || h.Command[0] == "NONE" {
		return nil
	}
	return &runtime.HealthCheck{
		Command:     h.Command,
		Interval:    secondsOr(h.Interval, 30),
		Timeout:     secondsOr(h.Timeout, 5),
		Retries:     int(or(h.Retries, 3)),
		StartPeriod: secondsOr(h.StartPeriod, 0),
	}
}

func restart(r *ecs.ContainerRestartPolicy) *runtime.RestartPolicy {
	if r == nil || !aws.ToBool(r.Enabled) {
		return nil
	}
	p := &runtime.RestartPolicy{AttemptPeriod: secondsOr(r.RestartAttemptPeriod, 300)}
	for _, c := range r.IgnoredExitCodes {
		p.IgnoredExitCodes = append(p.IgnoredExitCodes, int(c))
	}
	return p
}

func linux(l *ecs.LinuxParameters) runtime.Linux {
	if l == nil {
		return runtime.Linux{}
	}
	out := runtime.Linux{Init: aws.ToBool(l.InitProcessEnabled), SharedMemoryMiB: int64(aws.ToInt32(l.SharedMemorySize))}
	if l.Capabilities != nil {
		out.CapAdd, out.CapDrop = l.Capabilities.Add, l.Capabilities.Drop
	}
	for _, d := range l.Devices {
		perm := ""
		for _, p := range d.Permissions {
			perm += string(string(p)[0])
		}
		out.Devices = append(out.Devices, runtime.Device{HostPath: aws.ToString(d.HostPath), Path: aws.ToString(d.ContainerPath), Permissions: perm})
	}
	for _, m := range l.Tmpfs {
		out.Tmpfs = append(out.Tmpfs, runtime.Tmpfs{Path: aws.ToString(m.ContainerPath), SizeMiB: int64(m.Size), Options: m.MountOptions})
	}
	if l.MaxSwap != nil {
		out.MaxSwapMiB = aws.Int64(int64(*l.MaxSwap))
	}
	if l.Swappiness != nil {
		out.Swappiness = aws.Int64(int64(*l.Swappiness))
	}
	return out
}

func volume(v ecs.Volume) runtime.Volume {
	out := runtime.Volume{Name: aws.ToString(v.Name)}
	if v.Host != nil {
		out.HostPath = aws.ToString(v.Host.SourcePath)
	}
	if d := v.DockerVolumeConfiguration; d != nil {
		out.Docker, out.Shared = true, d.Scope == ecs.ScopeShared
		out.Driver, out.DriverOpts, out.Labels = aws.ToString(d.Driver), d.DriverOpts, d.Labels
		out.Autocreate = aws.ToBool(d.Autoprovision)
	}
	return out
}

// envList turns a map into KEY=VALUE lines in a fixed order.
func envList(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for k, v := range m {
		out = append(out, k+"="+v)
	}
	sort.Strings(out)
	return out
}

func number(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64) // stored values are plain integers or empty
	return n
}

func seconds(p *int32) time.Duration { return time.Duration(aws.ToInt32(p)) * time.Second }

func secondsOr(p *int32, d int32) time.Duration { return time.Duration(or(p, d)) * time.Second }

func or(p *int32, d int32) int32 {
	if p == nil {
		return d
	}
	return *p
}
