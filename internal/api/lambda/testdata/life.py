"""Life of functions, as boto3 sees it: python3 life.py ENDPOINT."""

import base64
import concurrent.futures
import io
import json
import sys
import tempfile
import time
import zipfile

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = sys.argv[1]
ROLE = "arn:aws:iam::000000000000:role/hooks"
CONFIG = Config(retries={"max_attempts": 0}, read_timeout=900)
KEYS = dict(endpoint_url=ENDPOINT, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")

client = boto3.client("lambda", config=CONFIG, **KEYS)
ssm = boto3.client("ssm", **KEYS)
logs = boto3.client("logs", **KEYS)


def zipped(**files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for name, text in files.items():
            z.writestr(name.replace("__", "."), text)
    return out.getvalue()


def refused(code, call, **args):
    try:
        call(**args)
    except ClientError as e:
        assert e.response["Error"]["Code"] == code, e
        return e
    raise AssertionError(f"{code} expected")


def invoke(name, event=None, **args):
    r = client.invoke(FunctionName=name, Payload=json.dumps(event), LogType="Tail", **args)
    body = r["Payload"].read()
    return json.loads(body), r.get("FunctionError"), base64.b64decode(r["LogResult"]).decode(), r


HANDLER = """
import json, os, time
import boto3
calls = 0

def handler(event, context):
    global calls
    calls += 1
    print("hello", event.get("n"))
    if event.get("crash"): os._exit(3)
    if event.get("sleep"): time.sleep(event["sleep"])
    if event.get("meet"):
        open(os.path.join(event["meet"], str(event["n"])), "w").close()
        while len(os.listdir(event["meet"])) < 4: time.sleep(0.02)
    if event.get("raise"): raise ValueError("no")
    if event.get("odd"): return object()
    if event.get("big"): return "x" * event["big"]
    if event.get("parameter"):
        value = boto3.client("ssm").get_parameter(Name=event["parameter"])["Parameter"]["Value"]
        return {"hookStatus": value, "who": boto3.client("sts").get_caller_identity()["Arn"]}
    return {"n": event.get("n"), "calls": calls, "pid": os.getpid(), "arn": context.invoked_function_arn,
            "left": context.get_remaining_time_in_millis(), "stage": os.environ.get("STAGE"), "memory": context.memory_limit_in_mb}
"""


def python():
    code = zipped(app__py=HANDLER)
    made = client.create_function(
        FunctionName="py", Role=ROLE, Runtime="python3.11", Handler="app.handler", Code={"ZipFile": code},
        Environment={"Variables": {"STAGE": "one"}}, Timeout=600, Tags={"team": "a"})
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201, made
    client.get_waiter("function_active_v2").wait(FunctionName="py")
    refused("ResourceConflictException", client.create_function, FunctionName="py", Role=ROLE, Runtime="python3.11",
            Handler="app.handler", Code={"ZipFile": code})
    got = client.get_function(FunctionName="py")
    assert got["Tags"] == {"team": "a"} and got["Configuration"]["CodeSha256"] == made["CodeSha256"], got
    out, error, log, r = invoke("py", {"n": 1})
    assert not error and out["n"] == 1 and out["stage"] == "one" and out["memory"] == "128", (out, error, log)
    assert "START RequestId" in log and "hello 1" in log and "Init Duration" in log, log
    assert r["ExecutedVersion"] == "$LATEST", r
    out2, *_ = invoke(made["FunctionArn"], {"n": 2})
    assert out2["calls"] == 2 and out2["pid"] == out["pid"], "not warm"
    ssm.put_parameter(Name="/approve", Value="SUCCEEDED", Type="String")
    out, error, log, _ = invoke("py", {"parameter": "/approve"})
    assert not error and out["hookStatus"] == "SUCCEEDED", (out, error, log)
    assert out["who"] == "arn:aws:sts::000000000000:assumed-role/hooks/py", out
    return code


def failures():
    out, error, log, _ = invoke("py", {"raise": 1})
    assert error == "Unhandled" and out["errorType"] == "ValueError" and out["errorMessage"] == "no" and out["stackTrace"], out
    assert "[ERROR] ValueError: no" in log, log
    out, error, *_ = invoke("py", {"odd": 1})
    assert error == "Unhandled" and out["errorType"] == "Runtime.MarshalError", out
    out, error, log, _ = invoke("py", {"crash": 1})
    assert error == "Unhandled" and out["errorType"] == "Runtime.ExitError", out
    assert out["errorMessage"].endswith("Runtime exited with error: exit status 3"), out
    out, error, *_ = invoke("py", {"n": 5})
    assert not error and out["calls"] == 1
    out, error, *_ = invoke("py", {"big": (6 << 20) + 200})
    assert error == "Unhandled" and out["errorType"] == "Function.ResponseSizeTooLarge", str(out)[:200]
    assert len(invoke("py", {"big": (6 << 20) - 100})[0]) == (6 << 20) - 100
    refused("RequestTooLargeException", client.invoke, FunctionName="py", Payload=json.dumps("x" * (6 << 20)))
    refused("InvalidRequestContentException", client.invoke, FunctionName="py", Payload="{")
    client.update_function_configuration(FunctionName="py", Timeout=1)
    client.get_waiter("function_updated_v2").wait(FunctionName="py")
    began = time.time()
    out, error, log, _ = invoke("py", {"sleep": 600})
    assert error == "Unhandled" and out["errorType"] == "Sandbox.Timedout", out
    assert out["errorMessage"].endswith("Error: Task timed out after 1.00 seconds"), out
    assert time.time() - began < 300 and "Status: timeout" in log, log
    client.update_function_configuration(FunctionName="py", Timeout=600)
    refused("ResourceNotFoundException", client.invoke, FunctionName="none")
    e = refused("ResourceNotFoundException", client.get_function, FunctionName="none")
    assert e.response["Error"]["Message"] == "Function not found: arn:aws:lambda:us-east-1:000000000000:function:none", e
    assert e.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def concurrency():
    with tempfile.TemporaryDirectory() as meet, concurrent.futures.ThreadPoolExecutor(4) as pool:  # each waits for the others
        pids = {r[0]["pid"] for r in pool.map(lambda n: invoke("py", {"n": n, "meet": meet}), range(4))}
    assert len(pids) == 4, pids
    client.put_function_concurrency(FunctionName="py", ReservedConcurrentExecutions=0)
    e = refused("TooManyRequestsException", client.invoke, FunctionName="py")
    assert e.response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded", e.response
    assert client.get_function_concurrency(FunctionName="py")["ReservedConcurrentExecutions"] == 0
    client.delete_function_concurrency(FunctionName="py")


def versions():
    one = client.publish_version(FunctionName="py")
    assert one["Version"] == "1" and client.publish_version(FunctionName="py")["Version"] == "1"
    client.create_alias(FunctionName="py", Name="live", FunctionVersion="1")
    client.update_function_configuration(FunctionName="py", Environment={"Variables": {"STAGE": "two"}})
    assert invoke("py")[0] if False else invoke("py", {})[0]["stage"] == "two"
    out, _, _, r = invoke("py:live", {})
    assert out["stage"] == "one" and r["ExecutedVersion"] == "1" and out["arn"].endswith(":py:live"), out
    assert client.publish_version(FunctionName="py")["Version"] == "2"
    client.update_alias(FunctionName="py", Name="live", FunctionVersion="2")
    assert invoke("py", {}, Qualifier="live")[0]["stage"] == "two"
    assert [v["Version"] for v in client.list_versions_by_function(FunctionName="py")["Versions"]] == ["$LATEST", "1", "2"]
    refused("ResourceConflictException", client.delete_function, FunctionName="py", Qualifier="2")
    client.delete_function(FunctionName="py", Qualifier="1")
    assert [a["Name"] for a in client.list_aliases(FunctionName="py")["Aliases"]] == ["live"]
    client.delete_alias(FunctionName="py", Name="live")
    refused("ResourceNotFoundException", client.get_alias, FunctionName="py", Name="live")
    refused("PreconditionFailedException", client.update_function_configuration, FunctionName="py", RevisionId="x", Timeout=4)


def policies(code):
    refused("ResourceNotFoundException", client.get_policy, FunctionName="py")
    s = client.add_permission(FunctionName="py", StatementId="sns", Action="lambda:InvokeFunction", Principal="sns.amazonaws.com",
                              SourceArn="arn:aws:sns:us-east-1:000000000000:t")
    assert json.loads(s["Statement"])["Principal"] == {"Service": "sns.amazonaws.com"}, s
    assert len(json.loads(client.get_policy(FunctionName="py")["Policy"])["Statement"]) == 1
    client.remove_permission(FunctionName="py", StatementId="sns")
    refused("ResourceNotFoundException", client.get_policy, FunctionName="py")
    arn = "arn:aws:lambda:us-east-1:000000000000:function:py"
    client.tag_resource(Resource=arn, Tags={"b": "2"})
    client.untag_resource(Resource=arn, TagKeys=["team"])
    assert client.list_tags(Resource=arn)["Tags"] == {"b": "2"}
    made = dict(FunctionName="no", Role=ROLE, Runtime="python3.11", Handler="app.handler", Code={"ZipFile": code})
    for change in ({"Runtime": "java21"}, {"Code": {"S3Bucket": "bucket", "S3Key": "k"}}, {"Code": {"ZipFile": b"no zip"}}, {"Role": "x"},
                   {"PackageType": "Image", "Code": {"ImageUri": "x"}}, {"Environment": {"Variables": {"AWS_REGION": "x"}}}, {"MemorySize": 128000 // 10},
                   {"Timeout": 901}, {"Layers": ["arn:aws:lambda:us-east-1:000000000000:layer:a:1"]}, {"Code": {"ZipFile": zipped(**{"../x": "y"})}}):
        refused("InvalidParameterValueException", client.create_function, **{**made, **change})


def node():
    code = zipped(index__mjs="""
export const handler = async (event, context) => {
  console.log('from node');
  if (event.fail) throw new TypeError('node says no');
  return { twice: event.n * 2, name: context.functionName };
};
export const sync = (event, context, callback) => { setTimeout(() => callback(null, 'late'), 20); };
export const silent = (event, context) => {};
""")
    client.create_function(FunctionName="node", Role=ROLE, Runtime="nodejs20.x", Handler="index.handler", Code={"ZipFile": code}, MemorySize=256)
    out, error, log, _ = invoke("node", {"n": 21})
    assert out == {"twice": 42, "name": "node"} and not error and "from node" in log, (out, log)
    out, error, *_ = invoke("node", {"fail": True})
    assert error == "Unhandled" and out["errorType"] == "TypeError" and out["errorMessage"] == "node says no", out
    for handler, want in (("sync", "late"), ("silent", None)):
        client.update_function_configuration(FunctionName="node", Handler="index." + handler)
        out, error, log, _ = invoke("node", {})
        assert out == want and not error, (handler, out, error, log)
    client.update_function_configuration(FunctionName="node", Handler="index.absent")
    out, error, *_ = invoke("node", {})
    assert error == "Unhandled" and out["errorType"] == "Runtime.HandlerNotFound", out


def imports():
    client.update_function_configuration(FunctionName="py", Handler="nothing.handler")
    out, error, *_ = invoke("py", {})
    assert error == "Unhandled" and out["errorType"] == "Runtime.ImportModuleError", out
    client.update_function_configuration(FunctionName="py", Handler="app.handler")
    client.create_function(FunctionName="empty", Role=ROLE, Runtime="provided.al2023", Handler="bootstrap", Code={"ZipFile": zipped(x="y")})
    out, error, *_ = invoke("empty", {})
    assert error == "Unhandled" and out["errorType"] == "Runtime.InvalidEntrypoint", out


def events():
    assert client.invoke(FunctionName="py", InvocationType="DryRun")["StatusCode"] == 204
    assert client.invoke(FunctionName="py", InvocationType="Event", Payload='{"n": 77}')["StatusCode"] == 202
    for _ in range(6000):
        found = logs.filter_log_events(logGroupName="/aws/lambda/py", filterPattern='"hello 77"')["events"]
        if found:
            break
        time.sleep(0.05)
    assert len(found) == 1, found


def end():
    names = [f["FunctionName"] for f in client.list_functions()["Functions"]]
    assert names == ["empty", "node", "py"], names
    page = client.list_functions(MaxItems=1)
    assert len(page["Functions"]) == 1 and page["NextMarker"], page
    for name in names:
        assert client.delete_function(FunctionName=name)["ResponseMetadata"]["HTTPStatusCode"] == 204
    refused("ResourceNotFoundException", client.delete_function, FunctionName="py")


code = python()
failures()
concurrency()
versions()
policies(code)
node()
imports()
events()
end()
print("ok")
