package logs

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// segmentSize is where the next segment begins.
const segmentSize = 4 << 20

// segment is one file of a journal and what its frames tell.
type segment struct {
	number   uint32
	size     int64
	first    int64 // smallest and largest time of an event
	last     int64
	ingested int64
	count    int
	sources  map[uint32]int64 // how far each followed file was read
}

// key orders the events of a stream: by time, then by arrival.
type key struct {
	time int64
	seq  uint64 // segment number and place in the segment, from 1
}

func (a key) compare(b key) int {
	if c := cmp.Compare(a.time, b.time); c != 0 {
		return c
	}
	return cmp.Compare(a.seq, b.seq)
}

// Event is one log event.
type Event struct {
	Time     int64 // milliseconds
	Ingested int64
	Message  string
	key      key
}

func segmentName(n uint32) string { return fmt.Sprintf("%08d.log", n) }

func (s *segment) path(dir string) string { return filepath.Join(dir, segmentName(s.number)) }

// note takes a frame into the summary.
func (s *segment) note(f *frame, size int) {
	if s.count == 0 || f.time < s.first {
		s.first = f.time
	}
	if s.count == 0 || f.time > s.last {
		s.last = f.time
	}
	s.ingested = max(s.ingested, f.ingested)
	s.count++
	s.size += int64(size)
	if f.source != 0 {
		if s.sources == nil {
			s.sources = map[uint32]int64{}
		}
		s.sources[f.source] = max(s.sources[f.source], f.offset)
	}
}

// loadSegment reads a whole segment for its summary. whole is false when the
// file ends with a torn frame.
func loadSegment(dir string, number uint32) (s *segment, whole bool, err error) {
	s = &segment{number: number}
	data, err := os.ReadFile(s.path(dir))
	if err != nil {
		return nil, false, err
	}
	for b := data; len(b) > 0; {
		f, n, err := readFrame(b)
		if err != nil {
			return s, false, nil
		}
		s.note(&f, n)
		b = b[n:]
	}
	return s, true, nil
}

// events reads the events of a segment up to its known size, in order.
func (s *segment) events(dir string) ([]Event, error) {
	data, err := os.ReadFile(s.path(dir))
	if err != nil {
		return nil, err
	}
	data = data[:min(int64(len(data)), s.size)]
	out := make([]Event, 0, s.count)
	for b, i := data, uint64(1); len(b) > 0; i++ {
		f, n, err := readFrame(b)
		if err != nil {
			return nil, fmt.Errorf("%s is damaged at byte %d: %w", s.path(dir), len(data)-len(b), err)
		}
		out = append(out, Event{f.time, f.ingested, f.message, key{f.time, uint64(s.number)<<32 | i}})
		b = b[n:]
	}
	sortEvents(out)
	return out, nil
}

func sortEvents(events []Event) {
	byKey := func(a, b Event) int { return a.key.compare(b.key) }
	if !slices.IsSortedFunc(events, byKey) {
		slices.SortFunc(events, byKey)
	}
}

// segmentNumbers lists the segments of a directory in order; a directory that
// does not exist has none.
func segmentNumbers(dir string) ([]uint32, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		if os.IsNotExist(err) {
			return nil, nil
		}
		return nil, err
	}
	var out []uint32
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".log")
		n, err := strconv.ParseUint(name, 10, 32)
		if ok && err == nil && e.Type()&fs.ModeType == 0 {
			out = append(out, uint32(n))
		}
	}
	slices.Sort(out)
	return out, nil
}
