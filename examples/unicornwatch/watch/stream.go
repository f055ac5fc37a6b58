package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/grue-ecs/grue/examples/unicornwatch/load"
	"github.com/grue-ecs/grue/examples/unicornwatch/streaming/wire"
)

// viewers of the stream: each opens one connection after the other.
type viewers struct {
	address string
	stop    context.CancelFunc
	work    sync.WaitGroup

	mu    sync.Mutex
	tally load.Tally // of connections
	mixed int        // connections that spoke two versions
}

// endless is more sightings than a connection has.
const endless = 1000

func startViewers(address string, n int) *viewers {
	ctx, cancel := context.WithCancel(context.Background())
	v := &viewers{address: address, stop: cancel, tally: load.Tally{Versions: map[string]*load.Version{}}}
	for i := range n {
		v.work.Go(func() {
			sleep(ctx, time.Duration(i)*150*time.Millisecond) // not all at once
			for ctx.Err() == nil {
				v.one()
			}
		})
	}
	return v
}

// one connection is followed to its end, also when the viewers stop meanwhile.
func (v *viewers) one() {
	r, err := view(v.address, endless)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.tally.Sent++
	if err != nil {
		v.tally.Lost++
		if v.tally.First == "" {
			v.tally.First = err.Error()
		}
		if errors.Is(err, wire.ErrGarbage) {
			v.mixed++
		}
		return
	}
	version, _, _ := strings.Cut(r.Text, " ")
	if v.tally.Versions[version] == nil {
		v.tally.Versions[version] = &load.Version{}
	}
	v.tally.Versions[version].Answers++
}

// view follows one connection.
func view(address string, most int) (wire.Report, error) {
	c, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		return wire.Report{}, err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(30 * time.Second))
	r, err := wire.Follow(c, most)
	if err == nil && r.Sightings == 0 {
		r.Text = "bye" // the server ended as it took the connection
	}
	if err != nil {
		err = fmt.Errorf("%s version %d %q: %w", time.Now().Format("15:04:05.000"), r.Version, r.Text, err)
	}
	return r, err
}

// Tally is what the viewers got up to now, in connections.
func (v *viewers) Tally() load.Tally {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.tally.Clone()
}

// end waits for the connections under way.
func (v *viewers) end() {
	v.stop()
	v.work.Wait()
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
