package server

import (
	"fmt"
	"os"
	"runtime"

	"github.com/grue-ecs/grue/internal/api/ec2"
	"github.com/grue-ecs/grue/internal/api/ecs"
	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// zone tells the availability zone of a subnet.
func (s *server) zone(scope arn.Scope, subnet string) string {
	az, _, _ := s.ec2.Subnet(scope, subnet)
	return az
}

// interfaces are the network interfaces of the tasks that run.
func (s *server) interfaces(scope arn.Scope) (out []ec2.Interface) {
	s.store.View(func(tx *store.Tx) {
		for _, t := range state.Tasks.Prefix(tx, scope.Key("")) {
			if t.ENI == "" || t.IP == "" || t.LastStatus == "STOPPED" {
				continue
			}
			out = append(out, ec2.Interface{
				ID: t.ENI, Subnet: t.Subnet, Groups: groups(t), IP: t.IP, MAC: t.MAC, Description: t.ARN(),
				Requester: "578734482556", Attachment: t.AttachmentID, Created: t.Created,
			})
		}
	})
	return out
}

// groups are the security groups of a task.
func groups(t *state.Task) []string {
	if c := t.Network.V.AwsvpcConfiguration; c != nil {
		return c.SecurityGroups
	}
	return nil
}

// architecture is this machine's, in AWS's words.
func architecture() string {
	if runtime.GOARCH == "arm64" {
		return "arm64"
	}
	return "x86_64"
}

// containerInstance is this machine as ECS shows it.
func (s *server) containerInstance() ecs.Machine {
	return ecs.Machine{
		InstanceID: s.machine.InstanceID, Architecture: architecture(), CPUs: runtime.NumCPU(),
		MemoryMiB: memoryMiB(), Version: Version, Registered: s.machine.Made,
	}
}

// memoryMiB is the machine's memory; 0 where it cannot be told.
func memoryMiB() int {
	doc, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	var kib int
	if _, err := fmt.Sscanf(string(doc), "MemTotal: %d kB", &kib); err != nil {
		return 0
	}
	return kib / 1024
}

// instances shows this machine.
func (s *server) instances(arn.Scope) []ec2.Instance {
	return []ec2.Instance{{ID: s.machine.InstanceID, Type: "m5.large", Image: "ami-" + s.machine.InstanceID[2:], IP: "127.0.0.1", Architecture: architecture(), Launched: s.machine.Made}}
}

// instanceAddress is the private address of an EC2 instance.
func (s *server) instanceAddress(scope arn.Scope, id string) (string, bool) {
	for _, i := range s.instances(scope) {
		if i.ID == id {
			return i.IP, true
		}
	}
	return "", false
}
