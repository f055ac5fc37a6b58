package metadata

import (
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// taskDocument is a task as metadata version 4 shows it.
type taskDocument struct {
	Cluster               string
	ServiceName           string `json:",omitempty"`
	TaskARN               string
	Family                string
	Revision              string
	DesiredStatus         string
	KnownStatus           string
	Limits                *taskLimits `json:",omitempty"`
	PullStartedAt         string      `json:",omitempty"`
	PullStoppedAt         string      `json:",omitempty"`
	ExecutionStoppedAt    string      `json:",omitempty"`
	AvailabilityZone      string
	LaunchType            string `json:",omitempty"`
	VPCID                 string `json:",omitempty"`
	Containers            []containerDocument
	TaskTags              map[string]string `json:",omitempty"`
	ClockDrift            clockDocument
	FaultInjectionEnabled bool
	Group                 string `json:",omitempty"`
}

// taskLimits are the task's vCPUs and MiB.
type taskLimits struct {
	CPU    float64 `json:",omitempty"`
	Memory int64   `json:",omitempty"`
}

// clockDocument: tasks share the machine's clock, so there is no drift to tell.
type clockDocument struct {
	ReferenceTimestamp         string
	ClockErrorBound            float64
	ClockSynchronizationStatus string
}

func taskDoc(s subject, vpc string, now time.Time) taskDocument {
	t := s.task
	d := taskDocument{
		Cluster: t.Scope.Cluster(t.Cluster), ServiceName: t.Service, TaskARN: t.ARN(),
		Family: s.def.Family, Revision: strconv.Itoa(s.def.Revision),
		DesiredStatus: t.DesiredStatus, KnownStatus: t.LastStatus,
		PullStartedAt: stamp(t.PullStarted), PullStoppedAt: stamp(t.PullStopped),
		ExecutionStoppedAt: stamp(t.ExecutionStopped), AvailabilityZone: t.AZ, LaunchType: t.LaunchType,
		VPCID: vpc, Containers: []containerDocument{}, Group: t.Group,
		ClockDrift:            clockDocument{stamp(now), 0, "SYNCHRONIZED"},
		FaultInjectionEnabled: aws.ToBool(s.def.Def.V.EnableFaultInjection),
	}
	cpu, _ := strconv.ParseInt(t.CPU, 10, 64) // recorded as plain integers, or empty
	memory, _ := strconv.ParseInt(t.Memory, 10, 64)
	if cpu+memory > 0 {
		d.Limits = &taskLimits{float64(cpu) / 1024, memory}
	}
	for i := range t.Containers {
		d.Containers = append(d.Containers, containerDoc(s, i))
	}
	return d
}
