"""Service Connect with boto3: a namespace, an endpoint, a client, and their end."""
import sys

import boto3
from botocore.exceptions import ClientError

ecs = boto3.client("ecs", endpoint_url=sys.argv[1], region_name="us-east-1")

cluster = ecs.create_cluster(clusterName="mesh", serviceConnectDefaults={"namespace": "shop"})["cluster"]
namespace = cluster["serviceConnectDefaults"]["namespace"]
assert ":servicediscovery:" in namespace and "namespace/ns-" in namespace, namespace

ecs.register_task_definition(
    family="orders", networkMode="awsvpc", cpu="256", memory="512", requiresCompatibilities=["FARGATE"],
    containerDefinitions=[{
        "name": "app", "image": "orders:1",
        "portMappings": [{"name": "api", "containerPort": 8080, "appProtocol": "http"}],
    }])


def service(name, **connect):
    return ecs.create_service(
        cluster="mesh", serviceName=name, taskDefinition="orders", desiredCount=1, launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {"subnets": ["subnet-1"]}},
        serviceConnectConfiguration={"enabled": True, **connect})["service"]


api = {"portName": "api", "discoveryName": "orders", "clientAliases": [{"port": 80, "dnsName": "orders"}],
       "timeout": {"idleTimeoutSeconds": 60, "perRequestTimeoutSeconds": 5}}
made = service("orders", services=[api],
               logConfiguration={"logDriver": "awslogs", "options": {"awslogs-group": "mesh", "awslogs-region": "us-east-1"}},
               accessLogConfiguration={"format": "JSON", "includeQueryParameters": "ENABLED"})
deployment = made["deployments"][0]
config = deployment["serviceConnectConfiguration"]
assert config["services"] == [api], config
assert config["namespace"] == namespace, config
assert deployment["serviceConnectResources"][0]["discoveryName"] == "orders", deployment
service("caller")

for bad, code in [
    ({"namespace": "nowhere"}, "NamespaceNotFoundException"),
    ({"services": [api]}, "InvalidParameterException"),
]:
    try:
        service("bad", **bad)
        raise SystemExit(f"{bad} was accepted")
    except ClientError as e:
        assert e.response["Error"]["Code"] == code, e

found = ecs.list_services_by_namespace(namespace="shop")["serviceArns"]
assert [a.rsplit("/", 1)[1] for a in found] == ["caller", "orders"], found

ecs.get_waiter("services_stable").wait(cluster="mesh", services=["orders", "caller"], WaiterConfig={"Delay": 1, "MaxAttempts": 600})
task = ecs.describe_tasks(cluster="mesh", tasks=ecs.list_tasks(cluster="mesh", serviceName="caller")["taskArns"])["tasks"][0]
assert any(c["name"].startswith("ecs-service-connect-") for c in task["containers"]), task["containers"]
assert any(a["type"] == "Service Connect" for a in task["attachments"]), task["attachments"]

changed = ecs.update_service(cluster="mesh", service="orders", serviceConnectConfiguration={"enabled": False})["service"]
assert "serviceConnectConfiguration" not in changed["deployments"][0], changed["deployments"][0]
