//go:build linux

package bundle

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// names of the capabilities, by number.
var capNames = []string{
	"CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
	"LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
	"SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
	"SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
	"MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
	"CHECKPOINT_RESTORE",
}

// defaultCaps is what a container has unless its definition adds or drops.
var defaultCaps = []string{
	"CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP", "SETPCAP",
	"NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE",
}

// capabilities gives the container's set: privileged means all, ALL in add or
// drop means every one, and nothing that this process lacks can be given.
func capabilities(privileged bool, add, drop []string) []string {
	add, drop = normalCaps(add), normalCaps(drop)
	var set []string
	for _, c := range capNames {
		in := slices.Contains(defaultCaps, c)
		if slices.Contains(drop, "ALL") {
			in = false
		}
		if privileged || slices.Contains(add, "ALL") || slices.Contains(add, c) {
			in = true
		}
		if !privileged && slices.Contains(drop, c) {
			in = false
		}
		if in && held(c) {
			set = append(set, "CAP_"+c)
		}
	}
	return set
}

func normalCaps(in []string) (out []string) {
	for _, c := range in {
		out = append(out, strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(c)), "CAP_"))
	}
	return out
}

var permitted = sync.OnceValue(func() uint64 {
	data, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(data)) {
		if v, ok := strings.CutPrefix(line, "CapPrm:"); ok {
			n, _ := strconv.ParseUint(strings.TrimSpace(v), 16, 64)
			return n
		}
	}
	return 0
})

// held tells whether this process has a capability to give.
func held(name string) bool {
	i := slices.Index(capNames, name)
	return i >= 0 && permitted()&(1<<i) != 0
}
