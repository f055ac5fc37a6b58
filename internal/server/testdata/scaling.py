"""Application Auto Scaling as boto3 sees it, with short minutes: python3 scaling.py ENDPOINT."""

import datetime
import sys
import time

import boto3
from botocore.config import Config

KEYS = dict(
    endpoint_url=sys.argv[1], region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test",
    config=Config(retries={"max_attempts": 0}),
)
scaling, cloudwatch, ecs = (boto3.client(name, **KEYS) for name in ("application-autoscaling", "cloudwatch", "ecs"))
MINUTE = datetime.timedelta(seconds=1)  # as the server is told; boto3 sends whole seconds
WEB = dict(ServiceNamespace="ecs", ResourceId="service/c/web", ScalableDimension="ecs:service:DesiredCount")


def wait(what, find, seconds=300):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = find()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"never: {what}; {activities()}")


def desired():
    return ecs.describe_services(cluster="c", services=["web"])["services"][0]["desiredCount"]


def activities(**more):
    return scaling.describe_scaling_activities(ServiceNamespace="ecs", ResourceId="service/c/web", **more)["ScalingActivities"]


def refused(code, fn, **members):
    try:
        fn(**members)
    except fn.__self__.exceptions.ClientError as e:
        assert e.response["Error"]["Code"] == code, e
        return e.response["Error"]["Message"]
    raise AssertionError(f"not refused: {members}")


ecs.create_cluster(clusterName="c")
ecs.register_task_definition(
    family="web", networkMode="awsvpc", cpu="256", memory="512",
    containerDefinitions=[{"name": "app", "image": "none", "essential": True}],
)
message = refused("ValidationException", scaling.register_scalable_target, MinCapacity=1, MaxCapacity=4, **WEB)
assert message == "ECS service doesn't exist: service/c/web", message
ecs.create_service(
    cluster="c", serviceName="web", taskDefinition="web", desiredCount=1,
    networkConfiguration={"awsvpcConfiguration": {"subnets": ["subnet-1"]}},
)


def step(more):
    return dict(PolicyName="p", PolicyType="StepScaling", StepScalingPolicyConfiguration={
        "AdjustmentType": "ChangeInCapacity", "Cooldown": 36000, "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": more}],
    }, **WEB)


refused("ObjectNotFoundException", scaling.put_scaling_policy, **step(3))

# Registering brings the service within the bounds.
target = scaling.register_scalable_target(MinCapacity=2, MaxCapacity=6, Tags={"team": "a"}, **WEB)["ScalableTargetARN"]
assert desired() == 2, desired()
assert scaling.list_tags_for_resource(ResourceARN=target)["Tags"] == {"team": "a"}
[shown] = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
assert shown["MinCapacity"] == 2 and shown["SuspendedState"]["ScheduledScalingSuspended"] is False, shown
wait("the tasks", lambda: activities()[0]["StatusCode"] == "Successful")
assert activities()[0]["StatusMessage"] == "Successfully set desired count to 2. Change successfully fulfilled by ecs.", activities()

# A step scaling policy that somebody's alarm calls, until the maximum.
arn = scaling.put_scaling_policy(**step(3))["PolicyARN"]
cloudwatch.put_metric_alarm(
    AlarmName="busy", Namespace="n", MetricName="m", Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=1.0,
    ComparisonOperator="GreaterThanThreshold", TreatMissingData="notBreaching", AlarmActions=[arn],
)


def busy(state):
    cloudwatch.set_alarm_state(AlarmName="busy", StateValue=state, StateReason="by hand")


busy("ALARM")
assert desired() == 5, desired()
assert activities()[0]["Cause"] == "monitor alarm busy in state ALARM triggered policy p", activities()[0]
[history] = cloudwatch.describe_alarm_history(AlarmName="busy", HistoryItemType="Action")["AlarmHistoryItems"]
assert history["HistorySummary"] == "Successfully executed action " + arn, history
events = ecs.describe_services(cluster="c", services=["web"])["services"][0]["events"]
assert any("Successfully set desired count to 5." in e["message"] and "triggered policy p" in e["message"] for e in events), events
# A larger step need not wait for the cool-down: 4 in all, not 4 more.
assert scaling.put_scaling_policy(**step(4))["PolicyARN"] == arn
busy("OK")
busy("ALARM")
assert desired() == 6, desired()
scaling.put_scaling_policy(**step(9))
busy("OK")
busy("ALARM")
unscaled = activities(IncludeNotScaledActivities=True)[0]
assert unscaled["NotScaledReasons"] == [{"Code": "AlreadyAtMaxCapacity", "MaxCapacity": 6}], unscaled
assert "NotScaledReasons" not in activities()[0]
[shown] = scaling.describe_scaling_policies(PolicyNames=["p"], **WEB)["ScalingPolicies"]
assert [a["AlarmName"] for a in shown["Alarms"]] == ["busy"], shown
scaling.delete_scaling_policy(PolicyName="p", **WEB)

# Target tracking makes alarms, which see the metric, which scales.
made = scaling.put_scaling_policy(
    PolicyName="queue", PolicyType="TargetTrackingScaling", TargetTrackingScalingPolicyConfiguration={
        "TargetValue": 10.0, "ScaleInCooldown": 0, "ScaleOutCooldown": 0,
        "CustomizedMetricSpecification": {"Namespace": "n", "MetricName": "q", "Statistic": "Average"},
    }, **WEB)
names = [a["AlarmName"] for a in made["Alarms"]]
shown = cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"]
assert [(a["EvaluationPeriods"], a["Threshold"], a["AlarmActions"]) for a in shown] == [(3, 10.0, [made["PolicyARN"]]), (15, 9.0, [made["PolicyARN"]])], shown
assert names[0].startswith("TargetTracking-service/c/web-AlarmHigh-") and names[1].startswith("TargetTracking-service/c/web-AlarmLow-"), names


def measured(value, want):
    """Puts a value into each of the last minutes, of which a slow machine would leave some out."""
    now = datetime.datetime.now(datetime.timezone.utc)
    ago = (now - n * MINUTE for n in range(20))
    cloudwatch.put_metric_data(Namespace="n", MetricData=[{"MetricName": "q", "Value": value, "Timestamp": t} for t in ago])
    return desired() == want


wait("scale-in", lambda: measured(1, 2))
wait("scale-out", lambda: measured(100, 6))
scaling.delete_scaling_policy(PolicyName="queue", **WEB)
assert not cloudwatch.describe_alarms(AlarmNamePrefix="TargetTracking-")["MetricAlarms"]

# A scheduled action lowers the maximum.
def night():
    """Puts an action that is due in a moment; False if the moment came first."""
    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)
    try:
        scaling.put_scheduled_action(
            ScheduledActionName="night", Schedule=soon.strftime("at(%Y-%m-%dT%H:%M:%S)"), Timezone="Etc/UTC",
            ScalableTargetAction={"MinCapacity": 1, "MaxCapacity": 3}, **WEB)
    except scaling.exceptions.ValidationException as e:
        assert "is in the past" in str(e), e
        return False
    return True


wait("an action of the near future", night)
[shown] = scaling.describe_scheduled_actions(**WEB)["ScheduledActions"]
assert shown["ScheduledActionName"] == "night" and shown["Timezone"] == "Etc/UTC", shown
wait("the scheduled action", lambda: desired() == 3)
told = [(a["Description"], a["Cause"]) for a in activities()[:2]]
assert told == [
    ("Setting desired count to 3.", "maximum capacity was set to 3"),
    ("Setting min capacity to 1 and max capacity to 3", "scheduled action name night was triggered"),
], told
scaling.delete_scheduled_action(ScheduledActionName="night", **WEB)

scaling.deregister_scalable_target(**WEB)
assert not scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
refused("ValidationException", scaling.register_scalable_target, ServiceNamespace="dynamodb", ResourceId="table/t",
        ScalableDimension="dynamodb:table:ReadCapacityUnits", MinCapacity=1, MaxCapacity=2)
