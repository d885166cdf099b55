"""Runs a Python handler for the local cloud: the function's side of the Runtime API."""

import datetime
import decimal
import http.client
import importlib
import json
import logging
import os
import sys
import time
import traceback

API = "/2018-06-01/runtime"
# What the runtime of AWS brings along, and here the machine has to.
BROUGHT = {"boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3"}
JSON_LOGS = os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON"
request_id = None


class Failure(Exception):
    """The function cannot be run: what is told instead of its answer."""

    def __init__(self, kind, message, frames=()):
        super().__init__(message)
        self.kind, self.frames = kind, list(frames)


class Context:
    """What a handler gets as its second argument."""

    def __init__(self, headers):
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.client_context = Fields.of(headers.get("Lambda-Runtime-Client-Context"))
        self.identity = Fields.of(headers.get("Lambda-Runtime-Cognito-Identity")) or Fields({})
        self._deadline = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self):
        return max(self._deadline - int(time.time() * 1000), 0)

    def log(self, message):
        sys.stdout.write(str(message))


class Fields:
    """An object that has the members of a JSON object; any other member is None."""

    def __init__(self, members):
        self.__dict__.update(members)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return None

    @classmethod
    def of(cls, text):
        return cls(json.loads(text)) if text else None


class Lines(logging.Formatter):
    """Log records as the runtime of AWS writes them."""

    converter = time.gmtime

    def format(self, record):
        message = super().format(record)
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        if not JSON_LOGS:
            identity = request_id or ""
            return f"[{record.levelname}]\t{stamp}.{int(record.msecs):03d}Z\t{identity}\t{message}"
        line = {"timestamp": stamp + "Z", "level": record.levelname, "message": record.getMessage(), "logger": record.name}
        if record.exc_info:
            line["errorType"] = record.exc_info[0].__name__
            line["errorMessage"] = str(record.exc_info[1])
            line["stackTrace"] = traceback.format_tb(record.exc_info[2])
        if request_id:
            line["requestId"] = request_id
        return json.dumps(line, ensure_ascii=False, default=str)


def encode(value):
    """Bytes of a handler's answer."""

    def other(thing):
        if isinstance(thing, decimal.Decimal):
            return float(thing)
        raise TypeError(f"Object of type {type(thing).__name__} is not JSON serializable")

    try:
        text = json.dumps(value, ensure_ascii=False, default=other)
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, default=other).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise Failure("Runtime.MarshalError", f"Unable to marshal response: {error}") from None


class Api:
    """The Runtime API, over one connection."""

    def __init__(self):
        self.connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])

    def call(self, method, path, body=None, headers=None):
        self.connection.request(method, API + path, body, headers or {})
        answer = self.connection.getresponse()
        return answer.headers, answer.read()

    def next(self):
        return self.call("GET", "/invocation/next")

    def respond(self, body):
        self.call("POST", f"/invocation/{request_id}/response", body, {"Content-Type": "application/json"})

    def fail(self, path, error):
        headers = {"Content-Type": "application/json", "Lambda-Runtime-Function-Error-Type": error["errorType"]}
        self.call("POST", path, json.dumps(error).encode(), headers)


def described(error):
    """An exception as AWS shows it to whoever called the function."""
    if isinstance(error, Failure):
        kind, frames = error.kind, error.frames
    else:
        kind = type(error).__name__
        found = traceback.extract_tb(error.__traceback__)
        frames = traceback.format_list([frame for frame in found if frame.filename != __file__])
    return {"errorMessage": str(error), "errorType": kind, "requestId": request_id or "", "stackTrace": frames}


def report(error):
    """Writes an exception to the log."""
    if JSON_LOGS:
        stamp = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        line = {"timestamp": stamp, "level": "ERROR", **error}
        print(json.dumps(line, ensure_ascii=False), flush=True)
        return
    lines = [f"[ERROR] {error['errorType']}: {error['errorMessage']}"]
    if error["stackTrace"]:
        lines += ["Traceback (most recent call last):", "".join(error["stackTrace"]).rstrip("\n")]
    print("\n".join(lines), flush=True)


def load():
    """The handler that the function's settings name."""
    handler = os.environ["_HANDLER"]
    module_name, dot, name = handler.rpartition(".")
    if not dot:
        message = f"Bad handler '{handler}': not enough values to unpack (expected 2, got 1)"
        raise Failure("Runtime.MalformedHandlerName", message)
    module_name = module_name.replace("/", ".")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        missing = (getattr(error, "name", None) or "").split(".")[0]
        message = f"Unable to import module '{module_name}': {error}"
        if missing in BROUGHT:
            message += f". AWS brings `{missing}` along, here the machine has to: {sys.executable} -m pip install {missing}"
        raise Failure("Runtime.ImportModuleError", message) from None
    except SyntaxError as error:
        shown = [f"  File \"{error.filename}\" Line {error.lineno}\n    {error.text or ''}"]
        raise Failure("Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}", shown) from None
    try:
        return getattr(module, name)
    except AttributeError:
        message = f"Handler '{name}' missing on module '{module_name}'"
        raise Failure("Runtime.HandlerNotFound", message) from None


def set_up_logging():
    output = logging.StreamHandler(sys.stdout)
    output.setFormatter(Lines())
    logging.root.addHandler(output)
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL")
    if JSON_LOGS and level:
        logging.root.setLevel({"TRACE": "DEBUG", "FATAL": "CRITICAL"}.get(level, level))


def main():
    global request_id
    # The log is a pipe here; lines of an invocation belong to it.
    sys.stdout.reconfigure(line_buffering=True)
    sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]
    set_up_logging()
    api = Api()
    try:
        handler = load()
    except Exception as error:
        told = described(error)
        report(told)
        api.fail("/init/error", told)
        sys.exit(1)
    while True:
        headers, event = api.next()
        context = Context(headers)
        request_id = context.aws_request_id
        os.environ["_X_AMZN_TRACE_ID"] = headers.get("Lambda-Runtime-Trace-Id", "")
        try:
            try:
                event = json.loads(event)
            except ValueError as error:
                raise Failure("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from None
            answer = encode(handler(event, context))
        except Exception as error:
            told = described(error)
            report(told)
            api.fail(f"/invocation/{request_id}/error", told)
        else:
            sys.stdout.flush()
            api.respond(answer)
        request_id = None


main()
