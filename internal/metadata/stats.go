package metadata

import (
	"context"
	"errors"
	"runtime"
	"time"

	rt "github.com/grue-ecs/grue/internal/runtime"
)

// statsDocument has the members of Docker's stats that readers of the endpoint use.
type statsDocument struct {
	Read        string                  `json:"read"`
	Name        string                  `json:"name"`
	ID          string                  `json:"id"`
	NumProcs    int                     `json:"num_procs"`
	CPUStats    cpuStats                `json:"cpu_stats"`
	MemoryStats memoryStats             `json:"memory_stats"`
	PIDStats    pidStats                `json:"pids_stats"`
	Networks    map[string]networkStats `json:"networks"`
}

type cpuStats struct {
	CPUUsage struct {
		TotalUsage uint64 `json:"total_usage"`
	} `json:"cpu_usage"`
	OnlineCPUs int `json:"online_cpus"`
}

type memoryStats struct {
	Usage uint64 `json:"usage"`
	Limit uint64 `json:"limit"`
}

type pidStats struct {
	Current uint64 `json:"current"`
}

type networkStats struct {
	RxBytes uint64 `json:"rx_bytes"`
	TxBytes uint64 `json:"tx_bytes"`
}

// read returns the stats of the running containers of a task by runtime id.
func (h *Handler) read(ctx context.Context, s subject) (map[string]*statsDocument, error) {
	if h.opts.Stats == nil {
		return nil, errors.New("the runtime keeps no statistics")
	}
	all, err := h.opts.Stats(ctx, s.task.ID)
	if err != nil {
		return nil, err
	}
	out := map[string]*statsDocument{}
	for _, c := range s.task.Containers {
		if x, ok := all[c.Name]; ok {
			out[c.RuntimeID] = statsDoc(c.Name, c.RuntimeID, x)
		}
	}
	return out, nil
}

func statsDoc(name, id string, x rt.Stats) *statsDocument {
	d := &statsDocument{
		Read: x.At.UTC().Format(time.RFC3339Nano), Name: name, ID: id, NumProcs: runtime.NumCPU(),
		MemoryStats: memoryStats{x.MemoryBytes, x.MemoryLimit}, PIDStats: pidStats{x.PIDs},
		Networks: map[string]networkStats{"eth0": {x.RxBytes, x.TxBytes}},
	}
	d.CPUStats.CPUUsage.TotalUsage = uint64(x.CPU)
	d.CPUStats.OnlineCPUs = runtime.NumCPU()
	return d
}
