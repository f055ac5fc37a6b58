"""Writes the requests that boto3 sends into this folder, one .http file each.

Run it by hand after an update of botocore:  python3 capture.py
"""
import datetime
import http.server
import os
import threading

import boto3
import botocore.exceptions
import botocore.parsers
from botocore.config import Config

HERE = os.path.dirname(os.path.abspath(__file__))
seen = {}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        head = f"{self.command} {self.path} HTTP/1.1\r\n"
        for name, value in self.headers.items():
            if name == "User-Agent":  # says too much about the machine, and is not signed
                value = "Boto3"
            head += f"{name}: {value}\r\n"
        seen["raw"] = head.encode() + b"\r\n" + body
        self.send_response(400)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_PUT = do_DELETE = do_POST

    def log_message(self, *args):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()


def client(name, region="us-east-1"):
    return boto3.client(
        name,
        region_name=region,
        endpoint_url=f"http://127.0.0.1:{server.server_port}",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, inject_host_prefix=False),
    )


def capture(name, service, operation, region="us-east-1", **kwargs):
    try:
        getattr(client(service, region), operation)(**kwargs)
    except (botocore.exceptions.ClientError, botocore.parsers.ResponseParserError):
        pass
    with open(os.path.join(HERE, name + ".http"), "wb") as f:
        f.write(seen.pop("raw"))


when = datetime.datetime(2026, 11, 21, 10, 30, 0, 250000, tzinfo=datetime.timezone.utc)

capture("ecs_create_service", "ecs", "create_service", region="eu-west-1",
        cluster="prod", serviceName="web", taskDefinition="web:3", desiredCount=0, launchType="FARGATE",
        deploymentController={"type": "ECS"}, enableExecuteCommand=False,
        deploymentConfiguration={
            "strategy": "CANARY", "bakeTimeInMinutes": 5,
            "canaryConfiguration": {"canaryPercent": 12.5, "canaryBakeTimeInMinutes": 1},
            "deploymentCircuitBreaker": {"enable": True, "rollback": False},
            "lifecycleHooks": [{"hookTargetArn": "arn:aws:lambda:eu-west-1:000000000000:function:check",
                                "roleArn": "arn:aws:iam::000000000000:role/hook",
                                "lifecycleStages": ["PRE_SCALE_UP", "POST_TEST_TRAFFIC_SHIFT"],
                                "hookDetails": {"threshold": 1.5, "names": ["ä", None], "on": True}}]},
        networkConfiguration={"awsvpcConfiguration": {"subnets": ["subnet-1", "subnet-2"], "assignPublicIp": "ENABLED"}},
        tags=[{"key": "a", "value": ""}])
capture("ecs_register_task_definition", "ecs", "register_task_definition",
        family="web", networkMode="awsvpc", cpu="256", memory="512", volumes=[],
        containerDefinitions=[{"name": "app", "image": "nginx", "essential": True,
                               "portMappings": [{"containerPort": 80}],
                               "dockerLabels": {"x": "y", "a": "b"},
                               "environment": [{"name": "TEXT", "value": "line\n\"quoted\" \\ <&> \u2028 \U0001f600"}],
                               "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/web"}}}])
capture("elbv2_create_rule", "elbv2", "create_rule",
        ListenerArn="arn:aws:elasticloadbalancing:us-east-1:000000000000:listener/app/lb/1/2", Priority=10,
        Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/api/*", "/a b&c=d+é"]}},
                    {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "x-test", "Values": ["1"]}}],
        Actions=[{"Type": "forward", "ForwardConfig": {
            "TargetGroups": [{"TargetGroupArn": "blue", "Weight": 90}, {"TargetGroupArn": "green", "Weight": 10}],
            "TargetGroupStickinessConfig": {"Enabled": False}}}])
capture("elbv2_describe_tags", "elbv2", "describe_tags", ResourceArns=[])
capture("iam_create_role", "iam", "create_role", RoleName="r", AssumeRolePolicyDocument='{"Version":"2012-10-17"}',
        Tags=[{"Key": "k", "Value": ""}], MaxSessionDuration=3600)
capture("sts_assume_role", "sts", "assume_role", RoleArn="arn:aws:iam::000000000000:role/r", RoleSessionName="session",
        DurationSeconds=900, PolicyArns=[{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}])
capture("ecr_tag_resource", "ecr", "tag_resource", resourceArn="arn:aws:ecr:us-east-1:0:repository/r",
        tags=[{"Key": "k", "Value": "v"}])
capture("logs_put_log_events", "logs", "put_log_events", logGroupName="/web", logStreamName="s",
        logEvents=[{"timestamp": 1795516200250, "message": "hello"}])
capture("ssm_put_parameter", "ssm", "put_parameter", Name="/a/b", Value="v", Type="String", Overwrite=True)
capture("secretsmanager_create_secret", "secretsmanager", "create_secret", Name="s", SecretBinary=b"\x00\xff",
        ClientRequestToken="00000000-0000-0000-0000-000000000001")
capture("acm_import_certificate", "acm", "import_certificate", Certificate=b"CERT", PrivateKey=b"KEY")
capture("monitoring_put_metric_data", "cloudwatch", "put_metric_data", Namespace="app",
        MetricData=[{"MetricName": "m", "Timestamp": when, "Values": [1.0, 2.5], "Counts": [3.0, 4.0],
                     "Dimensions": [{"Name": "n", "Value": "v"}]}])
capture("monitoring_put_metric_data_gzip", "cloudwatch", "put_metric_data", Namespace="app",
        MetricData=[{"MetricName": f"metric-{i}", "Value": float(i)} for i in range(300)])
capture("monitoring_get_metric_data", "cloudwatch", "get_metric_data", StartTime=when, EndTime=when,
        MetricDataQueries=[{"Id": "a", "Expression": "1", "ReturnData": False}])
capture("ec2_create_vpc", "ec2", "create_vpc", CidrBlock="10.0.0.0/16",
        TagSpecifications=[{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "x"}]}])
capture("ec2_describe_subnets", "ec2", "describe_subnets",
        Filters=[{"Name": "vpc-id", "Values": ["vpc-1", "vpc-2"]}], SubnetIds=["subnet-1"], MaxResults=5)
capture("lambda_invoke", "lambda", "invoke", FunctionName="arn:aws:lambda:us-east-1:0:function:f", Qualifier="live",
        InvocationType="Event", Payload=b'{"a": 1}')
