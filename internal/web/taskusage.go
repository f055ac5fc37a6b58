package web

import (
	"context"
	"math"
	"strconv"
	"time"

	"github.com/grue-ecs/grue/internal/state"
)

// taskMeter measures one task as long as somebody looks at it.
type taskMeter struct {
	task  string
	begun bool
	first int // number of the first part that is kept
	parts [][]UsagePoint
	at    time.Time // of the previous look
	cpu   time.Duration
}

const (
	partSize   = 30 // points in a part: what is sent again with a new point
	maxParts   = 20
	statsLimit = 2 * time.Second // Docker Engine takes a second
)

// look measures the task once more and returns the parts that changed. The first look
// begins with what was measured before anybody looked.
func (m *taskMeter) look(s *Site, t *state.Task) Items {
	out := Items{}
	if !m.begun {
		m.begun = true
		if s.opts.Usage != nil {
			for _, p := range s.opts.Usage(m.task) {
				m.add(out, UsagePoint{At(p.At), thousandths(p.CPUs), p.Memory})
			}
		}
	}
	if t.LastStatus == "RUNNING" && s.opts.Stats != nil {
		m.measure(s, out)
	}
	return out
}

// add adds a point to the newest part, or begins another.
func (m *taskMeter) add(out Items, p UsagePoint) {
	if n := len(m.parts); n == 0 || len(m.parts[n-1]) == partSize {
		m.parts = append(m.parts, nil)
	}
	if len(m.parts) > maxParts {
		out["usage/"+strconv.Itoa(m.first)] = nil
		m.first++
		m.parts = m.parts[1:]
	}
	last := len(m.parts) - 1
	m.parts[last] = append(m.parts[last], p)
	out["usage/"+strconv.Itoa(m.first+last)] = &TaskUsage{Points: m.parts[last]}
}

func (m *taskMeter) measure(s *Site, out Items) {
	ctx, cancel := context.WithTimeout(context.Background(), statsLimit)
	defer cancel()
	stats, err := s.opts.Stats(ctx, m.task)
	if err != nil || len(stats) == 0 {
		return
	}
	at, cpu, memory := s.opts.Now(), time.Duration(0), uint64(0)
	for _, c := range stats {
		cpu += c.CPU
		memory += c.MemoryBytes
		if !c.At.IsZero() {
			at = c.At
		}
	}
	before, used := m.at, cpu-m.cpu
	m.at, m.cpu = at, cpu
	if wall := at.Sub(before); !before.IsZero() && wall > 0 && used >= 0 {
		m.add(out, UsagePoint{At(at), thousandths(used.Seconds() / wall.Seconds()), float64(memory)})
	}
}

func thousandths(v float64) float64 { return math.Round(1000*v) / 1000 }
