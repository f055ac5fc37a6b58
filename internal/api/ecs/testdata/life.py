"""Drives every operation of Amazon ECS that grue has, with boto3."""
import sys
import time

import boto3

endpoint, group = sys.argv[1:3]
ecs = boto3.client("ecs", endpoint_url=endpoint, region_name="us-east-1")
quick = {"Delay": 1, "MaxAttempts": 600}
vpc = {"awsvpcConfiguration": {"subnets": ["subnet-1"], "assignPublicIp": "ENABLED"}}


def define(family, image):
    return ecs.register_task_definition(
        family=family, networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256", memory="0.5GB",
        containerDefinitions=[{"name": "app", "image": image, "portMappings": [{"containerPort": 80}],
                               "healthCheck": {"command": ["CMD-SHELL", "true"]}}],
        tags=[{"key": "family", "value": family}])


# Clusters
assert ecs.create_cluster(tags=[{"key": "a", "value": "b"}])["cluster"]["clusterName"] == "default"
other = ecs.create_cluster(clusterName="other", capacityProviders=["FARGATE", "FARGATE_SPOT"],
                           defaultCapacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
                           settings=[{"name": "containerInsights", "value": "enabled"}])["cluster"]
got = ecs.describe_clusters(clusters=["default", other["clusterArn"], "none"], include=["TAGS", "SETTINGS", "STATISTICS", "CONFIGURATIONS"])
assert [c["clusterName"] for c in got["clusters"]] == ["default", "other"] and got["failures"][0]["reason"] == "MISSING"
assert got["clusters"][0]["tags"] == [{"key": "a", "value": "b"}] and len(got["clusters"][0]["statistics"]) == 12
assert got["clusters"][1]["settings"][0]["value"] == "enabled"
assert [a.rsplit("/", 1)[1] for p in ecs.get_paginator("list_clusters").paginate(PaginationConfig={"PageSize": 1}) for a in p["clusterArns"]] == ["default", "other"]
ecs.update_cluster(cluster="other", configuration={"executeCommandConfiguration": {"logging": "NONE"}})
assert ecs.update_cluster_settings(cluster="other", settings=[{"name": "containerInsights", "value": "disabled"}])["cluster"]["settings"][0]["value"] == "disabled"
ecs.put_cluster_capacity_providers(cluster="other", capacityProviders=["FARGATE"], defaultCapacityProviderStrategy=[])
assert ecs.delete_cluster(cluster="other")["cluster"]["status"] == "INACTIVE"
assert {p["name"] for p in ecs.describe_capacity_providers()["capacityProviders"]} == {"FARGATE", "FARGATE_SPOT"}

# Task definitions
one = define("web", "web:1")
assert one["taskDefinition"]["memory"] == "512" and one["tags"][0]["value"] == "web"
d = ecs.describe_task_definition(taskDefinition="web", include=["TAGS"])
assert d["tags"] and d["taskDefinition"]["revision"] == 1
again = {k: v for k, v in d["taskDefinition"].items() if k not in (
    "taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities", "registeredAt", "registeredBy")}
two = ecs.register_task_definition(**again)["taskDefinition"]
assert two["revision"] == 2 and {k: two[k] for k in again} == again
bad = define("bad", "bad:1")["taskDefinition"]["taskDefinitionArn"]
assert len(ecs.list_task_definitions(familyPrefix="web")["taskDefinitionArns"]) == 2
assert ecs.list_task_definition_families(familyPrefix="w")["families"] == ["web"]

# Services
svc = ecs.create_service(serviceName="web", taskDefinition="web:1", desiredCount=2, launchType="FARGATE", networkConfiguration=vpc,
                         loadBalancers=[], propagateTags="SERVICE", enableECSManagedTags=True, tags=[{"key": "s", "value": "1"}],
                         deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": True}})["service"]
assert svc["taskDefinition"].endswith("web:1") and svc["deployments"][0]["desiredCount"] == 0
ecs.get_waiter("services_stable").wait(services=["web"], WaiterConfig=quick)
assert ecs.list_services()["serviceArns"] == [svc["serviceArn"]]
assert ecs.list_services(schedulingStrategy="DAEMON")["serviceArns"] == []
started = time.time()
after = ecs.update_service(service="web", taskDefinition="web")["service"]
assert [x["status"] for x in after["deployments"]] == ["PRIMARY", "ACTIVE"]
ecs.get_waiter("services_stable").wait(services=["web"], WaiterConfig=quick)
listed = ecs.list_service_deployments(service="web", createdAt={"after": started - 1})["serviceDeployments"]
number = after["deployments"][0]["id"].split("/")[1]
assert number in listed[0]["targetServiceRevisionArn"], listed
sd = listed[0]["serviceDeploymentArn"]
for _ in range(3000):
    shown = ecs.describe_service_deployments(serviceDeploymentArns=[sd])["serviceDeployments"][0]
    if shown["status"] == "SUCCESSFUL":
        break
    time.sleep(0.1)
assert shown["status"] == "SUCCESSFUL" and shown["deploymentCircuitBreaker"]["status"] == "MONITORING_COMPLETE", shown
revision = ecs.describe_service_revisions(serviceRevisionArns=[listed[0]["targetServiceRevisionArn"]])["serviceRevisions"][0]
assert revision["taskDefinition"].endswith("web:2") and revision["containerImages"][0]["image"] == "web:1"
s = ecs.describe_services(services=["web", "none"], include=["TAGS"])
assert s["failures"][0]["reason"] == "MISSING" and s["services"][0]["tags"] == [{"key": "s", "value": "1"}]
assert any("has reached a steady state." in e["message"] for e in s["services"][0]["events"])
stopping = ecs.update_service(service="web", taskDefinition=bad)["service"]["currentServiceDeployment"]
assert ecs.stop_service_deployment(serviceDeploymentArn=stopping)["serviceDeploymentArn"] == stopping
ecs.get_waiter("services_stable").wait(services=["web"], WaiterConfig=quick)

# Tasks
tasks = ecs.list_tasks(serviceName="web")["taskArns"]
assert len(tasks) == 2
ecs.get_waiter("tasks_running").wait(tasks=tasks, WaiterConfig=quick)
t = ecs.describe_tasks(tasks=tasks + ["0" * 32], include=["TAGS"])
assert t["failures"][0]["reason"] == "MISSING"
task = t["tasks"][0]
assert task["group"] == "service:web" and task["startedBy"].startswith("ecs-svc/") and task["containers"][0]["lastStatus"] == "RUNNING"
assert {x["key"] for x in task["tags"]} >= {"s", "aws:ecs:serviceName"}, task["tags"]
assert any(x["name"] == "privateIPv4Address" for x in task["attachments"][0]["details"])
p = ecs.update_task_protection(cluster="default", tasks=tasks[:1], protectionEnabled=True, expiresInMinutes=10)
assert p["protectedTasks"][0]["protectionEnabled"] and not p["failures"]
assert ecs.get_task_protection(cluster="default", tasks=tasks)["protectedTasks"][0]["protectionEnabled"]
ecs.update_task_protection(cluster="default", tasks=tasks[:1], protectionEnabled=False)
run = ecs.run_task(taskDefinition="web", count=2, launchType="FARGATE", networkConfiguration=vpc, startedBy="me",
                   overrides={"containerOverrides": [{"name": "app", "environment": [{"name": "X", "value": "1"}]}]})
assert len(run["tasks"]) == 2 and not run["failures"]
mine = [x["taskArn"] for x in run["tasks"]]
ecs.get_waiter("tasks_running").wait(tasks=mine, WaiterConfig=quick)
assert ecs.stop_task(task=mine[0], reason="enough")["task"]["stoppedReason"] == "enough"
assert ecs.stop_task(task=mine[1].rsplit("/", 1)[1])["task"]["desiredStatus"] == "STOPPED"
ecs.get_waiter("tasks_stopped").wait(tasks=mine, WaiterConfig=quick)
assert sorted(ecs.list_tasks(desiredStatus="STOPPED", startedBy="me")["taskArns"]) == sorted(mine)

# This machine
machine = ecs.list_container_instances()["containerInstanceArns"]
i = ecs.describe_container_instances(containerInstances=machine, include=["TAGS"])["containerInstances"][0]
assert i["status"] == "ACTIVE" and i["runningTasksCount"] == 2 and {r["name"] for r in i["registeredResources"]} >= {"CPU", "MEMORY"}
assert ecs.update_container_instances_state(containerInstances=machine, status="ACTIVE")["containerInstances"]
ecs.put_attributes(attributes=[{"name": "rack", "value": "7", "targetId": machine[0]}])
assert ecs.list_attributes(targetType="container-instance", attributeName="rack")["attributes"][0]["value"] == "7"
ecs.delete_attributes(attributes=[{"name": "rack", "targetId": machine[0]}])
ecs.register_task_definition(family="old", containerDefinitions=[{"name": "a", "image": "a", "memory": 64}])
st = ecs.start_task(taskDefinition="old", containerInstances=machine)
assert st["tasks"][0]["containerInstanceArn"] == machine[0] and st["tasks"][0]["launchType"] == "EC2"
ecs.stop_task(task=st["tasks"][0]["taskArn"])

# Tags and account settings
for arn in (svc["serviceArn"], svc["clusterArn"], tasks[0], one["taskDefinition"]["taskDefinitionArn"], machine[0]):
    ecs.tag_resource(resourceArn=arn, tags=[{"key": "team", "value": "x"}, {"key": "gone", "value": ""}])
    ecs.untag_resource(resourceArn=arn, tagKeys=["gone"])
    tags = {x["key"]: x["value"] for x in ecs.list_tags_for_resource(resourceArn=arn)["tags"]}
    assert tags["team"] == "x" and "gone" not in tags, (arn, tags)
ecs.put_account_setting_default(name="containerInsights", value="enabled")
assert ecs.list_account_settings(name="containerInsights", effectiveSettings=True)["settings"][0]["value"] == "enabled"
ecs.put_account_setting(name="containerInsights", value="disabled")
assert ecs.list_account_settings(name="containerInsights")["settings"][0]["value"] == "disabled"
ecs.delete_account_setting(name="containerInsights")
assert ecs.list_account_settings(name="containerInsights")["settings"] == []

# The end
ecs.update_service(service="web", desiredCount=0)
ecs.get_waiter("services_stable").wait(services=["web"], WaiterConfig=quick)
assert ecs.delete_service(service="web")["service"]["status"] == "DRAINING"
ecs.get_waiter("services_inactive").wait(services=["web"], WaiterConfig=quick)
for td in ("web:1", "web:2", "bad:1", "old:1"):
    assert ecs.deregister_task_definition(taskDefinition=td)["taskDefinition"]["status"] == "INACTIVE"
gone = ecs.delete_task_definitions(taskDefinitions=["web:1", "web:2", "nobody:1"])
assert len(gone["taskDefinitions"]) == 2 and gone["failures"][0]["reason"] == "MISSING"
ecs.get_waiter("tasks_stopped").wait(tasks=[st["tasks"][0]["taskArn"]], WaiterConfig=quick)
assert ecs.delete_cluster(cluster="default")["cluster"]["status"] == "INACTIVE"
