package doctor

import (
	"context"
)

// root: the embedded runtime makes namespaces, mounts and addresses.
func root(_ context.Context, o *Options) []Finding {
	m := o.Machine
	switch {
	case m.UID == 0:
		return ok("This user is root.")
	case o.Runtime == "oci":
		return fail("Run grue with sudo, or use --runtime docker.", "This user (%d) is not root, and --runtime oci needs root.", m.UID)
	case m.OS == "linux":
		return warn("Run grue with sudo to do without a Docker Engine.", "This user (%d) is not root: tasks run in a Docker Engine.", m.UID)
	}
	return ok("This user is not root, and need not be: tasks run in a Docker Engine.")
}

// oldestKernel is the oldest Linux that grue is tested with.
const oldestMajor, oldestMinor = 5, 4

func kernel(_ context.Context, o *Options) []Finding {
	m := o.Machine
	if m.OS != "linux" {
		return ok("This is %s: tasks run in the Linux of a Docker Engine.", m.OS)
	}
	release := m.text("/proc/sys/kernel/osrelease")
	major, minor, known := version(release)
	switch {
	case !known:
		return warn("Say 'uname -r' in a bug report.", "The version of the kernel cannot be read.")
	case before(major, minor, oldestMajor, oldestMinor):
		return warn("Use a newer kernel when something does not work.", "Linux %s is older than 5.4, the oldest that grue is tested with.", release)
	}
	return ok("Linux %s on %s.", release, m.Arch)
}

// openFiles: every connection of a client and of a target is an open file.
func openFiles(_ context.Context, o *Options) []Finding {
	soft, hard := o.Machine.Files()
	const few = 4096
	switch {
	case hard == 0:
		return ok("The limit of open files is not known.")
	case hard < few: // Go raises the soft limit to the hard one
		return warn("Raise it where grue is started: 'ulimit -Hn 65536', or LimitNOFILE=65536 in its systemd unit.",
			"A process may open %d files: the load balancers end at about %d connections.", hard, hard/2)
	}
	return ok("A process may open %d files (%d at first).", hard, soft)
}

// clock: signatures are valid for some minutes.
func clock(_ context.Context, o *Options) []Finding {
	is, known := o.Machine.Synced()
	switch {
	case !known:
		return ok("Whether the clock is kept right is not known.")
	case !is:
		return warn("Start a time service: 'timedatectl set-ntp true'. A container or virtual machine may have its host's clock: then it is fine.",
			"Nothing keeps the clock of this machine right: signatures of other machines are refused when it is minutes off.")
	}
	return ok("The clock is kept right.")
}
