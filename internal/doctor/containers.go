package doctor

import (
	"context"
	"errors"
	"os/exec"
	"slices"
	"strings"
)

// cgroups: limits of CPU, memory and processes.
func cgroups(_ context.Context, o *Options) []Finding {
	m := o.Machine
	if m.OS != "linux" {
		return ok("Not needed on this system.")
	}
	const base = "/sys/fs/cgroup"
	wanted := []string{"cpu", "memory", "pids"}
	missing := func(there []string) (out []string) {
		for _, w := range wanted {
			if !slices.Contains(there, w) {
				out = append(out, w)
			}
		}
		return out
	}
	mount := "Mount it: 'mount -t cgroup2 none /sys/fs/cgroup'. In a container, start that one with --privileged and --cgroupns host."
	if m.exists(base + "/cgroup.controllers") {
		if gone := missing(strings.Fields(m.text(base + "/cgroup.controllers"))); len(gone) > 0 {
			return warn("Start the kernel with cgroup_enable="+gone[0]+", or delegate the controllers to where grue runs.",
				"Control groups version 2 lack %s: limits of these are not enforced.", strings.Join(gone, ", "))
		}
		return ok("Control groups version 2 with cpu, memory and pids.")
	}
	var there []string
	for _, w := range wanted {
		if m.exists(base + "/" + w) {
			there = append(there, w)
		}
	}
	if len(there) == 0 {
		return bad(o, mount, "There are no control groups at /sys/fs/cgroup.")
	}
	kind := "version 1"
	if m.exists(base + "/unified") {
		kind = "version 1 beside version 2"
	}
	if gone := missing(there); len(gone) > 0 {
		return warn("Mount the missing ones below /sys/fs/cgroup.", "Control groups %s lack %s: limits of these are not enforced.", kind, strings.Join(gone, ", "))
	}
	return ok("Control groups %s with cpu, memory and pids.", kind)
}

// bad is a failure of the embedded runtime, and a warning where tasks run in
// Docker.
func bad(o *Options, mend, format string, args ...any) []Finding {
	if o.oci() {
		return fail(mend, format, args...)
	}
	return warn(mend+" With --runtime docker it is not needed.", format, args...)
}

// overlay: layers of images are put on each other.
func overlay(ctx context.Context, o *Options) []Finding {
	m := o.Machine
	if m.OS != "linux" {
		return ok("Not needed on this system.")
	}
	for _, line := range strings.Split(m.text("/proc/filesystems"), "\n") {
		if f := strings.Fields(line); len(f) > 0 && f[len(f)-1] == "overlay" {
			if d, err := m.Disk(o.Data); err == nil && slices.Contains([]string{"overlayfs", "nfs", "fuse", "9p", "cifs"}, d.Kind) {
				return bad(o, "Put the data directory on a disk of this machine: --data DIR. In a container, on a volume.",
					"The data directory %s is on %s, on which overlayfs cannot work.", o.Data, d.Kind)
			}
			return ok("The kernel has overlayfs.")
		}
	}
	return bad(o, "Load it: 'modprobe overlay'.", "The kernel has no overlayfs, or it is not loaded.")
}

// ociRuntime: runc or another one starts the containers.
func ociRuntime(ctx context.Context, o *Options) []Finding {
	m := o.Machine
	if m.OS != "linux" {
		return ok("Not needed on this system.")
	}
	name := o.OCI
	if name == "" {
		name = "runc"
	}
	out, err := m.Command(ctx, name, "--version")
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return bad(o, "Install it: 'apt install runc', or 'dnf install runc'.", "%s is not installed.", name)
	case err != nil:
		return bad(o, "Install it again.", "%s does not run: %s.", name, firstLine(out))
	}
	line := firstLine(out)
	if major, minor, known := version(line); known && name == "runc" && before(major, minor, 1, 1) {
		return warn("Install runc 1.1 or newer.", "%s is older than 1.1, the oldest that grue is tested with.", line)
	}
	return ok("%s.", line)
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return strings.TrimSpace(line)
}

// dockerEngine is asked for where tasks run in it, and mentioned elsewhere.
func dockerEngine(ctx context.Context, o *Options) []Finding {
	m := o.Machine
	out, err := m.Command(ctx, "docker", "version", "--format", "{{.Server.Version}}")
	there := err == nil && strings.TrimSpace(out) != ""
	switch {
	case o.oci() && there:
		return ok("Docker Engine %s is there too; grue does not need it.", strings.TrimSpace(out))
	case o.oci():
		return ok("There is no Docker Engine, and grue does not need one.")
	case there:
		return ok("Docker Engine %s.", strings.TrimSpace(out))
	case errors.Is(err, exec.ErrNotFound) && m.exists("/var/run/docker.sock"):
		return ok("A Docker Engine is there, without its command.")
	}
	mend := "Install and start Docker Engine, and let this user use it."
	if m.OS == "linux" {
		mend += " Or run grue with sudo: then it needs none."
	}
	return fail(mend, "No Docker Engine answers.")
}
