package metadata

import (
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/state"
)

// containerDocument is a container as metadata version 4 shows it.
type containerDocument struct {
	DockerID      string `json:"DockerId"`
	Name          string
	DockerName    string
	Image         string
	ImageID       string         `json:",omitempty"`
	Ports         []portDocument `json:",omitempty"`
	Labels        map[string]string
	DesiredStatus string
	KnownStatus   string
	ExitCode      *int `json:",omitempty"`
	Limits        containerLimits
	CreatedAt     string `json:",omitempty"`
	StartedAt     string `json:",omitempty"`
	FinishedAt    string `json:",omitempty"`
	Type          string
	Health        *healthDocument   `json:"Health,omitempty"`
	LogDriver     string            `json:",omitempty"`
	LogOptions    map[string]string `json:",omitempty"`
	ContainerARN  string
	Networks      []networkDocument `json:",omitempty"`
	RestartCount  *int              `json:",omitempty"`
	Snapshotter   string
}

type containerLimits struct{ CPU, Memory int64 }

type healthDocument struct {
	Status string `json:"status"`
}

type portDocument struct {
	ContainerPort int
	Protocol      string
	HostPort      int    `json:",omitempty"`
	HostIP        string `json:"HostIp,omitempty"`
}

type networkDocument struct {
	NetworkMode              string
	IPv4Addresses            []string
	AttachmentIndex          *int     `json:",omitempty"`
	MACAddress               string   `json:",omitempty"`
	IPv4SubnetCIDRBlock      string   `json:",omitempty"`
	DomainNameServers        []string `json:",omitempty"`
	PrivateDNSName           string   `json:",omitempty"`
	SubnetGatewayIpv4Address string   `json:",omitempty"`
}

func containerDoc(s subject, i int) containerDocument {
	t, c, def := s.task, s.task.Containers[i], s.def.Def.V.ContainerDefinitions[i]
	d := containerDocument{
		DockerID: c.RuntimeID, Name: c.Name,
		DockerName: fmt.Sprintf("ecs-%s-%d-%s-%s", s.def.Family, s.def.Revision, c.Name, t.ID[:12]),
		Image:      c.Image, ImageID: c.Digest, Labels: containerLabels(s, c.Name, def.DockerLabels),
		DesiredStatus: t.DesiredStatus, KnownStatus: c.Status, ExitCode: c.ExitCode,
		Limits:    containerLimits{int64(def.Cpu), int64(aws.ToInt32(def.Memory))},
		CreatedAt: stamp(c.Created), StartedAt: stamp(c.Started), FinishedAt: stamp(c.Finished),
		Type: "NORMAL", ContainerARN: t.Scope.Container(t.Cluster, t.ID, c.UUID), Snapshotter: "overlayfs",
	}
	if def.HealthCheck != nil {
		d.Health = &healthDocument{c.Health}
	}
	if l := def.LogConfiguration; l != nil {
		d.LogDriver, d.LogOptions = string(l.LogDriver), l.Options
	}
	if p := def.RestartPolicy; p != nil && aws.ToBool(p.Enabled) {
		d.RestartCount = aws.Int(c.Restarts)
	}
	for _, p := range c.Ports {
		d.Ports = append(d.Ports, portDocument{p.Container, p.Protocol, p.Host, p.BindIP})
	}
	if t.IP != "" {
		d.Networks = []networkDocument{network(t)}
	}
	return d
}

func containerLabels(s subject, name string, own map[string]string) map[string]string {
	labels := map[string]string{
		"com.amazonaws.ecs.cluster":                 s.task.Scope.Cluster(s.task.Cluster),
		"com.amazonaws.ecs.container-name":          name,
		"com.amazonaws.ecs.task-arn":                s.task.ARN(),
		"com.amazonaws.ecs.task-definition-family":  s.def.Family,
		"com.amazonaws.ecs.task-definition-version": strconv.Itoa(s.def.Revision),
	}
	for k, v := range own {
		labels[k] = v
	}
	return labels
}

func network(t *state.Task) networkDocument {
	n := networkDocument{NetworkMode: t.NetworkMode, IPv4Addresses: []string{t.IP}}
	if t.NetworkMode == string(ecs.NetworkModeAwsvpc) {
		n.AttachmentIndex = aws.Int(0)
		n.MACAddress, n.IPv4SubnetCIDRBlock = t.MAC, t.CIDR
		if t.Gateway != "" {
			n.DomainNameServers, n.SubnetGatewayIpv4Address = []string{t.Gateway}, t.Gateway
		}
		n.PrivateDNSName = state.PrivateDNS(t.IP, t.Region)
	}
	return n
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
