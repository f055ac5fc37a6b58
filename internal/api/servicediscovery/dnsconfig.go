package servicediscovery

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	"github.com/grue-ecs/grue/internal/cloudmap"
)

// combinations of record types that a service can have.
var combinations = []string{"A", "AAAA", "A AAAA", "SRV", "CNAME"}

// readDNS validates the DnsConfig of a new service.
func readDNS(c *types.DnsConfig) (policy string, records []cloudmap.Record, err error) {
	if c == nil {
		return "", nil, nil
	}
	switch policy = string(c.RoutingPolicy); policy {
	case "":
		policy = cloudmap.Multivalue
	case cloudmap.Multivalue, cloudmap.Weighted:
	default:
		return "", nil, invalid("DnsConfig.RoutingPolicy must be MULTIVALUE or WEIGHTED; it was %q.", policy)
	}
	if records, err = readRecords(c.DnsRecords); err != nil {
		return "", nil, err
	}
	if records[0].Type == "CNAME" && c.RoutingPolicy != types.RoutingPolicyWeighted {
		return "", nil, invalid("DnsConfig: CNAME records need the RoutingPolicy WEIGHTED.")
	}
	return policy, records, nil
}

func readRecords(in []types.DnsRecord) (out []cloudmap.Record, err error) {
	if len(in) == 0 {
		return nil, invalid("DnsConfig.DnsRecords must have a record.")
	}
	var kinds []string
	for i, r := range in {
		if err := checkTTL(fmt.Sprintf("DnsConfig.DnsRecords[%d].TTL", i), r.TTL); err != nil {
			return nil, err
		}
		kinds = append(kinds, string(r.Type))
		out = append(out, cloudmap.Record{Type: string(r.Type), TTL: *r.TTL})
	}
	slices.Sort(kinds)
	together := fmt.Sprint(kinds)
	if !slices.Contains(combinations, together[1:len(together)-1]) {
		return nil, invalid("DnsConfig.DnsRecords: the types %v do not go together; a service has A, AAAA, A and AAAA, SRV, or CNAME.", kinds)
	}
	return out, nil
}

// redefine changes the records of a service: their types stay.
func redefine(x *cloudmap.Service, c *types.DnsConfigChange) error {
	if c == nil {
		x.Policy, x.Records = "", nil
		return nil
	}
	records, err := readRecords(c.DnsRecords)
	if err != nil {
		return err
	}
	for _, r := range records {
		if _, had := x.Record(r.Type); !had || len(records) != len(x.Records) {
			return invalid("Service.DnsConfig.DnsRecords: the types of a service's records cannot change; delete the service and create it again.")
		}
	}
	x.Records = records
	return nil
}

func showDNS(x *cloudmap.Service) *types.DnsConfig {
	if len(x.Records) == 0 {
		return nil
	}
	c := &types.DnsConfig{NamespaceId: aws.String(x.NamespaceID), RoutingPolicy: types.RoutingPolicy(x.Policy)}
	for _, r := range x.Records {
		c.DnsRecords = append(c.DnsRecords, types.DnsRecord{Type: types.RecordType(r.Type), TTL: aws.Int64(r.TTL)})
	}
	return c
}
