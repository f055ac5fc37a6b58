//go:build slow

package blackbox

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	sdtypes "github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	"github.com/grue-ecs/grue/test/harness"
)

// TestSlowEveryWay: a service behind a network load balancer, in a Service Connect
// namespace and with names in DNS at once moves on all of them; nobody's call fails.
func TestSlowEveryWay(t *testing.T) {
	t.Parallel()
	g := harness.Start(t, "--minute", "1s")
	g.Namespace(t, "every")
	d := newDiscovery(t, g, "every.local")
	registry := d.registry("api", sdtypes.RecordTypeA)
	svc := g.NewShift(t, harness.ShiftSpec{
		Name: "every", Image: g.Guest(t, "v1", ""), Count: 2, Fronts: []harness.FrontSpec{overTCP},
		Define: func(in *ecs.RegisterTaskDefinitionInput) {
			in.ContainerDefinitions[0].PortMappings[0].Name, in.ContainerDefinitions[0].PortMappings[0].AppProtocol = aws.String("web"), types.ApplicationProtocolHttp
		},
		Create: func(in *ecs.CreateServiceInput) {
			in.ServiceConnectConfiguration = harness.Connected("every", harness.Alias("web", "every", 80))
			in.ServiceRegistries = []types.ServiceRegistry{{RegistryArn: registry.Arn}}
		},
	})
	in := caller(t, g, "every").Inside(t)
	in.Drive(t, "connect", "http://every/", "")
	load := harness.StartTraffic(t, lanes(svc.Fronts[0])...)
	seen, stop := d.calls("http://api.every.local:8080/")
	harness.Await(t, "an answer of v1 by DNS", func() bool { return seen("v1") })
	svc.Configure(t, harness.BlueGreen(0, harness.PauseAt(postTest, postShift)))
	svc.Update(t, g.Guest(t, "v2", ""))
	svc.Pass(t, postTest, func(types.ServiceDeployment) {
		load.Only(t, "tested", "v1", 20, "short")
		answered(t, "tested", in, "http://every/", "", 20, harness.Counts{"v1": 20})
		answered(t, "tested", in, "http://every/", blueGreenHeader+"x", 20, harness.Counts{"v2": 20})
	})
	svc.Pass(t, postShift, func(types.ServiceDeployment) {
		load.Only(t, "shifted", "v2", 20, "short")
		answered(t, "shifted", in, "http://every/", "", 20, harness.Counts{"v2": 20})
	})
	if d := svc.Ended(t); d.Status != successful {
		t.Fatalf("%s %s\n%s", d.Status, value(d.StatusReason), svc.Story(t))
	}
	answered(t, "at the end", in, "http://every/", "", 20, harness.Counts{"v2": 20})
	load.Only(t, "at the end", "v2", 20, "short", "long")
	harness.Await(t, "an answer of v2 by DNS", func() bool { return seen("v2") })
	if failed := stop(); len(failed) > 0 {
		t.Errorf("calls by DNS that failed: %v", failed)
	}
	load.StopAndExpectNoFailures(t)
	in.NoFailures(t, "connect")
}
