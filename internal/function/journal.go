package function

import (
	"errors"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/logs"
)

// journal writes lines to a log stream in the background. A function that
// writes faster than the disk takes it waits.
type journal struct {
	f             *Functions
	scope         arn.Scope
	group, stream string
	lines         chan logs.Input
	mu            sync.RWMutex // held to write by close
	closed        bool
	done          chan struct{}
}

func newJournal(f *Functions, s arn.Scope, group, stream string) *journal {
	j := &journal{f: f, scope: s, group: group, stream: stream, lines: make(chan logs.Input, 1024), done: make(chan struct{})}
	f.wg.Go(j.run)
	return j
}

func (j *journal) add(line string) {
	j.mu.RLock()
	defer j.mu.RUnlock()
	in := logs.Input{Time: time.Now().UnixMilli(), Message: line}
	if j.closed { // a last line, after the process has ended
		j.put([]logs.Input{in})
		return
	}
	j.lines <- in
}

// close writes what is left.
func (j *journal) close() {
	j.mu.Lock()
	if !j.closed {
		j.closed = true
		close(j.lines)
	}
	j.mu.Unlock()
	<-j.done
}

// A batch stays well below the limits of PutLogEvents.
const (
	batchLines = 1000
	batchBytes = 512 << 10
)

func (j *journal) run() {
	defer close(j.done)
	for first := range j.lines {
		batch, size := []logs.Input{first}, len(first.Message)
	more:
		for len(batch) < batchLines && size < batchBytes {
			select {
			case in, ok := <-j.lines:
				if !ok {
					break more
				}
				batch, size = append(batch, in), size+len(in.Message)
			default:
				break more
			}
		}
		j.put(batch)
	}
}

// put makes group and stream where they are missing, also when a person deleted
// them meanwhile.
func (j *journal) put(batch []logs.Input) {
	for i := 1; i < len(batch); i++ { // the clock may have been set back
		batch[i].Time = max(batch[i].Time, batch[i-1].Time)
	}
	_, err := j.f.opts.Logs.Put(j.scope, j.group, j.stream, batch)
	if errors.Is(err, logs.ErrNoGroup) || errors.Is(err, logs.ErrNoStream) {
		if err = j.make(); err == nil {
			_, err = j.f.opts.Logs.Put(j.scope, j.group, j.stream, batch)
		}
	}
	if err != nil {
		j.f.log.Warn("lines of a function lost", "group", j.group, "lines", len(batch), "err", err)
	}
}

func (j *journal) make() error {
	err := j.f.opts.Logs.CreateGroup(logs.Group{Scope: j.scope, Name: j.group})
	if err != nil && !errors.Is(err, logs.ErrGroupExists) {
		return err
	}
	err = j.f.opts.Logs.CreateStream(j.scope, j.group, j.stream)
	if errors.Is(err, logs.ErrStreamExists) {
		return nil
	}
	return err
}
