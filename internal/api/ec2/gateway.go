package ec2

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// gateway is an internet gateway; VPC is "" while it is detached.
type gateway struct{ VPC string }

var gateways = kind[gateway]{Table: store.NewTable[gateway]("ec2.gateway"), code: "InvalidInternetGatewayID.NotFound", noun: "internetGateway ID"}

func init() { gateways.values = gatewayValues }

func gatewayValues(t tx, id string, g *gateway, filter string) ([]string, bool) {
	switch filter {
	case "internet-gateway-id":
		return one(id)
	case "owner-id":
		return one(t.Account)
	case "attachment.vpc-id", "attachment.state":
		if g.VPC == "" {
			return nil, true
		}
		if filter == "attachment.state" {
			return one("available")
		}
		return one(g.VPC)
	}
	return nil, false
}

// InternetGateway is a gateway in an answer.
type InternetGateway struct {
	InternetGatewayId *string
	OwnerId           *string
	AttachmentSet     []GatewayAttachment
	TagSet            []Tag
}

// GatewayAttachment ties a gateway to a VPC.
type GatewayAttachment struct{ VpcId, State *string }

func showGateway(t tx, id string, g *gateway) InternetGateway {
	out := InternetGateway{InternetGatewayId: &id, OwnerId: aws.String(t.Account), AttachmentSet: []GatewayAttachment{}, TagSet: showTags(t, id)}
	if g.VPC != "" {
		out.AttachmentSet = append(out.AttachmentSet, GatewayAttachment{aws.String(g.VPC), aws.String("available")})
	}
	return out
}

// CreateInternetGatewayInput holds tags.
type CreateInternetGatewayInput struct {
	TagSpecifications []TagSpecification `wire:"TagSpecification"`
}

// CreateInternetGatewayOutput holds the new gateway.
type CreateInternetGatewayOutput struct{ InternetGateway *InternetGateway }

// CreateInternetGateway creates a gateway, attached to nothing.
func (s *Service) CreateInternetGateway(ctx context.Context, in *CreateInternetGatewayInput) (*CreateInternetGatewayOutput, error) {
	out := &CreateInternetGatewayOutput{}
	return out, s.update(ctx, func(t tx) error {
		id, g := "igw-"+arn.NewHex(17), &gateway{}
		gateways.put(t, id, g)
		if err := specify(t, id, in.TagSpecifications); err != nil {
			return err
		}
		shown := showGateway(t, id, g)
		out.InternetGateway = &shown
		return nil
	})
}

// AttachInternetGatewayInput names a gateway and a VPC.
type AttachInternetGatewayInput struct{ InternetGatewayId, VpcId *string }

// AttachInternetGateway attaches a gateway; a VPC has at most one.
func (s *Service) AttachInternetGateway(ctx context.Context, in *AttachInternetGatewayInput) (*Ok, error) {
	return done(s.update(ctx, func(t tx) error {
		if _, err := vpcs.get(t, in.VpcId, "vpcId"); err != nil {
			return err
		}
		return gateways.change(t, in.InternetGatewayId, "internetGatewayId", func(g *gateway) error {
			if g.VPC != "" {
				return wire.Errorf("Resource.AlreadyAssociated", "resource %s is already attached to network %s", *in.InternetGatewayId, g.VPC)
			}
			if gateways.any(t, func(o *gateway) bool { return o.VPC == *in.VpcId }) {
				return wire.Errorf("InvalidParameterValue", "Network %s already has an internet gateway attached", *in.VpcId)
			}
			g.VPC = *in.VpcId
			return nil
		})
	}))
}

// DetachInternetGatewayInput names a gateway and a VPC.
type DetachInternetGatewayInput struct{ InternetGatewayId, VpcId *string }

// DetachInternetGateway detaches a gateway. Routes to it stay, as black holes.
func (s *Service) DetachInternetGateway(ctx context.Context, in *DetachInternetGatewayInput) (*Ok, error) {
	return done(s.update(ctx, func(t tx) error {
		return gateways.change(t, in.InternetGatewayId, "internetGatewayId", func(g *gateway) error {
			if g.VPC == "" || g.VPC != aws.ToString(in.VpcId) {
				return wire.Errorf("Gateway.NotAttached", "resource %s is not attached to network %s", *in.InternetGatewayId, aws.ToString(in.VpcId))
			}
			g.VPC = ""
			return nil
		})
	}))
}

// DescribeInternetGatewaysInput selects gateways.
type DescribeInternetGatewaysInput struct {
	InternetGatewayIds []string `wire:"InternetGatewayId"`
	Filters            []Filter `wire:"Filter"`
	MaxResults         *int32
	NextToken          *string
}

// DescribeInternetGatewaysOutput holds gateways.
type DescribeInternetGatewaysOutput struct {
	InternetGateways []InternetGateway `wire:"internetGatewaySet"`
	NextToken        *string
}

// DescribeInternetGateways lists gateways.
func (s *Service) DescribeInternetGateways(ctx context.Context, in *DescribeInternetGatewaysInput) (*DescribeInternetGatewaysOutput, error) {
	out := &DescribeInternetGatewaysOutput{}
	return out, s.view(ctx, func(t tx) (err error) {
		out.InternetGateways, out.NextToken, err = list(t, &gateways, query{in.InternetGatewayIds, in.Filters, in.MaxResults, in.NextToken}, func(id string, g *gateway) InternetGateway { return showGateway(t, id, g) })
		return err
	})
}

// DeleteInternetGatewayInput names a gateway.
type DeleteInternetGatewayInput struct{ InternetGatewayId *string }

// DeleteInternetGateway deletes a detached gateway.
func (s *Service) DeleteInternetGateway(ctx context.Context, in *DeleteInternetGatewayInput) (*Ok, error) {
	return done(s.update(ctx, func(t tx) error {
		g, err := gateways.get(t, in.InternetGatewayId, "internetGatewayId")
		if err != nil {
			return err
		}
		if g.VPC != "" {
			return dependency("internetGateway", *in.InternetGatewayId)
		}
		gateways.drop(t, *in.InternetGatewayId)
		return nil
	}))
}
