//go:build linux

package shim

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/runtime/oci/bundle"
	"github.com/grue-ecs/grue/internal/runtime/oci/cgroup"
)

// Protocol is the version of what driver and shim say to each other: Plan,
// Request, Job and the command line. Change it with them, so that a grue built
// with an older shim inside notices.
const Protocol = "2"

// Files of a task directory.
const (
	PlanFile   = "plan.json" // also the lock: held as long as the shim lives
	StatusFile = "status.json"
	SocketFile = "shim.sock"
)

// Descriptors that the driver hands to a new shim.
const (
	LockFD  = 3
	WatchFD = 4
)

// Plan is everything the shim needs to run its task, all resolved.
type Plan struct {
	Spec      runtime.Spec
	Status    runtime.Status
	Images    map[string]bundle.Image          // by container
	Failed    map[string]string                // reasons of containers that cannot be made
	Ports     map[string][]runtime.PortBinding // by container
	Netns     string                           // of the task; empty for host and none
	Hostname  string
	Servers   []string // name servers
	Runtime   string   // path of the OCI runtime
	Seccomp   bool
	Cgroup    cgroup.Group
	PIDsLimit int64
	LogDir    string
	LogBytes  int64  // size of a log file before it is rotated
	LogFiles  int    // how many are kept
	Base      string // a directory of empty mount points, below every image
	Shared    string // directory of volumes that outlive tasks
	Boot      string // boot id of the machine
	Self      string
}

// ReadPlan loads the plan of a task directory.
func ReadPlan(dir string) (p Plan, err error) {
	data, err := os.ReadFile(filepath.Join(dir, PlanFile))
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(data, &p); err != nil {
		return p, fmt.Errorf("read plan: %w", err)
	}
	return p, nil
}

// ReadStatus loads the last status that the shim of a task directory wrote.
func ReadStatus(dir string) (s runtime.Status, err error) {
	data, err := os.ReadFile(filepath.Join(dir, StatusFile))
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return s, fmt.Errorf("read status: %w", err)
	}
	return s, nil
}

// WriteJSON replaces a file in one step. It is not forced to the disk: what is
// lost with the power describes processes that are lost with it.
func WriteJSON(path string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	tmp := path + ".tmp"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		os.Remove(tmp)
		return err
	}
	return os.Rename(tmp, path)
}
