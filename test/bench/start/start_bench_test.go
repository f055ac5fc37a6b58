package start_test

import (
	"testing"
	"time"

	"github.com/grue-ecs/grue/test/bench/rig"
	"github.com/grue-ecs/grue/test/harness"
)

const rounds = 9

// BenchmarkStart measures time and memory of an empty grue.
func BenchmarkStart(b *testing.B) {
	rig.NeedRoot(b)
	harness.Start(b).Down() // the binary is built, its pages are in memory
	var first, again starts
	var memory idle
	for range rounds {
		began := time.Now()
		g := harness.Start(b)
		first.note(b, g, began)
		memory.note(g)
		g.Down()
		began = time.Now()
		g.Up()
		again.note(b, g, began)
		g.Down()
	}
	t := rig.NewTable("grue up, from exec", "data directory", "ready line, ms", "first API answer, ms", "slowest, ms", "target, ms")
	t.Row("empty", rig.Median(first.ready), rig.Median(first.answer), rig.Quantile(first.answer, 1), 150)
	t.Row("used before", rig.Median(again.ready), rig.Median(again.answer), rig.Quantile(again.answer, 1), 150)
	t.Print()
	memory.print()
	b.ReportMetric(rig.Median(first.answer), "ms/first-answer")
	b.ReportMetric(rig.Median(memory.pss), "MiB-PSS")
	b.ReportMetric(0, "ns/op")
}

// starts are the times of several starts, in milliseconds.
type starts struct{ ready, answer []float64 }

func (s *starts) note(b *testing.B, g *harness.Grue, began time.Time) {
	b.Helper()
	s.ready = append(s.ready, rig.Millis(time.Since(began)))
	c := rig.Conn{Address: g.Listen}
	defer c.Close()
	if err := c.Send(rig.STS(g.Listen).Bytes(b)); err != nil {
		b.Fatal(err)
	}
	s.answer = append(s.answer, rig.Millis(time.Since(began)))
}

// idle is the memory of grue's processes, in MiB.
type idle struct{ server, proxy, up, rss, pss []float64 }

// settle is how long the processes are left alone before their memory is read.
const settle = 5 * time.Second

func (m *idle) note(g *harness.Grue) {
	time.Sleep(settle)
	server, proxy, up := g.PIDs("server"), g.PIDs("proxy"), g.PIDs("up")
	m.server = append(m.server, rig.MemoryOf(server...).PSS)
	m.proxy = append(m.proxy, rig.MemoryOf(proxy...).PSS)
	m.up = append(m.up, rig.MemoryOf(up...).PSS)
	both := rig.MemoryOf(append(server, proxy...)...)
	m.rss, m.pss = append(m.rss, both.RSS), append(m.pss, both.PSS)
}

func (m *idle) print() {
	t := rig.NewTable("Memory after 5 s without a request", "process", "MiB", "target, MiB")
	t.Row("grue server, PSS", rig.Median(m.server), "")
	t.Row("grue proxy, PSS", rig.Median(m.proxy), "")
	t.Row("server + proxy, PSS", rig.Median(m.pss), 60)
	t.Row("server + proxy, RSS", rig.Median(m.rss), 60)
	t.Row("grue up (the supervisor), PSS", rig.Median(m.up), "")
	t.Print()
}
