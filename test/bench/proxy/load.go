package main

import (
	"fmt"
	"time"

	"github.com/grue-ecs/grue/test/bench/rig"
)

// sample is one measurement of one proxy.
type sample struct {
	cpu      float64 // µs of the proxy's processor time for one request
	rate     float64
	p50, p99 time.Duration
	failed   int
}

const request = "GET /api/items?page=1 HTTP/1.1\r\nHost: app.example.com\r\nUser-Agent: bench/1.0\r\n" +
	"Accept: */*\r\nAccept-Encoding: gzip\r\nCookie: session=0123456789abcdef\r\n\r\n"

// measure starts a proxy, warms it up and loads it.
func measure(p peer, dir string, targets []string, conns int, d time.Duration) (s sample, err error) {
	address := rig.FreeAddress()
	pid, stop, err := p.start(dir, address, targets)
	if err != nil {
		return s, err
	}
	defer stop()
	if err := awaitAnswer(address); err != nil {
		return s, err
	}
	if warm := rig.Load(address, []byte(request), conns, d/4); warm.Failed > 0 {
		return s, fmt.Errorf("%d failed requests while warming up: %w", warm.Failed, warm.Err)
	}
	all := rig.Tree(pid)
	before := rig.CPU(all...)
	r := rig.Load(address, []byte(request), conns, d)
	spent := rig.CPU(all...) - before
	return sample{
		cpu: float64(spent.Microseconds()) / float64(r.Count), rate: r.PerSecond(), failed: r.Failed,
		p50: rig.Median(r.Times), p99: rig.Quantile(r.Times, 0.99),
	}, nil
}

func awaitAnswer(address string) (err error) {
	c := rig.Conn{Address: address}
	defer c.Close()
	for wait := time.Now().Add(10 * time.Second); time.Now().Before(wait); time.Sleep(20 * time.Millisecond) {
		if err = c.Send([]byte(request)); err == nil {
			return nil
		}
	}
	return fmt.Errorf("no answer on %s: %w", address, err)
}
