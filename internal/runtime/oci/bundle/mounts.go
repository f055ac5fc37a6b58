//go:build linux

package bundle

import (
	"fmt"
	"os"
	"path"
	"sort"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/grue-ecs/grue/internal/runtime"
)

var maskedPaths = []string{
	"/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
	"/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap",
}

var readonlyPaths = []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}

// defaultShmMiB is Docker's size of /dev/shm.
const defaultShmMiB = 64

// systemMounts are the file systems that every container has.
func systemMounts(in Input) []specs.Mount {
	ro := "ro"
	if in.Container.Privileged {
		ro = "rw"
	}
	m := []specs.Mount{
		{Destination: "/proc", Type: "proc", Source: "proc", Options: []string{"nosuid", "noexec", "nodev"}},
		{Destination: "/dev", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "strictatime", "mode=755", "size=65536k"}},
		{Destination: "/dev/pts", Type: "devpts", Source: "devpts", Options: []string{"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}},
		{Destination: "/sys", Type: "sysfs", Source: "sysfs", Options: []string{"nosuid", "noexec", "nodev", ro}},
		{Destination: "/sys/fs/cgroup", Type: "cgroup", Source: "cgroup", Options: []string{"nosuid", "noexec", "nodev", "relatime", ro}},
		{Destination: "/dev/mqueue", Type: "mqueue", Source: "mqueue", Options: []string{"nosuid", "noexec", "nodev"}},
	}
	if in.NetworkHost {
		// sysfs shows the network namespace that mounts it, so a container
		// in the machine's takes the machine's /sys.
		m[3] = specs.Mount{Destination: "/sys", Type: "none", Source: "/sys", Options: []string{"rbind", "nosuid", "noexec", "nodev", ro}}
	}
	return append(m, shm(in))
}

// shm is /dev/shm: the machine's, the task's, or one of the container's own.
func shm(in Input) specs.Mount {
	switch {
	case in.Spec.IPCMode == "host":
		return bind("/dev/shm", "/dev/shm", false)
	case in.Place.Shm != "":
		return bind(in.Place.Shm, "/dev/shm", false)
	}
	size := in.Container.Linux.SharedMemoryMiB
	if size <= 0 {
		size = defaultShmMiB
	}
	return specs.Mount{
		Destination: "/dev/shm", Type: "tmpfs", Source: "shm",
		Options: []string{"nosuid", "noexec", "nodev", "mode=1777", fmt.Sprintf("size=%dm", size)},
	}
}

func bind(source, dest string, readOnly bool) specs.Mount {
	options := []string{"rbind", "rprivate"}
	if readOnly {
		options = append(options, "ro")
	}
	return specs.Mount{Destination: dest, Type: "bind", Source: source, Options: options}
}

// tmpfs mounts of the container definition.
func tmpfs(list []runtime.Tmpfs) (out []specs.Mount) {
	for _, t := range list {
		options := []string{"nosuid", "noexec", "nodev"}
		options = append(options, t.Options...)
		if t.SizeMiB > 0 {
			options = append(options, fmt.Sprintf("size=%dm", t.SizeMiB))
		}
		out = append(out, specs.Mount{Destination: path.Clean("/" + t.Path), Type: "tmpfs", Source: "tmpfs", Options: options})
	}
	return out
}

// fileMounts are the three files that name resolution needs, and the init
// program. They stay writable, as with Docker.
func fileMounts(p Place) (out []specs.Mount) {
	for _, f := range []struct{ source, dest string }{
		{p.Hosts, "/etc/hosts"}, {p.ResolvConf, "/etc/resolv.conf"}, {p.HostnameFile, "/etc/hostname"},
	} {
		if f.source != "" {
			out = append(out, bind(f.source, f.dest, false))
		}
	}
	if p.Init != "" {
		out = append(out, bind(p.Init, initPath, true))
	}
	return out
}

// order sorts mounts so that a parent comes before what lies below it; a later
// mount on the same place wins.
func order(mounts []specs.Mount) []specs.Mount {
	last := map[string]int{}
	for i, m := range mounts {
		last[m.Destination] = i
	}
	var out []specs.Mount
	for i, m := range mounts {
		if last[m.Destination] == i {
			out = append(out, m)
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return depth(out[i].Destination) < depth(out[j].Destination) })
	return out
}

func depth(p string) int { return strings.Count(path.Clean(p), "/") }

// Hosts is the content of /etc/hosts.
func Hosts(ip, hostname string, extra, aliases []string) string {
	var b strings.Builder
	b.WriteString("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n")
	own := ip
	if own == "" {
		own = "127.0.1.1"
	}
	if hostname != "" {
		fmt.Fprintf(&b, "%s\t%s\n", own, hostname)
	}
	for _, a := range aliases {
		fmt.Fprintf(&b, "%s\t%s\n", own, a)
	}
	for _, e := range extra { // "name:address", where the address may hold colons
		if name, addr, ok := strings.Cut(e, ":"); ok && !strings.ContainsAny(e, "\n\r") {
			fmt.Fprintf(&b, "%s\t%s\n", addr, name)
		}
	}
	return b.String()
}

// ResolvConf is the content of /etc/resolv.conf; without servers it is the
// machine's own.
func ResolvConf(servers, search []string) string {
	if len(servers) == 0 {
		data, _ := os.ReadFile("/etc/resolv.conf")
		return string(data)
	}
	var b strings.Builder
	for _, s := range servers {
		fmt.Fprintf(&b, "nameserver %s\n", s)
	}
	if len(search) > 0 {
		fmt.Fprintf(&b, "search %s\n", strings.Join(search, " "))
	}
	return b.String()
}
