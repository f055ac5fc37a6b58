package logs

import (
	"errors"
	"os"
	"sync"
)

// journal is the events of one stream on disk. It opens its files only while it
// uses them: there may be many thousands of streams.
type journal struct {
	dir string

	mu       sync.Mutex
	opened   bool
	gone     bool // destroyed: the stream was deleted
	unsynced bool
	segments []*segment
	sources  map[uint32]int64 // how far each followed file was read
}

// summary is what a journal tells of itself.
type summary struct {
	first, last, ingested, bytes int64
	count                        int
}

// open reads the summaries once, and cuts a torn frame off the last segment.
func (j *journal) open() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.opened {
		return nil
	}
	numbers, err := segmentNumbers(j.dir)
	if err != nil {
		return err
	}
	j.segments, j.sources = nil, map[uint32]int64{}
	for _, n := range numbers {
		s, whole, err := loadSegment(j.dir, n)
		if err != nil {
			return err
		}
		if !whole {
			if err := os.Truncate(s.path(j.dir), s.size); err != nil {
				return err
			}
		}
		for source, offset := range s.sources {
			j.sources[source] = max(j.sources[source], offset)
		}
		j.segments = append(j.segments, s)
	}
	j.opened = true
	return nil
}

// append writes events at the end; durable makes it wait for the disk. A failed
// write leaves no trace.
func (j *journal) append(frames []frame, durable bool) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.gone {
		return ErrNoStream
	}
	if len(frames) == 0 {
		return nil
	}
	s, err := j.current()
	if err != nil {
		return err
	}
	var b []byte
	sizes := make([]int, len(frames))
	for i, f := range frames {
		before := len(b)
		b = appendFrame(b, f)
		sizes[i] = len(b) - before
	}
	if err := j.write(s, b, durable); err != nil {
		return err
	}
	for i := range frames {
		s.note(&frames[i], sizes[i])
		if f := &frames[i]; f.source != 0 {
			j.sources[f.source] = max(j.sources[f.source], f.offset)
		}
	}
	return nil
}

// current is the segment to append to.
func (j *journal) current() (*segment, error) {
	n := len(j.segments)
	if n > 0 && j.segments[n-1].size < segmentSize {
		return j.segments[n-1], nil
	}
	if err := os.MkdirAll(j.dir, 0o700); err != nil {
		return nil, err
	}
	s := &segment{number: 1}
	if n > 0 {
		s.number = j.segments[n-1].number + 1
	}
	j.segments = append(j.segments, s)
	return s, nil
}

// write puts b at the end of the segment's known part.
func (j *journal) write(s *segment, b []byte, durable bool) error {
	f, err := os.OpenFile(s.path(j.dir), os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(b, s.size)
	if err == nil && durable {
		err = f.Sync()
	}
	if err == nil && durable && s.size == 0 {
		err = syncDir(j.dir)
	}
	if err != nil {
		err = errors.Join(err, f.Truncate(s.size))
	}
	j.unsynced = j.unsynced || !durable
	return errors.Join(err, f.Close())
}

// sync brings everything written so far to the disk.
func (j *journal) sync() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.unsynced || j.gone || len(j.segments) == 0 {
		return nil
	}
	for _, s := range j.segments[max(0, len(j.segments)-2):] {
		f, err := os.Open(s.path(j.dir))
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return err
		}
	}
	j.unsynced = false
	return syncDir(j.dir)
}

// offset is how far a followed file was read.
func (j *journal) offset(source uint32) int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.sources[source]
}

// snapshot is the segments as they are now, safe to read without the lock.
func (j *journal) snapshot() []segment {
	j.mu.Lock()
	defer j.mu.Unlock()
	out := make([]segment, 0, len(j.segments))
	for _, s := range j.segments {
		if s.count > 0 {
			c := *s
			c.sources = nil
			out = append(out, c)
		}
	}
	return out
}

func (j *journal) summary() (sum summary) {
	for i, s := range j.snapshot() {
		if i == 0 || s.first < sum.first {
			sum.first = s.first
		}
		sum.last = max(sum.last, s.last)
		sum.ingested = max(sum.ingested, s.ingested)
		sum.bytes += s.size
		sum.count += s.count
	}
	return sum
}

// drop deletes the oldest segments as long as old says so, never the one
// that is being written.
func (j *journal) drop(old func(*segment) bool) (dropped int, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for len(j.segments) > 1 && old(j.segments[0]) {
		if err := os.Remove(j.segments[0].path(j.dir)); err != nil && !os.IsNotExist(err) {
			return dropped, err
		}
		j.segments = j.segments[1:]
		dropped++
	}
	return dropped, nil
}

// destroy deletes the journal; later writes answer ErrNoStream.
func (j *journal) destroy() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.gone, j.opened, j.segments = true, true, nil
	return os.RemoveAll(j.dir)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
