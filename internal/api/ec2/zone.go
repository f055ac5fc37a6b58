package ec2

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/wire"
)

// zoneName of a region: "us-east-1a".
func zoneName(region string, i int) string { return region + string(rune('a'+i)) }

// zoneIndex is the inverse of zoneName.
func zoneIndex(region, zone string) (int, bool) {
	for i := range Zones {
		if zone == zoneName(region, i) || zone == zoneID(region, i) {
			return i, true
		}
	}
	return 0, false
}

// zoneID is the name of a zone that is the same in all accounts: "use1-az1".
func zoneID(region string, i int) string {
	parts := strings.Split(region, "-")
	short := parts[0]
	for _, p := range parts[1:] {
		for _, word := range []string{"north", "south", "east", "west", "central"} {
			if rest, ok := strings.CutPrefix(p, word); ok {
				short += word[:1]
				if rest != "" {
					short += rest[:1]
				}
				p = ""
				break
			}
		}
		if p != "" && p[0] >= '0' && p[0] <= '9' {
			short += p
		} else if p != "" {
			short += p[:1]
		}
	}
	return short + "-az" + strconv.Itoa(i+1)
}

// DescribeAvailabilityZonesInput selects zones.
type DescribeAvailabilityZonesInput struct {
	Filters              []Filter `wire:"Filter"`
	ZoneNames            []string `wire:"ZoneName"`
	ZoneIds              []string `wire:"ZoneId"`
	AllAvailabilityZones *bool
}

// DescribeAvailabilityZonesOutput holds zones.
type DescribeAvailabilityZonesOutput struct {
	AvailabilityZones []AvailabilityZone `wire:"availabilityZoneInfo"`
}

// AvailabilityZone is one zone.
type AvailabilityZone struct {
	ZoneName           *string
	ZoneId             *string
	State              *string `wire:"zoneState"`
	RegionName         *string
	GroupName          *string
	GroupLongName      *string
	NetworkBorderGroup *string
	ZoneType           *string
	OptInStatus        *string
	Messages           []struct{} `wire:"messageSet"`
}

// DescribeAvailabilityZones shows the three zones of the caller's region.
func (s *Service) DescribeAvailabilityZones(ctx context.Context, in *DescribeAvailabilityZonesInput) (*DescribeAvailabilityZonesOutput, error) {
	region := scopeOf(ctx).Region
	for _, z := range slices.Concat(in.ZoneNames, in.ZoneIds) {
		if _, ok := zoneIndex(region, z); !ok {
			return nil, wire.Errorf("InvalidParameterValue", "Invalid availability zone: [%s]", z)
		}
	}
	out := &DescribeAvailabilityZonesOutput{AvailabilityZones: []AvailabilityZone{}}
	for i := range Zones {
		z := AvailabilityZone{
			ZoneName: aws.String(zoneName(region, i)), ZoneId: aws.String(zoneID(region, i)), State: aws.String("available"),
			RegionName: &region, GroupName: aws.String(region + "-zg-1"), GroupLongName: &region, NetworkBorderGroup: &region,
			ZoneType: aws.String("availability-zone"), OptInStatus: aws.String("opt-in-not-required"), Messages: []struct{}{},
		}
		if len(in.ZoneNames) > 0 && !slices.Contains(in.ZoneNames, *z.ZoneName) || len(in.ZoneIds) > 0 && !slices.Contains(in.ZoneIds, *z.ZoneId) {
			continue
		}
		ok, err := matches(tx{}, "", in.Filters, z.values)
		if err != nil {
			return nil, err
		}
		if ok {
			out.AvailabilityZones = append(out.AvailabilityZones, z)
		}
	}
	return out, nil
}

func (z *AvailabilityZone) values(filter string) ([]string, bool) {
	switch filter {
	case "zone-name":
		return one(*z.ZoneName)
	case "zone-id":
		return one(*z.ZoneId)
	case "state":
		return one(*z.State)
	case "region-name":
		return one(*z.RegionName)
	case "zone-type":
		return one(*z.ZoneType)
	case "group-name":
		return one(*z.GroupName)
	case "opt-in-status":
		return one(*z.OptInStatus)
	}
	return nil, false
}

// regions are those that DescribeRegions shows; any other works too.
var regions = []string{
	"ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1", "eu-central-1",
	"eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
}

// DescribeRegionsInput selects regions.
type DescribeRegionsInput struct {
	Filters     []Filter `wire:"Filter"`
	RegionNames []string `wire:"RegionName"`
	AllRegions  *bool
}

// DescribeRegionsOutput holds regions.
type DescribeRegionsOutput struct {
	Regions []Region `wire:"regionInfo"`
}

// Region is one region.
type Region struct {
	RegionName  *string
	Endpoint    *string `wire:"regionEndpoint"`
	OptInStatus *string
}

// DescribeRegions shows AWS's regions and the caller's.
func (s *Service) DescribeRegions(ctx context.Context, in *DescribeRegionsInput) (*DescribeRegionsOutput, error) {
	all := regions
	if mine := scopeOf(ctx).Region; !slices.Contains(all, mine) {
		all = append(slices.Clone(all), mine)
	}
	for _, name := range in.RegionNames {
		if !slices.Contains(all, name) {
			return nil, wire.Errorf("InvalidParameterValue", "Invalid region names: [%s]", name)
		}
	}
	out := &DescribeRegionsOutput{Regions: []Region{}}
	for _, name := range all {
		r := Region{aws.String(name), aws.String("ec2." + name + ".amazonaws.com"), aws.String("opt-in-not-required")}
		ok, err := matches(tx{}, "", in.Filters, r.values)
		if err != nil {
			return nil, err
		}
		if ok && (len(in.RegionNames) == 0 || slices.Contains(in.RegionNames, name)) {
			out.Regions = append(out.Regions, r)
		}
	}
	return out, nil
}

func (r *Region) values(filter string) ([]string, bool) {
	switch filter {
	case "region-name":
		return one(*r.RegionName)
	case "endpoint":
		return one(*r.Endpoint)
	case "opt-in-status":
		return one(*r.OptInStatus)
	}
	return nil, false
}
