package ec2

import (
	"context"
	"errors"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
	"github.com/grue-ecs/grue/test/boto"
)

var home = arn.Scope{Account: "000000000000", Region: "eu-west-1"}

func open(t *testing.T, path string) *store.Store {
	t.Helper()
	st, err := store.Open(path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return st
}

func start(t *testing.T, o Options) (*Service, context.Context) {
	t.Helper()
	o.Store = open(t, filepath.Join(t.TempDir(), "state.db"))
	return New(o), wire.WithCaller(context.Background(), wire.Caller{Account: home.Account, Region: home.Region})
}

// must stops the test when a call failed.
func must[T any](out T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

func wantCode[T any](t *testing.T, _ T, err error, code string) {
	t.Helper()
	var e *wire.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Errorf("error %v, want the code %s", err, code)
	}
}

func TestDefaultVPC(t *testing.T) {
	s, ctx := start(t, Options{VPC: "vpc-0123456789abcdef0"})
	out := must(s.DescribeVpcs(ctx, &DescribeVpcsInput{Filters: []Filter{{aws.String("is-default"), []string{"true"}}}}))(t)
	if len(out.Vpcs) != 1 || *out.Vpcs[0].VpcId != "vpc-0123456789abcdef0" {
		t.Fatalf("default VPCs %v", out.Vpcs)
	}
	subs := must(s.DescribeSubnets(ctx, &DescribeSubnetsInput{}))(t)
	zones := map[string]bool{}
	for _, sub := range subs.Subnets {
		zones[*sub.AvailabilityZone] = true
	}
	if len(subs.Subnets) != 3 || !zones["eu-west-1a"] || !zones["eu-west-1b"] || !zones["eu-west-1c"] {
		t.Errorf("subnets %v in zones %v", len(subs.Subnets), zones)
	}
	tables := must(s.DescribeRouteTables(ctx, &DescribeRouteTablesInput{}))(t)
	if len(tables.RouteTables) != 1 || len(tables.RouteTables[0].Routes) != 2 || *tables.RouteTables[0].Routes[1].State != "active" {
		t.Errorf("route tables %+v", tables.RouteTables)
	}
	az, vpc, ok := s.Subnet(home, s.DefaultSubnet(home, 2))
	if !ok || az != "eu-west-1c" || vpc != s.DefaultVPC(home) {
		t.Errorf("subnet in %s, %s, %v", az, vpc, ok)
	}
	if a, b := s.DefaultSubnet(home, 0), s.DefaultSubnet(arn.Scope{Account: home.Account, Region: "us-east-1"}, 0); a == b {
		t.Errorf("two regions share the subnet %s", a)
	}
}

func TestDefaultVPCStaysDeleted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	st := open(t, path)
	s := New(Options{Store: st})
	ctx := wire.WithCaller(context.Background(), wire.Caller{Account: home.Account, Region: home.Region})
	for i := range Zones {
		must(s.DeleteSubnet(ctx, &DeleteSubnetInput{aws.String(s.DefaultSubnet(home, i))}))(t)
	}
	igws := must(s.DescribeInternetGateways(ctx, &DescribeInternetGatewaysInput{}))(t)
	id, vpc := igws.InternetGateways[0].InternetGatewayId, aws.String(s.DefaultVPC(home))
	_, err := s.DeleteVpc(ctx, &DeleteVpcInput{vpc})
	wantCode(t, 0, err, "DependencyViolation")
	must(s.DetachInternetGateway(ctx, &DetachInternetGatewayInput{id, vpc}))(t)
	must(s.DeleteVpc(ctx, &DeleteVpcInput{vpc}))(t)
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	s = New(Options{Store: open(t, path)})
	if out := must(s.DescribeVpcs(ctx, &DescribeVpcsInput{}))(t); len(out.Vpcs) != 0 {
		t.Errorf("the deleted default VPC is back: %v", out.Vpcs)
	}
}

func TestSubnetRanges(t *testing.T) {
	s, ctx := start(t, Options{})
	vpc := must(s.CreateVpc(ctx, &CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")}))(t).Vpc.VpcId
	tests := []struct{ cidr, zone, code string }{
		{"10.0.1.0/24", "eu-west-1b", ""},
		{"10.0.1.128/25", "", "InvalidSubnet.Conflict"},
		{"10.0.0.0/16", "", "InvalidSubnet.Conflict"},
		{"10.1.0.0/24", "", "InvalidSubnet.Range"},
		{"10.0.0.0/8", "", "InvalidSubnet.Range"},
		{"10.0.3.0/29", "", "InvalidSubnet.Range"},
		{"ten", "", "InvalidParameterValue"},
		{"10.0.2.0/24", "us-east-1a", "InvalidParameterValue"},
		{"10.0.2.0/24", "euw1-az3", ""},
	}
	for _, tt := range tests {
		in := &CreateSubnetInput{VpcId: vpc, CidrBlock: &tt.cidr}
		if tt.zone != "" {
			in.AvailabilityZone = &tt.zone
		}
		_, err := s.CreateSubnet(ctx, in)
		if tt.code == "" && err != nil {
			t.Errorf("%s: %v", tt.cidr, err)
		} else if tt.code != "" {
			wantCode(t, 0, err, tt.code)
		}
	}
	_, err := s.CreateVpc(ctx, &CreateVpcInput{CidrBlock: aws.String("10.0.0.0/8")})
	wantCode(t, 0, err, "InvalidVpc.Range")
	_, err = s.CreateSubnet(ctx, &CreateSubnetInput{VpcId: aws.String("vpc-1"), CidrBlock: aws.String("10.0.0.0/24")})
	wantCode(t, 0, err, "InvalidVpcID.NotFound")
	_, err = s.DeleteVpc(ctx, &DeleteVpcInput{vpc})
	wantCode(t, 0, err, "DependencyViolation")
}

func TestSecurityGroupRules(t *testing.T) {
	s, ctx := start(t, Options{})
	create := &CreateSecurityGroupInput{GroupName: aws.String("web"), Description: aws.String("web")}
	id := must(s.CreateSecurityGroup(ctx, create))(t).GroupId
	_, err := s.CreateSecurityGroup(ctx, create)
	wantCode(t, 0, err, "InvalidGroup.Duplicate")

	https := []IpPermission{{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(443), ToPort: aws.Int32(443), IpRanges: []IpRange{
		{CidrIp: aws.String("0.0.0.0/0"), Description: aws.String("all")}, {CidrIp: aws.String("10.0.0.0/8")},
	}}}
	added := must(s.AuthorizeSecurityGroupIngress(ctx, &AuthorizeSecurityGroupIngressInput{GroupId: id, IpPermissions: https}))(t)
	if len(added.SecurityGroupRules) != 2 {
		t.Fatalf("rules %v", added.SecurityGroupRules)
	}
	_, err = s.AuthorizeSecurityGroupIngress(ctx, &AuthorizeSecurityGroupIngressInput{GroupId: id, IpPermissions: https})
	wantCode(t, 0, err, "InvalidPermission.Duplicate")
	_, err = s.AuthorizeSecurityGroupIngress(ctx, &AuthorizeSecurityGroupIngressInput{GroupId: id, IpPermissions: []IpPermission{{IpProtocol: aws.String("tcp")}}})
	wantCode(t, 0, err, "InvalidParameterValue")

	got := must(s.DescribeSecurityGroups(ctx, &DescribeSecurityGroupsInput{GroupNames: []string{"web"}}))(t).SecurityGroups[0]
	if len(got.IpPermissions) != 1 || len(got.IpPermissions[0].IpRanges) != 2 || len(got.IpPermissionsEgress) != 1 {
		t.Errorf("group %+v", got)
	}
	filter := []Filter{{aws.String("group-id"), []string{*id}}}
	if n := len(must(s.DescribeSecurityGroupRules(ctx, &DescribeSecurityGroupRulesInput{Filters: filter}))(t).SecurityGroupRules); n != 3 {
		t.Errorf("%d rules", n)
	}
	must(s.RevokeSecurityGroupIngress(ctx, &RevokeSecurityGroupIngressInput{GroupId: id, SecurityGroupRuleIds: []string{*added.SecurityGroupRules[0].SecurityGroupRuleId}}))(t)
	_, err = s.RevokeSecurityGroupIngress(ctx, &RevokeSecurityGroupIngressInput{GroupId: id, IpPermissions: https})
	wantCode(t, 0, err, "InvalidPermission.NotFound")
	https[0].IpRanges = https[0].IpRanges[1:]
	must(s.RevokeSecurityGroupIngress(ctx, &RevokeSecurityGroupIngressInput{GroupId: id, IpPermissions: https}))(t)

	must(s.DeleteSecurityGroup(ctx, &DeleteSecurityGroupInput{GroupId: id}))(t)
	_, err = s.DeleteSecurityGroup(ctx, &DeleteSecurityGroupInput{GroupId: id})
	wantCode(t, 0, err, "InvalidGroup.NotFound")
	_, err = s.DeleteSecurityGroup(ctx, &DeleteSecurityGroupInput{GroupName: aws.String("default")})
	wantCode(t, 0, err, "CannotDelete")
}

func TestGroupsReferToEachOther(t *testing.T) {
	s, ctx := start(t, Options{})
	var ids []*string
	for _, name := range []string{"lb", "task"} {
		ids = append(ids, must(s.CreateSecurityGroup(ctx, &CreateSecurityGroupInput{GroupName: &name, Description: &name}))(t).GroupId)
	}
	from := []IpPermission{{IpProtocol: aws.String("-1"), Groups: []GroupPair{{GroupId: ids[0]}}}}
	must(s.AuthorizeSecurityGroupIngress(ctx, &AuthorizeSecurityGroupIngressInput{GroupId: ids[1], IpPermissions: from}))(t)
	_, err := s.DeleteSecurityGroup(ctx, &DeleteSecurityGroupInput{GroupId: ids[0]})
	wantCode(t, 0, err, "DependencyViolation")
	must(s.DeleteSecurityGroup(ctx, &DeleteSecurityGroupInput{GroupId: ids[1]}))(t)
	must(s.DeleteSecurityGroup(ctx, &DeleteSecurityGroupInput{GroupId: ids[0]}))(t)
}

func TestInterfacesAndInstances(t *testing.T) {
	var s *Service
	s, ctx := start(t, Options{
		Interfaces: func(sc arn.Scope) []Interface {
			return []Interface{{ID: "eni-1", Subnet: s.DefaultSubnet(sc, 1), Groups: []string{"sg-1"}, IP: "10.0.0.7", Attachment: "eni-attach-1", Created: time.Unix(1, 0)}}
		},
		Instances: func(arn.Scope) []Instance {
			return []Instance{{ID: "i-1", Type: "m5.large", IP: "10.0.0.1", Architecture: "x86_64"}}
		},
	})
	find := func(filter, value string) int {
		out := must(s.DescribeNetworkInterfaces(ctx, &DescribeNetworkInterfacesInput{Filters: []Filter{{&filter, []string{value}}}}))(t)
		return len(out.NetworkInterfaces)
	}
	if find("group-id", "sg-1") != 1 || find("group-id", "sg-2") != 0 || find("private-ip-address", "10.0.0.*") != 1 || find("availability-zone", "eu-west-1b") != 1 {
		t.Error("filters")
	}
	_, err := s.DescribeNetworkInterfaces(ctx, &DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{"eni-2"}})
	wantCode(t, 0, err, "InvalidNetworkInterfaceID.NotFound")
	_, err = s.DescribeNetworkInterfaces(ctx, &DescribeNetworkInterfacesInput{Filters: []Filter{{aws.String("colour"), []string{"blue"}}}})
	wantCode(t, 0, err, "InvalidParameterValue")
	_, err = s.DeleteSubnet(ctx, &DeleteSubnetInput{aws.String(s.DefaultSubnet(home, 1))})
	wantCode(t, 0, err, "DependencyViolation")

	must(s.CreateTags(ctx, &CreateTagsInput{Resources: []string{"i-1", "eni-1"}, Tags: []Tag{{aws.String("Name"), aws.String("here")}}}))(t)
	out := must(s.DescribeInstances(ctx, &DescribeInstancesInput{Filters: []Filter{{aws.String("tag:Name"), []string{"h?re"}}}}))(t)
	if len(out.Reservations) != 1 || *out.Reservations[0].InstancesSet[0].PrivateDnsName != "ip-10-0-0-1.eu-west-1.compute.internal" {
		t.Errorf("instances %+v", out.Reservations)
	}
	_, err = s.CreateTags(ctx, &CreateTagsInput{Resources: []string{"i-2"}, Tags: []Tag{{aws.String("Name"), nil}}})
	wantCode(t, 0, err, "InvalidInstanceID.NotFound")
}

func TestWildcard(t *testing.T) {
	tests := []struct {
		pattern, s string
		want       bool
	}{
		{"", "", true},
		{"", "a", false},
		{"a", "a", true},
		{"a*", "abc", true},
		{"*c", "abc", true},
		{"a*c", "abbc", true},
		{"a?c", "abc", true},
		{"a?c", "ac", false},
		{"*", "", true},
		{`a\*`, "a*", true},
		{`a\*`, "ab", false},
		{"*a*b*", "xaxbx", true},
		{"*a*b", "xaxbx", false},
	}
	for _, tt := range tests {
		if got := wildcard(tt.pattern, tt.s); got != tt.want {
			t.Errorf("wildcard(%q, %q) = %v", tt.pattern, tt.s, got)
		}
	}
}

func TestZoneIDs(t *testing.T) {
	for region, want := range map[string]string{"us-east-1": "use1-az1", "ap-southeast-2": "apse2-az1", "eu-central-1": "euc1-az1", "us-gov-west-1": "usgw1-az1"} {
		if got := zoneID(region, 0); got != want {
			t.Errorf("%s: %s, want %s", region, got, want)
		}
	}
}

// TestBoto3 runs testdata/flow.py: what Terraform's VPC module does, by boto3.
func TestBoto3(t *testing.T) {
	python3 := boto.Python(t)
	s, _ := start(t, Options{})
	r := wire.NewRegistry(wire.Options{LoopbackDevKey: true, Strict: true})
	r.Add(s.Spec(), s)
	h := httptest.NewServer(r)
	defer h.Close()
	cmd := exec.Command(python3, "testdata/flow.py", h.URL)
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_DEFAULT_REGION=eu-west-1", "AWS_EC2_METADATA_DISABLED=true")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, strings.TrimSpace(string(out)))
	}
}
