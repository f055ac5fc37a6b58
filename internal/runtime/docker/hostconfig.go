package docker

import (
	"context"
	"fmt"
	"strings"

	"github.com/docker/go-units"
	"github.com/moby/moby/api/types/container"

	"github.com/grue-ecs/grue/internal/runtime"
)

// hostConfig is how a container runs.
func (t *task) hostConfig(ctx context.Context, c *runtime.Container) (*container.HostConfig, error) {
	init := c.Linux.Init
	host := &container.HostConfig{
		Privileged: c.Privileged, ReadonlyRootfs: c.ReadOnlyRoot, Init: &init,
		CapAdd: c.Linux.CapAdd, CapDrop: c.Linux.CapDrop, SecurityOpt: c.SecurityOpts,
		ShmSize: c.Linux.SharedMemoryMiB << 20, Tmpfs: map[string]string{}, Sysctls: map[string]string{},
		Resources: t.resources(c),
		// The Engine's copy of the output is what following resumes from.
		LogConfig: container.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "16m", "max-file": "2"}},
	}
	for _, f := range c.Linux.Tmpfs {
		host.Tmpfs[f.Path] = strings.Join(append([]string{fmt.Sprintf("size=%dm", f.SizeMiB)}, f.Options...), ",")
	}
	t.namespaces(c, host)
	for name, value := range c.Sysctls {
		if !strings.HasPrefix(name, "net.") || !t.joins(c) {
			host.Sysctls[name] = value
		}
	}
	var err error
	if host.Binds, err = t.binds(c); err != nil {
		return nil, err
	}
	for _, from := range c.VolumesFrom {
		id, err := t.ensure(ctx, from.Container)
		if err != nil {
			return nil, err
		}
		if from.ReadOnly {
			id += ":ro"
		}
		host.VolumesFrom = append(host.VolumesFrom, id)
	}
	return host, nil
}

// namespaces chooses between a container's own, the task's and the machine's.
func (t *task) namespaces(c *runtime.Container, host *container.HostConfig) {
	s := t.spec()
	pause := "container:" + t.objectName("pause")
	switch {
	case t.joins(c):
		host.NetworkMode = container.NetworkMode(pause)
	case s.NetworkMode == runtime.ModeHost && !c.NoNetwork:
		host.NetworkMode = "host"
	default:
		host.NetworkMode = "none"
	}
	switch s.PIDMode {
	case "task":
		host.PidMode = container.PidMode(pause)
	case "host":
		host.PidMode = "host"
	}
	switch s.IPCMode {
	case "task":
		host.IpcMode = container.IpcMode(pause)
	case "host", "none":
		host.IpcMode = container.IpcMode(s.IPCMode)
	}
	if host.IpcMode.IsContainer() {
		host.ShmSize = 0 // that of the pause container
	}
}

// resources are a container's limits. The Engine has none for a task, so each
// container gets the task's as its own upper bound.
func (t *task) resources(c *runtime.Container) container.Resources {
	s := t.spec()
	const mib = 1 << 20
	r := container.Resources{
		CPUShares: c.CPU, Memory: c.MemoryMiB * mib, MemoryReservation: c.ReserveMiB * mib,
		NanoCPUs: s.CPU * 1e9 / 1024, MemorySwappiness: c.Linux.Swappiness,
	}
	if r.CPUShares == 1 {
		r.CPUShares = 2 // the kernel's least
	}
	if r.Memory == 0 {
		r.Memory = s.MemoryMiB * mib
	}
	if r.Memory > 0 {
		r.MemorySwap = r.Memory // no swap, unless maxSwap allows some
		if c.Linux.MaxSwapMiB != nil {
			r.MemorySwap += *c.Linux.MaxSwapMiB * mib
		}
	}
	if t.d.opts.PIDsLimit > 0 {
		limit := t.d.opts.PIDsLimit
		r.PidsLimit = &limit
	}
	for _, u := range c.Ulimits {
		r.Ulimits = append(r.Ulimits, &units.Ulimit{Name: u.Name, Soft: u.Soft, Hard: u.Hard})
	}
	for _, dev := range c.Linux.Devices {
		m := container.DeviceMapping{PathOnHost: dev.HostPath, PathInContainer: dev.Path, CgroupPermissions: dev.Permissions}
		if m.PathInContainer == "" {
			m.PathInContainer = m.PathOnHost
		}
		if m.CgroupPermissions == "" {
			m.CgroupPermissions = "rwm"
		}
		r.Devices = append(r.Devices, m)
	}
	return r
}
