import boto3, datetime, sys
from botocore.config import Config
c = boto3.client("cloudwatch", endpoint_url=sys.argv[1], region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
now = datetime.datetime.now(datetime.timezone.utc)
c.put_metric_data(Namespace="shop", MetricData=[{"MetricName": "m", "Value": float(i), "Dimensions": [{"Name": "d", "Value": "v" * 200}]} for i in range(100)])
r = c.get_metric_data(MetricDataQueries=[
  {"Id": "m1", "MetricStat": {"Metric": {"Namespace": "shop", "MetricName": "m", "Dimensions": [{"Name": "d", "Value": "v" * 200}]}, "Period": 60, "Stat": "Sum"}},
  {"Id": "e1", "Expression": "m1 / 2"}], StartTime=now - datetime.timedelta(minutes=5), EndTime=now + datetime.timedelta(minutes=5))
v = {x["Id"]: sum(x["Values"]) for x in r["MetricDataResults"]}
assert v == {"m1": 4950.0, "e1": 2475.0}, v
c.put_metric_alarm(AlarmName="a", Namespace="shop", MetricName="m", ExtendedStatistic="p99", Period=60, EvaluationPeriods=3, DatapointsToAlarm=2, Threshold=1.0, ComparisonOperator="GreaterThanThreshold", TreatMissingData="notBreaching")
c.put_composite_alarm(AlarmName="c", AlarmRule='ALARM("a")')
c.set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="boto")
a = c.describe_alarms(AlarmNames=["a"])["MetricAlarms"][0]
assert a["StateValue"] == "ALARM" and a["DatapointsToAlarm"] == 2 and isinstance(a["StateUpdatedTimestamp"], datetime.datetime), a
assert c.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"][0]["StateValue"] == "ALARM"
try:
  c.set_alarm_state(AlarmName="x", StateValue="OK", StateReason="r")
  raise SystemExit("accepted")
except c.exceptions.ResourceNotFound as e:
  assert e.response["Error"]["Code"] == "ResourceNotFound", e.response
items = c.describe_alarm_history(AlarmName="a")["AlarmHistoryItems"]
assert items[0]["HistorySummary"] == "Alarm updated from INSUFFICIENT_DATA to ALARM", items
print(c.meta.service_model.resolved_protocol)
