package proxy

import (
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"syscall"

	"github.com/grue-ecs/grue/internal/link"
)

// Vitals implements link.Vital.
func (p *Proxy) Vitals() link.Vitals {
	v := link.Vitals{
		PID: os.Getpid(), Goroutines: runtime.NumGoroutine(), Resident: resident(), Files: openFiles(), Heap: heap(),
		Connections: int(p.watch.count.Load()) + p.h2conns.count(), InFlight: map[string]int64{},
	}
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) == nil {
		v.CPUSeconds = seconds(u.Utime) + seconds(u.Stime)
	}
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil {
		v.MaxFiles = limit.Cur
	}
	for arn, g := range p.view.Load().groups {
		for _, t := range g.members() {
			if n := t.load.Load(); n > 0 {
				v.InFlight[arn] += n
			}
		}
	}
	v.Balancers = p.meters.connections()
	return v
}

// connections are those of clients, by load balancer.
func (m *meters) connections() map[string]int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[string]int64{}
	for key, each := range m.by {
		if key.lb != "" && key.group == "" && m.used[key] {
			out[key.lb] = max(each.active.Load(), 0)
		}
	}
	return out
}

func seconds(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }

// heap is the size of live and dead objects, read without stopping the world.
func heap() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	if s[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return s[0].Value.Uint64()
}

// resident is the memory of this process in bytes; 0 where there is no procfs.
func resident() uint64 {
	doc, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(doc))
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseUint(fields[1], 10, 64)
	return pages * uint64(os.Getpagesize())
}

// openFiles counts the descriptors of this process; 0 where there is no procfs.
func openFiles() int {
	d, err := os.Open("/proc/self/fd")
	if err != nil {
		return 0
	}
	defer d.Close()
	names, _ := d.Readdirnames(-1)
	return len(names)
}
