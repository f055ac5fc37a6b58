// Package metric keeps time series in memory: what load balancers, tasks and
// users count, under CloudWatch's names.
//
//	Add(metric, value, at) ─► series ─► one point a minute, 15 days
//	                                └─► high resolution: one a second, 3 hours
//	Query(metric, start, end, period) ─► datapoints ─ Statistic("p99.9") ─► value
//
// A point holds sum, sample count, minimum, maximum and a sketch of the
// distribution, from which percentiles are computed with a relative error of at
// most 1 %. A point whose samples are all equal needs no sketch.
//
// A minute lasts Options.Minute of real time, and a second a sixtieth of it:
// a period of 300 seconds covers five such minutes, so that alarms fire inside a
// shortened bake. Timestamps are real.
//
// Memory is bounded: old points leave after their time, and beyond
// Options.MaxPoints the series that went longest without a sample leave first.
//
// Files: metric.go (names), store.go (Add), series.go (points), sketch.go
// (distributions), query.go (Query, List), statistic.go,
// extended.go (trimmed means and their like), bound.go.
package metric
