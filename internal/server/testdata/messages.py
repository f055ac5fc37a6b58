"""Alarms, events and topics, as boto3 sees them: python3 messages.py ENDPOINT."""

import http.server
import io
import json
import sys
import threading
import time
import urllib.request
import zipfile

import boto3
from botocore.config import Config

ENDPOINT = sys.argv[1]
KEYS = dict(
    endpoint_url=ENDPOINT, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test",
    config=Config(retries={"max_attempts": 0}),
)
sns, events, cloudwatch, functions, logs, ecs = (
    boto3.client(name, **KEYS) for name in ("sns", "events", "cloudwatch", "lambda", "logs", "ecs")
)

posts = []  # (path, headers, document)


class Endpoint(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        doc = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        posts.append((self.path, self.headers, doc))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
threading.Thread(target=server.serve_forever, daemon=True).start()
URL = "http://127.0.0.1:%d" % server.server_port


def wait(what, find, seconds=300):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = find()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"never: {what}; posts {[(p, d) for p, _, d in posts]}")


def posted(path, good):
    return [d for p, _, d in posts if p == path and good(d)]


# A topic with an HTTP subscriber, who confirms.
topic = sns.create_topic(Name="alarms")["TopicArn"]
sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=URL + "/sns")
ask = wait("a confirmation", lambda: posted("/sns", lambda d: d["Type"] == "SubscriptionConfirmation"))[0]
assert b"SubscriptionArn" in urllib.request.urlopen(ask["SubscribeURL"]).read()
assert b"BEGIN CERTIFICATE" in urllib.request.urlopen(ask["SigningCertURL"]).read()

# A function that writes what it gets into its log.
code = io.BytesIO()
with zipfile.ZipFile(code, "w") as z:
    z.writestr("app.py", "import json\ndef handler(event, context):\n    print('GOT ' + json.dumps(event))\n")
function = functions.create_function(
    FunctionName="listener", Runtime="python3.12", Role="arn:aws:iam::000000000000:role/r", Handler="app.handler",
    Timeout=300, Code={"ZipFile": code.getvalue()},
)["FunctionArn"]


def got(good):
    try:
        lines = logs.filter_log_events(logGroupName="/aws/lambda/listener", filterPattern="GOT")["events"]
    except logs.exceptions.ResourceNotFoundException:
        return []
    return [d for d in (json.loads(e["message"].split("GOT ", 1)[1]) for e in lines) if good(d)]


# An alarm whose actions are the topic and the function, and one that is neither.
cloudwatch.put_metric_alarm(
    AlarmName="errors", Namespace="n", MetricName="m", Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=1.0,
    ComparisonOperator="GreaterThanThreshold", AlarmActions=[topic, function, "arn:aws:automate:us-east-1:ec2:stop"],
)
# A rule that sends changes of alarms to the function, in other words.
events.put_rule(Name="alarms", EventPattern=json.dumps({"source": ["aws.cloudwatch"], "detail": {"state": {"value": ["ALARM"]}}}))
assert events.put_targets(Rule="alarms", Targets=[{
    "Id": "f", "Arn": function,
    "InputTransformer": {"InputPathsMap": {"name": "$.detail.alarmName"}, "InputTemplate": '{"rule": "<name> fired"}'},
}])["FailedEntryCount"] == 0
cloudwatch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="by hand")
note = wait("the alarm's message", lambda: posted("/sns", lambda d: d["Type"] == "Notification"))[0]
assert note["Subject"] == 'ALARM: "errors" in US East (N. Virginia)', note
alarm = json.loads(note["Message"])
assert alarm["NewStateValue"] == "ALARM" and alarm["Trigger"]["MetricName"] == "m", alarm
wait("the alarm's call", lambda: got(lambda d: d.get("alarmData", {}).get("alarmName") == "errors"))
wait("the rule's call", lambda: got(lambda d: d == {"rule": "errors fired"}))
history = cloudwatch.describe_alarm_history(AlarmName="errors", HistoryItemType="Action")["AlarmHistoryItems"]
assert sorted(h["HistorySummary"].split()[0] for h in history) == ["Failed", "Successfully", "Successfully"], history

# Tasks and services tell rules what they do: an API destination and the topic.
connection = events.create_connection(
    Name="c", AuthorizationType="API_KEY", AuthParameters={"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "k"}},
)["ConnectionArn"]
destination = events.create_api_destination(
    Name="d", ConnectionArn=connection, InvocationEndpoint=URL + "/events", HttpMethod="POST",
)["ApiDestinationArn"]
events.put_rule(Name="ecs", EventPattern=json.dumps({"source": ["aws.ecs"]}))
events.put_targets(Rule="ecs", Targets=[{"Id": "url", "Arn": destination}, {"Id": "topic", "Arn": topic}])
ecs.create_cluster(clusterName="c")
ecs.register_task_definition(
    family="web", networkMode="awsvpc", cpu="256", memory="512", requiresCompatibilities=["FARGATE"],
    containerDefinitions=[{"name": "app", "image": "app:1"}],
)
ecs.create_service(
    cluster="c", serviceName="web", taskDefinition="web", desiredCount=1, launchType="FARGATE",
    networkConfiguration={"awsvpcConfiguration": {"subnets": [boto3.client("ec2", **KEYS).describe_subnets()["Subnets"][0]["SubnetId"]]}},
)
wait("a running task", lambda: posted("/events", lambda d: d["detail-type"] == "ECS Task State Change" and d["detail"]["lastStatus"] == "RUNNING"))
wait("a deployment", lambda: posted("/events", lambda d: d["detail-type"] == "ECS Deployment State Change"))
assert all(h["X-Key"] == "k" for p, h, _ in posts if p == "/events")
wait("the same over the topic", lambda: posted("/sns", lambda d: "ECS Task State Change" in d["Message"]))

# Custom events on a bus of one's own.
events.create_event_bus(Name="shop")
events.put_rule(Name="orders", EventBusName="shop", EventPattern='{"detail":{"total":[{"numeric":[">",100]}]}}')
events.put_targets(Rule="orders", EventBusName="shop", Targets=[{"Id": "f", "Arn": function, "InputPath": "$.detail"}])
out = events.put_events(Entries=[
    {"EventBusName": "shop", "Source": "shop", "DetailType": "order", "Detail": json.dumps({"total": n})} for n in (99, 101)
])
assert out["FailedEntryCount"] == 0 and all(e["EventId"] for e in out["Entries"]), out
assert wait("an order", lambda: got(lambda d: "total" in d)) == [{"total": 101}]
print("ok")
