"""Creates, describes, changes and deletes everything with boto3."""
import sys
import boto3
from botocore.exceptions import ClientError

elb = boto3.client("elbv2", endpoint_url=sys.argv[1])


def eq(got, want, what=""):
    assert got == want, f"{what}: got {got!r}, want {want!r}"


lb = elb.create_load_balancer(Name="web", Subnets=["subnet-a", "subnet-b"], SecurityGroups=["sg-1"],
                              Tags=[{"Key": "team", "Value": "blue"}])["LoadBalancers"][0]
LB = lb["LoadBalancerArn"]
assert LB.startswith("arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/web/"), LB
eq(lb["DNSName"], "10.9.0.1", "DNSName")
eq(lb["State"]["Code"], "active")
eq(lb["Scheme"], "internet-facing")
eq(lb["Type"], "application")
eq(lb["VpcId"], "vpc-1")
eq(lb["IpAddressType"], "ipv4")
eq([(z["ZoneName"], z["SubnetId"]) for z in lb["AvailabilityZones"]], [("us-east-1a", "subnet-a"), ("us-east-1b", "subnet-b")])
again = elb.create_load_balancer(Name="web", Subnets=["subnet-b", "subnet-a"], SecurityGroups=["sg-1"],
                                 Tags=[{"Key": "team", "Value": "blue"}])["LoadBalancers"][0]
eq(again, lb, "the same call again")
elb.get_waiter("load_balancer_available").wait(LoadBalancerArns=[LB])
elb.get_waiter("load_balancer_exists").wait(Names=["web"])
eq(elb.describe_load_balancers()["LoadBalancers"], [lb])
eq(elb.describe_load_balancers(Names=["web"])["LoadBalancers"], [lb])

attributes = {a["Key"]: a["Value"] for a in elb.describe_load_balancer_attributes(LoadBalancerArn=LB)["Attributes"]}
eq(attributes["idle_timeout.timeout_seconds"], "60")
eq(attributes["routing.http2.enabled"], "true")
after = elb.modify_load_balancer_attributes(LoadBalancerArn=LB, Attributes=[
    {"Key": "idle_timeout.timeout_seconds", "Value": "30"}, {"Key": "deletion_protection.enabled", "Value": "true"}])["Attributes"]
assert {"Key": "idle_timeout.timeout_seconds", "Value": "30"} in after
eq(elb.describe_capacity_reservation(LoadBalancerArn=LB).get("MinimumLoadBalancerCapacity"), None)
eq(elb.set_security_groups(LoadBalancerArn=LB, SecurityGroups=["sg-3", "sg-2"])["SecurityGroupIds"], ["sg-2", "sg-3"])
eq(elb.set_ip_address_type(LoadBalancerArn=LB, IpAddressType="dualstack")["IpAddressType"], "dualstack")
eq(len(elb.set_subnets(LoadBalancerArn=LB, Subnets=["subnet-b"])["AvailabilityZones"]), 1)

groups = {}
for name in ("blue", "green"):
    groups[name] = elb.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId="vpc-1", TargetType="ip",
                                           HealthCheckPath="/health", HealthCheckIntervalSeconds=5, HealthCheckTimeoutSeconds=2,
                                           HealthyThresholdCount=2, Matcher={"HttpCode": "200-299"})["TargetGroups"][0]
blue, green = groups["blue"], groups["green"]
BLUE, GREEN = blue["TargetGroupArn"], green["TargetGroupArn"]
eq({k: blue[k] for k in ("Protocol", "Port", "ProtocolVersion", "TargetType", "IpAddressType", "HealthCheckProtocol", "HealthCheckPort",
                         "HealthCheckEnabled", "HealthCheckIntervalSeconds", "HealthCheckTimeoutSeconds", "HealthyThresholdCount",
                         "UnhealthyThresholdCount", "HealthCheckPath", "Matcher", "LoadBalancerArns")},
   {"Protocol": "HTTP", "Port": 80, "ProtocolVersion": "HTTP1", "TargetType": "ip", "IpAddressType": "ipv4", "HealthCheckProtocol": "HTTP",
    "HealthCheckPort": "traffic-port", "HealthCheckEnabled": True, "HealthCheckIntervalSeconds": 5, "HealthCheckTimeoutSeconds": 2,
    "HealthyThresholdCount": 2, "UnhealthyThresholdCount": 2, "HealthCheckPath": "/health", "Matcher": {"HttpCode": "200-299"},
    "LoadBalancerArns": []})
eq(elb.modify_target_group(TargetGroupArn=BLUE, HealthCheckPath="/ok")["TargetGroups"][0]["HealthCheckPath"], "/ok")
tg = {a["Key"]: a["Value"] for a in elb.describe_target_group_attributes(TargetGroupArn=BLUE)["Attributes"]}
eq(tg["deregistration_delay.timeout_seconds"], "300")
eq(len(tg), 14)
elb.modify_target_group_attributes(TargetGroupArn=BLUE, Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "1"}])

elb.register_targets(TargetGroupArn=BLUE, Targets=[{"Id": "10.0.0.7"}, {"Id": "10.0.0.7", "Port": 8080}])
health = elb.describe_target_health(TargetGroupArn=BLUE)["TargetHealthDescriptions"]
eq([h["TargetHealth"] for h in health], 2 * [{"State": "unused", "Reason": "Target.NotInUse",
   "Description": "Target group is not configured to receive traffic from the load balancer"}])

listener = elb.create_listener(LoadBalancerArn=LB, Protocol="HTTP", Port=80,
                               DefaultActions=[{"Type": "forward", "TargetGroupArn": BLUE}])["Listeners"][0]
LISTENER = listener["ListenerArn"]
eq(listener["DefaultActions"], [{"Type": "forward", "TargetGroupArn": BLUE, "ForwardConfig": {
    "TargetGroups": [{"TargetGroupArn": BLUE, "Weight": 1}], "TargetGroupStickinessConfig": {"Enabled": False}}}])
eq(elb.create_listener(LoadBalancerArn=LB, Protocol="HTTP", Port=80, DefaultActions=[{"Type": "forward", "TargetGroupArn": BLUE}])["Listeners"][0], listener)
eq(elb.describe_target_groups(LoadBalancerArn=LB)["TargetGroups"][0]["LoadBalancerArns"], [LB])

elb.get_waiter("target_in_service").wait(TargetGroupArn=BLUE, WaiterConfig={"Delay": 1})
health = elb.describe_target_health(TargetGroupArn=BLUE, Targets=[{"Id": "10.0.0.7", "Port": 8080}])["TargetHealthDescriptions"]
eq(health, [{"Target": {"Id": "10.0.0.7", "Port": 8080}, "HealthCheckPort": "8080", "TargetHealth": {"State": "healthy"},
             "AdministrativeOverride": {"State": "no_override", "Reason": "AdministrativeOverride.NoOverride",
                                        "Description": "No override is currently active on target"}}])

rule = elb.create_rule(ListenerArn=LISTENER, Priority=100, Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/*"]}}],
                       Actions=[{"Type": "forward", "Order": 1, "ForwardConfig": {"TargetGroups": [
                           {"TargetGroupArn": BLUE, "Weight": 90}, {"TargetGroupArn": GREEN, "Weight": 10}]}}])["Rules"][0]
RULE = rule["RuleArn"]
eq(rule, {"RuleArn": RULE, "Priority": "100", "IsDefault": False, "Transforms": [],
          "Conditions": [{"Field": "path-pattern", "Values": ["/*"], "PathPatternConfig": {"Values": ["/*"]}}],
          "Actions": [{"Type": "forward", "Order": 1, "ForwardConfig": {"TargetGroups": [
              {"TargetGroupArn": BLUE, "Weight": 90}, {"TargetGroupArn": GREEN, "Weight": 10}],
              "TargetGroupStickinessConfig": {"Enabled": False}}}]})
eq(RULE.replace("listener-rule", "listener").rsplit("/", 1)[0], LISTENER)
test = elb.create_rule(ListenerArn=LISTENER, Priority=10, Actions=[{"Type": "forward", "TargetGroupArn": GREEN}], Conditions=[
    {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "x-amazon-ecs-blue-green-test", "Values": ["test"]}}])["Rules"][0]
eq([r["Priority"] for r in elb.describe_rules(ListenerArn=LISTENER)["Rules"]], ["10", "100", "default"])
swapped = elb.set_rule_priorities(RulePriorities=[{"RuleArn": RULE, "Priority": 10}, {"RuleArn": test["RuleArn"], "Priority": 100}])["Rules"]
eq([r["Priority"] for r in swapped], ["10", "100"])
shifted = elb.modify_rule(RuleArn=RULE, Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": [
    {"TargetGroupArn": BLUE, "Weight": 0}, {"TargetGroupArn": GREEN, "Weight": 100}]}}])["Rules"][0]
eq([t["Weight"] for t in shifted["Actions"][0]["ForwardConfig"]["TargetGroups"]], [0, 100])
eq(shifted["Conditions"], rule["Conditions"])
elb.modify_rule(RuleArn=RULE, Conditions=shifted["Conditions"], Actions=shifted["Actions"])

redirect = elb.create_listener(LoadBalancerArn=LB, Protocol="HTTP", Port=81, DefaultActions=[
    {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}])["Listeners"][0]
eq(redirect["DefaultActions"][0]["RedirectConfig"], {"Protocol": "HTTPS", "Port": "443", "Host": "#{host}", "Path": "/#{path}",
                                                     "Query": "#{query}", "StatusCode": "HTTP_301"})
https = elb.create_listener(LoadBalancerArn=LB, Protocol="HTTPS", Port=443, DefaultActions=[
    {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404", "ContentType": "text/plain", "MessageBody": "no"}}])["Listeners"][0]
eq(https["SslPolicy"], "ELBSecurityPolicy-2016-08")
eq(https["MutualAuthentication"], {"Mode": "off"})
eq(elb.describe_listener_certificates(ListenerArn=https["ListenerArn"])["Certificates"], [])
eq(len(elb.describe_ssl_policies(Names=[https["SslPolicy"]])["SslPolicies"]), 1)
attrs = elb.modify_listener_attributes(ListenerArn=https["ListenerArn"], Attributes=[
    {"Key": "routing.http.response.x_frame_options.header_value", "Value": "DENY"}])["Attributes"]
assert {"Key": "routing.http.response.x_frame_options.header_value", "Value": "DENY"} in attrs
eq(elb.describe_listener_attributes(ListenerArn=https["ListenerArn"])["Attributes"], attrs)
eq({l["Port"] for p in elb.get_paginator("describe_listeners").paginate(LoadBalancerArn=LB, PaginationConfig={"PageSize": 2}) for l in p["Listeners"]}, {80, 81, 443})
plain = elb.modify_listener(ListenerArn=https["ListenerArn"], Protocol="HTTP", Port=8443)["Listeners"][0]
assert "SslPolicy" not in plain and plain["Port"] == 8443, plain

elb.add_tags(ResourceArns=[LB, BLUE, LISTENER, RULE], Tags=[{"Key": "env", "Value": "test"}])
elb.remove_tags(ResourceArns=[LB], TagKeys=["team", "none"])
eq({d["ResourceArn"]: d["Tags"] for d in elb.describe_tags(ResourceArns=[LB, GREEN, RULE])["TagDescriptions"]},
   {LB: [{"Key": "env", "Value": "test"}], GREEN: [], RULE: [{"Key": "env", "Value": "test"}]})
assert len(elb.describe_account_limits()["Limits"]) > 5
eq(elb.describe_trust_stores()["TrustStores"], [])

elb.deregister_targets(TargetGroupArn=BLUE, Targets=[{"Id": "10.0.0.7", "Port": 8080}, {"Id": "10.9.9.9"}])
eq(elb.describe_target_health(TargetGroupArn=BLUE, Targets=[{"Id": "10.0.0.7", "Port": 8080}])["TargetHealthDescriptions"][0]["TargetHealth"],
   {"State": "draining", "Reason": "Target.DeregistrationInProgress", "Description": "Target deregistration is in progress"})
elb.get_waiter("target_deregistered").wait(TargetGroupArn=BLUE, Targets=[{"Id": "10.0.0.7", "Port": 8080}], WaiterConfig={"Delay": 1})
eq([h["Target"]["Port"] for h in elb.describe_target_health(TargetGroupArn=BLUE)["TargetHealthDescriptions"]], [80])

elb.delete_rule(RuleArn=test["RuleArn"])
elb.delete_listener(ListenerArn=redirect["ListenerArn"])
try:
    elb.delete_load_balancer(LoadBalancerArn=LB)
    raise AssertionError("deletion protection did not protect")
except ClientError as e:
    eq(e.response["Error"]["Code"], "OperationNotPermitted")
elb.modify_load_balancer_attributes(LoadBalancerArn=LB, Attributes=[{"Key": "deletion_protection.enabled", "Value": "false"}])
elb.delete_load_balancer(LoadBalancerArn=LB)
elb.delete_load_balancer(LoadBalancerArn=LB)
elb.get_waiter("load_balancers_deleted").wait(LoadBalancerArns=[LB])
for arn in (BLUE, GREEN):
    elb.delete_target_group(TargetGroupArn=arn)
eq(elb.describe_target_groups()["TargetGroups"], [])
