package ec2

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// routeTable is a route table as it is kept; the local route is not written
// down, it follows from the VPC.
type routeTable struct {
	VPC          string
	Routes       []routeRecord
	Associations []association
}

// association ties a table to a subnet, or makes it the main one of its VPC.
type association struct {
	ID, Subnet string
	Main       bool
}

var routeTables = kind[routeTable]{Table: store.NewTable[routeTable]("ec2.routetable"), code: "InvalidRouteTableID.NotFound", noun: "routeTable ID"}

func init() { routeTables.values = routeTableValues }

func routeTableValues(t tx, id string, r *routeTable, filter string) (out []string, known bool) {
	switch filter {
	case "route-table-id", "association.route-table-id":
		return one(id)
	case "vpc-id":
		return one(r.VPC)
	case "owner-id":
		return one(t.Account)
	case "association.main":
		return yesno(r.main())
	}
	for _, a := range r.Associations {
		switch filter {
		case "association.subnet-id":
			out = append(out, a.Subnet)
		case "association.route-table-association-id":
			out = append(out, a.ID)
		}
	}
	for _, x := range r.Routes {
		switch filter {
		case "route.destination-cidr-block":
			out = append(out, x.CIDR)
		case "route.gateway-id":
			out = append(out, x.Gateway)
		case "route.nat-gateway-id":
			out = append(out, x.NAT)
		}
	}
	switch filter {
	case "association.subnet-id", "association.route-table-association-id", "route.destination-cidr-block", "route.gateway-id", "route.nat-gateway-id":
		return out, true
	}
	return nil, false
}

func (r *routeTable) main() bool {
	return slices.ContainsFunc(r.Associations, func(a association) bool { return a.Main })
}

// without is the table without its i-th association.
func (r *routeTable) without(i int) *routeTable {
	c := *r
	c.Associations = slices.Delete(slices.Clone(r.Associations), i, i+1)
	return &c
}

// mainTable is the id of the main route table of a VPC.
func mainTable(t tx, vpc string) (found string) {
	routeTables.each(t, func(id string, r *routeTable) bool {
		if r.VPC == vpc && r.main() {
			found = id
		}
		return found == ""
	})
	return found
}

// RouteTable is a table in an answer.
type RouteTable struct {
	RouteTableId      *string
	VpcId             *string
	OwnerId           *string
	Routes            []Route                 `wire:"routeSet"`
	Associations      []RouteTableAssociation `wire:"associationSet"`
	PropagatingVgwSet []struct{}
	TagSet            []Tag
}

// RouteTableAssociation is an association in an answer.
type RouteTableAssociation struct {
	RouteTableAssociationId *string
	RouteTableId            *string
	SubnetId                *string
	Main                    bool
	AssociationState        *AssociationState
}

// AssociationState is the state of an association.
type AssociationState struct{ State *string }

func showRouteTable(t tx, id string, r *routeTable) RouteTable {
	out := RouteTable{
		RouteTableId: &id, VpcId: aws.String(r.VPC), OwnerId: aws.String(t.Account), Routes: showRoutes(t, r),
		Associations: []RouteTableAssociation{}, PropagatingVgwSet: []struct{}{}, TagSet: showTags(t, id),
	}
	for _, a := range r.Associations {
		shown := RouteTableAssociation{RouteTableAssociationId: aws.String(a.ID), RouteTableId: &id, Main: a.Main, AssociationState: &AssociationState{aws.String("associated")}}
		if a.Subnet != "" {
			shown.SubnetId = aws.String(a.Subnet)
		}
		out.Associations = append(out.Associations, shown)
	}
	return out
}

// CreateRouteTableInput describes a table.
type CreateRouteTableInput struct {
	VpcId             *string
	ClientToken       *string
	TagSpecifications []TagSpecification `wire:"TagSpecification"`
}

// CreateRouteTableOutput holds the new table.
type CreateRouteTableOutput struct {
	RouteTable  *RouteTable
	ClientToken *string
}

// CreateRouteTable creates a table with the local route.
func (s *Service) CreateRouteTable(ctx context.Context, in *CreateRouteTableInput) (*CreateRouteTableOutput, error) {
	out := &CreateRouteTableOutput{ClientToken: in.ClientToken}
	return out, s.update(ctx, func(t tx) error {
		if _, err := vpcs.get(t, in.VpcId, "vpcId"); err != nil {
			return err
		}
		id, made := routeTables.fresh(t, "rtb", in.ClientToken)
		if !made {
			routeTables.put(t, id, &routeTable{VPC: *in.VpcId})
			if err := specify(t, id, in.TagSpecifications); err != nil {
				return err
			}
		}
		r, err := routeTables.get(t, &id, "routeTableId")
		if err == nil {
			shown := showRouteTable(t, id, r)
			out.RouteTable = &shown
		}
		return err
	})
}

// DescribeRouteTablesInput selects tables.
type DescribeRouteTablesInput struct {
	RouteTableIds []string `wire:"RouteTableId"`
	Filters       []Filter `wire:"Filter"`
	MaxResults    *int32
	NextToken     *string
}

// DescribeRouteTablesOutput holds tables.
type DescribeRouteTablesOutput struct {
	RouteTables []RouteTable `wire:"routeTableSet"`
	NextToken   *string
}

// DescribeRouteTables lists tables.
func (s *Service) DescribeRouteTables(ctx context.Context, in *DescribeRouteTablesInput) (*DescribeRouteTablesOutput, error) {
	out := &DescribeRouteTablesOutput{}
	return out, s.view(ctx, func(t tx) (err error) {
		out.RouteTables, out.NextToken, err = list(t, &routeTables, query{in.RouteTableIds, in.Filters, in.MaxResults, in.NextToken}, func(id string, r *routeTable) RouteTable { return showRouteTable(t, id, r) })
		return err
	})
}

// DeleteRouteTableInput names a table.
type DeleteRouteTableInput struct{ RouteTableId *string }

// DeleteRouteTable deletes a table that nothing is associated with.
func (s *Service) DeleteRouteTable(ctx context.Context, in *DeleteRouteTableInput) (*Ok, error) {
	return done(s.update(ctx, func(t tx) error {
		r, err := routeTables.get(t, in.RouteTableId, "routeTableId")
		if err != nil {
			return err
		}
		if len(r.Associations) > 0 {
			return dependency("routeTable", *in.RouteTableId)
		}
		routeTables.drop(t, *in.RouteTableId)
		return nil
	}))
}

// AssociateRouteTableInput names a table and a subnet.
type AssociateRouteTableInput struct{ RouteTableId, SubnetId *string }

// AssociateRouteTableOutput names the association.
type AssociateRouteTableOutput struct {
	AssociationId    *string
	AssociationState *AssociationState
}

// AssociateRouteTable gives a subnet a table other than the main one.
func (s *Service) AssociateRouteTable(ctx context.Context, in *AssociateRouteTableInput) (*AssociateRouteTableOutput, error) {
	id := "rtbassoc-" + arn.NewHex(17)
	return &AssociateRouteTableOutput{&id, &AssociationState{aws.String("associated")}}, s.update(ctx, func(t tx) error {
		sub, err := subnets.get(t, in.SubnetId, "subnetId")
		if err != nil {
			return err
		}
		if table, _, ok := findAssociation(t, func(a association) bool { return a.Subnet == *in.SubnetId }); ok {
			return wire.Errorf("Resource.AlreadyAssociated", "the specified association for route table %s conflicts with an existing association", table)
		}
		return routeTables.change(t, in.RouteTableId, "routeTableId", func(r *routeTable) error {
			if r.VPC != sub.VPC {
				return wire.Errorf("InvalidParameterValue", "Route table %s and subnet %s belong to different networks", *in.RouteTableId, *in.SubnetId)
			}
			r.Associations = append(slices.Clone(r.Associations), association{ID: id, Subnet: *in.SubnetId})
			return nil
		})
	})
}

// findAssociation finds an association and its table.
func findAssociation(t tx, match func(association) bool) (table string, i int, ok bool) {
	routeTables.each(t, func(id string, r *routeTable) bool {
		if at := slices.IndexFunc(r.Associations, match); at >= 0 {
			table, i, ok = id, at, true
		}
		return !ok
	})
	return table, i, ok
}

func noAssociation(id *string) error {
	return wire.Errorf("InvalidAssociationID.NotFound", "The association ID '%s' does not exist", aws.ToString(id))
}

// DisassociateRouteTableInput names an association.
type DisassociateRouteTableInput struct{ AssociationId *string }

// DisassociateRouteTable gives a subnet back to the main table.
func (s *Service) DisassociateRouteTable(ctx context.Context, in *DisassociateRouteTableInput) (*Ok, error) {
	return done(s.update(ctx, func(t tx) error {
		table, i, ok := findAssociation(t, func(a association) bool { return a.ID == aws.ToString(in.AssociationId) })
		if !ok {
			return noAssociation(in.AssociationId)
		}
		r, err := routeTables.get(t, &table, "routeTableId")
		if err != nil {
			return err
		}
		if r.Associations[i].Main {
			return wire.Errorf("InvalidParameterValue", "cannot disassociate the main route table association %s", *in.AssociationId)
		}
		routeTables.put(t, table, r.without(i))
		return nil
	}))
}

// ReplaceRouteTableAssociationInput names an association and its new table.
type ReplaceRouteTableAssociationInput struct{ AssociationId, RouteTableId *string }

// ReplaceRouteTableAssociationOutput names the new association.
type ReplaceRouteTableAssociationOutput struct {
	NewAssociationId *string
	AssociationState *AssociationState
}

// ReplaceRouteTableAssociation moves an association to another table: also the
// main one.
func (s *Service) ReplaceRouteTableAssociation(ctx context.Context, in *ReplaceRouteTableAssociationInput) (*ReplaceRouteTableAssociationOutput, error) {
	id := "rtbassoc-" + arn.NewHex(17)
	return &ReplaceRouteTableAssociationOutput{&id, &AssociationState{aws.String("associated")}}, s.update(ctx, func(t tx) error {
		table, i, ok := findAssociation(t, func(a association) bool { return a.ID == aws.ToString(in.AssociationId) })
		if !ok {
			return noAssociation(in.AssociationId)
		}
		old, err := routeTables.get(t, &table, "routeTableId")
		if err != nil {
			return err
		}
		moved := old.Associations[i]
		moved.ID = id
		routeTables.put(t, table, old.without(i))
		return routeTables.change(t, in.RouteTableId, "routeTableId", func(r *routeTable) error {
			if r.VPC != old.VPC {
				return wire.Errorf("InvalidParameterValue", "Route tables %s and %s belong to different networks", table, *in.RouteTableId)
			}
			r.Associations = append(slices.Clone(r.Associations), moved)
			return nil
		})
	})
}
