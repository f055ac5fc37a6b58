package main

import (
	"os"
	"testing"
)

// TestMain lets the processes of the measurement be this binary.
func TestMain(m *testing.M) {
	if role := os.Getenv("BENCH_ROLE"); role != "" {
		serveRole(role)
		return
	}
	os.Exit(m.Run())
}

// BenchmarkRequest is the program with its defaults, for make bench.
func BenchmarkRequest(b *testing.B) {
	if err := run(4, 3, 64, ""); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(0, "ns/op")
}
