"""What a user of Lambda expects, apart from function URLs."""

import base64
import json

from harness import archive, check, refused

ECHO = "def handler(event, context):\n    return event"


def logs_of(answer):
    return base64.b64decode(answer["LogResult"]).decode()


@check("lambda", "a Python handler gets event and context")
def python(cloud):
    name = cloud.function(
        "def handler(event, context):\n"
        "    return [event['a'], context.function_name, context.memory_limit_in_mb, context.aws_request_id != '',"
        " 0 < context.get_remaining_time_in_millis() <= 10000, context.log_group_name]",
        MemorySize=256,
    )
    assert cloud.invoke(name, {"a": 1}) == [1, name, "256", True, True, f"/aws/lambda/{name}"]


@check("lambda", "a Node.js handler may be async or call back")
def node(cloud):
    lambdas, name = cloud.client("lambda"), cloud.name("function")
    source = (
        "exports.handler = async (event, context) => [event.a, context.functionName];\n"
        "exports.back = (event, context, callback) => setTimeout(() => callback(null, 'back'), 1);"
    )
    lambdas.create_function(
        FunctionName=name, Runtime="nodejs22.x", Handler="index.handler", Role=cloud.role(), Timeout=10, MemorySize=512,
        Code={"ZipFile": archive({"index.js": source})},
    )
    lambdas.get_waiter("function_active_v2").wait(FunctionName=name)
    assert cloud.invoke(name, {"a": 1}) == [1, name]
    lambdas.update_function_configuration(FunctionName=name, Handler="index.back")
    lambdas.get_waiter("function_updated_v2").wait(FunctionName=name)
    assert cloud.invoke(name) == "back"
    lambdas.delete_function(FunctionName=name)


@check("lambda", "a custom runtime's bootstrap runs")
def custom(cloud):
    bootstrap = (
        "#!/bin/sh\nAPI=http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation\n"
        "while true; do\n"
        "  HEAD=$(mktemp)\n"
        "  curl -s -D $HEAD $API/next > $HEAD.body\n"
        "  ID=$(grep -i lambda-runtime-aws-request-id $HEAD | tr -d '[:space:]' | cut -d: -f2)\n"
        "  curl -s -X POST $API/$ID/response -d @$HEAD.body\n"
        "done\n"
    )
    lambdas, name = cloud.client("lambda"), cloud.name("function")
    lambdas.create_function(
        FunctionName=name, Runtime="provided.al2023", Handler="bootstrap", Role=cloud.role(), Timeout=10,
        Code={"ZipFile": archive({"bootstrap": bootstrap})},
    )
    lambdas.get_waiter("function_active_v2").wait(FunctionName=name)
    assert cloud.invoke(name, {"a": [1]}) == {"a": [1]}
    lambdas.delete_function(FunctionName=name)


@check("lambda", "an exception is told with type, message and stack trace")
def exception(cloud):
    name = cloud.function("def handler(event, context):\n    raise KeyError('no luck')")
    answer = cloud.client("lambda").invoke(FunctionName=name, LogType="Tail")
    assert answer["FunctionError"] == "Unhandled", answer
    told = json.loads(answer["Payload"].read())
    assert (told["errorType"], told["errorMessage"]) == ("KeyError", "'no luck'"), told
    assert "line 2, in handler" in told["stackTrace"][0], told
    assert "[ERROR] KeyError" in logs_of(answer), logs_of(answer)


@check("lambda", "a handler that cannot be loaded is told as an initialization error")
def import_error(cloud):
    name = cloud.function("import no_such_module")
    answer = cloud.client("lambda").invoke(FunctionName=name)
    told = json.loads(answer["Payload"].read())
    assert told["errorType"] == "Runtime.ImportModuleError", told
    assert told["errorMessage"].startswith("Unable to import module 'index': No module named 'no_such_module'"), told


@check("lambda", "a time limit ends the call, and the next one works")
def timeout(cloud):
    name = cloud.function("import time\ndef handler(event, context):\n    time.sleep(event)\n    return 'done'", Timeout=1)
    answer = cloud.client("lambda").invoke(FunctionName=name, Payload=b"60")
    told = json.loads(answer["Payload"].read())
    assert told["errorType"] == "Sandbox.Timedout" and "timed out after 1.00 seconds" in told["errorMessage"], told
    assert cloud.invoke(name, 0) == "done"


@check("lambda", "a function that takes more memory than it has is ended")
def memory(cloud):
    source = (
        "import os, time\ndef handler(event, context):\n    kept = []\n    while event:\n"
        "        kept.append(bytearray(os.urandom(1 << 20)))\n        time.sleep(0.002)\n    return 'done'"
    )
    name = cloud.function(source, Timeout=30)
    answer = cloud.client("lambda").invoke(FunctionName=name, Payload=b"true")
    told = json.loads(answer["Payload"].read())
    assert told["errorType"] in ("Runtime.ExitError", "Runtime.OutOfMemory"), told
    assert cloud.invoke(name, False) == "done"


@check("lambda", "lines of a call are in its tail and in the log group")
def logs(cloud):
    name = cloud.function("def handler(event, context):\n    print('seen', event)")
    tail = logs_of(cloud.client("lambda").invoke(FunctionName=name, Payload=b"7", LogType="Tail"))
    for part in ("START RequestId: ", "seen 7", "END RequestId: ", "REPORT RequestId: ", "Max Memory Used: "):
        assert part in tail, tail
    group = cloud.client("logs")
    cloud.until(lambda: group.filter_log_events(logGroupName=f"/aws/lambda/{name}", filterPattern="seen")["events"])


@check("lambda", "JSON logs honor the level")
def json_logs(cloud):
    name = cloud.function(
        "import logging\nlog = logging.getLogger()\ndef handler(event, context):\n    log.info('quiet')\n    log.error('loud')",
        LoggingConfig={"LogFormat": "JSON", "ApplicationLogLevel": "WARN"},
    )
    tail = logs_of(cloud.client("lambda").invoke(FunctionName=name, LogType="Tail"))
    lines = [json.loads(line) for line in tail.splitlines()]
    assert [line["message"] for line in lines if "message" in line] == ["loud"], tail
    assert "platform.report" in [line.get("type") for line in lines], tail


@check("lambda", "the same instance serves the next call")
def warm(cloud):
    name = cloud.function("import os\ndef handler(event, context):\n    return os.getpid()")
    assert cloud.invoke(name) == cloud.invoke(name)


@check("lambda", "a function has the keys of its role and no more rights")
def role(cloud):
    bucket = cloud.name("bucket")
    cloud.client("s3").create_bucket(Bucket=bucket)
    source = (
        "import boto3\ndef handler(event, context):\n    s3 = boto3.client('s3')\n"
        "    s3.put_object(Bucket=event, Key='a', Body=b'x')\n"
        "    try:\n        s3.delete_object(Bucket=event, Key='a')\n    except Exception as error:\n        return str(error)\n"
    )
    name = cloud.function(source, [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/*"}], Timeout=30, MemorySize=512)
    assert "AccessDenied" in (cloud.invoke(name, bucket) or "it was allowed")


@check("lambda", "versions stay as they were")
def versions(cloud):
    lambdas, name = cloud.client("lambda"), cloud.function("def handler(event, context):\n    return 'one'")
    assert lambdas.publish_version(FunctionName=name)["Version"] == "1"
    assert lambdas.publish_version(FunctionName=name)["Version"] == "1"
    lambdas.update_function_code(FunctionName=name, ZipFile=archive({"index.py": "def handler(event, context):\n    return 'two'"}))
    lambdas.get_waiter("function_updated_v2").wait(FunctionName=name)
    assert (cloud.invoke(name), cloud.invoke(f"{name}:1")) == ("two", "one")
    assert [one["Version"] for one in lambdas.list_versions_by_function(FunctionName=name)["Versions"]] == ["$LATEST", "1"]


@check("lambda", "an alias divides calls between two versions")
def aliases(cloud):
    lambdas, name = cloud.client("lambda"), cloud.function("def handler(event, context):\n    return context.function_version")
    lambdas.publish_version(FunctionName=name)
    lambdas.update_function_configuration(FunctionName=name, Timeout=9)
    lambdas.get_waiter("function_updated_v2").wait(FunctionName=name)
    lambdas.publish_version(FunctionName=name)
    routing = {"AdditionalVersionWeights": {"2": 0.5}}
    lambdas.create_alias(FunctionName=name, Name="live", FunctionVersion="1", RoutingConfig=routing)
    seen = {cloud.invoke(f"{name}:live") for _ in range(40)}
    assert seen == {"1", "2"}, seen
    with refused("ResourceConflictException"):
        lambdas.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    with refused("ResourceConflictException"):
        lambdas.delete_function(FunctionName=name, Qualifier="1")


@check("lambda", "reserved concurrency of zero refuses calls")
def reserved(cloud):
    lambdas, name = cloud.client("lambda"), cloud.function(ECHO)
    lambdas.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    with refused("TooManyRequestsException"):
        lambdas.invoke(FunctionName=name)
    lambdas.delete_function_concurrency(FunctionName=name)
    cloud.until(lambda: cloud.invoke(name, 1) == 1)


@check("lambda", "provisioned instances are ready before a call")
def provisioned(cloud):
    lambdas, name = cloud.client("lambda"), cloud.function("import os\ndef handler(event, context):\n    return os.environ['AWS_LAMBDA_INITIALIZATION_TYPE']")
    lambdas.publish_version(FunctionName=name)
    lambdas.put_provisioned_concurrency_config(FunctionName=name, Qualifier="1", ProvisionedConcurrentExecutions=1)
    config = {"FunctionName": name, "Qualifier": "1"}
    cloud.until(lambda: lambdas.get_provisioned_concurrency_config(**config)["Status"] == "READY")
    assert cloud.invoke(f"{name}:1") == "provisioned-concurrency"


@check("lambda", "a layer's modules are found")
def layers(cloud):
    lambdas = cloud.client("lambda")
    arn = lambdas.publish_layer_version(
        LayerName=cloud.name("layer"), Content={"ZipFile": archive({"python/shared.py": "WORD = 'from the layer'"})}
    )["LayerVersionArn"]
    name = cloud.function("import shared\ndef handler(event, context):\n    return shared.WORD", Layers=[arn])
    assert cloud.invoke(name) == "from the layer"
    with refused("InvalidParameterValueException"):
        lambdas.update_function_configuration(FunctionName=name, Layers=[arn.rsplit(":", 1)[0] + ":99"])


@check("lambda", "inline code of a template answers CloudFormation with cfnresponse")
def inline(cloud):
    source = (
        "import cfnresponse\ndef handler(event, context):\n"
        "    cfnresponse.send(event, context, cfnresponse.SUCCESS, {'Word': event['ResourceProperties']['Word']}, 'thing')"
    )
    function = {"Runtime": "python3.12", "Handler": "index.handler", "Role": cloud.role(), "Timeout": 10, "Code": {"ZipFile": source}}
    template = {
        "Resources": {
            "Maker": {"Type": "AWS::Lambda::Function", "Properties": function},
            "Thing": {"Type": "Custom::Thing", "Properties": {"ServiceToken": {"Fn::GetAtt": ["Maker", "Arn"]}, "Word": "said"}},
        },
        "Outputs": {"Word": {"Value": {"Fn::GetAtt": ["Thing", "Word"]}}},
    }
    _, outputs = cloud.stack(template)
    assert outputs["Word"] == "said", outputs


@check("lambda", "template versions, aliases and layers are made")
def template(cloud):
    function = {
        "Runtime": "python3.12", "Handler": "index.handler", "Role": cloud.role(),
        "Code": {"ZipFile": "def handler(event, context): return context.invoked_function_arn"},
    }
    template = {
        "Resources": {
            "F": {"Type": "AWS::Lambda::Function", "Properties": function},
            "V": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "F"}}},
            "A": {"Type": "AWS::Lambda::Alias", "Properties": {"FunctionName": {"Ref": "F"}, "FunctionVersion": {"Fn::GetAtt": ["V", "Version"]}, "Name": "live"}},
        },
        "Outputs": {"Alias": {"Value": {"Ref": "A"}}},
    }
    _, outputs = cloud.stack(template)
    assert cloud.invoke(outputs["Alias"]) == outputs["Alias"], outputs


@check("lambda", "an event is accepted and run in the background")
def event(cloud):
    bucket = cloud.name("bucket")
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=bucket)
    source = "import boto3\ndef handler(event, context):\n    boto3.client('s3').put_object(Bucket=event, Key='done', Body=b'x')"
    name = cloud.function(source, [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/*"}], Timeout=30, MemorySize=512)
    answer = cloud.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(bucket))
    assert answer["StatusCode"] == 202, answer
    cloud.until(lambda: s3.head_object(Bucket=bucket, Key="done"), seconds=30)


@check("lambda", "a role without the permission may not invoke, one with it may")
def permissions(cloud):
    name = cloud.function(ECHO)
    arn = f"arn:aws:lambda:{cloud.region}:{cloud.account}:function:{name}"
    source = (
        "import boto3, json\ndef handler(event, context):\n"
        "    try:\n        return json.load(boto3.client('lambda').invoke(FunctionName=event, Payload=b'5')['Payload'])\n"
        "    except Exception as error:\n        return str(error)"
    )
    allowed = cloud.function(source, [{"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": arn}], Timeout=30, MemorySize=512)
    denied = cloud.function(source, Timeout=30, MemorySize=512)
    assert cloud.invoke(allowed, name) == 5
    assert "AccessDenied" in str(cloud.invoke(denied, name))


@check("lambda", "policies belong to a version or alias and have revisions")
def policies(cloud):
    lambdas, name = cloud.client("lambda"), cloud.function(ECHO)
    lambdas.publish_version(FunctionName=name)
    grant = {"StatementId": "s3", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
    lambdas.add_permission(FunctionName=name, Qualifier="1", **grant)
    with refused("ResourceConflictException"):
        lambdas.add_permission(FunctionName=name, Qualifier="1", **grant)
    with refused("ResourceNotFoundException"):
        lambdas.get_policy(FunctionName=name)
    policy = lambdas.get_policy(FunctionName=name, Qualifier="1")
    assert json.loads(policy["Policy"])["Statement"][0]["Resource"].endswith(f"{name}:1"), policy
    with refused("PreconditionFailedException"):
        lambdas.remove_permission(FunctionName=name, Qualifier="1", StatementId="s3", RevisionId="stale")
    lambdas.remove_permission(FunctionName=name, Qualifier="1", StatementId="s3", RevisionId=policy["RevisionId"])


@check("lambda", "the package can be fetched where GetFunction says")
def location(cloud):
    got = cloud.client("lambda").get_function(FunctionName=cloud.function(ECHO))
    answer = cloud.http("GET", got["Code"]["Location"])
    assert answer.status == 200 and answer.body[:2] == b"PK", answer


@check("lambda", "wrong settings are refused")
def refusals(cloud):
    lambdas, role = cloud.client("lambda"), cloud.role()
    good = {"Runtime": "python3.12", "Handler": "index.handler", "Role": role, "Code": {"ZipFile": archive({"index.py": ECHO})}}
    for change in (
        {"Runtime": "python1.0"},
        {"Timeout": 901},
        {"MemorySize": 100_000},
        {"Environment": {"Variables": {"AWS_REGION": "x"}}},
        {"Environment": {"Variables": {"BIG": "x" * 5000}}},
        {"Code": {"ZipFile": b"no zip"}},
        {"Role": "arn:aws:iam::000000000000:nobody"},
    ):
        with refused("InvalidParameterValueException", "ValidationException"):
            lambdas.create_function(FunctionName=cloud.name("refused"), **{**good, **change})


@check("lambda", "payloads have a limit of 6 MB")
def payload(cloud):
    name = cloud.function("def handler(event, context):\n    return 'x' * event if isinstance(event, int) else len(event)", MemorySize=512, Timeout=30)
    assert cloud.invoke(name, "x" * 5_000_000) == 5_000_000
    with refused("RequestTooLargeException", "RequestEntityTooLargeException"):
        cloud.client("lambda").invoke(FunctionName=name, Payload=json.dumps("x" * 6_300_000))
    answer = cloud.client("lambda").invoke(FunctionName=name, Payload=b"6300000")
    assert answer.get("FunctionError"), "an answer of more than 6 MB was let through"


@check("lambda", "a dry run of new code and a stale revision change nothing")
def dry_run(cloud):
    lambdas, name = cloud.client("lambda"), cloud.function("def handler(event, context):\n    return 'one'")
    two = archive({"index.py": "def handler(event, context):\n    return 'two'"})
    lambdas.update_function_code(FunctionName=name, ZipFile=two, DryRun=True)
    with refused("PreconditionFailedException"):
        lambdas.update_function_code(FunctionName=name, ZipFile=two, RevisionId="stale")
    assert cloud.invoke(name) == "one"
    assert lambdas.invoke(FunctionName=name, InvocationType="DryRun")["StatusCode"] == 204


@check("lambda", "functions are listed in pages, with their tags")
def listing(cloud):
    lambdas, names = cloud.client("lambda"), [cloud.function(ECHO), cloud.function(ECHO, Tags={"a": "b"})]
    pages = lambdas.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 1})
    listed = [one["FunctionName"] for page in pages for one in page["Functions"]]
    assert set(names) <= set(listed) and len(listed) == len(set(listed)), listed
    arn = lambdas.get_function(FunctionName=names[1])["Configuration"]["FunctionArn"]
    lambdas.tag_resource(Resource=arn, Tags={"c": "d"})
    lambdas.untag_resource(Resource=arn, TagKeys=["a"])
    assert lambdas.list_tags(Resource=arn)["Tags"] == {"c": "d"}
