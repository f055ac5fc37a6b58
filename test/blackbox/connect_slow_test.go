//go:build slow

package blackbox

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/harness"
)

// TestSlowConnectKills: while traffic moves step by step, a killed server costs no
// call; a killed proxy costs those that were under way through it.
func TestSlowConnectKills(t *testing.T) {
	t.Parallel()
	g := harness.Start(t, "--minute", "1s")
	m := newMesh(t, g, "skill", 2)
	m.server.Configure(t, harness.Linear(25, 2))
	in := m.client.Inside(t)
	in.Drive(t, "calls", m.url, "")
	m.server.Update(t, g.Guest(t, "v2", ""))
	m.server.At(t, shift)
	g.Kill("server")
	g.Healthy()
	if d := m.server.Ended(t); d.Status != types.ServiceDeploymentStatusSuccessful {
		t.Fatal(d.Status)
	}
	in.NoFailures(t, "calls")
	m.server.Update(t, g.Guest(t, "v3", ""))
	m.server.At(t, shift)
	g.Kill("proxy")
	if d := m.server.Ended(t); d.Status != types.ServiceDeploymentStatusSuccessful {
		t.Fatal(d.Status)
	}
	r := in.Report(t, "calls")
	t.Logf("the killed proxy cost %d of %d calls: %q", r.Failed, r.Total, r.Errors)
	if r.Failed > 2 || r.Answers["v2"] == 0 || r.Answers["v3"] == 0 { // two connections call
		t.Errorf("%+v", r)
	}
	answered(t, "after all", in, m.url, "", 20, harness.Counts{"v3": 20})
}

// TestSlowConnectBridge: tasks in bridge mode provide endpoints, too.
func TestSlowConnectBridge(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	g.Namespace(t, "sbridge")
	server := g.NewServiceOf(t, harness.ServiceSpec{
		Name: "sbridge", Image: g.Guest(t, "v1", ""), Count: 2, NoBalancer: true,
		Define: func(in *ecs.RegisterTaskDefinitionInput) {
			harness.Ports("web")(in)
			in.NetworkMode, in.RequiresCompatibilities = types.NetworkModeBridge, nil
		},
		Create: func(in *ecs.CreateServiceInput) {
			in.LaunchType, in.NetworkConfiguration = types.LaunchTypeEc2, nil
			in.ServiceConnectConfiguration = harness.Connected("sbridge", harness.Alias("web", "sbridge", 80))
		},
	})
	in := caller(t, g, "sbridge").Inside(t)
	in.Drive(t, "all", "http://sbridge/", "")
	replace(t, server, g.Guest(t, "v2", ""), types.ServiceDeploymentStatusSuccessful)
	answered(t, "bridge", in, "http://sbridge/", "", 20, harness.Counts{"v2": 20})
	in.NoFailures(t, "all")
}
