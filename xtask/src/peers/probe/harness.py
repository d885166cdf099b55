"""What the checks of the probe stand on: clients, plain HTTP, functions, roles and stacks at one endpoint."""

import contextlib
import io
import json
import time
import traceback
import urllib.error
import urllib.parse
import urllib.request
import uuid
import zipfile

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

#: Every check, in the order of its declaration: (service, capability, function).
CHECKS = []


def check(service, capability):
    """Declares a check: what a user of `service` expects, as one sentence without a full stop."""

    def declare(function):
        CHECKS.append((service, capability, function))
        return function

    return declare


#: Every check of what outlives the emulator's process: (service, capability, generator function).
SURVIVALS = []


def survives(service, capability):
    """Declares a check of two halves around one `yield`, between which the emulator is killed and started again."""

    def declare(function):
        SURVIVALS.append((service, capability, function))
        return function

    return declare


class Answer:
    """An answer of plain HTTP."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.text[:300]}"


class _Unredirected(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Cloud:
    """The emulator under the probe, seen by one check."""

    region = "us-east-1"
    account = "000000000000"

    def __init__(self, endpoint):
        self.endpoint = endpoint.rstrip("/")
        self._cleanup = contextlib.ExitStack()

    def client(self, service, keys=None, region=None, unsigned=False, **settings):
        """A boto3 client; `keys` are temporary credentials as STS gives them, the administrator's by default."""
        if unsigned:
            settings["signature_version"] = UNSIGNED
        keys = keys or {"AccessKeyId": "test", "SecretAccessKey": "test", "SessionToken": None}
        settings = {"connect_timeout": 5, "read_timeout": 30, "retries": {"total_max_attempts": 1}, **settings}
        if service == "s3":
            settings.setdefault("s3", {"addressing_style": "path"})
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=region or self.region,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
            config=Config(**settings),
        )

    def name(self, prefix="probe"):
        """A name that nobody else has: lower case, at most 40 characters."""
        return f"{prefix}-{uuid.uuid4().hex[:12]}"

    def http(self, method, url, body=None, headers=None, host=None):
        """Plain HTTP. `url` may be a path; `host` is sent as Host while the connection goes to the endpoint."""
        parts = urllib.parse.urlsplit(url)
        if host is None and parts.hostname and not parts.hostname.replace(".", "").isdigit():
            host = parts.netloc
        path = urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, ""))
        target = f"{parts.scheme}://{parts.netloc}{path}" if parts.netloc and host is None else self.endpoint + path
        if isinstance(body, str):
            body = body.encode()
        request = urllib.request.Request(target, data=body, method=method, headers=dict(headers or {}))
        if host:
            request.add_unredirected_header("Host", host)
        try:
            with urllib.request.build_opener(_Unredirected).open(request, timeout=30) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.headers, error.read())

    def until(self, look, seconds=15, every=0.1):
        """The first true result of `look`; an exception of it counts as not yet, and is told when the time is over."""
        end, last = time.monotonic() + seconds, None
        while True:
            try:
                result = look()
                if result:
                    return result
                last = f"the last look gave {result!r}"
            except (AssertionError, ClientError, KeyError, IndexError, urllib.error.URLError) as error:
                last = f"the last look failed: {error!r}"
            if time.monotonic() > end:
                raise AssertionError(f"not within {seconds} s; {last}")
            time.sleep(every)

    def role(self, statements=(), service="lambda.amazonaws.com"):
        """ARN of a role that `service` and the account may assume and that may do what `statements` say, and write logs."""
        iam, name = self.client("iam"), self.name("role")
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": service, "AWS": f"arn:aws:iam::{self.account}:root"}, "Action": "sts:AssumeRole"}]}
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        logs = {"Effect": "Allow", "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "*"}
        policy = {"Version": "2012-10-17", "Statement": [logs, *statements]}
        iam.put_role_policy(RoleName=name, PolicyName="probe", PolicyDocument=json.dumps(policy))
        self._later(lambda: (iam.delete_role_policy(RoleName=name, PolicyName="probe"), iam.delete_role(RoleName=name)))
        return arn

    def session(self, role, **settings):
        """Temporary keys of a role, for `client`."""
        return self.client("sts").assume_role(RoleArn=role, **{"RoleSessionName": "probe", **settings})["Credentials"]

    def user_pool(self, flows=("ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"), **settings):
        """Ids of a user pool and of a client of it that may sign in by those flows."""
        cognito = self.client("cognito-idp")
        pool = cognito.create_user_pool(PoolName=self.name("pool"), **settings)["UserPool"]["Id"]
        self._later(lambda: cognito.delete_user_pool(UserPoolId=pool))
        client = cognito.create_user_pool_client(UserPoolId=pool, ClientName="web", ExplicitAuthFlows=list(flows))
        return pool, client["UserPoolClient"]["ClientId"]

    def user(self, pool, name="alice", password="Secret-123456", **settings):
        """Adds a confirmed user to a pool who signs in by that password."""
        cognito = self.client("cognito-idp")
        cognito.admin_create_user(UserPoolId=pool, Username=name, MessageAction="SUPPRESS", **settings)
        cognito.admin_set_user_password(UserPoolId=pool, Username=name, Password=password, Permanent=True)

    def tokens(self, pool, client, name="alice", password="Secret-123456"):
        """What a sign-in by password gives: AccessToken, IdToken, RefreshToken and more."""
        login = {"USERNAME": name, "PASSWORD": password}
        signed_in = self.client("cognito-idp").admin_initiate_auth(UserPoolId=pool, ClientId=client, AuthFlow="ADMIN_USER_PASSWORD_AUTH", AuthParameters=login)
        return signed_in["AuthenticationResult"]

    def mails(self, address):
        """Mail to an address: the emulator's mailbox stands for the world outside."""
        return [mail for mail in self.http("GET", "/_stack/mailbox.json").json["mails"] if mail["to"] == address]

    def function(self, source, statements=(), runtime="python3.12", handler="index.handler", **settings):
        """Name of a function of Python source text whose role may do what `statements` say."""
        lambdas, name = self.client("lambda"), self.name("function")
        settings.setdefault("Timeout", 10)
        lambdas.create_function(
            FunctionName=name,
            Runtime=runtime,
            Handler=handler,
            Role=self.role(statements),
            Code={"ZipFile": archive({"index.py": source})},
            **settings,
        )
        self._later(lambda: lambdas.delete_function(FunctionName=name))
        lambdas.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 20})
        return name

    def invoke(self, name, payload=None, **settings):
        """What the function returns; raises when it failed."""
        answer = self.client("lambda").invoke(FunctionName=name, Payload=json.dumps(payload), **settings)
        body = answer["Payload"].read()
        assert "FunctionError" not in answer, body
        return json.loads(body) if body else None

    def stack(self, template, parameters=None, keep=False):
        """Deploys a template (a dict) and returns (stack name, outputs); the stack is destroyed after the check."""
        formation, name = self.client("cloudformation"), self.name("stack")
        formation.create_stack(
            StackName=name,
            TemplateBody=json.dumps(template),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in (parameters or {}).items()],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
        if not keep:
            self._later(lambda: formation.delete_stack(StackName=name))
        self.until(lambda: not self.status(name).endswith("IN_PROGRESS"), seconds=60)
        assert self.status(name) == "CREATE_COMPLETE", self.reasons(name)
        return name, self.outputs(name)

    def status(self, stack):
        """Status of a stack."""
        return self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]

    def outputs(self, stack):
        """Outputs of a stack by key."""
        described = self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}

    def reasons(self, stack):
        """Why resources of a stack failed."""
        events = self.client("cloudformation").describe_stack_events(StackName=stack)["StackEvents"]
        return [(event["LogicalResourceId"], event.get("ResourceStatusReason")) for event in events if "FAILED" in event["ResourceStatus"]]

    def _later(self, action):
        self._cleanup.callback(lambda: _quietly(action))

    def close(self):
        """Removes what the check made through this value."""
        self._cleanup.close()


def allow(action, resource="*", **more):
    """A statement of a policy that allows something."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def document(*statements):
    """Text of a policy."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def archive(files):
    """Bytes of a zip of texts by path, executable ones included."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archived:
        for path, text in files.items():
            entry = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o755 << 16
            archived.writestr(entry, text)
    return buffer.getvalue()


class Refusal:
    """How a block was refused, known when it has ended."""

    code = message = None


@contextlib.contextmanager
def refused(*codes):
    """Passes when the block is refused with one of the error codes of AWS (any code when none is named)."""
    refusal = Refusal()
    try:
        yield refusal
    except ClientError as error:
        refusal.code, refusal.message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        assert not codes or refusal.code in codes, f"refused with {refusal.code}, not {' or '.join(codes)}: {error}"
    else:
        raise AssertionError("was not refused")


def _quietly(action):
    # What cannot be removed is the emulator's own fault, and another check's subject.
    with contextlib.suppress(Exception):
        action()


def run(endpoint, services):
    """Runs the checks of the services (all when empty), and gives one result for each."""
    for service, capability, function in CHECKS:
        if services and service not in services:
            continue
        cloud, began = Cloud(endpoint), time.monotonic()
        why = _failure(function, lambda: function(cloud))
        cloud.close()
        yield _result(service, capability, why, began)


def run_survivals(endpoint, services, restart):
    """Runs the first halves of the checks of the services, has the emulator killed and started again, runs the second halves."""
    began, halves = time.monotonic(), []
    for service, capability, function in SURVIVALS:
        if services and service not in services:
            continue
        half = function(Cloud(endpoint))
        halves.append((service, capability, function, half, _failure(function, lambda: next(half))))
    if halves:
        restart()
    for service, capability, function, half, why in halves:
        why = why or _failure(function, lambda: next(half, None))
        yield _result(service, capability, why, began)


def _failure(function, action):
    """Why the action failed, with the line of the function; None when it did not."""
    try:
        action()
    except Exception as error:  # noqa: BLE001 - any failure of a check is a result of the probe
        frame = traceback.extract_tb(error.__traceback__)
        line = next((f.lineno for f in reversed(frame) if f.name == function.__name__), 0)
        return f"line {line}: {type(error).__name__}: {error}"[:400]
    return None


def _result(service, capability, why, began):
    milliseconds = round((time.monotonic() - began) * 1000)
    return {"service": service, "capability": capability, "passed": why is None, "why": why, "milliseconds": milliseconds}
