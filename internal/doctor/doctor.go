package doctor

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Status of a Finding.
type Status string

// Statuses.
const (
	OK   Status = "ok"
	Warn Status = "warn" // works, not as well as it could or not for everything
	Fail Status = "fail" // grue, or what was asked of it, does not work
)

// Finding is what a check found.
type Finding struct {
	Check   string `json:"check"` // which check: "cgroups"
	Status  Status `json:"status"`
	Message string `json:"message"`        // one sentence
	Mend    string `json:"mend,omitempty"` // what to do; "" when it is ok
}

// Options of Run and Bundle.
type Options struct {
	Data    string // data directory, absolute
	Listen  string // where the API listens, or shall listen: host:port
	URL     string // of the API of the grue that runs in Data; "" = none runs
	PID     int    // of that `grue up`; 0 = none runs, or not known
	Runtime string // auto, oci or docker
	OCI     string // OCI runtime: runc, crun, … or a path
	Version string // of this grue, with its build
	Machine *Machine
}

// check looks at one thing.
type check struct {
	name string
	look func(context.Context, *Options) []Finding
}

// checks in the order in which people read them.
var checks = []check{
	{"root", root},
	{"kernel", kernel},
	{"cgroups", cgroups},
	{"overlayfs", overlay},
	{"oci-runtime", ociRuntime},
	{"docker", dockerEngine},
	{"packet-filter", packetFilter},
	{"forwarding", forwarding},
	{"conntrack", conntrack},
	{"ports", ports},
	{"addresses", addresses},
	{"disk", disk},
	{"open-files", openFiles},
	{"clock", clock},
	{"aws-endpoint", awsEndpoint},
	{"aws-cli", awsCLI},
	{"boto3", boto3},
	{"leftovers", leftovers},
	{"grue", running},
}

// checkTime bounds one check: a program that it starts may hang.
const checkTime = 10 * time.Second

// Run makes every check, several at once, and answers their findings in order.
func Run(ctx context.Context, o Options) []Finding {
	results := make([][]Finding, len(checks))
	var wg sync.WaitGroup
	for i, c := range checks {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, checkTime)
			defer cancel()
			results[i] = c.look(ctx, &o)
			for n := range results[i] {
				results[i][n].Check = c.name
			}
		})
	}
	wg.Wait()
	var all []Finding
	for _, r := range results {
		all = append(all, r...)
	}
	return all
}

// Worst is the worst status of findings.
func Worst(all []Finding) Status {
	worst := OK
	for _, f := range all {
		if f.Status == Fail || f.Status == Warn && worst == OK {
			worst = f.Status
		}
	}
	return worst
}

func ok(format string, args ...any) []Finding {
	return []Finding{{Status: OK, Message: fmt.Sprintf(format, args...)}}
}

func warn(mend, format string, args ...any) []Finding {
	return []Finding{{Status: Warn, Message: fmt.Sprintf(format, args...), Mend: mend}}
}

func fail(mend, format string, args ...any) []Finding {
	return []Finding{{Status: Fail, Message: fmt.Sprintf(format, args...), Mend: mend}}
}

// oci tells whether tasks run without a daemon: the embedded runtime needs Linux
// and root.
func (o *Options) oci() bool {
	return o.Runtime == "oci" || o.Runtime != "docker" && o.Machine.OS == "linux" && o.Machine.UID == 0
}
