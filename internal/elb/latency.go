package elb

import (
	"github.com/grue-ecs/grue/internal/metric"
	"github.com/grue-ecs/grue/internal/route"
)

// Latency is the distribution of response times in a report, in seconds.
func Latency(t *route.Traffic) metric.Sample { return latency(t) }
