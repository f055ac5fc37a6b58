package ec2

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// DescribeAccountAttributesInput names attributes; none means all.
type DescribeAccountAttributesInput struct {
	AttributeNames []string `wire:"AttributeName"`
}

// DescribeAccountAttributesOutput holds attributes.
type DescribeAccountAttributesOutput struct {
	AccountAttributes []AccountAttribute `wire:"accountAttributeSet"`
}

// AccountAttribute is one attribute.
type AccountAttribute struct {
	AttributeName   *string
	AttributeValues []AttributeValue `wire:"attributeValueSet"`
}

// AttributeValue is one value of it.
type AttributeValue struct{ AttributeValue *string }

// DescribeAccountAttributes shows the attributes of the account in the region.
func (s *Service) DescribeAccountAttributes(ctx context.Context, in *DescribeAccountAttributesInput) (*DescribeAccountAttributesOutput, error) {
	out := &DescribeAccountAttributesOutput{AccountAttributes: []AccountAttribute{}}
	return out, s.view(ctx, func(t tx) error {
		vpc := "none"
		if id := s.DefaultVPC(t.Scope); vpcs.any(t, func(v *VPCRecord) bool { return v.Default }) {
			vpc = id
		}
		for _, a := range [][2]string{
			{"supported-platforms", "VPC"},
			{"default-vpc", vpc},
			{"max-instances", "20"},
			{"vpc-max-security-groups-per-interface", "5"},
			{"max-elastic-ips", "508"},
			{"vpc-max-elastic-ips", "508"},
		} {
			if len(in.AttributeNames) == 0 || slices.Contains(in.AttributeNames, a[0]) {
				out.AccountAttributes = append(out.AccountAttributes, AccountAttribute{aws.String(a[0]), []AttributeValue{{aws.String(a[1])}}})
			}
		}
		return nil
	})
}
