package blackbox

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/harness"
	"github.com/grue-ecs/grue/test/port"
)

// TestTaskNetwork: the address of a task is told alike by everyone, and is what
// its subnet says; tasks reach each other and the world that exists.
func TestTaskNetwork(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	img := g.Guest(t, "v1", "")
	one := g.RunTask(t, harness.TaskSpec{Family: "net-one", Containers: []types.ContainerDefinition{server("app", img, "8080")}})
	two := g.RunTask(t, harness.TaskSpec{Family: "net-two", Containers: []types.ContainerDefinition{server("app", img, "8080")}, Run: func(in *ecs.RunTaskInput) {
		in.NetworkConfiguration.AwsvpcConfiguration.Subnets = g.Subnets(t)[2:3]
	}})
	a, b := up(t, one, "8080"), up(t, two, "8080")
	if a == b {
		t.Fatalf("two tasks share %s", a)
	}
	for _, x := range []struct {
		task   *harness.Task
		addr   string
		subnet int
	}{{one, a, 0}, {two, b, 2}} {
		now := x.task.Describe(t)
		ip := harness.Detail(now, "privateIPv4Address")
		c := harness.Container(t, now, "app")
		if len(c.NetworkInterfaces) != 1 || *c.NetworkInterfaces[0].PrivateIpv4Address != ip || *c.NetworkInterfaces[0].AttachmentId != *now.Attachments[0].Id {
			t.Errorf("container %+v, attachment %+v", c.NetworkInterfaces, now.Attachments)
		}
		if *now.Attachments[0].Status != "ATTACHED" || *now.Attachments[0].Type != "ElasticNetworkInterface" {
			t.Errorf("attachment %s %s", *now.Attachments[0].Status, *now.Attachments[0].Type)
		}
		if got := ask(t, x.addr, "address"); got != ip {
			t.Errorf("the container has %s, the API says %s", got, ip)
		}
		var eni struct {
			IP     []string `xml:"networkInterfaceSet>item>privateIpAddress"`
			Subnet []string `xml:"networkInterfaceSet>item>subnetId"`
			MAC    []string `xml:"networkInterfaceSet>item>macAddress"`
			AZ     []string `xml:"networkInterfaceSet>item>availabilityZone"`
		}
		query(t, g, &eni, "Action=DescribeNetworkInterfaces&Version=2016-11-15&NetworkInterfaceId.1="+harness.Detail(now, "networkInterfaceId"))
		if fmt.Sprint(eni.IP, eni.Subnet, eni.MAC, eni.AZ) != fmt.Sprint([]string{ip}, []string{harness.Detail(now, "subnetId")}, []string{harness.Detail(now, "macAddress")}, []string{*now.AvailabilityZone}) {
			t.Errorf("EC2 says %+v, ECS %+v in %s", eni, now.Attachments[0].Details, *now.AvailabilityZone)
		}
		var sub struct {
			CIDR []string `xml:"subnetSet>item>cidrBlock"`
			AZ   []string `xml:"subnetSet>item>availabilityZone"`
		}
		id := harness.Detail(now, "subnetId")
		query(t, g, &sub, "Action=DescribeSubnets&Version=2016-11-15&SubnetId.1="+id)
		if id != g.Subnets(t)[x.subnet] || sub.AZ[0] != *now.AvailabilityZone {
			t.Errorf("subnet %s in %s, task in %s", id, sub.AZ[0], *now.AvailabilityZone)
		}
		if p := netip.MustParsePrefix(sub.CIDR[0]); !p.Contains(netip.MustParseAddr(ip)) {
			t.Errorf("address %s is not in %s of its subnet", ip, p)
		}
	}
	if got := ask(t, a, "get", "http://"+b+"/"); got != "v1" {
		t.Errorf("task to task: %q", got)
	}
	for _, name := range []string{"nobody.invalid", "example.com"} {
		if got := ask(t, a, "resolve", name); strings.Contains(got, "timeout") || name == "nobody.invalid" && !strings.Contains(got, "no such host") {
			t.Errorf("resolve %s: %q", name, got)
		}
	}
	two.Stop(t, "")
	two.Stopped(t)
	if got := ask(t, a, "get", "http://"+b+"/", "3s"); !strings.HasPrefix(got, "error") {
		t.Errorf("a stopped task answers %q", got)
	}
}

func query(t *testing.T, g *harness.Grue, into any, form string) {
	t.Helper()
	if err := xml.Unmarshal(g.Query(t, "ec2", form), into); err != nil {
		t.Fatal(err)
	}
}

// TestNetworkModes: host ports of bridge mode, the machine's own network, none.
func TestNetworkModes(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	img := g.Guest(t, "v1", "")
	mode := func(m types.NetworkMode) func(*ecs.RegisterTaskDefinitionInput) {
		return func(in *ecs.RegisterTaskDefinitionInput) { in.NetworkMode = m }
	}
	free := freePort(t)

	c := server("app", img, "8080")
	c.PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(8080)}, {ContainerPort: aws.Int32(8080), HostPort: aws.Int32(free), Protocol: types.TransportProtocolTcp}}
	c.PortMappings = c.PortMappings[:1]
	fixed := server("fixed", img, "8081")
	fixed.PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(8081), HostPort: aws.Int32(free)}}
	bridge := g.RunTask(t, harness.TaskSpec{Family: "net-bridge", Containers: []types.ContainerDefinition{c, fixed}, Define: mode(types.NetworkModeBridge)})
	now := bridge.Running(t)
	if len(now.Attachments) != 0 {
		t.Errorf("a task in bridge mode has attachments %+v", now.Attachments)
	}
	bs := harness.Container(t, now, "app").NetworkBindings
	if len(bs) != 1 || *bs[0].ContainerPort != 8080 || *bs[0].HostPort < 1024 {
		t.Fatalf("networkBindings %+v", bs)
	}
	fs := harness.Container(t, now, "fixed").NetworkBindings
	if len(fs) != 1 || *fs[0].ContainerPort != 8081 || *fs[0].HostPort != free {
		t.Fatalf("networkBindings %+v, want host port %d", fs, free)
	}
	for _, port := range []int32{*bs[0].HostPort, free} {
		harness.Await(t, "host port answers", func() bool { _, err := try(fmt.Sprint("127.0.0.1:", port), "print"); return err == nil })
	}

	hostPort := fmt.Sprint(freePort(t))
	host := g.RunTask(t, harness.TaskSpec{Family: "net-host", Containers: []types.ContainerDefinition{server("app", img, hostPort)}, Define: mode(types.NetworkModeHost)})
	host.Running(t)
	harness.Await(t, "host mode answers", func() bool { _, err := try("127.0.0.1:"+hostPort, "print"); return err == nil })
	if out := ask(t, "127.0.0.1:"+hostPort, "get", g.URL()+"/grue/health"); strings.HasPrefix(out, "error") {
		t.Errorf("a task in host mode cannot reach this machine's loopback: %s", out)
	}

	none := g.RunTask(t, harness.TaskSpec{Family: "net-none", Containers: []types.ContainerDefinition{
		logged(box("app", img, "address ; get http://example.com/ ; exit 0"), "/none"),
	}, Define: func(in *ecs.RegisterTaskDefinitionInput) {
		in.NetworkMode = types.NetworkModeNone
		in.ContainerDefinitions[0].LogConfiguration.Options["awslogs-create-group"] = "true"
	}})
	none.Stopped(t)
	harness.Await(t, "the output", func() bool { return len(messages(t, g, "/none")) > 0 })
	if out := messages(t, g, "/none"); len(out) != 1 || !strings.HasPrefix(out[0], "error") {
		t.Errorf("a task without network: %q", out)
	}
	bridge.Stop(t, "")
	bridge.Stopped(t)
	if _, err := try(fmt.Sprint("127.0.0.1:", free), "print"); err == nil {
		t.Error("the host port of a stopped task answers")
	}
}

func freePort(t *testing.T) int32 {
	t.Helper()
	return int32(port.Free(t))
}

// TestMetadataEndpoint asks 169.254.170.2 from inside a container.
func TestMetadataEndpoint(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	task := g.RunTask(t, harness.TaskSpec{Family: "metadata", Containers: []types.ContainerDefinition{server("app", g.Guest(t, "v1", ""), "8080"), server("side", g.Guest(t, "v1", ""), "8081")}})
	a := up(t, task, "8080")
	decode := func(path string, into any) {
		t.Helper()
		out := ask(t, a, "get", "$ECS_CONTAINER_METADATA_URI_V4"+path)
		if err := json.Unmarshal([]byte(out), into); err != nil {
			t.Fatalf("%s: %v\n%s", path, err, out)
		}
	}
	now := task.Describe(t)
	var c struct {
		DockerID, Name, KnownStatus, Image, ContainerARN string
		Networks                                         []struct{ IPv4Addresses []string }
		Labels                                           map[string]string
	}
	decode("", &c)
	if c.Name != "app" || c.KnownStatus != "RUNNING" || len(c.Networks) != 1 || c.Networks[0].IPv4Addresses[0] != harness.Detail(now, "privateIPv4Address") ||
		c.Labels["com.amazonaws.ecs.task-arn"] != task.ARN || c.ContainerARN != *harness.Container(t, now, "app").ContainerArn {
		t.Errorf("container %+v", c)
	}
	var x struct {
		Cluster, TaskARN, Family, Revision, KnownStatus, LaunchType, AvailabilityZone string
		Limits                                                                        struct{ CPU, Memory float64 }
		Containers                                                                    []struct{ Name string }
	}
	decode("/task", &x)
	if x.TaskARN != task.ARN || x.Family != "metadata" || x.KnownStatus != "RUNNING" || x.Limits.CPU != 0.25 || x.Limits.Memory != 512 || len(x.Containers) != 2 || x.AvailabilityZone != *now.AvailabilityZone {
		t.Errorf("task %+v", x)
	}
	var stats map[string]struct {
		MemoryStats struct{ Usage, Limit uint64 } `json:"memory_stats"`
		CPUStats    struct {
			Usage struct {
				Total uint64 `json:"total_usage"`
			} `json:"cpu_usage"`
		} `json:"cpu_stats"`
	}
	decode("/task/stats", &stats)
	s := stats[*harness.Container(t, now, "app").RuntimeId]
	if len(stats) != 2 || s.MemoryStats.Usage == 0 || s.CPUStats.Usage.Total == 0 {
		t.Errorf("stats %+v of %s", stats, *harness.Container(t, now, "app").RuntimeId)
	}
	if out := ask(t, a, "get", "http://169.254.170.2/v4/guess/task"); !strings.HasPrefix(out, "404 ") {
		t.Errorf("an unknown id: %s", out)
	}
	if out := ask(t, a, "get", "$ECS_AGENT_URI/task-protection/v1/state"); !strings.Contains(out, `"ProtectionEnabled":false`) {
		t.Errorf("protection: %s", out)
	}
	if out := ask(t, a, "put", "$ECS_AGENT_URI/task-protection/v1/state", `{"ProtectionEnabled":true}`); !strings.Contains(out, "TASK_NOT_VALID") {
		t.Errorf("protection of a standalone task: %s", out)
	}
}

// TestTwoGrues run side by side: the same names in both, and neither notices
// when the other goes.
func TestTwoGrues(t *testing.T) {
	t.Parallel()
	g, h := harness.Shared(t), grueFor(t)
	a := g.NewService(t, "twin", g.Guest(t, "first", ""), 1)
	b := h.NewService(t, "twin", h.Guest(t, "second", ""), 1)
	la, lb := harness.StartLoad(t, a.URL), harness.StartLoad(t, b.URL)
	harness.Await(t, "answers of both", func() bool { return la.Seen("first") > 50 && lb.Seen("second") > 50 })
	lb.StopAndExpectNoFailures(t)
	h.Down()
	n := la.Seen("first")
	harness.Await(t, "answers without the other", func() bool { return la.Seen("first") > n+50 })
	la.StopAndExpectNoFailures(t)
	if la.Seen("second")+lb.Seen("first") > 0 {
		t.Error("a load balancer sent to the other grue's task")
	}
}
