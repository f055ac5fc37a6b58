package ec2

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Bool is a boolean as attributes carry it.
type Bool struct{ Value *bool }

// DescribeVpcAttributeInput names one attribute.
type DescribeVpcAttributeInput struct{ VpcId, Attribute *string }

// DescribeVpcAttributeOutput holds that attribute.
type DescribeVpcAttributeOutput struct {
	VpcId                            *string
	EnableDnsSupport                 *Bool
	EnableDnsHostnames               *Bool
	EnableNetworkAddressUsageMetrics *Bool
}

// DescribeVpcAttribute shows one attribute of a VPC.
func (s *Service) DescribeVpcAttribute(ctx context.Context, in *DescribeVpcAttributeInput) (*DescribeVpcAttributeOutput, error) {
	out := &DescribeVpcAttributeOutput{VpcId: in.VpcId}
	return out, s.view(ctx, func(t tx) error {
		v, err := vpcs.get(t, in.VpcId, "vpcId")
		if err != nil {
			return err
		}
		switch a := aws.ToString(in.Attribute); a {
		case "enableDnsSupport":
			out.EnableDnsSupport = &Bool{&v.DNSSupport}
		case "enableDnsHostnames":
			out.EnableDnsHostnames = &Bool{&v.DNSHostnames}
		case "enableNetworkAddressUsageMetrics":
			out.EnableNetworkAddressUsageMetrics = &Bool{&v.UsageMetrics}
		default:
			return badValue(a, "attribute", "Unknown attribute.")
		}
		return nil
	})
}

// ModifyVpcAttributeInput holds the attribute to change.
type ModifyVpcAttributeInput struct {
	VpcId                            *string
	EnableDnsSupport                 *Bool
	EnableDnsHostnames               *Bool
	EnableNetworkAddressUsageMetrics *Bool
}

// ModifyVpcAttribute changes an attribute of a VPC.
func (s *Service) ModifyVpcAttribute(ctx context.Context, in *ModifyVpcAttributeInput) (*Ok, error) {
	return done(s.update(ctx, func(t tx) error {
		return vpcs.change(t, in.VpcId, "vpcId", func(v *VPCRecord) error {
			set(&v.DNSSupport, in.EnableDnsSupport)
			set(&v.DNSHostnames, in.EnableDnsHostnames)
			set(&v.UsageMetrics, in.EnableNetworkAddressUsageMetrics)
			return nil
		})
	}))
}

func set(to *bool, from *Bool) {
	if from != nil && from.Value != nil {
		*to = *from.Value
	}
}
