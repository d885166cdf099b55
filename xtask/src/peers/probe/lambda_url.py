"""What a user of function URLs expects."""

import base64
import json
import urllib.parse

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from harness import check

ECHO = "import json\ndef handler(event, context):\n    return {'statusCode': 200, 'body': json.dumps(event)}"


def address(cloud, name, auth="NONE", **settings):
    """The URL of a function, open to everyone unless it wants signatures."""
    lambdas = cloud.client("lambda")
    url = lambdas.create_function_url_config(FunctionName=name, AuthType=auth, **settings)["FunctionUrl"]
    if auth == "NONE":
        lambdas.add_permission(
            FunctionName=name, StatementId="url", Action="lambda:InvokeFunctionUrl", Principal="*", FunctionUrlAuthType="NONE"
        )
        lambdas.add_permission(
            FunctionName=name, StatementId="invoke", Action="lambda:InvokeFunction", Principal="*", InvokedViaFunctionUrl=True
        )
    return url


def ask(cloud, url, method="GET", path="", body=None, headers=None):
    """Asks the endpoint under the name of the URL, whether this machine resolves it or not."""
    parts = urllib.parse.urlsplit(url)
    return cloud.http(method, (parts.path.rstrip("/") or "") + "/" + path, body, headers, host=parts.netloc)


@check("lambda url", "a request is handed over in format 2.0")
def request(cloud):
    url = address(cloud, cloud.function(ECHO))
    headers = {"Content-Type": "text/plain", "X-Own": "yes", "Cookie": "a=b; c=d"}
    event = ask(cloud, url, "POST", "a/b%20c?x=1&x=2&y=%2F", "hello", headers).json
    assert (event["version"], event["rawPath"], event["body"]) == ("2.0", "/a/b%20c", "hello"), event
    assert event["queryStringParameters"] == {"x": "1,2", "y": "/"}, event
    assert event["headers"]["x-own"] == "yes" and event["cookies"] == ["a=b", "c=d"], event
    assert event["requestContext"]["http"]["method"] == "POST" and not event["isBase64Encoded"], event


@check("lambda url", "bodies that are no text come in base64")
def binary(cloud):
    url = address(cloud, cloud.function(ECHO))
    event = ask(cloud, url, "POST", "", b"\x00\xff", {"Content-Type": "image/png"}).json
    assert event["isBase64Encoded"] and base64.b64decode(event["body"]) == b"\x00\xff", event
    form = ask(cloud, url, "POST", "", "a=b", {"Content-Type": "application/x-www-form-urlencoded"}).json
    assert form["isBase64Encoded"], form


@check("lambda url", "status, headers, cookies and binary bodies of the answer arrive")
def answer(cloud):
    source = (
        "def handler(event, context):\n    return {'statusCode': 201, 'headers': {'Content-Type': 'image/png', 'X-Own': 'yes'},"
        " 'cookies': ['a=b', 'c=d; Secure'], 'body': 'AP8=', 'isBase64Encoded': True}"
    )
    got = ask(cloud, address(cloud, cloud.function(source)))
    assert (got.status, got.body, got.headers["X-Own"]) == (201, b"\x00\xff", "yes"), got
    assert got.headers.get_all("Set-Cookie") == ["a=b", "c=d; Secure"], got.headers.items()


@check("lambda url", "any other result is the body of a JSON answer")
def plain(cloud):
    source = "def handler(event, context):\n    return {'/text': 'hello', '/list': [1, True], '/map': {'a': 'b'}}[event['rawPath']]"
    url = address(cloud, cloud.function(source))
    for path, body in (("text", "hello"), ("list", "[1,true]"), ("map", '{"a":"b"}')):
        got = ask(cloud, url, path=path)
        assert (got.status, got.text, got.headers["Content-Type"]) == (200, body, "application/json"), (path, got)


@check("lambda url", "without both permissions nobody gets in")
def closed(cloud):
    name, lambdas = cloud.function(ECHO), cloud.client("lambda")
    url = lambdas.create_function_url_config(FunctionName=name, AuthType="NONE")["FunctionUrl"]
    assert ask(cloud, url).status == 403
    lambdas.add_permission(
        FunctionName=name, StatementId="url", Action="lambda:InvokeFunctionUrl", Principal="*", FunctionUrlAuthType="NONE"
    )
    got = ask(cloud, url)
    assert got.status == 403 and "Forbidden" in got.text, got


@check("lambda url", "signed requests only, where IAM is asked")
def signed(cloud):
    url = address(cloud, cloud.function(ECHO), "AWS_IAM")
    assert ask(cloud, url).status == 403
    request = AWSRequest("GET", url, headers={})
    SigV4Auth(Credentials("test", "test"), "lambda", cloud.region).add_auth(request)
    headers = {name: value for name, value in request.headers.items() if name.lower() != "host"}
    got = ask(cloud, url, headers=headers)
    assert got.status == 200, got
    assert got.json["requestContext"]["authorizer"]["iam"]["accountId"] == cloud.account, got
    assert ask(cloud, url, path="other", headers=headers).status == 403


@check("lambda url", "cross-origin rules are answered for the function")
def cors(cloud):
    rules = {"AllowOrigins": ["https://app.example"], "AllowMethods": ["GET"], "AllowHeaders": ["x-own"], "MaxAge": 60}
    url = address(cloud, cloud.function(ECHO), Cors=rules)
    asking = {"Origin": "https://app.example", "Access-Control-Request-Method": "GET"}
    allowed = ask(cloud, url, "OPTIONS", headers=asking)
    assert allowed.status == 200 and allowed.headers["Access-Control-Allow-Origin"] == "https://app.example", allowed.headers.items()
    assert allowed.headers["Access-Control-Max-Age"] == "60" and allowed.body == b"", allowed
    denied = ask(cloud, url, "OPTIONS", headers={**asking, "Origin": "https://evil.example"})
    assert denied.headers["Access-Control-Allow-Origin"] is None, denied.headers.items()
    got = ask(cloud, url, headers={"Origin": "https://app.example"})
    assert got.headers["Access-Control-Allow-Origin"] == "https://app.example", got.headers.items()


@check("lambda url", "failures, time-outs and throttles have a status")
def failures(cloud):
    source = (
        "import time\ndef handler(event, context):\n    if event['rawPath'] == '/hang': time.sleep(60)\n    raise ValueError('no luck')"
    )
    name = cloud.function(source, Timeout=1)
    url = address(cloud, name)
    assert ask(cloud, url, path="fail").status == 502
    assert ask(cloud, url, path="hang").status in (502, 504)
    cloud.client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    assert ask(cloud, url).status == 429


@check("lambda url", "a template's address answers")
def template(cloud):
    function = {"Runtime": "python3.12", "Handler": "index.handler", "Role": cloud.role(), "Code": {"ZipFile": ECHO}}
    arn = {"Fn::GetAtt": ["F", "Arn"]}
    permission = {"FunctionName": arn, "Principal": "*"}
    template = {
        "Resources": {
            "F": {"Type": "AWS::Lambda::Function", "Properties": function},
            "U": {"Type": "AWS::Lambda::Url", "Properties": {"TargetFunctionArn": arn, "AuthType": "NONE"}},
            "P": {"Type": "AWS::Lambda::Permission", "Properties": {**permission, "Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE"}},
            "Q": {"Type": "AWS::Lambda::Permission", "Properties": {**permission, "Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": True}},
        },
        "Outputs": {"Url": {"Value": {"Fn::GetAtt": ["U", "FunctionUrl"]}}},
    }
    _, outputs = cloud.stack(template)
    got = ask(cloud, outputs["Url"], path="x")
    assert got.status == 200 and got.json["rawPath"] == "/x", got


@check("lambda url", "an address may belong to an alias")
def alias(cloud):
    name, lambdas = cloud.function("def handler(event, context):\n    return context.function_version"), cloud.client("lambda")
    lambdas.publish_version(FunctionName=name)
    lambdas.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    url = lambdas.create_function_url_config(FunctionName=name, Qualifier="live", AuthType="NONE")["FunctionUrl"]
    grants = {"url": {"Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE"}, "invoke": {"Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": True}}
    for statement, grant in grants.items():
        lambdas.add_permission(FunctionName=name, Qualifier="live", StatementId=statement, Principal="*", **grant)
    assert json.loads(ask(cloud, url).text) == 1
