// Package harness runs a real grue for black-box tests: the built binary, its
// processes, its containers, driven over HTTP by public AWS clients.
//
//	g := harness.Start(t)                    // grue up on a free port
//	svc := g.Service(t, harness.ServiceSpec{Image: g.Sample(t, "v1"), Count: 2})
//	load := harness.StartLoad(t, svc.URL)    // steady traffic
//	svc.Update(t, g.Sample(t, "v2"))
//	load.StopAndExpectNoFailures(t)
//
// Deployments that shift traffic have NewShift instead: two target groups and
// rules for each Front, PAUSE hooks that a test passes, Lambda hooks whose answers
// it gives, alarms, and Traffic that remembers who answered which request when:
//
//	svc := g.NewShift(t, harness.ShiftSpec{Name: "web", Image: g.Guest(t, "v1", ""), Count: 2})
//	load := harness.StartTraffic(t, harness.Lane{Kind: "prod", URL: svc.URL})
//	svc.Configure(t, harness.Canary(5, 0, harness.PauseAt("PRE_PRODUCTION_TRAFFIC_SHIFT")))
//	svc.Update(t, g.Guest(t, "v2", ""))
//	svc.Pass(t, "PRE_PRODUCTION_TRAFFIC_SHIFT", func(types.ServiceDeployment) { load.Only(t, "before the shift", "v1", 50, "prod") })
//	svc.Ended(t)
//
// A test that ends, or fails, leaves no process, mount, bridge or address.
package harness
