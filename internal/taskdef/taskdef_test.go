package taskdef

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// web is a valid definition for Fargate.
func web(change ...func(d *ecs.TaskDefinition)) ecs.TaskDefinition {
	d := ecs.TaskDefinition{
		Family: ptr("web"), NetworkMode: ecs.NetworkModeAwsvpc, Cpu: ptr("256"), Memory: ptr("512"),
		RequiresCompatibilities: []ecs.Compatibility{ecs.CompatibilityFargate},
		ContainerDefinitions: []ecs.ContainerDefinition{{
			Name: ptr("app"), Image: ptr("nginx"), PortMappings: []ecs.PortMapping{{ContainerPort: ptr[int32](80)}},
		}, {Name: ptr("side"), Image: ptr("busybox"), Essential: ptr(false)}},
	}
	for _, f := range change {
		f(&d)
	}
	return d
}

// ec2 is a valid definition for EC2 in bridge mode.
func ec2(change ...func(d *ecs.TaskDefinition)) ecs.TaskDefinition {
	d := ecs.TaskDefinition{
		Family: ptr("web"),
		ContainerDefinitions: []ecs.ContainerDefinition{
			{Name: ptr("app"), Image: ptr("nginx"), Memory: ptr[int32](64)},
			{Name: ptr("side"), Image: ptr("busybox"), Memory: ptr[int32](64), Essential: ptr(false)},
		},
	}
	for _, f := range change {
		f(&d)
	}
	return d
}

// app changes the first container.
func app(f func(c *ecs.ContainerDefinition)) func(*ecs.TaskDefinition) {
	return func(d *ecs.TaskDefinition) { f(&d.ContainerDefinitions[0]) }
}

func side(f func(c *ecs.ContainerDefinition)) func(*ecs.TaskDefinition) {
	return func(d *ecs.TaskDefinition) { f(&d.ContainerDefinitions[1]) }
}

func check(d ecs.TaskDefinition) error {
	n, err := Normalise(d)
	if err != nil {
		return err
	}
	return Validate(&n)
}

func TestValidate(t *testing.T) {
	type def = ecs.TaskDefinition
	type con = ecs.ContainerDefinition
	tests := []struct {
		name string
		def  def
		want string // "" = valid
	}{
		{"fargate", web(), ""},
		{"ec2", ec2(), ""},
		{"no family", web(func(d *def) { d.Family = nil }), "Family should not be null or empty."},
		{"odd family", web(func(d *def) { d.Family = ptr("a/b") }), "Family 'a/b' is not valid"},
		{"no containers", web(func(d *def) { d.ContainerDefinitions = nil }), "Container list cannot be empty."},
		{"eleven containers", web(func(d *def) { d.ContainerDefinitions = make([]con, 11) }), "at most 10 containers"},
		{"no name", web(app(func(c *con) { c.Name = nil })), "Container.name should not be null or empty."},
		{"odd name", web(app(func(c *con) { c.Name = ptr("a b") })), "Container name 'a b' is not valid"},
		{"same name", web(side(func(c *con) { c.Name = ptr("app") })), "Container name 'app' is used more than once"},
		{"no image", web(app(func(c *con) { c.Image = nil })), "Container.image should not be null or empty."},
		{"image with space", web(app(func(c *con) { c.Image = ptr("a b") })), "not a valid image reference"},
		{"nothing essential", web(app(func(c *con) { c.Essential = ptr(false) })), "Task definition must have at least one essential container."},
		{"no memory", ec2(app(func(c *con) { c.Memory = nil })), "Invalid setting for container 'app'. At least one of 'memory' or 'memoryReservation' must be specified."},
		{"reservation only", ec2(app(func(c *con) { c.Memory, c.MemoryReservation = nil, ptr[int32](64) })), ""},
		{"task memory is enough", ec2(func(d *def) {
			d.Memory = ptr("1 GB")
			d.ContainerDefinitions[0].Memory, d.ContainerDefinitions[1].Memory = nil, nil
		}), ""},
		{"memory too small", ec2(app(func(c *con) { c.Memory = ptr[int32](5) })), "'memory' must be at least 6 MiB"},
		{"reservation above memory", ec2(app(func(c *con) { c.MemoryReservation = ptr[int32](65) })), "must not be greater than 'memory'"},
		{"containers above task memory", web(app(func(c *con) { c.Memory = ptr[int32](513) })), "greater than the 'memory' of the task"},
		{"sum above task memory", web(app(func(c *con) { c.MemoryReservation = ptr[int32](300) }), side(func(c *con) { c.MemoryReservation = ptr[int32](300) })), "total memory"},
		{"sum above task cpu", web(app(func(c *con) { c.Cpu = 200 }), side(func(c *con) { c.Cpu = 100 })), "total number of CPU units"},
		{"cpu too small", ec2(func(d *def) { d.Cpu = ptr("100") }), "between 128 and 196608"},
		{"bad cpu", web(func(d *def) { d.Cpu = ptr("quarter") }), "Invalid 'cpu' setting for task"},
		{"bad memory", web(func(d *def) { d.Memory = ptr("-1") }), "Invalid 'memory' setting for task"},
		{"fargate without cpu", web(func(d *def) { d.Cpu = nil }), "Fargate requires that 'cpu' be defined at the task level."},
		{"fargate without memory", web(func(d *def) { d.Memory = nil }, app(func(c *con) { c.Memory = ptr[int32](64) }), side(func(c *con) { c.Memory = ptr[int32](64) })), "Fargate requires that 'memory' be defined at the task level."},
		{"fargate combination", web(func(d *def) { d.Memory = ptr("4096") }), "No Fargate configuration exists for given values: 256 CPU, 4096 memory."},
		{"fargate bridge", web(func(d *def) { d.NetworkMode = ecs.NetworkModeBridge }), "Fargate only supports network mode ‘awsvpc’."},
		{"fargate privileged", web(app(func(c *con) { c.Privileged = ptr(true) })), "'privileged' is not supported for Fargate."},
		{"fargate dns", web(app(func(c *con) { c.DnsServers = []string{"1.1.1.1"} })), "'dnsServers' is not supported for Fargate."},
		{"fargate capability", web(app(func(c *con) {
			c.LinuxParameters = &ecs.LinuxParameters{Capabilities: &ecs.KernelCapabilities{Add: []string{"NET_ADMIN"}}}
		})), "SYS_PTRACE"},
		{"fargate ptrace", web(app(func(c *con) {
			c.LinuxParameters = &ecs.LinuxParameters{Capabilities: &ecs.KernelCapabilities{Add: []string{"SYS_PTRACE"}}}
		})), ""},
		{"fargate stop timeout", web(app(func(c *con) { c.StopTimeout = ptr[int32](121) })), "'stopTimeout' must be between"},
		{"ec2 stop timeout", ec2(app(func(c *con) { c.StopTimeout = ptr[int32](121) })), ""},
		{"fargate json-file", web(app(func(c *con) { c.LogConfiguration = &ecs.LogConfiguration{LogDriver: ecs.LogDriverJsonFile} })), "not supported for Fargate"},
		{"awslogs without group", ec2(app(func(c *con) { c.LogConfiguration = &ecs.LogConfiguration{LogDriver: ecs.LogDriverAwslogs} })), "Log driver awslogs requires options: awslogs-group"},
		{"awslogs without role", web(app(func(c *con) {
			c.LogConfiguration = &ecs.LogConfiguration{LogDriver: ecs.LogDriverAwslogs, Options: map[string]string{"awslogs-group": "g"}}
		})), "Fargate requires task definition to have execution role ARN to support log driver awslogs."},
		{"log driver", ec2(app(func(c *con) { c.LogConfiguration = &ecs.LogConfiguration{LogDriver: "paper"} })), "The log driver 'paper' is not valid"},
		{"awsvpc ports", web(app(func(c *con) { c.PortMappings[0].HostPort = ptr[int32](81) })), "When networkMode=awsvpc, the host ports and container ports in port mappings must match."},
		{"port zero", web(app(func(c *con) { c.PortMappings[0].ContainerPort = ptr[int32](0) })), "The containerPort 0 is not valid"},
		{"no port", web(app(func(c *con) { c.PortMappings[0].ContainerPort = nil })), "The containerPort 0 is not valid"},
		{"two protocols", web(app(func(c *con) {
			c.PortMappings = append(c.PortMappings, ecs.PortMapping{ContainerPort: ptr[int32](80), Protocol: ecs.TransportProtocolUdp})
		})), "cannot be exposed for two protocols"},
		{"port twice in a task", web(side(func(c *con) { c.PortMappings = []ecs.PortMapping{{ContainerPort: ptr[int32](80)}} })), "The port 80/tcp is used by container 'app' and again by container 'side'."},
		{"dynamic ports in bridge", ec2(app(func(c *con) { c.PortMappings = []ecs.PortMapping{{ContainerPort: ptr[int32](80)}} }), side(func(c *con) { c.PortMappings = []ecs.PortMapping{{ContainerPort: ptr[int32](80)}} })), ""},
		{"ports in none", ec2(func(d *def) { d.NetworkMode = ecs.NetworkModeNone }, app(func(c *con) { c.PortMappings = []ecs.PortMapping{{ContainerPort: ptr[int32](80)}} })), "networkMode=none"},
		{"port name", web(app(func(c *con) { c.PortMappings[0].Name = ptr("-web") })), "The port mapping name '-web' is not valid"},
		{"port name twice", web(app(func(c *con) { c.PortMappings[0].Name = ptr("web") }), side(func(c *con) {
			c.PortMappings = []ecs.PortMapping{{ContainerPort: ptr[int32](81), Name: ptr("web")}}
		})), "used more than once"},
		{"app protocol", web(app(func(c *con) { c.PortMappings[0].AppProtocol = "smtp" })), "appProtocol 'smtp' is not valid"},
		{"range", web(app(func(c *con) { c.PortMappings = []ecs.PortMapping{{ContainerPortRange: ptr("8000-8100")}} })), ""},
		{"range backwards", web(app(func(c *con) { c.PortMappings = []ecs.PortMapping{{ContainerPortRange: ptr("9-8")}} })), "The containerPortRange '9-8' is not valid"},
		{"range overlap", web(app(func(c *con) {
			c.PortMappings = []ecs.PortMapping{{ContainerPortRange: ptr("10-20")}, {ContainerPortRange: ptr("20-30")}}
		})), "overlaps"},
		{"health command", web(app(func(c *con) { c.HealthCheck = &ecs.HealthCheck{} })), "Health check command must not be empty."},
		{"health form", web(app(func(c *con) { c.HealthCheck = &ecs.HealthCheck{Command: []string{"curl"}} })), "must begin with 'CMD' or 'CMD-SHELL'"},
		{"health interval", web(app(func(c *con) {
			c.HealthCheck = &ecs.HealthCheck{Command: []string{"CMD", "true"}, Interval: ptr[int32](4)}
		})), "'healthCheck.interval' must be between 5 and 300"},
		{"health start period", web(app(func(c *con) {
			c.HealthCheck = &ecs.HealthCheck{Command: []string{"CMD", "true"}, StartPeriod: ptr[int32](301)}
		})), "'healthCheck.startPeriod' must be between 0 and 300"},
		{"depends on nothing", web(app(func(c *con) {
			c.DependsOn = []ecs.ContainerDependency{{ContainerName: ptr("x"), Condition: ecs.ContainerConditionStart}}
		})), "which is not in the task definition"},
		{"depends on itself", web(app(func(c *con) {
			c.DependsOn = []ecs.ContainerDependency{{ContainerName: ptr("app"), Condition: ecs.ContainerConditionStart}}
		})), "cannot depend on itself"},
		{"complete on essential", web(side(func(c *con) {
			c.DependsOn = []ecs.ContainerDependency{{ContainerName: ptr("app"), Condition: ecs.ContainerConditionComplete}}
		})), "cannot be set on the essential container 'app'"},
		{"healthy without check", web(app(func(c *con) {
			c.DependsOn = []ecs.ContainerDependency{{ContainerName: ptr("side"), Condition: ecs.ContainerConditionHealthy}}
		})), "needs a health check in container 'side'"},
		{"odd condition", web(app(func(c *con) { c.DependsOn = []ecs.ContainerDependency{{ContainerName: ptr("side"), Condition: "SOON"}} })), "'SOON' is not valid"},
		{"circle", web(app(func(c *con) {
			c.DependsOn = []ecs.ContainerDependency{{ContainerName: ptr("side"), Condition: ecs.ContainerConditionStart}}
		}), side(func(c *con) {
			c.DependsOn = []ecs.ContainerDependency{{ContainerName: ptr("app"), Condition: ecs.ContainerConditionStart}}
		})), "cycle in the container dependencies: app -> side -> app"},
		{"unknown volume", web(app(func(c *con) { c.MountPoints = []ecs.MountPoint{{SourceVolume: ptr("v"), ContainerPath: ptr("/v")}} })), "refers to the volume 'v'"},
		{"volume twice", web(func(d *def) { d.Volumes = []ecs.Volume{{Name: ptr("v")}, {Name: ptr("v")}} }), "defined more than once"},
		{"volume of two kinds", ec2(func(d *def) {
			d.Volumes = []ecs.Volume{{Name: ptr("v"), Host: &ecs.HostVolumeProperties{}, DockerVolumeConfiguration: &ecs.DockerVolumeConfiguration{}}}
		}), "exactly one of"},
		{"host volume on fargate", web(func(d *def) {
			d.Volumes = []ecs.Volume{{Name: ptr("v"), Host: &ecs.HostVolumeProperties{SourcePath: ptr("/x")}}}
		}), "do not support sourcePath"},
		{"volumesFrom nobody", web(app(func(c *con) { c.VolumesFrom = []ecs.VolumeFrom{{SourceContainer: ptr("x")}} })), "volumesFrom names the container 'x'"},
		{"links under awsvpc", web(app(func(c *con) { c.Links = []string{"side"} })), "Links are only supported when networkMode=bridge."},
		{"links in bridge", ec2(app(func(c *con) { c.Links = []string{"side:s"} })), ""},
		{"hostname under awsvpc", web(app(func(c *con) { c.Hostname = ptr("h") })), "hostname is not supported on container when networkMode=awsvpc."},
		{"env and secret", ec2(app(func(c *con) {
			c.Environment = []ecs.KeyValuePair{{Name: ptr("A"), Value: ptr("1")}}
			c.Secrets = []ecs.Secret{{Name: ptr("A"), ValueFrom: ptr("/a")}}
		})), "The secret name must be unique and not shared with any new or existing environment variables"},
		{"environment file", ec2(app(func(c *con) {
			c.EnvironmentFiles = []ecs.EnvironmentFile{{Type: "s3", Value: ptr("arn:aws:s3:::b/a.txt")}}
		})), "ends in .env"},
		{"restart period", web(app(func(c *con) {
			c.RestartPolicy = &ecs.ContainerRestartPolicy{Enabled: ptr(true), RestartAttemptPeriod: ptr[int32](59)}
		})), "between 60 and 1800"},
		{"restart without enabled", web(app(func(c *con) { c.RestartPolicy = &ecs.ContainerRestartPolicy{} })), "'restartPolicy.enabled' is required"},
		{"ulimit", web(app(func(c *con) { c.Ulimits = []ecs.Ulimit{{Name: "nofile", SoftLimit: 2, HardLimit: 1}} })), "above its hard limit"},
		{"ephemeral storage", web(func(d *def) { d.EphemeralStorage = &ecs.EphemeralStorage{SizeInGiB: 20} }), "between 21 GiB and 200 GiB"},
		{"network mode", web(func(d *def) { d.NetworkMode = "vpc" }), "Network mode 'vpc' is not valid"},
		{"compatibility", web(func(d *def) { d.RequiresCompatibilities = []ecs.Compatibility{"LAMBDA"} }), "Compatibility 'LAMBDA' is not valid"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := check(tt.def)
			if tt.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var e *Error
			if !errors.As(err, &e) || !strings.Contains(e.Message, tt.want) {
				t.Fatalf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestSizes(t *testing.T) {
	for in, want := range map[string]string{
		"256": "256", ".25 vCPU": "256", "0.25 vcpu": "256", "1vCPU": "1024", " 2 VCPU ": "2048", "512": "512",
	} {
		if got, err := normalSize(&in, parseCPU, "cpu"); err != nil || *got != want {
			t.Errorf("cpu %q = %v, %v; want %s", in, got, err, want)
		}
	}
	for in, want := range map[string]string{"512": "512", "0.5GB": "512", "1 GB": "1024", "30 gb": "30720"} {
		if got, err := normalSize(&in, parseMemory, "memory"); err != nil || *got != want {
			t.Errorf("memory %q = %v, %v; want %s", in, got, err, want)
		}
	}
	for _, in := range []string{"x", "0", "-1", "1e3 GB", "Inf GB", "GB", "1..2 GB", "99999999999999"} {
		if got, err := normalSize(&in, parseMemory, "memory"); err == nil {
			t.Errorf("memory %q = %s", in, *got)
		}
	}
}

func TestFargateSizes(t *testing.T) {
	for _, tt := range []struct {
		cpu, memory int
		ok          bool
	}{
		{256, 512, true},
		{256, 2048, true},
		{256, 3072, false},
		{512, 4096, true},
		{512, 512, false},
		{1024, 8192, true},
		{2048, 4096, true},
		{2048, 4097, false},
		{4096, 30720, true},
		{8192, 16384, true},
		{8192, 18432, false},
		{16384, 122880, true},
		{32768, 249856, true},
		{32768, 65536, false},
		{300, 512, false},
	} {
		if got := FargateSize(tt.cpu, tt.memory); got != tt.ok {
			t.Errorf("FargateSize(%d, %d) = %v", tt.cpu, tt.memory, got)
		}
	}
}

func TestNormaliseFillsIn(t *testing.T) {
	in := web(func(d *ecs.TaskDefinition) { d.Cpu, d.Memory = ptr(".25 vCPU"), ptr("0.5GB") },
		app(func(c *ecs.ContainerDefinition) {
			c.HealthCheck = &ecs.HealthCheck{Command: []string{"CMD", "true"}}
			c.PortMappings[0].Protocol = "sctp"
		}))
	d, err := Normalise(in)
	if err != nil {
		t.Fatal(err)
	}
	c := d.ContainerDefinitions[0]
	if *d.Cpu != "256" || *d.Memory != "512" || !*c.Essential || c.Environment == nil || c.MountPoints == nil {
		t.Errorf("got %+v", d)
	}
	if p := c.PortMappings[0]; p.Protocol != "tcp" || *p.HostPort != 80 {
		t.Errorf("port %+v", p)
	}
	if h := c.HealthCheck; *h.Interval != 30 || *h.Timeout != 5 || *h.Retries != 3 || h.StartPeriod != nil {
		t.Errorf("health %+v", h)
	}
	if in.ContainerDefinitions[0].Essential != nil || in.ContainerDefinitions[0].HealthCheck.Interval != nil {
		t.Error("the argument was changed")
	}
	bridge, _ := Normalise(ec2(app(func(c *ecs.ContainerDefinition) { c.PortMappings = []ecs.PortMapping{{ContainerPort: ptr[int32](80)}} })))
	if p := bridge.ContainerDefinitions[0].PortMappings[0]; *p.HostPort != 0 {
		t.Errorf("a dynamic host port is shown as 0, not %d", *p.HostPort)
	}
}

func TestCompatibilitiesAndAttributes(t *testing.T) {
	d, _ := Normalise(web())
	if got := Compatibilities(&d); !slices.Equal(got, []ecs.Compatibility{"EC2", "FARGATE"}) {
		t.Errorf("fargate definition: %v", got)
	}
	e, _ := Normalise(ec2())
	if got := Compatibilities(&e); !slices.Equal(got, []ecs.Compatibility{"EXTERNAL", "EC2"}) {
		t.Errorf("bridge definition: %v", got)
	}
	d.TaskRoleArn = ptr("arn:aws:iam::1:role/r")
	var names []string
	for _, a := range Requires(&d) {
		names = append(names, *a.Name)
	}
	for _, want := range []string{"ecs.capability.task-eni", "com.amazonaws.ecs.capability.task-iam-role"} {
		if !slices.Contains(names, want) {
			t.Errorf("%v lacks %s", names, want)
		}
	}
}

func TestEqual(t *testing.T) {
	a, _ := Normalise(web())
	b, _ := Normalise(web(func(d *ecs.TaskDefinition) { d.Family, d.Revision = ptr("other"), 7 }))
	if !Equal(&a, &b) {
		t.Error("family and revision make a difference")
	}
	b.ContainerDefinitions[0].Image = ptr("nginx:2")
	if Equal(&a, &b) {
		t.Error("an image makes no difference")
	}
}

func TestUnsupported(t *testing.T) {
	if d := web(); Unsupported(&d) != "" {
		t.Error("a plain definition is not supported")
	}
	efs := web(func(d *ecs.TaskDefinition) {
		d.Volumes = []ecs.Volume{{Name: ptr("v"), EfsVolumeConfiguration: &ecs.EFSVolumeConfiguration{FileSystemId: ptr("fs-1")}}}
	})
	if why := Unsupported(&efs); !strings.Contains(why, "efsVolumeConfiguration") {
		t.Errorf("got %q", why)
	}
}

// FuzzNormalise: nothing panics, and normalising twice is normalising once.
func FuzzNormalise(f *testing.F) {
	f.Add("web", "awsvpc", ".25 vCPU", "0.5GB", "app", "nginx", int32(80), int32(0), "tcp", "80-90", "CMD", "side", "v")
	f.Add("", "bridge", "", "", "", "", int32(-1), int32(70000), "udp", "9-", "", "app", "")
	f.Fuzz(func(t *testing.T, family, mode, cpu, memory, name, image string, port, host int32, proto, ports, command, other, volume string) {
		d := ecs.TaskDefinition{
			Family: &family, NetworkMode: ecs.NetworkMode(mode), Cpu: &cpu, Memory: &memory,
			Volumes: []ecs.Volume{{Name: &volume}},
			ContainerDefinitions: []ecs.ContainerDefinition{{
				Name: &name, Image: &image,
				PortMappings: []ecs.PortMapping{{ContainerPort: &port, HostPort: &host, Protocol: ecs.TransportProtocol(proto)}, {ContainerPort: &port}, {ContainerPortRange: &ports}},
				HealthCheck:  &ecs.HealthCheck{Command: []string{command, command}},
				DependsOn:    []ecs.ContainerDependency{{ContainerName: &other, Condition: "START"}},
				MountPoints:  []ecs.MountPoint{{SourceVolume: &volume, ContainerPath: &name}},
			}, {Name: &other, Image: &image, DependsOn: []ecs.ContainerDependency{{ContainerName: &name, Condition: "START"}}}},
		}
		once, err := Normalise(d)
		if err != nil {
			return
		}
		twice, err := Normalise(once)
		if err != nil || !reflect.DeepEqual(once, twice) {
			t.Fatalf("twice is not once: %v\n%+v\n%+v", err, once, twice)
		}
		_ = Validate(&once)
		_, _, _ = Compatibilities(&once), Requires(&once), Unsupported(&once)
	})
}
