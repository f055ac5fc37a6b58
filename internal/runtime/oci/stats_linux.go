package oci

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/grue-ecs/grue/internal/runtime"
)

// Stats implements runtime.Driver. It reads control groups and the machine's
// end of the task's interface; the shim is not disturbed.
func (d *Driver) Stats(_ context.Context, id string) (map[string]runtime.Stats, error) {
	t, err := d.find(id)
	if err != nil {
		return nil, &Error{Op: "read stats of", Task: id, Err: err}
	}
	rx, tx := t.traffic()
	out := map[string]runtime.Stats{}
	for i, c := range t.spec.Containers {
		s, err := t.cgroup.Container(i, len(t.spec.Containers)).Stats()
		if err != nil {
			continue // not running
		}
		s.RxBytes, s.TxBytes = rx, tx
		out[c.Name] = s
	}
	return out, nil
}

// traffic counts the bytes of the task's interface; what the machine's end
// sends is what the task receives.
func (t *task) traffic() (rx, tx uint64) {
	lease, ok := t.d.opts.Network.Task(t.id)
	if !ok {
		return 0, 0
	}
	read := func(name string) uint64 {
		data, err := os.ReadFile(filepath.Join("/sys/class/net", lease.Veth, "statistics", name))
		if err != nil {
			return 0
		}
		n, _ := strconv.ParseUint(strings.TrimSpace(string(data)), 10, 64)
		return n
	}
	return read("tx_bytes"), read("rx_bytes")
}
