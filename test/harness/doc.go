// Package harness runs a real grue for black-box tests: the built binary, its
// processes, its containers, driven over HTTP by public AWS clients.
//
//	g := harness.Start(t)                    // grue up on a free port
//	svc := g.Service(t, harness.ServiceSpec{Image: g.Sample(t, "v1"), Count: 2})
//	load := harness.StartLoad(t, svc.URL)    // steady traffic
//	svc.Update(t, g.Sample(t, "v2"))
//	load.StopAndExpectNoFailures(t)
//
// A test that ends, or fails, leaves no process, mount, bridge or address.
package harness
