"""A network load balancer with boto3: made, described, changed, deleted; and the mistakes that are refused."""
import sys
import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

elb = boto3.client("elbv2", endpoint_url=sys.argv[1], config=Config(parameter_validation=False, retries={"max_attempts": 1}))
CERTIFICATE = sys.argv[2]


def eq(got, want, what=""):
    assert got == want, f"{what}: got {got!r}, want {want!r}"


def refused(code, operation, text="", **arguments):
    try:
        answer = getattr(elb, operation)(**arguments)
    except ClientError as e:
        eq(e.response["Error"]["Code"], code, f"{operation} {arguments} {e}")
        assert text in e.response["Error"]["Message"], f"{operation}: {e}"
        return
    raise AssertionError(f"{operation} {arguments} was accepted: {answer}")


def attributes(answer):
    return {a["Key"]: a["Value"] for a in answer["Attributes"]}


def group(name, protocol, port=7, kind="ip", **more):
    return elb.create_target_group(Name=name, Protocol=protocol, Port=port, VpcId="vpc-1", TargetType=kind, **more)["TargetGroups"][0]


def forward(*groups):
    return [{"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": g, "Weight": w} for g, w in groups]}}]


# load balancers
EIP = {"SubnetId": "subnet-a", "AllocationId": "eipalloc-1"}
lb = elb.create_load_balancer(Name="edge", Type="network", SubnetMappings=[EIP, {"SubnetId": "subnet-b"}], SecurityGroups=["sg-1"])["LoadBalancers"][0]
LB = lb["LoadBalancerArn"]
assert LB.startswith("arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/edge/"), LB
eq({k: lb[k] for k in ("Type", "Scheme", "VpcId", "IpAddressType", "CanonicalHostedZoneId", "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic", "EnablePrefixForIpv6SourceNat")},
   {"Type": "network", "Scheme": "internet-facing", "VpcId": "vpc-1", "IpAddressType": "ipv4", "CanonicalHostedZoneId": "Z26RNL4JYFTOTI",
    "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic": "on", "EnablePrefixForIpv6SourceNat": "off"})
eq([z["LoadBalancerAddresses"] for z in lb["AvailabilityZones"]], [[{"AllocationId": "eipalloc-1", "IpAddress": "203.0.113.1"}], []])
eq(elb.create_load_balancer(Name="edge", Type="network", SubnetMappings=[EIP, {"SubnetId": "subnet-b"}], SecurityGroups=["sg-1"])["LoadBalancers"][0], lb, "the same call again")
eq(elb.describe_load_balancers(Names=["edge"])["LoadBalancers"], [lb])
elb.get_waiter("load_balancer_available").wait(LoadBalancerArns=[LB])
refused("DuplicateLoadBalancerName", "create_load_balancer", Name="edge", Subnets=["subnet-a", "subnet-b"])
refused("AllocationIdNotFound", "create_load_balancer", Name="x", Type="network", SubnetMappings=[{"SubnetId": "subnet-a", "AllocationId": "eipalloc-9"}])
refused("ResourceInUse", "create_load_balancer", Name="x", Type="network", SubnetMappings=[EIP])
refused("ResourceInUse", "create_load_balancer", Name="x", Type="network", SubnetMappings=[EIP, {"SubnetId": "subnet-b", "AllocationId": "eipalloc-1"}])
refused("InvalidConfigurationRequest", "create_load_balancer", Name="x", SubnetMappings=[EIP])
refused("InvalidConfigurationRequest", "create_load_balancer", Name="x", Type="network", Scheme="internal", SubnetMappings=[EIP])
refused("InvalidConfigurationRequest", "create_load_balancer", Name="x", Type="network", SubnetMappings=[{"SubnetId": "subnet-a", "PrivateIPv4Address": "10.0.0.5"}])
refused("InvalidConfigurationRequest", "create_load_balancer", Name="x", Type="network", Subnets=["subnet-a"], EnablePrefixForIpv6SourceNat="on")
refused("InvalidConfigurationRequest", "create_load_balancer", Name="x", Type="network", Subnets=["subnet-a"], IpAddressType="dualstack-without-public-ipv4")
refused("ValidationError", "create_load_balancer", Name="x", Type="network")
refused("OperationNotPermitted", "create_load_balancer", Name="x", Type="gateway", Subnets=["subnet-a"])
inner = elb.create_load_balancer(Name="inner", Type="network", Scheme="internal", SubnetMappings=[{"SubnetId": "subnet-a", "PrivateIPv4Address": "10.0.0.5"}])["LoadBalancers"][0]
INNER = inner["LoadBalancerArn"]
eq(inner["AvailabilityZones"][0]["LoadBalancerAddresses"], [{"PrivateIPv4Address": "10.0.0.5"}])
eq(inner["SecurityGroups"], [])
refused("InvalidConfigurationRequest", "set_security_groups", LoadBalancerArn=INNER, SecurityGroups=["sg-1"])
refused("InvalidConfigurationRequest", "set_subnets", LoadBalancerArn=INNER, SubnetMappings=[{"SubnetId": "subnet-a", "PrivateIPv4Address": "10.0.0.6"}])
zones = elb.set_subnets(LoadBalancerArn=INNER, Subnets=["subnet-a", "subnet-b"])["AvailabilityZones"]
eq([z["LoadBalancerAddresses"] for z in zones], [[{"PrivateIPv4Address": "10.0.0.5"}], []], "a zone that stays keeps its address")
eq(elb.set_security_groups(LoadBalancerArn=LB, SecurityGroups=["sg-2"], EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic="off")["EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"], "off")
eq(attributes(elb.describe_load_balancer_attributes(LoadBalancerArn=LB)), {
    "access_logs.s3.enabled": "false", "access_logs.s3.bucket": "", "access_logs.s3.prefix": "", "deletion_protection.enabled": "false",
    "dns_record.client_routing_policy": "any_availability_zone", "ipv6.deny_all_igw_traffic": "false", "load_balancing.cross_zone.enabled": "false",
    "secondary_ips.auto_assigned.per_subnet": "0", "zonal_shift.config.enabled": "false"})
after = attributes(elb.modify_load_balancer_attributes(LoadBalancerArn=LB, Attributes=[{"Key": "load_balancing.cross_zone.enabled", "Value": "true"}]))
eq(after["load_balancing.cross_zone.enabled"], "true")
refused("InvalidConfigurationRequest", "modify_load_balancer_attributes", LoadBalancerArn=LB, Attributes=[{"Key": "idle_timeout.timeout_seconds", "Value": "60"}])
refused("InvalidConfigurationRequest", "modify_load_balancer_attributes", LoadBalancerArn=LB, Attributes=[{"Key": "access_logs.s3.enabled", "Value": "true"}])

# target groups
blue = group("blue", "TCP")
BLUE, GREEN = blue["TargetGroupArn"], group("green", "TCP")["TargetGroupArn"]
eq({k: v for k, v in blue.items() if k not in ("TargetGroupArn", "TargetGroupName")},
   {"Protocol": "TCP", "Port": 7, "VpcId": "vpc-1", "TargetType": "ip", "IpAddressType": "ipv4", "HealthCheckProtocol": "TCP", "HealthCheckPort": "traffic-port",
    "HealthCheckEnabled": True, "HealthCheckIntervalSeconds": 30, "HealthCheckTimeoutSeconds": 10, "HealthyThresholdCount": 5, "UnhealthyThresholdCount": 2,
    "LoadBalancerArns": []}, "a TCP group")
eq(elb.create_target_group(Name="blue", Protocol="TCP", Port=7, VpcId="vpc-1", TargetType="ip", ProtocolVersion="")["TargetGroups"][0], blue)
web = group("web", "TCP", HealthCheckProtocol="HTTP", HealthCheckPath="/up", HealthCheckIntervalSeconds=10)
eq([web[k] for k in ("HealthCheckTimeoutSeconds", "HealthCheckPath", "Matcher")], [6, "/up", {"HttpCode": "200-399"}])
web = elb.modify_target_group(TargetGroupArn=web["TargetGroupArn"], HealthCheckProtocol="TCP")["TargetGroups"][0]
assert "Matcher" not in web and "HealthCheckPath" not in web, web
eq(group("quick", "TCP", HealthCheckIntervalSeconds=5)["HealthCheckTimeoutSeconds"], 5)
UDP, BOTH, TLS, HOST = (group(p.lower().replace("_", "-"), p, kind=k)["TargetGroupArn"] for p, k in (("UDP", "ip"), ("TCP_UDP", "ip"), ("TLS", "ip"), ("TCP", "instance")))
SHARED = {"deregistration_delay.connection_termination.enabled": "false", "deregistration_delay.timeout_seconds": "300",
          "load_balancing.cross_zone.enabled": "use_load_balancer_configuration", "preserve_client_ip.enabled": "false", "proxy_protocol_v2.enabled": "false",
          "stickiness.enabled": "false", "stickiness.type": "source_ip", "target_group_health.dns_failover.minimum_healthy_targets.count": "1",
          "target_group_health.dns_failover.minimum_healthy_targets.percentage": "off",
          "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": "1",
          "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off"}
STREAM = {"target_health_state.unhealthy.connection_termination.enabled": "true", "target_health_state.unhealthy.draining_interval_seconds": "0"}
PRESERVED, CUT = {"preserve_client_ip.enabled": "true"}, {"deregistration_delay.connection_termination.enabled": "true"}
for g, want in ((BLUE, SHARED | STREAM), (TLS, SHARED | STREAM), (HOST, SHARED | STREAM | PRESERVED), (UDP, SHARED | PRESERVED | CUT), (BOTH, SHARED | PRESERVED | CUT)):
    eq(attributes(elb.describe_target_group_attributes(TargetGroupArn=g)), want, g)


def modify(group, key, value):
    return dict(TargetGroupArn=group, Attributes=[{"Key": key, "Value": value}])


elb.modify_target_group_attributes(**modify(BLUE, "proxy_protocol_v2.enabled", "true"))
refused("InvalidConfigurationRequest", "modify_target_group_attributes", **modify(UDP, "preserve_client_ip.enabled", "false"))
refused("InvalidConfigurationRequest", "modify_target_group_attributes", **modify(BLUE, "stickiness.type", "lb_cookie"))
refused("InvalidConfigurationRequest", "modify_target_group_attributes", **modify(BLUE, "slow_start.duration_seconds", "30"))
refused("InvalidConfigurationRequest", "modify_target_group_attributes", **modify(BLUE, "target_health_state.unhealthy.draining_interval_seconds", "30"))
refused("InvalidConfigurationRequest", "modify_target_group_attributes", **modify(UDP, "target_health_state.unhealthy.connection_termination.enabled", "false"))
elb.modify_target_group_attributes(TargetGroupArn=BLUE, Attributes=[{"Key": "target_health_state.unhealthy.connection_termination.enabled", "Value": "false"},
                                                                    {"Key": "target_health_state.unhealthy.draining_interval_seconds", "Value": "30"}])
refused("InvalidConfigurationRequest", "create_target_group", Name="x", Protocol="TCP", Port=7, VpcId="vpc-1", HealthCheckPath="/")
refused("InvalidConfigurationRequest", "create_target_group", Name="x", Protocol="TCP", Port=7, VpcId="vpc-1", Matcher={"HttpCode": "200"})
refused("InvalidConfigurationRequest", "create_target_group", Name="x", Protocol="TCP", Port=7, VpcId="vpc-1", ProtocolVersion="HTTP1")
refused("ValidationError", "create_target_group", Name="x", Protocol="TCP", Port=7, VpcId="vpc-1", HealthCheckProtocol="UDP")
refused("ValidationError", "create_target_group", Name="x", Protocol="UDP", Port=7, VpcId="vpc-1", TargetType="alb")
refused("OperationNotPermitted", "create_target_group", Name="x", Protocol="QUIC", Port=7, VpcId="vpc-1")
refused("OperationNotPermitted", "create_target_group", Name="x", Protocol="TCP", Port=7, VpcId="vpc-1", TargetType="lambda")

# listeners
listener = elb.create_listener(LoadBalancerArn=LB, Protocol="TCP", Port=7, DefaultActions=forward((BLUE, 90), (GREEN, 10)))["Listeners"][0]
LISTENER = listener["ListenerArn"]
assert "/listener/net/edge/".replace("/listener", ":listener") in LISTENER, LISTENER
eq({k: v for k, v in listener.items() if k not in ("ListenerArn", "LoadBalancerArn")}, {"Port": 7, "Protocol": "TCP", "DefaultActions": [
    {"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": BLUE, "Weight": 90}, {"TargetGroupArn": GREEN, "Weight": 10}],
                                          "TargetGroupStickinessConfig": {"Enabled": False}}}]})
eq(attributes(elb.describe_listener_attributes(ListenerArn=LISTENER)), {"tcp.idle_timeout.seconds": "350"})
eq(attributes(elb.modify_listener_attributes(ListenerArn=LISTENER, Attributes=[{"Key": "tcp.idle_timeout.seconds", "Value": "60"}])), {"tcp.idle_timeout.seconds": "60"})
for value in ("59", "6001", "x"):
    refused("InvalidConfigurationRequest", "modify_listener_attributes", ListenerArn=LISTENER, Attributes=[{"Key": "tcp.idle_timeout.seconds", "Value": value}])
rules = elb.describe_rules(ListenerArn=LISTENER)["Rules"]
eq([(r["Priority"], r["IsDefault"]) for r in rules], [("default", True)])
refused("UnsupportedProtocol", "create_rule", ListenerArn=LISTENER, Priority=1, Conditions=[{"Field": "path-pattern", "Values": ["/*"]}], Actions=forward((BLUE, 1)))
refused("OperationNotPermitted", "modify_rule", RuleArn=rules[0]["RuleArn"], Actions=forward((BLUE, 1)))
refused("DuplicateListener", "create_listener", LoadBalancerArn=LB, Protocol="UDP", Port=7, DefaultActions=forward((UDP, 1)))
secure = elb.create_listener(LoadBalancerArn=LB, Protocol="TLS", Port=443, Certificates=[{"CertificateArn": CERTIFICATE}], AlpnPolicy=["HTTP2Preferred"],
                             SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06", DefaultActions=forward((TLS, 1)))["Listeners"][0]
eq([secure[k] for k in ("Certificates", "AlpnPolicy", "SslPolicy")], [[{"CertificateArn": CERTIFICATE}], ["HTTP2Preferred"], "ELBSecurityPolicy-TLS13-1-2-2021-06"])
assert "MutualAuthentication" not in secure
eq(attributes(elb.describe_listener_attributes(ListenerArn=secure["ListenerArn"])), {})
eq(elb.modify_listener(ListenerArn=secure["ListenerArn"], AlpnPolicy=["None"])["Listeners"][0]["AlpnPolicy"], ["None"])
eq(len(elb.describe_listener_certificates(ListenerArn=secure["ListenerArn"])["Certificates"]), 1)
elb.create_listener(LoadBalancerArn=LB, Protocol="UDP", Port=53, DefaultActions=forward((UDP, 1)))
elb.create_listener(LoadBalancerArn=LB, Protocol="TCP_UDP", Port=54, DefaultActions=forward((BOTH, 1)))


def listen(protocol, group, **more):
    return dict(LoadBalancerArn=LB, Protocol=protocol, Port=1000, DefaultActions=forward((group, 1)), **more)


HTTP = group("http", "HTTP")["TargetGroupArn"]
refused("ValidationError", "create_listener", "Listener protocol 'HTTP' must be one of 'TLS, TCP, TCP_UDP, UDP'", **listen("HTTP", HTTP))
refused("UnsupportedProtocol", "create_listener", **listen("QUIC", BLUE))
for protocol, bad in (("TCP", HTTP), ("TCP", UDP), ("UDP", BLUE), ("TCP_UDP", BLUE), ("TCP_UDP", UDP), ("TCP", TLS)):
    refused("IncompatibleProtocols", "create_listener", **listen(protocol, bad))
refused("ValidationError", "create_listener", "A certificate must be specified for TLS listeners", **listen("TLS", BLUE))
refused("ALPNPolicyNotFound", "create_listener", **listen("TLS", BLUE, Certificates=[{"CertificateArn": CERTIFICATE}], AlpnPolicy=["h2"]))
refused("InvalidConfigurationRequest", "create_listener", **listen("TCP", BLUE, AlpnPolicy=["None"]))
refused("InvalidConfigurationRequest", "create_listener", **listen("TCP", BLUE, Certificates=[{"CertificateArn": CERTIFICATE}]))
refused("SSLPolicyNotFound", "create_listener", **listen("TLS", BLUE, Certificates=[{"CertificateArn": CERTIFICATE}], SslPolicy="x"))
refused("InvalidLoadBalancerAction", "create_listener", LoadBalancerArn=LB, Protocol="TCP", Port=1000,
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}])
refused("InvalidLoadBalancerAction", "modify_listener", ListenerArn=LISTENER, DefaultActions=forward((BLUE, 1000)))
refused("TargetGroupAssociationLimit", "create_listener", LoadBalancerArn=INNER, Protocol="TCP", Port=7, DefaultActions=forward((BLUE, 1)))
refused("IncompatibleProtocols", "modify_listener", ListenerArn=LISTENER, Protocol="UDP")
refused("InvalidConfigurationRequest", "set_ip_address_type", LoadBalancerArn=LB, IpAddressType="dualstack")
refused("InvalidConfigurationRequest", "modify_target_group_attributes", **modify(TLS, "stickiness.enabled", "true"))
sticky = forward((BLUE, 50), (GREEN, 50))
sticky[0]["ForwardConfig"]["TargetGroupStickinessConfig"] = {"Enabled": True}
eq(elb.modify_listener(ListenerArn=LISTENER, DefaultActions=sticky)["Listeners"][0]["DefaultActions"][0]["ForwardConfig"]["TargetGroupStickinessConfig"], {"Enabled": True})
eq(len(elb.describe_ssl_policies(LoadBalancerType="network")["SslPolicies"]), 16)

# targets
elb.register_targets(TargetGroupArn=BLUE, Targets=[{"Id": "10.0.0.7"}])
elb.get_waiter("target_in_service").wait(TargetGroupArn=BLUE, WaiterConfig={"Delay": 1})
alb = elb.create_load_balancer(Name="site", Subnets=["subnet-a", "subnet-b"])["LoadBalancers"][0]["LoadBalancerArn"]
FRONT = group("front", "TCP", port=80, kind="alb")
eq([FRONT[k] for k in ("HealthCheckProtocol", "HealthCheckTimeoutSeconds", "HealthCheckPath")], ["HTTP", 6, "/"])
FRONT = FRONT["TargetGroupArn"]
refused("InvalidTarget", "register_targets", TargetGroupArn=FRONT, Targets=[{"Id": alb}])
inside = elb.create_listener(LoadBalancerArn=alb, Protocol="HTTP", Port=80, DefaultActions=[{"Type": "forward", "TargetGroupArn": HTTP}])["Listeners"][0]["ListenerArn"]
elb.register_targets(TargetGroupArn=FRONT, Targets=[{"Id": alb}])
refused("InvalidTarget", "register_targets", TargetGroupArn=FRONT, Targets=[{"Id": "10.0.0.7"}])
refused("ResourceInUse", "delete_listener", ListenerArn=inside)
refused("ResourceInUse", "delete_load_balancer", LoadBalancerArn=alb)
outside = elb.create_listener(LoadBalancerArn=LB, Protocol="TCP", Port=80, DefaultActions=forward((FRONT, 1)))["Listeners"][0]["ListenerArn"]
elb.get_waiter("target_in_service").wait(TargetGroupArn=FRONT, WaiterConfig={"Delay": 1})
elb.delete_listener(ListenerArn=outside)
elb.delete_target_group(TargetGroupArn=FRONT)

# all of it goes
for arn in (LB, INNER, alb):
    elb.delete_load_balancer(LoadBalancerArn=arn)
for g in elb.describe_target_groups()["TargetGroups"]:
    elb.delete_target_group(TargetGroupArn=g["TargetGroupArn"])
eq(elb.describe_target_groups()["TargetGroups"], [])
