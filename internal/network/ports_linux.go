package network

import (
	"os"
	"strings"
)

// reusePorts lets a port that an ended connection keeps for a minute be used for
// a new one after a second, where timestamps tell their packets apart. A load
// balancer whose clients close first needs it: 40,000 short connections to one task
// took 65 s without it and 6 s with it, for a task is reached from 28,000 ports.
// Linux's own default (2) does this for loopback only. What an administrator has
// forbidden (0) stays so.
func reusePorts() {
	const name = "net/ipv4/tcp_tw_reuse"
	if value, err := os.ReadFile("/proc/sys/" + name); err == nil && strings.TrimSpace(string(value)) == "2" {
		_ = writeSysctl(name, "1") // a limit that stays is no reason to fail
	}
}
