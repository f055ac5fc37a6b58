package console

import (
	"io"
	"sync"
)

// maxInput is how much is kept that the command has not read, in bytes. More is
// not acknowledged, so the client keeps it.
const maxInput = 1 << 20

// input is what was typed and not read yet. Writing never waits.
type input struct {
	mu     sync.Mutex
	data   []byte
	ended  bool
	arrive chan struct{} // holds one when there is something new
}

func newInput() *input { return &input{arrive: make(chan struct{}, 1)} }

func (i *input) room() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.data) < maxInput
}

func (i *input) write(p []byte) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.ended {
		i.data = append(i.data, p...)
		i.wake()
	}
}

// end makes Read return io.EOF after what is there.
func (i *input) end() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.ended = true
	i.wake()
}

func (i *input) wake() {
	select {
	case i.arrive <- struct{}{}:
	default:
	}
}

// Read implements io.Reader for one reader.
func (i *input) Read(p []byte) (int, error) {
	for {
		i.mu.Lock()
		n := copy(p, i.data)
		i.data = i.data[n:]
		ended := i.ended
		i.mu.Unlock()
		if n > 0 || len(p) == 0 {
			return n, nil
		}
		if ended {
			return 0, io.EOF
		}
		<-i.arrive
	}
}
