"""Talks to the toy service of e2e_test.go in every protocol that boto3 knows."""
import datetime
import sys

import boto3
from botocore.exceptions import ClientError

when = datetime.datetime(2026, 11, 21, 10, 30, tzinfo=datetime.timezone.utc)


def client(name, **kwargs):
    return boto3.client(name, endpoint_url=sys.argv[1], **kwargs)


def fails(code, call, **kwargs):
    try:
        call(**kwargs)
    except ClientError as e:
        assert e.response["Error"]["Code"] == code, e.response
        return e.response
    raise AssertionError(f"{call} should fail with {code}")


ecs = client("ecs")
service = ecs.create_service(serviceName="web", desiredCount=0, deploymentConfiguration={
    "lifecycleHooks": [{"hookDetails": {"a": [1, 2.5, None]}}], "canaryConfiguration": {"canaryPercent": 10.0}})["service"]
assert service["desiredCount"] == 0 and service["events"] == [] and service["createdAt"] == when.replace(microsecond=250000), service
assert service["deploymentConfiguration"]["lifecycleHooks"][0]["hookDetails"] == {"a": [1, 2.5, None]}, service
assert isinstance(service["deploymentConfiguration"]["canaryConfiguration"]["canaryPercent"], float)
response = fails("ServiceNotFoundException", ecs.delete_service, service="web")
assert response["ResponseMetadata"]["RequestId"], response
assert fails("ConflictException", ecs.run_task, taskDefinition="x")["resourceIds"] == ["t-1"]
fails("UnrecognizedClientException", client("ecs", aws_access_key_id="AKIA0", aws_secret_access_key="x").delete_service, service="web")
fails("InvalidSignatureException", client("ecs", aws_access_key_id="test", aws_secret_access_key="wrong").delete_service, service="web")
fails("UnknownOperationException", ecs.list_clusters)

elb = client("elbv2")
rule = elb.create_rule(ListenerArn="l", Priority=10, Conditions=[{"Field": "path-pattern", "Values": ["/a&b", "<é\r\n>"]}],
                       Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": "g", "Weight": 0}]}}])["Rules"][0]
assert rule["Conditions"][0]["Values"] == ["/a&b", "<é\r\n>"] and rule["Actions"][0]["ForwardConfig"]["TargetGroups"][0]["Weight"] == 0, rule
assert elb.describe_rules()["Rules"] == []
fails("RuleNotFound", elb.delete_rule, RuleArn="x")
fails("SignatureDoesNotMatch", client("elbv2", aws_access_key_id="test", aws_secret_access_key="wrong").delete_rule, RuleArn="x")
fails("InvalidAction", elb.describe_ssl_policies)

sts = client("sts")
assert sts.get_caller_identity()["Account"] == "000000000000"
assert sts.assume_role_with_web_identity(RoleArn="a" * 20, RoleSessionName="session", WebIdentityToken="token")["Credentials"]["AccessKeyId"] == "A"

logs = client("logs")
assert logs.describe_log_groups(logGroupNamePrefix="/a")["nextToken"] == "/a"

metrics = client("cloudwatch")
metrics.put_metric_data(Namespace="n", MetricData=[{"MetricName": f"m{i}", "Value": i} for i in range(300)])
fails("MissingRequiredParameter", metrics.put_metric_data, Namespace="n", MetricData=[])
got = metrics.get_metric_data(StartTime=when, EndTime=when, MetricDataQueries=[{"Id": "a"}])["MetricDataResults"][0]
assert got["Timestamps"] == [when] and got["Values"] == [1.0, 2.5], got

function = client("lambda").invoke(FunctionName="arn:aws:lambda:x:0:function:f", Qualifier="live", Payload=b'{"a": 1}')
assert function["StatusCode"] == 200 and function["Payload"].read() == b'arn:aws:lambda:x:0:function:f live {"a": 1}', function
