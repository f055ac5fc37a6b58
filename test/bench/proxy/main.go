// Command proxy measures what one request costs in a load balancer: processor
// time of the proxy process, side by side for grue and its peers, over
// keep-alive connections with small answers.
//
//	go run ./test/bench/proxy [-seconds 4] [-rounds 3] [-only grue,haproxy]
//
// grue runs with listener rules, weighted target groups, health checks and
// counting; the peers run with a comparable set of rules and two targets.
// Peers that are not installed are left out. Each round measures every proxy
// once, and the median of the rounds is printed, so that noise of the machine
// meets all of them alike.
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/grue-ecs/grue/test/bench/rig"
)

func main() {
	if role := os.Getenv("BENCH_ROLE"); role != "" {
		serveRole(role)
		return
	}
	seconds := flag.Int("seconds", 4, "seconds of one measurement")
	rounds := flag.Int("rounds", 3, "measurements of each proxy")
	conns := flag.Int("conns", 64, "keep-alive connections")
	only := flag.String("only", "", "comma-separated names of proxies")
	flag.Parse()
	if err := run(*seconds, *rounds, *conns, *only); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run measures and prints the table.
func run(seconds, rounds, conns int, only string) error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	targets, stop, err := startTargets(2)
	if err != nil {
		return err
	}
	defer stop()
	samples := map[string][]sample{}
	var names []string
	for _, p := range peers {
		if only != "" && !slices.Contains(strings.Split(only, ","), p.name) {
			continue
		}
		names = append(names, p.name)
	}
	for round := range rounds {
		for _, p := range peers {
			if !slices.Contains(names, p.name) {
				continue
			}
			s, err := measure(p, dir, targets, conns, time.Duration(seconds)*time.Second)
			if err != nil {
				fmt.Fprintf(os.Stderr, "%s left out: %v\n", p.name, err)
				names = slices.DeleteFunc(names, func(n string) bool { return n == p.name })
				continue
			}
			fmt.Fprintf(os.Stderr, "round %d %-12s %6.1f µs/request %8.0f requests/s\n", round+1, p.name, s.cpu, s.rate)
			samples[p.name] = append(samples[p.name], s)
		}
	}
	print(names, samples)
	return nil
}

// print writes medians and their ratio to the others.
func print(names []string, samples map[string][]sample) {
	t := rig.NewTable("Processor time of a load balancer for one request", "proxy", "CPU, µs/request", "requests/s", "p50, ms", "p99, ms", "failed", "grue ÷ it")
	for _, n := range names {
		m, ratio := median(samples[n]), ""
		if !strings.HasPrefix(n, "grue") && len(samples["grue"]) > 0 {
			ratio = rig.Ratio(median(samples["grue"]).cpu, m.cpu)
		}
		t.Row(n, m.cpu, m.rate, rig.Millis(m.p50), rig.Millis(m.p99), m.failed, ratio)
	}
	t.Note("Targets: below httputil and caddy; to haproxy and nginx at most 1.5 ×.")
	t.Print()
}

func median(s []sample) sample {
	s = slices.Clone(s)
	slices.SortFunc(s, func(a, b sample) int { return int((a.cpu - b.cpu) * 1000) })
	return s[len(s)/2]
}
