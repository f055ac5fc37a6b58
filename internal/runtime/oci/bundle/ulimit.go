//go:build linux

package bundle

import (
	"slices"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/grue-ecs/grue/internal/runtime"
)

var rlimits = map[string]int{
	"core": unix.RLIMIT_CORE, "cpu": unix.RLIMIT_CPU, "data": unix.RLIMIT_DATA, "fsize": unix.RLIMIT_FSIZE,
	"locks": unix.RLIMIT_LOCKS, "memlock": unix.RLIMIT_MEMLOCK, "msgqueue": unix.RLIMIT_MSGQUEUE,
	"nice": unix.RLIMIT_NICE, "nofile": unix.RLIMIT_NOFILE, "nproc": unix.RLIMIT_NPROC, "rss": unix.RLIMIT_RSS,
	"rtprio": unix.RLIMIT_RTPRIO, "rttime": unix.RLIMIT_RTTIME, "sigpending": unix.RLIMIT_SIGPENDING,
	"stack": unix.RLIMIT_STACK,
}

// fargateNofile is the default of Fargate for the number of open files.
const fargateNofile = 65535

// ulimits turns ECS's limits into OCI's. A process without CAP_SYS_RESOURCE
// cannot raise a hard limit, so each one is held within what the machine allows.
func ulimits(in []runtime.Ulimit) []specs.POSIXRlimit {
	if !slices.ContainsFunc(in, func(u runtime.Ulimit) bool { return u.Name == "nofile" }) {
		in = append(slices.Clone(in), runtime.Ulimit{Name: "nofile", Soft: fargateNofile, Hard: fargateNofile})
	}
	var out []specs.POSIXRlimit
	for _, u := range in {
		which, ok := rlimits[strings.ToLower(u.Name)]
		if !ok {
			continue
		}
		soft, hard := uint64(u.Soft), uint64(u.Hard) // -1 is "unlimited" in both
		if !held("SYS_RESOURCE") {
			var now unix.Rlimit
			if unix.Getrlimit(which, &now) == nil {
				hard = min(hard, now.Max)
			}
		}
		soft = min(soft, hard)
		out = append(out, specs.POSIXRlimit{Type: "RLIMIT_" + strings.ToUpper(u.Name), Soft: soft, Hard: hard})
	}
	return out
}
