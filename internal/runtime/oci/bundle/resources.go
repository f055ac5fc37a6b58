//go:build linux

package bundle

import (
	"io/fs"
	"os"
	"path/filepath"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/grue-ecs/grue/internal/runtime"
)

const mib = 1 << 20

// resources are the limits of one container; those of the task are set on the
// control group above it.
func resources(in Input) *specs.LinuxResources {
	c := in.Container
	r := &specs.LinuxResources{Devices: deviceRules(c), Memory: memory(c)}
	if c.CPU > 0 || in.Spec.CPU > 0 {
		shares := uint64(max(c.CPU, 2)) // ECS: at least 2 at run time
		r.CPU = &specs.LinuxCPU{Shares: &shares}
	}
	if in.PIDsLimit > 0 {
		r.Pids = &specs.LinuxPids{Limit: &in.PIDsLimit}
	}
	return r
}

func memory(c *runtime.Container) *specs.LinuxMemory {
	if c.MemoryMiB <= 0 && c.ReserveMiB <= 0 {
		return nil
	}
	m := &specs.LinuxMemory{}
	if c.MemoryMiB > 0 {
		limit := c.MemoryMiB * mib
		m.Limit = &limit
		if swapAccounting() {
			swap := limit // no swap, unless the definition asks for some
			if c.Linux.MaxSwapMiB != nil {
				swap += *c.Linux.MaxSwapMiB * mib
			}
			m.Swap = &swap
		}
	}
	if c.ReserveMiB > 0 {
		reserve := c.ReserveMiB * mib
		m.Reservation = &reserve
	}
	if s := c.Linux.Swappiness; s != nil && !unified() {
		swappiness := uint64(*s)
		m.Swappiness = &swappiness
	}
	return m
}

// swapAccounting tells whether swap can be limited; the kernel may be built or
// booted without, and then setting a limit would fail.
func swapAccounting() bool {
	if unified() {
		return true
	}
	_, err := os.Stat("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes")
	return err == nil
}

// deviceRules deny every device but those a container needs; the OCI runtime
// adds null, zero, full, random, urandom, tty, ptmx and console itself.
func deviceRules(c *runtime.Container) []specs.LinuxDeviceCgroup {
	if c.Privileged {
		return []specs.LinuxDeviceCgroup{{Allow: true, Access: "rwm"}}
	}
	rules := []specs.LinuxDeviceCgroup{{Allow: false, Access: "rwm"}}
	for _, d := range c.Linux.Devices {
		for _, node := range nodes(d) {
			access := d.Permissions
			if access == "" {
				access = "rwm"
			}
			major, minor := node.Major, node.Minor
			rules = append(rules, specs.LinuxDeviceCgroup{Allow: true, Type: node.Type, Major: &major, Minor: &minor, Access: access})
		}
	}
	return rules
}

func devices(c *runtime.Container) (out []specs.LinuxDevice) {
	list := c.Linux.Devices
	if c.Privileged {
		list = append(append([]runtime.Device{}, allDevices()...), list...)
	}
	for _, d := range list {
		out = append(out, nodes(d)...)
	}
	return out
}

// nodes gives the device nodes of one entry; a directory stands for all below.
func nodes(d runtime.Device) (out []specs.LinuxDevice) {
	dest := d.Path
	if dest == "" {
		dest = d.HostPath
	}
	filepath.WalkDir(d.HostPath, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		var st unix.Stat_t
		if unix.Stat(path, &st) != nil {
			return nil
		}
		kind := ""
		switch st.Mode & unix.S_IFMT {
		case unix.S_IFCHR:
			kind = "c"
		case unix.S_IFBLK:
			kind = "b"
		default:
			return nil
		}
		mode := fs.FileMode(st.Mode & 0o777)
		rel, _ := filepath.Rel(d.HostPath, path)
		out = append(out, specs.LinuxDevice{
			Path: filepath.Join(dest, rel), Type: kind, FileMode: &mode, UID: &st.Uid, GID: &st.Gid,
			Major: int64(unix.Major(uint64(st.Rdev))), Minor: int64(unix.Minor(uint64(st.Rdev))),
		})
		return nil
	})
	return out
}

// allDevices is what a privileged container sees of the machine's /dev.
func allDevices() (out []runtime.Device) {
	entries, _ := os.ReadDir("/dev")
	for _, e := range entries {
		switch e.Name() {
		case "pts", "shm", "mqueue", "fd", "stdin", "stdout", "stderr", "console", "ptmx", "core",
			"null", "zero", "full", "random", "urandom", "tty":
			continue
		}
		out = append(out, runtime.Device{HostPath: "/dev/" + e.Name()})
	}
	return out
}
