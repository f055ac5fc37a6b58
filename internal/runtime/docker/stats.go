package docker

import (
	"context"
	"encoding/json"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/grue-ecs/grue/internal/runtime"
)

// Stats implements runtime.Driver.
func (d *Driver) Stats(ctx context.Context, id string) (map[string]runtime.Stats, error) {
	t, err := d.find(id)
	if err != nil {
		return nil, &Error{Op: "read stats of", Task: id, Err: err}
	}
	var rx, tx uint64
	if t.shares() {
		if s, err := d.stats(ctx, t.objectName("pause")); err == nil {
			for _, n := range s.Networks {
				rx, tx = rx+n.RxBytes, tx+n.TxBytes
			}
		}
	}
	out := map[string]runtime.Stats{}
	for name := range t.boxes {
		s, err := d.stats(ctx, t.objectName(name))
		if err != nil || s.Read.IsZero() {
			continue // not running
		}
		used := s.MemoryStats.Usage
		// The cache that the kernel can drop at once is not counted, as in docker stats.
		for _, key := range []string{"total_inactive_file", "inactive_file"} {
			if cache := s.MemoryStats.Stats[key]; cache > 0 && cache < used {
				used -= cache
				break
			}
		}
		out[name] = runtime.Stats{
			At: s.Read, CPU: time.Duration(s.CPUStats.CPUUsage.TotalUsage), MemoryBytes: used,
			MemoryLimit: s.MemoryStats.Limit, PIDs: s.PidsStats.Current, RxBytes: rx, TxBytes: tx,
		}
	}
	return out, nil
}

func (d *Driver) stats(ctx context.Context, name string) (s container.StatsResponse, err error) {
	answer, err := d.engine.ContainerStats(ctx, name, client.ContainerStatsOptions{})
	if err != nil {
		return s, err
	}
	defer answer.Body.Close()
	return s, json.NewDecoder(answer.Body).Decode(&s)
}
