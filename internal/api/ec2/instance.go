package ec2

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/wire"
)

// Instance is a machine that tasks run on.
type Instance struct {
	ID           string // "i-…"
	Type         string // "m5.large"
	Image        string // "ami-…"
	IP           string
	Zone         int
	Architecture string // x86_64, arm64
	Launched     time.Time
}

func (s *Service) instances(t tx) []Instance {
	if s.o.Instances == nil {
		return nil
	}
	return s.o.Instances(t.Scope)
}

func (s *Service) findInstance(t tx, id string) (Instance, error) {
	for _, i := range s.instances(t) {
		if i.ID == id {
			return i, nil
		}
	}
	return Instance{}, wire.Errorf("InvalidInstanceID.NotFound", "The instance ID '%s' does not exist", id)
}

// dnsName of a private address: "ip-10-0-0-7.eu-west-1.compute.internal".
func dnsName(region, ip string) string {
	if ip == "" {
		return ""
	}
	name := "ip-" + strings.ReplaceAll(ip, ".", "-")
	if region == "us-east-1" {
		return name + ".ec2.internal"
	}
	return name + "." + region + ".compute.internal"
}

// Reservation holds instances that were started together.
type Reservation struct {
	ReservationId *string
	OwnerId       *string
	GroupSet      []GroupID
	InstancesSet  []EC2Instance
}

// EC2Instance is an instance in an answer.
type EC2Instance struct {
	InstanceId         *string
	ImageId            *string
	InstanceState      *InstanceState
	PrivateDnsName     *string
	DnsName            *string
	InstanceType       *string
	LaunchTime         *time.Time
	Placement          *Placement
	Monitoring         *Monitoring
	SubnetId           *string
	VpcId              *string
	PrivateIpAddress   *string
	Architecture       *string
	RootDeviceType     *string
	VirtualizationType *string
	Hypervisor         *string
	GroupSet           []GroupID
	SourceDestCheck    bool
	EbsOptimized       bool
	TagSet             []Tag
}

// InstanceState is a code and its name.
type InstanceState struct {
	Code int32
	Name *string
}

// Placement says where an instance runs.
type Placement struct{ AvailabilityZone, Tenancy *string }

// Monitoring says how closely it is watched.
type Monitoring struct{ State *string }

func (s *Service) showInstance(t tx, i Instance) EC2Instance {
	name := dnsName(t.Region, i.IP)
	return EC2Instance{
		InstanceId: &i.ID, ImageId: optional(i.Image), InstanceState: &InstanceState{16, aws.String("running")}, PrivateDnsName: &name, DnsName: aws.String(""),
		InstanceType: &i.Type, LaunchTime: &i.Launched, Placement: &Placement{aws.String(zoneName(t.Region, i.Zone)), aws.String("default")},
		Monitoring: &Monitoring{aws.String("disabled")}, SubnetId: aws.String(s.DefaultSubnet(t.Scope, i.Zone)), VpcId: aws.String(s.DefaultVPC(t.Scope)),
		PrivateIpAddress: &i.IP, Architecture: &i.Architecture, RootDeviceType: aws.String("ebs"), VirtualizationType: aws.String("hvm"), Hypervisor: aws.String("xen"),
		GroupSet: []GroupID{}, SourceDestCheck: true, TagSet: showTags(t, i.ID),
	}
}

func (i *EC2Instance) values(filter string) ([]string, bool) {
	members := map[string]*string{
		"instance-id": i.InstanceId, "image-id": i.ImageId, "instance-state-name": i.InstanceState.Name, "private-dns-name": i.PrivateDnsName, "dns-name": i.DnsName,
		"instance-type": i.InstanceType, "availability-zone": i.Placement.AvailabilityZone, "subnet-id": i.SubnetId, "vpc-id": i.VpcId,
		"private-ip-address": i.PrivateIpAddress, "architecture": i.Architecture, "tenancy": i.Placement.Tenancy,
	}
	if v, ok := members[filter]; ok {
		return one(aws.ToString(v))
	}
	if filter == "instance-state-code" {
		return one("16")
	}
	return nil, false
}

// DescribeInstancesInput selects instances.
type DescribeInstancesInput struct {
	InstanceIds []string `wire:"InstanceId"`
	Filters     []Filter `wire:"Filter"`
	MaxResults  *int32
	NextToken   *string
}

// DescribeInstancesOutput holds instances, each in a reservation of its own.
type DescribeInstancesOutput struct {
	Reservations []Reservation `wire:"reservationSet"`
	NextToken    *string
}

// DescribeInstances shows the machines that tasks run on.
func (s *Service) DescribeInstances(ctx context.Context, in *DescribeInstancesInput) (*DescribeInstancesOutput, error) {
	out := &DescribeInstancesOutput{}
	return out, s.view(ctx, func(t tx) (err error) {
		candidates := s.instances(t)
		if len(in.InstanceIds) > 0 {
			candidates = nil
			for _, id := range in.InstanceIds {
				i, err := s.findInstance(t, id)
				if err != nil {
					return err
				}
				candidates = append(candidates, i)
			}
		}
		all := []Reservation{}
		for _, i := range candidates {
			shown := s.showInstance(t, i)
			ok, err := matches(t, i.ID, in.Filters, shown.values)
			if err != nil {
				return err
			}
			if ok {
				all = append(all, Reservation{aws.String("r-" + strings.TrimPrefix(i.ID, "i-")), aws.String(t.Account), []GroupID{}, []EC2Instance{shown}})
			}
		}
		out.Reservations, out.NextToken, err = pageOf(all, query{max: in.MaxResults, nextToken: in.NextToken})
		return err
	})
}
