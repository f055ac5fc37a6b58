package ec2

import (
	"context"
	"net/netip"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/wire"
)

// routeRecord is a route as it is kept: a destination and one target.
type routeRecord struct {
	CIDR, IPv6, PrefixList  string
	Gateway, NAT, Interface string
}

// Route is a route in an answer.
type Route struct {
	DestinationCidrBlock     *string
	DestinationIpv6CidrBlock *string
	DestinationPrefixListId  *string
	GatewayId                *string
	NatGatewayId             *string
	NetworkInterfaceId       *string
	State                    *string
	Origin                   *string
}

// showRoutes begins with the local route.
func showRoutes(t tx, table *routeTable) []Route {
	out := []Route{}
	if v, ok := vpcs.Get(t.Tx, t.Key(table.VPC)); ok {
		out = append(out, Route{DestinationCidrBlock: aws.String(v.CIDR), GatewayId: aws.String("local"), State: aws.String("active"), Origin: aws.String("CreateRouteTable")})
	}
	for _, r := range table.Routes {
		out = append(out, Route{
			DestinationCidrBlock: optional(r.CIDR), DestinationIpv6CidrBlock: optional(r.IPv6), DestinationPrefixListId: optional(r.PrefixList),
			GatewayId: optional(r.Gateway), NatGatewayId: optional(r.NAT), NetworkInterfaceId: optional(r.Interface),
			State: aws.String(r.state(t, table.VPC)), Origin: aws.String("CreateRoute"),
		})
	}
	return out
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// state: a route whose target is gone is a black hole.
func (r *routeRecord) state(t tx, vpc string) string {
	if r.Gateway != "" {
		if g, ok := gateways.Get(t.Tx, t.Key(r.Gateway)); !ok || g.VPC != vpc {
			return "blackhole"
		}
	}
	if r.NAT != "" {
		if n, ok := nats.Get(t.Tx, t.Key(r.NAT)); !ok || !n.live() {
			return "blackhole"
		}
	}
	return "active"
}

// CreateRouteInput describes a route.
type CreateRouteInput struct {
	RouteTableId             *string
	DestinationCidrBlock     *string
	DestinationIpv6CidrBlock *string
	DestinationPrefixListId  *string
	GatewayId                *string
	NatGatewayId             *string
	NetworkInterfaceId       *string
}

// route checks the input: one destination, one target that exists.
func (s *Service) route(t tx, in *CreateRouteInput) (routeRecord, error) {
	r := routeRecord{
		PrefixList: aws.ToString(in.DestinationPrefixListId), Gateway: aws.ToString(in.GatewayId),
		NAT: aws.ToString(in.NatGatewayId), Interface: aws.ToString(in.NetworkInterfaceId),
	}
	switch {
	case in.DestinationCidrBlock != nil:
		p, err := prefix(in.DestinationCidrBlock, "destinationCidrBlock")
		if err != nil {
			return r, err
		}
		r.CIDR = p.String()
	case in.DestinationIpv6CidrBlock != nil:
		p, err := netip.ParsePrefix(*in.DestinationIpv6CidrBlock)
		if err != nil || !p.Addr().Is6() {
			return r, badValue(*in.DestinationIpv6CidrBlock, "destinationIpv6CidrBlock", "This is not a valid IPv6 CIDR block.")
		}
		r.IPv6 = p.Masked().String()
	case r.PrefixList == "":
		return r, missing("destinationCidrBlock")
	}
	switch {
	case r.Gateway != "":
		if _, err := gateways.get(t, &r.Gateway, "gatewayId"); err != nil {
			return r, err
		}
	case r.NAT != "":
		if n, err := nats.get(t, &r.NAT, "natGatewayId"); err != nil || !n.live() {
			return r, wire.Errorf("InvalidNatGatewayID.NotFound", "The natGateway ID '%s' does not exist", r.NAT)
		}
	case r.Interface != "":
		if _, err := s.findInterface(t, r.Interface); err != nil {
			return r, err
		}
	default:
		return r, missing("gatewayId")
	}
	return r, nil
}

func (r *routeRecord) destination() string {
	for _, d := range []string{r.CIDR, r.IPv6, r.PrefixList} {
		if d != "" {
			return d
		}
	}
	return ""
}

// CreateRoute adds a route.
func (s *Service) CreateRoute(ctx context.Context, in *CreateRouteInput) (*Ok, error) {
	return done(s.update(ctx, func(t tx) error {
		return routeTables.change(t, in.RouteTableId, "routeTableId", func(table *routeTable) error {
			r, err := s.route(t, in)
			if err != nil {
				return err
			}
			if v, ok := vpcs.Get(t.Tx, t.Key(table.VPC)); ok && v.CIDR == r.CIDR {
				return wire.Errorf("RouteAlreadyExists", "The route identified by %s already exists.", r.CIDR)
			}
			if table.find(r.destination()) >= 0 {
				return wire.Errorf("RouteAlreadyExists", "The route identified by %s already exists.", r.destination())
			}
			table.Routes = append(slices.Clone(table.Routes), r)
			return nil
		})
	}))
}

func (r *routeTable) find(destination string) int {
	return slices.IndexFunc(r.Routes, func(x routeRecord) bool { return x.destination() == destination })
}

func noRoute(table *string, destination string) error {
	return wire.Errorf("InvalidRoute.NotFound", "no route with destination-cidr-block %s in route table %s", destination, *table)
}

// ReplaceRouteInput describes the route that takes the place of another with the
// same destination.
type ReplaceRouteInput CreateRouteInput

// ReplaceRoute gives a route another target.
func (s *Service) ReplaceRoute(ctx context.Context, in *ReplaceRouteInput) (*Ok, error) {
	return done(s.update(ctx, func(t tx) error {
		return routeTables.change(t, in.RouteTableId, "routeTableId", func(table *routeTable) error {
			r, err := s.route(t, (*CreateRouteInput)(in))
			if err != nil {
				return err
			}
			i := table.find(r.destination())
			if i < 0 {
				return noRoute(in.RouteTableId, r.destination())
			}
			table.Routes = slices.Clone(table.Routes)
			table.Routes[i] = r
			return nil
		})
	}))
}

// DeleteRouteInput names a route.
type DeleteRouteInput struct {
	RouteTableId             *string
	DestinationCidrBlock     *string
	DestinationIpv6CidrBlock *string
	DestinationPrefixListId  *string
}

// DeleteRoute removes a route.
func (s *Service) DeleteRoute(ctx context.Context, in *DeleteRouteInput) (*Ok, error) {
	destination := ""
	for _, d := range []*string{in.DestinationCidrBlock, in.DestinationIpv6CidrBlock, in.DestinationPrefixListId} {
		if d != nil {
			destination = *d
		}
	}
	if p, err := netip.ParsePrefix(destination); err == nil {
		destination = p.Masked().String()
	}
	return done(s.update(ctx, func(t tx) error {
		return routeTables.change(t, in.RouteTableId, "routeTableId", func(table *routeTable) error {
			if v, ok := vpcs.Get(t.Tx, t.Key(table.VPC)); ok && v.CIDR == destination {
				return wire.Errorf("InvalidParameterValue", "cannot remove local route %s in route table %s", destination, *in.RouteTableId)
			}
			i := table.find(destination)
			if i < 0 {
				return noRoute(in.RouteTableId, destination)
			}
			table.Routes = slices.Delete(slices.Clone(table.Routes), i, i+1)
			return nil
		})
	}))
}
