package metric

import (
	"fmt"
	"testing"
	"time"
)

// A sample of each of a thousand metrics that exist already.
func BenchmarkAddToThousand(b *testing.B) {
	s := New(Options{})
	all := make([]Metric, 1000)
	for i := range all {
		all[i] = Metric{Namespace: "AWS/ApplicationELB", Name: "RequestCount", Unit: "Count", Dimensions: Dims("LoadBalancer", "app/web/50dc6c495c0c9188", "TargetGroup", fmt.Sprintf("targetgroup/group-%d/73e2d6bc24d8a067", i))}
	}
	at := time.Now()
	b.ReportAllocs()
	for b.Loop() {
		for i := range all {
			s.AddSample(all[i], Of(1, 10), at)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/sample")
}
