package blackbox

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/harness"
)

// mesh is a service that provides the endpoint <name>:80, and one that calls it.
type mesh struct {
	server, client *harness.Service
	url            string
}

// newMesh makes both, each with an own namespace. The server runs the image v1.
func newMesh(t *testing.T, g *harness.Grue, name string, count int32) *mesh {
	t.Helper()
	g.Namespace(t, name)
	m := &mesh{url: "http://" + name + "/"}
	m.server = g.NewServiceOf(t, harness.ServiceSpec{
		Name: name, Image: g.Guest(t, "v1", ""), Count: count, NoBalancer: true, Define: harness.Ports("web"),
		Create: func(in *ecs.CreateServiceInput) {
			in.ServiceConnectConfiguration = harness.Connected(name, harness.Alias("web", name, 80))
		},
	})
	m.client = caller(t, g, name)
	return m
}

// caller makes a client-only service of a namespace with one task.
func caller(t *testing.T, g *harness.Grue, namespace string) *harness.Service {
	t.Helper()
	return g.NewServiceOf(t, harness.ServiceSpec{
		Name: namespace + "-caller", Image: g.Guest(t, "caller", ""), Count: 1, NoBalancer: true,
		Create: func(in *ecs.CreateServiceInput) { in.ServiceConnectConfiguration = harness.Connected(namespace) },
	})
}

func TestConnectRolling(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	m := newMesh(t, g, "scroll", 2)
	in := m.client.Inside(t)
	for _, url := range []string{m.url, "http://scroll.scroll/"} {
		if r := in.Call(t, 10, url, ""); r.Failed > 0 || r.Answers["v1"] != 10 {
			t.Fatalf("%s: %+v", url, r)
		}
	}
	in.Drive(t, "all", m.url, "")
	replace(t, m.server, g.Guest(t, "v2", ""), types.ServiceDeploymentStatusSuccessful)
	if r := in.Call(t, 10, m.url, ""); r.Answers["v2"] != 10 {
		t.Errorf("%+v", r)
	}
	if r := in.NoFailures(t, "all"); r.Answers["v1"] == 0 || r.Answers["v2"] == 0 {
		t.Error("the calls did not see both versions")
	}
}

// TestConnectLeaves: a request that is under way when its task is stopped ends
// well, and the task is stopped as soon as it has; a newer deployment that
// interrupts a shift loses nothing either.
func TestConnectLeaves(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	m := newMesh(t, g, "sleave", 1)
	in := m.client.Inside(t)
	in.Drive(t, "slow", m.url+"slow?for=2s", "")
	in.Drive(t, "all", m.url, "")
	replace(t, m.server, g.Guest(t, "v2", ""), types.ServiceDeploymentStatusSuccessful)
	m.server.Configure(t, harness.Canary(50, 0, harness.PauseAt(preShift)))
	m.server.Update(t, g.Guest(t, "v3", ""))
	m.server.Pass(t, preShift, nil)
	m.server.Paused(t, preShift)
	harness.Await(t, "a call of the canary", func() bool { return saw(t, in, "all", "v3") })
	m.server.Configure(t, harness.Rolling())
	replace(t, m.server, g.Guest(t, "v4", ""), types.ServiceDeploymentStatusSuccessful)
	answered(t, "at the end", in, m.url, "", 10, harness.Counts{"v4": 10})
	harness.Await(t, "a slow call of the last version", func() bool { return saw(t, in, "slow", "v4") })
	in.NoFailures(t, "all")
}

// saw tells whether a version answered on a lane since its last report; a call that
// failed fails the test.
func saw(t *testing.T, in harness.Inside, lane, version string) bool {
	t.Helper()
	r := in.Report(t, lane)
	if r.Failed > 0 {
		t.Errorf("%d of %d calls of %s failed: %q", r.Failed, r.Total, lane, r.Errors)
	}
	return r.Answers[version] > 0
}
