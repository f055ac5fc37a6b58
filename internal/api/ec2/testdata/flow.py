"""Builds a network as Terraform's VPC module does, checks it, and takes it down."""
import sys

import boto3
from botocore.exceptions import ClientError

ec2 = boto3.client("ec2", endpoint_url=sys.argv[1])


def fails(code, call, **kwargs):
    try:
        call(**kwargs)
    except ClientError as e:
        assert e.response["Error"]["Code"] == code, e
    else:
        raise AssertionError(f"{call} should fail with {code}")


def tags(kind, name):
    return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}, {"Key": "empty", "Value": ""}]}]


zones = [z["ZoneName"] for z in ec2.describe_availability_zones(Filters=[{"Name": "state", "Values": ["available"]}])["AvailabilityZones"]]
assert zones == ["eu-west-1a", "eu-west-1b", "eu-west-1c"], zones
assert any(r["RegionName"] == "eu-west-1" for r in ec2.describe_regions()["Regions"])
attributes = {a["AttributeName"]: a["AttributeValues"][0]["AttributeValue"] for a in ec2.describe_account_attributes()["AccountAttributes"]}
assert attributes["default-vpc"].startswith("vpc-"), attributes

fails("DryRunOperation", ec2.create_vpc, CidrBlock="10.0.0.0/16", DryRun=True)
vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tags("vpc", "main"))["Vpc"]
vpc_id = vpc["VpcId"]
assert vpc["State"] == "available" and not vpc["IsDefault"] and {"Key": "empty", "Value": ""} in vpc["Tags"], vpc
ec2.get_waiter("vpc_available").wait(VpcIds=[vpc_id])
ec2.modify_vpc_attribute(VpcId=vpc_id, EnableDnsHostnames={"Value": True})
assert ec2.describe_vpc_attribute(VpcId=vpc_id, Attribute="enableDnsHostnames")["EnableDnsHostnames"]["Value"] is True
assert ec2.describe_vpc_attribute(VpcId=vpc_id, Attribute="enableNetworkAddressUsageMetrics")["EnableNetworkAddressUsageMetrics"]["Value"] is False

in_vpc = {"Name": "vpc-id", "Values": [vpc_id]}
sg = ec2.describe_security_groups(Filters=[in_vpc, {"Name": "group-name", "Values": ["default"]}])["SecurityGroups"][0]
ec2.revoke_security_group_ingress(GroupId=sg["GroupId"], IpPermissions=sg["IpPermissions"])
ec2.revoke_security_group_egress(GroupId=sg["GroupId"], IpPermissions=sg["IpPermissionsEgress"])
main = ec2.describe_route_tables(Filters=[in_vpc, {"Name": "association.main", "Values": ["true"]}])["RouteTables"][0]
assert main["Routes"][0]["GatewayId"] == "local" and main["Associations"][0]["Main"], main
acl = ec2.describe_network_acls(Filters=[in_vpc, {"Name": "default", "Values": ["true"]}])["NetworkAcls"][0]
assert len(acl["Entries"]) == 4, acl
ec2.delete_network_acl_entry(NetworkAclId=acl["NetworkAclId"], RuleNumber=100, Egress=False)
ec2.create_network_acl_entry(NetworkAclId=acl["NetworkAclId"], RuleNumber=110, Egress=False, Protocol="6", RuleAction="allow",
                             CidrBlock="0.0.0.0/0", PortRange={"From": 80, "To": 80})
entry = [e for e in ec2.describe_network_acls(NetworkAclIds=[acl["NetworkAclId"]])["NetworkAcls"][0]["Entries"] if e["RuleNumber"] == 110][0]
assert entry["PortRange"] == {"From": 80, "To": 80} and not entry["Egress"], entry

subnets = []
for i, zone in enumerate(zones[:2]):
    made = ec2.create_subnet(VpcId=vpc_id, CidrBlock=f"10.0.{i}.0/24", AvailabilityZone=zone, TagSpecifications=tags("subnet", zone))["Subnet"]
    subnets.append(made["SubnetId"])
    assert made["AvailableIpAddressCount"] == 251, made
ec2.modify_subnet_attribute(SubnetId=subnets[0], MapPublicIpOnLaunch={"Value": True})
assert [s["MapPublicIpOnLaunch"] for s in ec2.describe_subnets(SubnetIds=subnets)["Subnets"]] == [True, False]
found = ec2.describe_subnets(Filters=[in_vpc, {"Name": "tag:Name", "Values": ["eu-west-1?"]}])["Subnets"]
assert len(found) == 2, found
pages = list(ec2.get_paginator("describe_subnets").paginate(Filters=[in_vpc], PaginationConfig={"PageSize": 5}))
assert sum(len(p["Subnets"]) for p in pages) == 2

acl2 = ec2.create_network_acl(VpcId=vpc_id)["NetworkAcl"]
association = [a for a in ec2.describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": [subnets[0]]}])["NetworkAcls"][0]["Associations"]
               if a["SubnetId"] == subnets[0]][0]
association = ec2.replace_network_acl_association(AssociationId=association["NetworkAclAssociationId"], NetworkAclId=acl2["NetworkAclId"])["NewAssociationId"]
fails("DependencyViolation", ec2.delete_network_acl, NetworkAclId=acl2["NetworkAclId"])
ec2.replace_network_acl_association(AssociationId=association, NetworkAclId=acl["NetworkAclId"])
ec2.delete_network_acl(NetworkAclId=acl2["NetworkAclId"])

igw = ec2.create_internet_gateway(TagSpecifications=tags("internet-gateway", "main"))["InternetGateway"]["InternetGatewayId"]
ec2.attach_internet_gateway(InternetGatewayId=igw, VpcId=vpc_id)
fails("Resource.AlreadyAssociated", ec2.attach_internet_gateway, InternetGatewayId=igw, VpcId=vpc_id)
table = ec2.create_route_table(VpcId=vpc_id, TagSpecifications=tags("route-table", "public"))["RouteTable"]["RouteTableId"]
ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=igw)
fails("RouteAlreadyExists", ec2.create_route, RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=igw)
fails("InvalidRoute.NotFound", ec2.delete_route, RouteTableId=table, DestinationCidrBlock="10.9.0.0/16")
association = ec2.associate_route_table(RouteTableId=table, SubnetId=subnets[0])["AssociationId"]
fails("Resource.AlreadyAssociated", ec2.associate_route_table, RouteTableId=table, SubnetId=subnets[0])
fails("DependencyViolation", ec2.delete_route_table, RouteTableId=table)
shown = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]
assert shown["Routes"][1]["State"] == "active" and shown["Associations"][0]["SubnetId"] == subnets[0], shown

eip = ec2.allocate_address(Domain="vpc", TagSpecifications=tags("elastic-ip", "nat"))
assert ec2.describe_addresses_attribute(AllocationIds=[eip["AllocationId"]], Attribute="domain-name")["Addresses"][0]["PublicIp"] == eip["PublicIp"]
nat = ec2.create_nat_gateway(SubnetId=subnets[0], AllocationId=eip["AllocationId"], TagSpecifications=tags("natgateway", "n"))["NatGateway"]["NatGatewayId"]
ec2.get_waiter("nat_gateway_available").wait(NatGatewayIds=[nat])
fails("InvalidIPAddress.InUse", ec2.release_address, AllocationId=eip["AllocationId"])
fails("DependencyViolation", ec2.delete_subnet, SubnetId=subnets[0])
eni = ec2.describe_network_interfaces(Filters=[{"Name": "association.public-ip", "Values": [eip["PublicIp"]]}])["NetworkInterfaces"]
assert len(eni) == 1 and eni[0]["InterfaceType"] == "nat_gateway", eni
assert ec2.describe_addresses(PublicIps=[eip["PublicIp"]])["Addresses"][0]["NetworkInterfaceId"] == eni[0]["NetworkInterfaceId"]

group = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc_id, TagSpecifications=tags("security-group", "web"))["GroupId"]
rules = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[
    {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "web"}]},
    {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]}])["SecurityGroupRules"]
assert rules[0]["CidrIpv4"] == "0.0.0.0/0" and rules[1]["ReferencedGroupInfo"]["GroupId"] == group, rules
ec2.create_tags(Resources=[rules[0]["SecurityGroupRuleId"], vpc_id], Tags=[{"Key": "team", "Value": "a"}])
assert ec2.describe_tags(Filters=[{"Name": "key", "Values": ["team"]}])["Tags"][0]["Value"] == "a"
ec2.delete_tags(Resources=[vpc_id], Tags=[{"Key": "team"}])
assert [t["Key"] for t in ec2.describe_vpcs(VpcIds=[vpc_id])["Vpcs"][0]["Tags"]] == ["Name", "empty"]
fails("InvalidVpcID.NotFound", ec2.describe_vpcs, VpcIds=["vpc-00000000"])
fails("DependencyViolation", ec2.delete_vpc, VpcId=vpc_id)

ec2.delete_nat_gateway(NatGatewayId=nat)
ec2.get_waiter("nat_gateway_deleted").wait(NatGatewayIds=[nat])
ec2.release_address(AllocationId=eip["AllocationId"])
ec2.disassociate_route_table(AssociationId=association)
ec2.delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
ec2.delete_route_table(RouteTableId=table)
for s in subnets:
    ec2.delete_subnet(SubnetId=s)
ec2.detach_internet_gateway(InternetGatewayId=igw, VpcId=vpc_id)
ec2.delete_internet_gateway(InternetGatewayId=igw)
ec2.delete_security_group(GroupId=group)
ec2.delete_vpc(VpcId=vpc_id)
assert ec2.describe_security_groups(Filters=[in_vpc])["SecurityGroups"] == []
assert ec2.describe_route_tables(Filters=[in_vpc])["RouteTables"] == []
