package usage

import (
	"slices"
	"time"
)

// Point is what a task used at one look.
type Point struct {
	At     time.Time
	CPUs   float64 // processors, since the look before
	Memory float64 // bytes
}

// keepPoints is how many points of each task are kept: ten minutes.
const keepPoints = 10 * looks

// Recent is what was measured of a running task of a service, oldest first.
func (s *Sampler) Recent(task string) []Point {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.recent[task])
}

func (s *Sampler) remember(task string, p Point) {
	s.mu.Lock()
	defer s.mu.Unlock()
	points := append(s.recent[task], p)
	if len(points) > keepPoints {
		points = slices.Delete(points, 0, len(points)-keepPoints)
	}
	s.recent[task] = points
}

// forget drops the tasks that are not seen any more.
func (s *Sampler) forget(seen map[string]look) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for task := range s.recent {
		if _, ok := seen[task]; !ok {
			delete(s.recent, task)
		}
	}
}
