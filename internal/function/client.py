"""A client of the Lambda Runtime API for python3.* functions of grue."""

import http.client
import importlib
import json
import os
import sys
import time
import traceback

API = "/2018-06-01/runtime/"


class Identity:
    def __init__(self, doc):
        self.cognito_identity_id = doc.get("cognitoIdentityId")
        self.cognito_identity_pool_id = doc.get("cognitoIdentityPoolId")


class Client:
    def __init__(self, doc):
        for name in ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name"):
            setattr(self, name, doc.get(name))


class ClientContext:
    def __init__(self, doc):
        self.client = Client(doc.get("client") or {})
        self.custom = doc.get("custom")
        self.env = doc.get("env")


class Context:
    def __init__(self, headers):
        env = os.environ
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = env["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = env["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = env["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = env["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.tenant_id = headers.get("Lambda-Runtime-Aws-Tenant-Id")
        client = headers.get("Lambda-Runtime-Client-Context")
        self.client_context = ClientContext(json.loads(client)) if client else None
        self.identity = Identity(json.loads(headers.get("Lambda-Runtime-Cognito-Identity") or "{}"))
        self._deadline = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline - int(time.time() * 1000))

    def log(self, message):
        sys.stdout.write(str(message))
        sys.stdout.flush()


class Failure(Exception):
    """A failure that has AWS's own type."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


def encode(value):
    """Dates, decimals and the like fail, as they do in Lambda."""
    return json.dumps(value, ensure_ascii=False).encode()


def describe(error):
    kind = error.kind if isinstance(error, Failure) else type(error).__name__
    trace = [] if isinstance(error, Failure) else traceback.format_tb(error.__traceback__)[1:]
    return {"errorMessage": str(error), "errorType": kind, "stackTrace": trace}


class Runtime:
    def __init__(self):
        self.connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])

    def call(self, method, path, body=None, headers=None):
        self.connection.request(method, API + path, body, headers or {})
        response = self.connection.getresponse()
        return response.headers, response.read()

    def fail(self, path, error, request_id=None):
        doc = describe(error)
        if request_id:
            doc["requestId"] = request_id
        print(f"[ERROR] {doc['errorType']}: {doc['errorMessage']}\n{''.join(doc['stackTrace'])}", end="", flush=True)
        kind = doc["errorType"] if isinstance(error, Failure) else "Runtime.UserError"
        self.call("POST", path, encode(doc), {
            "Content-Type": "application/json", "Lambda-Runtime-Function-Error-Type": kind})

    def run(self, handler):
        while True:
            headers, body = self.call("GET", "invocation/next")
            request_id = headers["Lambda-Runtime-Aws-Request-Id"]
            os.environ["_X_AMZN_TRACE_ID"] = headers.get("Lambda-Runtime-Trace-Id") or ""
            self.one(handler, headers, body, f"invocation/{request_id}/", request_id)

    def one(self, handler, headers, body, path, request_id):
        try:
            try:
                event = json.loads(body)
            except ValueError as error:
                raise Failure("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}")
            result = handler(event, Context(headers))
            try:
                answer = encode(result)
            except (TypeError, ValueError) as error:
                raise Failure("Runtime.MarshalError", f"Unable to marshal response: {error}")
        except Exception as error:
            self.fail(path + "error", error, request_id)
            return
        sys.stdout.flush()
        self.call("POST", path + "response", answer, {"Content-Type": "application/json"})


def load(name):
    module, dot, function = name.rpartition(".")
    if not dot or not module:
        raise Failure("Runtime.MalformedHandlerName", f"Bad handler '{name}': not enough values to unpack (expected 2, got 1)")
    module = module.replace("/", ".")
    try:
        loaded = importlib.import_module(module)
    except ImportError as error:
        raise Failure("Runtime.ImportModuleError", f"Unable to import module '{module}': {error}")
    except SyntaxError as error:
        raise Failure("Runtime.UserCodeSyntaxError", f"Syntax error in module '{module}': {error}")
    if not hasattr(loaded, function):
        raise Failure("Runtime.HandlerNotFound", f"Handler '{function}' missing on module '{module}'")
    return getattr(loaded, function)


def main():
    sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]
    sys.stdout.reconfigure(line_buffering=True)
    runtime = Runtime()
    try:
        handler = load(os.environ["_HANDLER"])
    except Exception as error:
        runtime.fail("init/error", error)
        sys.exit(1)
    runtime.run(handler)


main()
