package blackbox

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/grue-ecs/grue/test/harness"
)

// TestConnectSamePort: an endpoint has the port on which the containers of its
// callers listen, and of the service itself: both get what they want.
func TestConnectSamePort(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	const name = "sameport"
	g.Namespace(t, name)
	server := g.NewServiceOf(t, harness.ServiceSpec{
		Name: name, Image: g.Guest(t, "v1", ""), Count: 2, NoBalancer: true, Define: harness.Ports("web"),
		Create: func(in *ecs.CreateServiceInput) {
			in.ServiceConnectConfiguration = harness.Connected(name, harness.Alias("web", name, 8080))
		},
	})
	client := g.NewServiceOf(t, harness.ServiceSpec{
		Name: name + "-caller", Image: g.Guest(t, "caller", ""), Count: 1, NoBalancer: true, Define: harness.Ports("web"),
		Create: func(in *ecs.CreateServiceInput) { in.ServiceConnectConfiguration = harness.Connected(name) },
	})
	for who, s := range map[string]*harness.Service{"the service": server, "another": client} {
		if r := s.Inside(t).Call(t, 10, "http://"+name+":8080/", ""); r.Failed > 0 || r.Answers["v1"] != 10 {
			t.Errorf("%s calls: %+v", who, r)
		}
	}
}
