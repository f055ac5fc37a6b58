"""Makes mistakes with boto3 and expects AWS's codes."""
import sys
import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

elb = boto3.client("elbv2", endpoint_url=sys.argv[1], config=Config(parameter_validation=False, retries={"max_attempts": 1}))
wrong = []


def refused(code, operation, **arguments):
    try:
        getattr(elb, operation)(**arguments)
        wrong.append(f"{operation}({arguments}) succeeded, want {code}")
    except ClientError as e:
        if e.response["Error"]["Code"] != code:
            wrong.append(f"{operation}({arguments}): {e}, want {code}")


lb = elb.create_load_balancer(Name="web", Subnets=["subnet-a", "subnet-b"])["LoadBalancers"][0]
LB = lb["LoadBalancerArn"]
OTHER = elb.create_load_balancer(Name="other", Subnets=["subnet-a"])["LoadBalancers"][0]["LoadBalancerArn"]


def group(name, **more):
    more = {"Protocol": "HTTP", "Port": 80, "VpcId": "vpc-1", "TargetType": "ip", **more}
    return elb.create_target_group(Name=name, **more)["TargetGroups"][0]["TargetGroupArn"]


BLUE, GREEN, TAKEN, GRPC = group("blue"), group("green"), group("taken"), group("grpc", ProtocolVersion="GRPC")
L = elb.create_listener(LoadBalancerArn=LB, Protocol="HTTP", Port=80, DefaultActions=[{"Type": "forward", "TargetGroupArn": BLUE}])["Listeners"][0]["ListenerArn"]
elb.create_listener(LoadBalancerArn=OTHER, Protocol="HTTP", Port=80, DefaultActions=[{"Type": "forward", "TargetGroupArn": TAKEN}])
DEFAULT = elb.describe_rules(ListenerArn=L)["Rules"][0]["RuleArn"]
PATH = [{"Field": "path-pattern", "Values": ["/a"]}]
TO_BLUE = [{"Type": "forward", "TargetGroupArn": BLUE}]
R = elb.create_rule(ListenerArn=L, Priority=1, Conditions=PATH, Actions=TO_BLUE)["Rules"][0]["RuleArn"]
R2 = elb.create_rule(ListenerArn=L, Priority=2, Conditions=PATH, Actions=TO_BLUE)["Rules"][0]["RuleArn"]
NONE = LB[:-4] + "0000"
NO_GROUP = BLUE[:-4] + "0000"

# load balancers
refused("LoadBalancerNotFound", "describe_load_balancers", LoadBalancerArns=[NONE])
refused("LoadBalancerNotFound", "describe_load_balancers", Names=["none"])
refused("ValidationError", "describe_load_balancers", LoadBalancerArns=["nonsense"])
refused("ValidationError", "describe_load_balancers", LoadBalancerArns=[LB], Names=["web"])
refused("ValidationError", "describe_load_balancers", PageSize=401)
refused("ValidationError", "describe_load_balancers", Marker="nonsense")
for name in ("", "-a", "a-", "a_b", "internal-a", "x" * 33):
    refused("ValidationError", "create_load_balancer", Name=name, Subnets=["subnet-a", "subnet-b"])
refused("DuplicateLoadBalancerName", "create_load_balancer", Name="web", Subnets=["subnet-a"])
refused("DuplicateLoadBalancerName", "create_load_balancer", Name="web", Subnets=["subnet-a", "subnet-b"], Scheme="internal")
refused("InvalidScheme", "create_load_balancer", Name="n", Subnets=["subnet-a"], Scheme="public")
refused("ValidationError", "create_load_balancer", Name="n")
refused("InvalidSubnet", "create_load_balancer", Name="n", Subnets=["subnet-a", "subnet-x"])
refused("InvalidConfigurationRequest", "create_load_balancer", Name="n", Subnets=["subnet-a", "subnet-a2"])
refused("OperationNotPermitted", "create_load_balancer", Name="n", Subnets=["subnet-a"], Type="gateway")
refused("DuplicateTagKeys", "create_load_balancer", Name="n", Subnets=["subnet-a"], Tags=[{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}])
refused("InvalidConfigurationRequest", "modify_load_balancer_attributes", LoadBalancerArn=LB, Attributes=[{"Key": "none", "Value": "1"}])
refused("InvalidConfigurationRequest", "modify_load_balancer_attributes", LoadBalancerArn=LB, Attributes=[{"Key": "idle_timeout.timeout_seconds", "Value": "0"}])
refused("InvalidConfigurationRequest", "modify_load_balancer_attributes", LoadBalancerArn=LB, Attributes=[{"Key": "access_logs.s3.enabled", "Value": "true"}])
refused("InvalidConfigurationRequest", "modify_load_balancer_attributes", LoadBalancerArn=LB, Attributes=[{"Key": "access_logs.s3.prefix", "Value": "../../etc"}])
refused("LoadBalancerNotFound", "set_subnets", LoadBalancerArn=NONE, Subnets=["subnet-a"])

# target groups
refused("DuplicateTargetGroupName", "create_target_group", Name="blue", Protocol="HTTP", Port=81, VpcId="vpc-1", TargetType="ip")
refused("ValidationError", "create_target_group", Name="n", Protocol="HTTP", Port=80)
refused("ValidationError", "create_target_group", Name="n", Protocol="HTTP", VpcId="vpc-1")
refused("ValidationError", "create_target_group", Name="n", Port=80, VpcId="vpc-1")
refused("OperationNotPermitted", "create_target_group", Name="n", Protocol="GENEVE", Port=6081, VpcId="vpc-1")
refused("OperationNotPermitted", "create_target_group", Name="n", TargetType="lambda")
for more in ({"HealthCheckIntervalSeconds": 4}, {"HealthCheckIntervalSeconds": 5}, {"HealthCheckTimeoutSeconds": 1}, {"HealthyThresholdCount": 11},
             {"HealthCheckPath": "x"}, {"HealthCheckPort": "0"}, {"Matcher": {"HttpCode": "500"}}, {"Matcher": {"HttpCode": "a"}},
             {"HealthCheckEnabled": False}, {"HealthCheckProtocol": "TCP"}):
    refused("ValidationError", "create_target_group", Name="n", Protocol="HTTP", Port=80, VpcId="vpc-1", **more)
refused("InvalidConfigurationRequest", "create_target_group", Name="n", Protocol="HTTP", Port=80, VpcId="vpc-1", Matcher={"GrpcCode": "0"})
refused("ValidationError", "modify_target_group", TargetGroupArn=BLUE, HealthCheckTimeoutSeconds=30)
refused("TargetGroupNotFound", "modify_target_group", TargetGroupArn=NO_GROUP, HealthCheckPath="/")
refused("TargetGroupNotFound", "describe_target_groups", Names=["none"])
refused("ResourceInUse", "delete_target_group", TargetGroupArn=BLUE)
for key, value in (("deregistration_delay.timeout_seconds", "3601"), ("stickiness.type", "source_ip"), ("slow_start.duration_seconds", "10"),
                   ("stickiness.app_cookie.cookie_name", "AWSALBX"), ("none", "x")):
    refused("InvalidConfigurationRequest", "modify_target_group_attributes", TargetGroupArn=BLUE, Attributes=[{"Key": key, "Value": value}])
refused("InvalidConfigurationRequest", "modify_target_group_attributes", TargetGroupArn=BLUE, Attributes=[
    {"Key": "stickiness.enabled", "Value": "true"}, {"Key": "stickiness.type", "Value": "app_cookie"}])

# targets
refused("ValidationError", "register_targets", TargetGroupArn=BLUE, Targets=[{"Id": "8.8.8.8"}])
refused("ValidationError", "register_targets", TargetGroupArn=BLUE, Targets=[{"Id": "nonsense"}])
refused("ValidationError", "register_targets", TargetGroupArn=BLUE, Targets=[{"Id": "10.0.0.1", "Port": 0}])
refused("TargetGroupNotFound", "register_targets", TargetGroupArn=NO_GROUP, Targets=[{"Id": "10.0.0.1"}])
INSTANCES = group("instances", TargetType="instance")
refused("InvalidTarget", "register_targets", TargetGroupArn=INSTANCES, Targets=[{"Id": "i-00000000000000000"}])
elb.register_targets(TargetGroupArn=INSTANCES, Targets=[{"Id": "i-0123456789abcdef0", "Port": 32768}])
refused("InvalidTarget", "describe_target_health", TargetGroupArn=BLUE, Targets=[{"Id": "nonsense"}])

# listeners
refused("DuplicateListener", "create_listener", LoadBalancerArn=LB, Protocol="HTTP", Port=80, DefaultActions=[{"Type": "forward", "TargetGroupArn": GREEN}])
refused("TargetGroupAssociationLimit", "create_listener", LoadBalancerArn=LB, Protocol="HTTP", Port=81, DefaultActions=[{"Type": "forward", "TargetGroupArn": TAKEN}])
refused("ValidationError", "create_listener", LoadBalancerArn=LB, Protocol="TCP", Port=81, DefaultActions=TO_BLUE)
refused("InvalidConfigurationRequest", "create_listener", LoadBalancerArn=LB, Protocol="HTTP", Port=81, DefaultActions=[{"Type": "forward", "TargetGroupArn": GRPC}])
refused("TargetGroupNotFound", "create_listener", LoadBalancerArn=LB, Protocol="HTTP", Port=81, DefaultActions=[{"Type": "forward", "TargetGroupArn": NO_GROUP}])
refused("CertificateNotFound", "create_listener", LoadBalancerArn=LB, Protocol="HTTPS", Port=443, DefaultActions=TO_BLUE,
        Certificates=[{"CertificateArn": "arn:aws:acm:us-east-1:000000000000:certificate/none"}])
refused("SSLPolicyNotFound", "create_listener", LoadBalancerArn=LB, Protocol="HTTPS", Port=443, DefaultActions=TO_BLUE, SslPolicy="none")
refused("InvalidConfigurationRequest", "create_listener", LoadBalancerArn=LB, Protocol="HTTP", Port=81, DefaultActions=TO_BLUE, SslPolicy="ELBSecurityPolicy-2016-08")
refused("ValidationError", "create_listener", LoadBalancerArn=LB, Protocol="HTTP", Port=0, DefaultActions=TO_BLUE)
refused("ListenerNotFound", "describe_listeners", ListenerArns=[L[:-4] + "0000"])
refused("ValidationError", "describe_listeners")
refused("ListenerNotFound", "delete_listener", ListenerArn=L[:-4] + "0000")

# rules
refused("PriorityInUse", "create_rule", ListenerArn=L, Priority=1, Conditions=PATH, Actions=TO_BLUE)
refused("PriorityInUse", "set_rule_priorities", RulePriorities=[{"RuleArn": R, "Priority": 2}])
refused("OperationNotPermitted", "delete_rule", RuleArn=DEFAULT)
refused("OperationNotPermitted", "modify_rule", RuleArn=DEFAULT, Actions=TO_BLUE)
refused("RuleNotFound", "delete_rule", RuleArn=R[:-4] + "0000")
refused("ValidationError", "describe_rules")
for priority in (0, 50001):
    refused("ValidationError", "create_rule", ListenerArn=L, Priority=priority, Conditions=PATH, Actions=TO_BLUE)
for conditions in ([], [{"Field": "none", "Values": ["x"]}], [{"Field": "path-pattern"}], [{"Field": "path-pattern", "Values": ["x" * 129]}],
                   [{"Field": "path-pattern", "Values": ["/a b"]}], PATH + PATH, [{"Field": "path-pattern", "Values": list("abcdef")}],
                   [{"Field": "path-pattern", "Values": ["/******"]}], [{"Field": "host-header", "Values": ["localhost"]}],
                   [{"Field": "host-header", "Values": ["a.b1"]}], [{"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.1"]}}],
                   [{"Field": "source-ip", "SourceIpConfig": {"Values": ["255.255.255.255/32"]}}],
                   [{"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "Host", "Values": ["a"]}}],
                   [{"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["get"]}}],
                   [{"Field": "path-pattern", "RegexValues": ["("]}], [{"Field": "path-pattern", "HostHeaderConfig": {"Values": ["a.b"]}}],
                   [{"Field": "path-pattern", "Values": ["/a"], "PathPatternConfig": {"Values": ["/b"]}}]):
    refused("ValidationError", "create_rule", ListenerArn=L, Priority=9, Conditions=conditions, Actions=TO_BLUE)


def forward(*weights, **sticky):
    config = {"TargetGroups": [{"TargetGroupArn": g, "Weight": w} for g, w in weights]}
    if sticky:
        config["TargetGroupStickinessConfig"] = sticky
    return [{"Type": "forward", "ForwardConfig": config}]


for actions in (forward((BLUE, 1000)), forward((BLUE, -1)), forward((BLUE, 1), (BLUE, 1)), forward(), forward((BLUE, 1), Enabled=True),
                TO_BLUE + TO_BLUE, [{"Type": "forward", "TargetGroupArn": BLUE, "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": GREEN}]}}],
                [{"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301"}}],
                [{"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", "Path": "#{path}"}}],
                [{"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_303", "Port": "1"}}],
                [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "302"}}],
                [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200", "MessageBody": "x" * 1025}}],
                [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200", "ContentType": "image/png"}}],
                [{"Type": "authenticate-oidc", "AuthenticateOidcConfig": {}}, *TO_BLUE][:1]):
    refused("InvalidLoadBalancerAction", "create_rule", ListenerArn=L, Priority=9, Conditions=PATH, Actions=actions)
refused("ValidationError", "create_rule", ListenerArn=L, Priority=9, Conditions=PATH, Actions=[])
refused("ValidationError", "create_rule", ListenerArn=L, Priority=9, Conditions=PATH, Actions=forward((BLUE, 1), Enabled=True, DurationSeconds=604801))
refused("ValidationError", "modify_rule", RuleArn=R, ResetTransforms=True, Transforms=[
    {"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [{"Regex": "a", "Replace": "b"}]}}])
elb.modify_rule(RuleArn=R, Actions=forward((BLUE, 0), (GREEN, 0)))
refused("InvalidConfigurationRequest", "modify_target_group_attributes", TargetGroupArn=GREEN, Attributes=[{"Key": "stickiness.enabled", "Value": "true"}])

# tags
refused("ValidationError", "describe_tags", ResourceArns=[])
refused("ValidationError", "describe_tags", ResourceArns=["nonsense"])
refused("TargetGroupNotFound", "describe_tags", ResourceArns=[NO_GROUP])
refused("ValidationError", "add_tags", ResourceArns=[LB], Tags=[{"Key": "aws:x", "Value": ""}])
refused("TooManyTags", "add_tags", ResourceArns=[LB], Tags=[{"Key": str(i), "Value": ""} for i in range(51)])
refused("TrustStoreNotFound", "describe_trust_stores", Names=["none"])
refused("OperationNotPermitted", "create_trust_store", Name="x", CaCertificatesBundleS3Bucket="b", CaCertificatesBundleS3Key="k")

# another region sees nothing of this
far = boto3.client("elbv2", endpoint_url=sys.argv[1], region_name="eu-west-1")
assert far.describe_load_balancers()["LoadBalancers"] == []
try:
    far.describe_load_balancers(LoadBalancerArns=[LB])
    wrong.append("a load balancer was seen from another region")
except ClientError as e:
    assert e.response["Error"]["Code"] == "LoadBalancerNotFound"

assert not wrong, "\n".join(wrong)
