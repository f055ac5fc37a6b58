package nlb

import (
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grue-ecs/grue/test/bench/rig"
)

const (
	rounds  = 3
	seconds = 4
)

// sample is one measurement of one load balancer.
type sample struct {
	cpu    float64 // µs of processor time a unit
	rate   float64 // units a second
	failed int64
}

// BenchmarkForward prints the table.
func BenchmarkForward(b *testing.B) {
	dir := b.TempDir()
	targets := startTargets(b, 2)
	short, bulk, memory := map[string][]sample{}, map[string][]sample{}, map[string][]sample{}
	names := []string{}
	for _, p := range peers {
		names = append(names, p.name)
	}
	for round := range rounds {
		for _, p := range peers {
			if !slices.Contains(names, p.name) {
				continue
			}
			s, m, kib, err := measure(p, dir, targets)
			if err != nil {
				fmt.Fprintf(os.Stderr, "%s left out: %v\n", p.name, err)
				names = slices.DeleteFunc(names, func(n string) bool { return n == p.name })
				continue
			}
			fmt.Fprintf(os.Stderr, "round %d %-22s %6.1f µs/connection %6.1f µs/MiB %5.1f KiB\n", round+1, p.name, s.cpu, m.cpu, kib)
			short[p.name], bulk[p.name] = append(short[p.name], s), append(bulk[p.name], m)
			memory[p.name] = append(memory[p.name], sample{cpu: kib})
		}
	}
	t := rig.NewTable("Processor time of TCP forwarding", "proxy", "CPU, µs/connection", "connections/s", "failed", "grue ÷ it", "CPU, µs/MiB", "MiB/s", "grue ÷ it", "KiB/idle connection")
	for _, n := range names {
		s, m := median(short[n]), median(bulk[n])
		t.Row(n, s.cpu, s.rate, s.failed, rig.Ratio(median(short["grue"]).cpu, s.cpu), m.cpu, m.rate, rig.Ratio(median(bulk["grue"]).cpu, m.cpu), median(memory[n]).cpu)
	}
	t.Note("Targets: at most 1.25 × HAProxy in both.")
	t.Print()
	b.ReportMetric(0, "ns/op")
}

func median(s []sample) sample {
	if len(s) == 0 {
		return sample{}
	}
	s = slices.Clone(s)
	slices.SortFunc(s, func(a, b sample) int { return int((a.cpu - b.cpu) * 1000) })
	return s[len(s)/2]
}

func startTargets(b *testing.B, n int) (addresses []string) {
	for range n {
		address := rig.FreeAddress()
		_, stop, err := launch(self("target", "BENCH_ADDRESS="+address))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(stop)
		if err := awaitEcho(address); err != nil {
			b.Fatal(err)
		}
		addresses = append(addresses, address)
	}
	return addresses
}

// measure starts a load balancer, warms it up and loads it in both ways.
func measure(p peer, dir string, targets []string) (short, bulk sample, kib float64, err error) {
	address := rig.FreeAddress()
	pid, stop, err := p.start(dir, address, targets)
	if err != nil {
		return short, bulk, 0, err
	}
	defer stop()
	if err := awaitEcho(address); err != nil {
		return short, bulk, 0, err
	}
	if kib, err = memoryOfIdle(pid, address); err != nil {
		return short, bulk, 0, err
	}
	shortConnections(address, time.Second)
	short = spent(pid, func() (units float64, failed int64) { return shortConnections(address, seconds*time.Second) })
	bulk = spent(pid, func() (units float64, failed int64) { return transfer(address, seconds*time.Second), 0 })
	return short, bulk, kib, nil
}

// spent measures what a load costs the process.
func spent(pid int, load func() (units float64, failed int64)) sample {
	all := rig.Tree(pid)
	before, began := rig.CPU(all...), time.Now()
	units, failed := load()
	cpu := rig.CPU(all...) - before
	return sample{cpu: float64(cpu.Microseconds()) / units, rate: units / time.Since(began).Seconds(), failed: failed}
}

func awaitEcho(address string) (err error) {
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if err = echo(address, make([]byte, block)); err == nil {
			return nil
		}
	}
	return fmt.Errorf("no answer on %s: %w", address, err)
}

// echo is one short connection.
func echo(address string, buf []byte) error {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	buf[0] = wantsEcho
	if _, err := c.Write(buf); err != nil {
		return err
	}
	_, err = io.ReadFull(c, buf)
	return err
}

// idleConns is held by memoryOfIdle.
const idleConns = 4000

// memoryOfIdle is what a connection on which nothing moves costs the process, in
// KiB of resident memory; what the kernel holds is not counted.
func memoryOfIdle(pid int, address string) (kib float64, err error) {
	all := rig.Tree(pid)
	before := rig.MemoryOf(all...).RSS
	conns := make([]net.Conn, 0, idleConns)
	defer func() {
		for _, c := range conns {
			c.Close()
		}
	}()
	buf := make([]byte, block)
	buf[0] = wantsEcho
	for range idleConns {
		c, err := net.Dial("tcp", address)
		if err != nil {
			return 0, err
		}
		conns = append(conns, c)
		if _, err := c.Write(buf); err != nil {
			return 0, err
		}
		if _, err := io.ReadFull(c, buf); err != nil {
			return 0, err
		}
	}
	return (rig.MemoryOf(all...).RSS - before) * 1024 / idleConns, nil
}

// shortConnections makes one after the other on 32 threads of work.
func shortConnections(address string, d time.Duration) (done float64, failed int64) {
	var ok, bad atomic.Int64
	var running sync.WaitGroup
	end := time.Now().Add(d)
	for range 32 {
		running.Go(func() {
			buf := make([]byte, block)
			for time.Now().Before(end) {
				if echo(address, buf) != nil {
					bad.Add(1)
				} else {
					ok.Add(1)
				}
			}
		})
	}
	running.Wait()
	return float64(ok.Load()), bad.Load()
}

// transfer reads as much as it can over 4 connections and returns the MiB.
func transfer(address string, d time.Duration) float64 {
	var sum atomic.Int64
	var running sync.WaitGroup
	end := time.Now().Add(d)
	for range 4 {
		running.Go(func() {
			c, err := net.Dial("tcp", address)
			if err != nil {
				return
			}
			defer c.Close()
			buf := make([]byte, 256<<10)
			buf[0] = wantsBulk
			_, _ = c.Write(buf[:block])
			for time.Now().Before(end) {
				n, err := c.Read(buf)
				if err != nil {
					return
				}
				sum.Add(int64(n))
			}
		})
	}
	running.Wait()
	return float64(sum.Load()) / (1 << 20)
}
