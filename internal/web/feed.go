package web

import (
	"bytes"
	"slices"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/store"
)

// keptFrames is how many frames a reader may be behind before it gets a full one.
const keptFrames = 32

// feed is one view that somebody looks at.
type feed struct {
	site    *Site
	key     feedKey
	view    View
	readers int           // hub.mu guards it
	done    chan struct{} // closed with the last reader
	wake    chan struct{}

	dirtyMu sync.Mutex
	dirty   map[string]bool
	all     bool

	// Of the goroutine of run only.
	items    map[string][]byte // as last sent
	measured map[string]bool   // keys that came from Measure

	mu      sync.Mutex
	version int      // of the newest frame; 0 = nothing was computed yet
	frames  [][]byte // the newest, oldest first; the last one is version
	full    []byte   // of version; nil = make it from docs
	docs    map[string][]byte
	gone    *Problem      // the subject does not exist
	news    chan struct{} // closed with the next frame
}

func newFeed(s *Site, key feedKey, v View) *feed {
	return &feed{
		site: s, key: key, view: v, done: make(chan struct{}), wake: make(chan struct{}, 1), all: true,
		dirty: map[string]bool{}, measured: map[string]bool{}, news: make(chan struct{}),
	}
}

// touch notes which items a commit concerns.
func (f *feed) touch(c store.Commit) {
	f.dirtyMu.Lock()
	defer f.dirtyMu.Unlock()
	if f.all {
		return
	}
	for _, x := range c.Changes {
		if f.view.Touch == nil {
			f.all = true
			break
		}
		for _, key := range f.view.Touch(x) {
			if key == Everything[0] || f.view.Item == nil {
				f.all = true
			} else {
				f.dirty[key] = true
			}
		}
	}
	if f.all || len(f.dirty) > 0 {
		select {
		case f.wake <- struct{}{}:
		default:
		}
	}
}

// run computes the view until nobody looks any more, or the hub closes.
func (f *feed) run(closed <-chan struct{}) {
	var tick <-chan time.Time
	if f.view.Measure != nil {
		t := time.NewTicker(beat)
		defer t.Stop()
		tick = t.C
	}
	rest := time.NewTimer(calm)
	defer rest.Stop()
	f.compute(true)
	for {
		select { // rest first: never more often than calm
		case <-rest.C:
		case <-f.done:
			return
		case <-closed:
			return
		}
		measure := false
		select {
		case <-f.wake:
		case <-tick:
			measure = true
		case <-f.done:
			return
		case <-closed:
			return
		}
		rest.Reset(calm)
		f.compute(measure)
	}
}

// compute makes the items that changed and sends those whose bytes differ.
func (f *feed) compute(measure bool) {
	f.dirtyMu.Lock()
	all, dirty := f.all, f.dirty
	f.all, f.dirty = false, map[string]bool{}
	f.dirtyMu.Unlock()
	all = all || f.gone != nil && len(dirty) > 0
	b := &Build{Site: f.site, Now: f.site.opts.Now(), Scope: f.key.scope}
	f.site.opts.Store.View(func(tx *store.Tx) {
		b.Tx = tx
		change := newChange(f.items)
		if all {
			whole, err := f.view.All(b)
			if err != nil {
				f.vanish(f.site.problem(err))
				return
			}
			change.replace(whole, f.measured)
			measure = true
		} else if f.gone != nil {
			return // until a commit concerns the view as a whole
		}
		for key := range dirty {
			if !all {
				change.set(key, f.view.Item(b, key))
			}
		}
		if measure && f.view.Measure != nil {
			for key, doc := range f.view.Measure(b) {
				f.measured[key] = doc != nil
				change.set(key, doc)
			}
		}
		f.publish(change, b.Now)
	})
}

// publish makes a frame of what changed.
func (f *feed) publish(c *change, now time.Time) {
	f.items = c.items
	first := f.version == 0 || f.gone != nil
	if !first && len(c.sets) == 0 && len(c.goes) == 0 {
		return
	}
	frame := []byte(nil)
	if !first {
		frame = c.frame(now)
	}
	f.push(frame, nil)
}

// vanish tells that the subject does not exist.
func (f *feed) vanish(p *Problem) {
	f.items, f.measured = nil, map[string]bool{}
	if f.gone != nil && *f.gone == *p {
		return
	}
	f.push(nil, p)
}

// push makes a new version. A nil frame has every reader take the full one.
func (f *feed) push(frame []byte, gone *Problem) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.version++
	f.gone, f.full = gone, nil
	f.docs = f.items
	switch {
	case frame == nil:
		f.frames = nil
	case len(f.frames) == keptFrames:
		f.frames = append(slices.Clone(f.frames[1:]), frame)
	default:
		f.frames = append(f.frames, frame)
	}
	close(f.news)
	f.news = make(chan struct{})
}

// next returns what a reader that has everything up to version must get, and the
// version it then has. Without news it returns the channel that closes with them.
func (f *feed) next(version int) (out [][]byte, now int, news <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	behind := f.version - version
	switch {
	case behind == 0:
		return nil, version, f.news
	case version > 0 && behind <= len(f.frames):
		return slices.Clone(f.frames[len(f.frames)-behind:]), f.version, nil
	}
	if f.full == nil {
		f.full = f.whole()
	}
	return [][]byte{f.full}, f.version, nil
}

// whole is the frame with every item, or with the reason why there are none.
func (f *feed) whole() []byte {
	var b bytes.Buffer
	if f.gone != nil {
		return event("gone", marshal(f.gone))
	}
	b.WriteString(`{"items":`)
	writeItems(&b, f.docs)
	b.WriteString(`,"now":`)
	b.Write(marshal(At(f.site.opts.Now())))
	b.WriteByte('}')
	return event("full", b.Bytes())
}
