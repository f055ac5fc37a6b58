"""Blue/green deployments with boto3: approved by a parameter, and refused."""
import collections
import io
import sys
import threading
import time
import urllib.request
import zipfile

import boto3

image1, image2 = sys.argv[1:3]
ecs, elb, ec2, ssm, awslambda, iam = (boto3.client(n) for n in ("ecs", "elbv2", "ec2", "ssm", "lambda", "iam"))
account = boto3.client("sts").get_caller_identity()["Account"]

HOOK = '''
import boto3

def handler(event, context):
    name = event["hookDetails"]["parameter"]
    try:
        answer = boto3.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]
    except boto3.client("ssm").exceptions.ParameterNotFound:
        return {"hookStatus": "IN_PROGRESS", "callBackDelay": 5}
    return {"hookStatus": "SUCCEEDED" if answer == "yes" else "FAILED"}
'''


def zipped(source):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as z:
        z.writestr("hook.py", source)
    return buffer.getvalue()


role = iam.create_role(RoleName="ecs-hooks", AssumeRolePolicyDocument='{"Version":"2012-10-17","Statement":[]}')["Role"]["Arn"]
hook = awslambda.create_function(
    FunctionName="approve", Runtime="python3.12", Handler="hook.handler", Role=role, Timeout=300, Code={"ZipFile": zipped(HOOK)},
)["FunctionArn"]

ecs.create_cluster(clusterName="prod")
vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
subnets = [s["SubnetId"] for s in ec2.describe_subnets()["Subnets"]]
lb = elb.create_load_balancer(Name="web", Subnets=subnets)["LoadBalancers"][0]


def target_group(name):
    arn = elb.create_target_group(
        Name=name, Protocol="HTTP", Port=8080, VpcId=vpc, TargetType="ip", HealthCheckPath="/healthz",
        HealthCheckIntervalSeconds=5, HealthCheckTimeoutSeconds=2)["TargetGroups"][0]["TargetGroupArn"]
    elb.modify_target_group_attributes(
        TargetGroupArn=arn, Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "1"}])
    return arn


a, b = target_group("web-a"), target_group("web-b")


def default_rule(port, group):
    listener = elb.create_listener(
        LoadBalancerArn=lb["LoadBalancerArn"], Protocol="HTTP", Port=port,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}])["Listeners"][0]["ListenerArn"]
    return next(r["RuleArn"] for r in elb.describe_rules(ListenerArn=listener)["Rules"] if r["IsDefault"])


production, test = default_rule(80, a), default_rule(8080, b)


def register(image):
    return ecs.register_task_definition(
        family="web", networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256", memory="512",
        containerDefinitions=[{"name": "app", "image": image, "portMappings": [{"containerPort": 8080}]}],
    )["taskDefinition"]["taskDefinitionArn"]


def get(port):
    with urllib.request.urlopen(f"http://{lb['DNSName']}:{port}/", timeout=60) as r:
        return r.read().decode()


def newest():
    arn = ecs.list_service_deployments(cluster="prod", service="web")["serviceDeployments"][0]["serviceDeploymentArn"]
    return ecs.describe_service_deployments(serviceDeploymentArns=[arn])["serviceDeployments"][0]


def wait(cond):
    for _ in range(3000):
        d = newest()
        if cond(d):
            return d
        time.sleep(0.1)
    raise AssertionError(d)


def ended(d):
    return d["status"] in ("SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED")


ecs.create_service(
    cluster="prod", serviceName="web", taskDefinition=register(image1), desiredCount=2, launchType="FARGATE",
    networkConfiguration={"awsvpcConfiguration": {"subnets": subnets}},
    loadBalancers=[{
        "targetGroupArn": a, "containerName": "app", "containerPort": 8080,
        "advancedConfiguration": {
            "alternateTargetGroupArn": b, "productionListenerRule": production, "testListenerRule": test,
            "roleArn": f"arn:aws:iam::{account}:role/ecsInfrastructureRole"}}],
    deploymentConfiguration={"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 0})
d = wait(ended)
assert d["status"] == "SUCCESSFUL", d
assert get(80) == "v1"

answers, failures, over = collections.Counter(), [], threading.Event()


def load():
    while not over.is_set():
        try:
            answers[get(80)] += 1
        except Exception as e:  # noqa: BLE001
            failures.append(e)


thread = threading.Thread(target=load)
thread.start()
try:
    ecs.update_service(
        cluster="prod", service="web", taskDefinition=register(image2),
        deploymentConfiguration={
            "strategy": "BLUE_GREEN", "bakeTimeInMinutes": 1,
            "lifecycleHooks": [{
                "targetType": "AWS_LAMBDA", "hookTargetArn": hook, "roleArn": role,
                "lifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"], "hookDetails": {"parameter": "/web/approved"}}]})
    d = wait(lambda d: d.get("lifecycleStage") == "POST_TEST_TRAFFIC_SHIFT" and d.get("lifecycleHookDetails"))
    assert d["lifecycleHookDetails"][0]["status"] == "IN_PROGRESS", d
    assert d["targetServiceRevision"]["requestedTestTrafficWeight"] == 100, d
    assert get(8080) == "v2" and get(80) == "v1" and answers["v2"] == 0
    ssm.put_parameter(Name="/web/approved", Value="yes", Type="String")
    d = wait(ended)
    assert d["status"] == "SUCCESSFUL", d
    ecs.get_waiter("services_stable").wait(cluster="prod", services=["web"], WaiterConfig={"Delay": 1, "MaxAttempts": 300})
    assert get(80) == "v2"

    ssm.put_parameter(Name="/web/approved", Value="no", Type="String", Overwrite=True)
    ecs.update_service(cluster="prod", service="web", taskDefinition=register(image1))
    d = wait(ended)
    assert d["status"] == "ROLLBACK_SUCCESSFUL", d
    assert d["statusReason"] == (
        "Service deployment rolled back because POST_TEST_TRAFFIC_SHIFT lifecycle hook(s) failed. "
        f"Lifecycle hook target {hook} returned FAILED status."), d["statusReason"]
    assert get(80) == "v2"
finally:
    over.set()
    thread.join()
assert not failures, failures[:3]
assert answers["v1"] and answers["v2"], answers

revision = ecs.describe_service_revisions(serviceRevisionArns=[d["sourceServiceRevisions"][0]["arn"]])["serviceRevisions"][0]
assert revision["resolvedConfiguration"]["loadBalancers"][0]["targetGroupArn"] == a, revision
ecs.delete_service(cluster="prod", service="web", force=True)
ecs.get_waiter("services_inactive").wait(cluster="prod", services=["web"], WaiterConfig={"Delay": 1, "MaxAttempts": 300})
print("done")
