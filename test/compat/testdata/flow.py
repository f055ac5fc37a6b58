"""A service's whole life with boto3 and its waiters."""
import os
import sys
import time
import urllib.request

import boto3
from botocore.exceptions import ClientError

image1, image2 = sys.argv[1:3]
ecs, elb, ec2 = (boto3.client(n) for n in ("ecs", "elbv2", "ec2"))
sts, logs, ssm, sm = (boto3.client(n) for n in ("sts", "logs", "ssm", "secretsmanager"))
fast = {"Delay": 1, "MaxAttempts": 300}


def refused(code, call, **args):
    try:
        call(**args)
    except ClientError as e:
        assert e.response["Error"]["Code"] == code, e.response["Error"]
        assert e.response["ResponseMetadata"]["RequestId"]
        return e.response["Error"]["Message"]
    raise AssertionError(f"{code} expected")


account = sts.get_caller_identity()["Account"]
assert ecs.create_cluster(clusterName="prod")["cluster"]["status"] == "ACTIVE"
zones = [z["ZoneName"] for z in ec2.describe_availability_zones()["AvailabilityZones"]]
vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]
assert len(subnets) == 3 and {s["AvailabilityZone"] for s in subnets} == set(zones)
subnets = [s["SubnetId"] for s in subnets]
group = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]

lb = elb.create_load_balancer(Name="web", Subnets=subnets, SecurityGroups=[group])["LoadBalancers"][0]
elb.get_waiter("load_balancer_available").wait(Names=["web"], WaiterConfig=fast)
tg = elb.create_target_group(
    Name="web", Protocol="HTTP", Port=8080, VpcId=vpc, TargetType="ip", HealthCheckPath="/healthz",
    HealthCheckIntervalSeconds=5, HealthCheckTimeoutSeconds=2,
)["TargetGroups"][0]["TargetGroupArn"]
elb.modify_target_group_attributes(
    TargetGroupArn=tg, Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "1"}])
elb.create_listener(
    LoadBalancerArn=lb["LoadBalancerArn"], Protocol="HTTP", Port=80,
    DefaultActions=[{"Type": "forward", "TargetGroupArn": tg}])

ssm.put_parameter(Name="/web/greeting", Value="from ssm", Type="SecureString")
secret = sm.create_secret(Name="web/key", SecretString='{"key":"from secrets manager"}')["ARN"]
logs.create_log_group(logGroupName="/ecs/web")


def register(image, **more):
    container = dict(
        name="app", image=image, portMappings=[{"containerPort": 8080}],
        secrets=[{"name": "GREETING", "valueFrom": "/web/greeting"}, {"name": "KEY", "valueFrom": secret + ":key::"}],
        logConfiguration={"logDriver": "awslogs", "options": {
            "awslogs-group": "/ecs/web", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "web"}},
        **more)
    return ecs.register_task_definition(
        family="web", networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256", memory="512",
        executionRoleArn=f"arn:aws:iam::{account}:role/exec", containerDefinitions=[container],
    )["taskDefinition"]["taskDefinitionArn"]


network = {"awsvpcConfiguration": {"subnets": subnets, "securityGroups": [group], "assignPublicIp": "ENABLED"}}
first = register(image1)
ecs.create_service(
    cluster="prod", serviceName="web", taskDefinition="web", desiredCount=2, launchType="FARGATE",
    networkConfiguration=network,
    loadBalancers=[{"targetGroupArn": tg, "containerName": "app", "containerPort": 8080}])
ecs.get_waiter("services_stable").wait(cluster="prod", services=["web"], WaiterConfig=fast)
elb.get_waiter("target_in_service").wait(TargetGroupArn=tg, WaiterConfig=fast)


def get(path):
    with urllib.request.urlopen(f"http://{lb['DNSName']}{path}", timeout=60) as r:
        return r.read().decode()


while ecs.describe_services(cluster="prod", services=["web"])["services"][0]["deployments"][0]["rolloutState"] != "COMPLETED":
    time.sleep(0.1)  # tasks run a moment before their deployment is over
assert get("/") == "v1", get("/")
assert get("/env?name=GREETING") == "from ssm"
assert get("/env?name=KEY") == "from secrets manager"

# Describe, change the image, register again: what every deploy script does.
described = ecs.describe_task_definition(taskDefinition=first)["taskDefinition"]
for member in ("taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities", "registeredAt", "registeredBy"):
    described.pop(member, None)
described["containerDefinitions"][0]["image"] = image2
second = ecs.register_task_definition(**described)["taskDefinition"]["taskDefinitionArn"]
shown = ecs.update_service(cluster="prod", service="web", taskDefinition=second)["service"]
states = [(d["status"], d["rolloutState"]) for d in shown["deployments"]]
assert states == [("PRIMARY", "IN_PROGRESS"), ("ACTIVE", "COMPLETED")], states
assert shown["deployments"][0]["desiredCount"] == 0 and shown["taskDefinition"] == second
number = shown["deployments"][0]["id"].split("/")[1]
running = ecs.list_service_deployments(cluster="prod", service="web")["serviceDeployments"]
assert running[0]["targetServiceRevisionArn"].endswith("/" + number)
ecs.get_waiter("services_stable").wait(cluster="prod", services=["web"], WaiterConfig=fast)
assert get("/") == "v2"
done = ecs.describe_service_deployments(serviceDeploymentArns=[running[0]["serviceDeploymentArn"]])["serviceDeployments"][0]
assert done["status"] == "SUCCESSFUL" and done["finishedAt"], done
revision = ecs.describe_service_revisions(serviceRevisionArns=[done["targetServiceRevision"]["arn"]])["serviceRevisions"][0]
assert revision["containerImages"][0]["imageDigest"].startswith("sha256:"), revision

# Tasks by hand.
task = ecs.run_task(cluster="prod", taskDefinition=second, launchType="FARGATE", networkConfiguration=network)["tasks"][0]["taskArn"]
ecs.get_waiter("tasks_running").wait(cluster="prod", tasks=[task], WaiterConfig=fast)
ecs.stop_task(cluster="prod", task=task, reason="enough")
ecs.get_waiter("tasks_stopped").wait(cluster="prod", tasks=[task], WaiterConfig=fast)
stopped = ecs.describe_tasks(cluster="prod", tasks=[task])["tasks"][0]
assert (stopped["stopCode"], stopped["stoppedReason"]) == ("UserInitiated", "enough"), stopped
assert stopped["containers"][0]["exitCode"] == 0, stopped["containers"]

events = logs.filter_log_events(logGroupName="/ecs/web", filterPattern="guest")["events"]
assert {e["message"].strip() for e in events} >= {"guest v1", "guest v2"}, events

# What AWS refuses is refused here, in its words.
assert refused("ServiceNotFoundException", ecs.update_service, cluster="prod", service="nope") == "Service not found."
refused("ClusterNotFoundException", ecs.describe_services, cluster="nope", services=["web"])
refused("InvalidParameterException", ecs.delete_service, cluster="prod", service="web")
refused("ClusterContainsServicesException", ecs.delete_cluster, cluster="prod")
missing = ecs.describe_services(cluster="prod", services=["nope"])["failures"][0]
assert missing["reason"] == "MISSING" and missing["arn"].endswith(":service/prod/nope"), missing

ecs.delete_service(cluster="prod", service="web", force=True)
ecs.get_waiter("services_inactive").wait(cluster="prod", services=["web"], WaiterConfig=fast)
assert ecs.delete_cluster(cluster="prod")["cluster"]["status"] == "INACTIVE"
elb.delete_load_balancer(LoadBalancerArn=lb["LoadBalancerArn"])
elb.get_waiter("load_balancers_deleted").wait(LoadBalancerArns=[lb["LoadBalancerArn"]], WaiterConfig=fast)
elb.delete_target_group(TargetGroupArn=tg)
ec2.delete_security_group(GroupId=group)
print("done")
