"""Codes and messages of errors, as boto3 sees them."""
import sys

import boto3
from botocore.exceptions import ClientError

endpoint, group = sys.argv[1:3]
ecs = boto3.client("ecs", endpoint_url=endpoint, region_name="us-east-1")


def refused(code, message, call, **kw):
    try:
        call(**kw)
    except ClientError as e:
        assert e.response["Error"]["Code"] == code, (call, e)
        assert message in e.response["Error"]["Message"], (call, e)
        assert e.response["ResponseMetadata"]["RequestId"]
        return e
    raise AssertionError(f"not refused: {kw}")


refused("ClusterNotFoundException", "Cluster not found.", ecs.describe_services, services=["x"])
refused("ClusterNotFoundException", "Cluster not found.", ecs.list_tasks)
refused("ClusterNotFoundException", "Cluster not found.", ecs.delete_cluster, cluster="none")
ecs.create_cluster()
refused("InvalidParameterException", "cluster name", ecs.create_cluster, clusterName="a b")
refused("ServiceNotFoundException", "Service not found.", ecs.update_service, service="none")
refused("ServiceNotFoundException", "Service not found.", ecs.delete_service, service="none")
refused("ServiceNotFoundException", "Service not found.", ecs.list_service_deployments, service="none")
refused("ServiceNotFoundException", "Service not found.", ecs.list_tasks, serviceName="none")
refused("ClientException", "Unable to describe task definition.", ecs.describe_task_definition, taskDefinition="none")
refused("ClientException", "does not exist", ecs.deregister_task_definition, taskDefinition="none:1")
refused("ClientException", "Family should not be null or empty.", ecs.register_task_definition, family="", containerDefinitions=[])
refused("ClientException", "Container list cannot be empty.", ecs.register_task_definition, family="f", containerDefinitions=[])
refused("ClientException", "At least one of 'memory' or 'memoryReservation' must be specified.", ecs.register_task_definition,
        family="f", containerDefinitions=[{"name": "a", "image": "i"}])
refused("InvalidParameterException", "The referenced task was not found.", ecs.stop_task, task="0" * 32)
refused("ServiceDeploymentNotFoundException", "The service deployment does not exist.", ecs.stop_service_deployment,
        serviceDeploymentArn="arn:aws:ecs:us-east-1:000000000000:service-deployment/default/web/x")
refused("InvalidParameterException", "is not a valid service-deployment ARN", ecs.describe_service_deployments, serviceDeploymentArns=["x"])
refused("ResourceNotFoundException", "was not found", ecs.tag_resource,
        resourceArn="arn:aws:ecs:us-east-1:000000000000:service/default/none", tags=[{"key": "a", "value": "b"}])
refused("NamespaceNotFoundException", "was not found", ecs.list_services_by_namespace, namespace="none")
refused("UnsupportedFeatureException", "FARGATE", ecs.create_capacity_provider, name="x")
refused("InvalidParameterException", "reserved", ecs.delete_capacity_provider, capacityProvider="FARGATE")
refused("ClientException", "agents", ecs.discover_poll_endpoint)
refused("InvalidParameterException", "Invalid token", ecs.list_clusters, nextToken="nonsense")

ecs.register_task_definition(family="job", networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256", memory="512",
                             containerDefinitions=[{"name": "a", "image": "i"}])
vpc = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}
run = dict(taskDefinition="job", launchType="FARGATE", networkConfiguration=vpc, clientToken="same")
first = ecs.run_task(**run)["tasks"][0]["taskArn"]
assert ecs.run_task(**run)["tasks"][0]["taskArn"] == first
e = refused("ConflictException", "clientToken", ecs.run_task, **dict(run, count=2))
assert e.response["resourceIds"] == [first], e.response
refused("ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.", ecs.delete_cluster, cluster="default")
refused("InvalidParameterException", "execute command was not enabled", ecs.execute_command, task=first, command="sh", interactive=True)
ecs.create_service(serviceName="web", taskDefinition="job", desiredCount=1, launchType="FARGATE", networkConfiguration=vpc)
refused("ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active.", ecs.delete_cluster, cluster="default")
