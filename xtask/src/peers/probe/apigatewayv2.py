"""What a user of HTTP APIs (API Gateway v2) expects."""

import http.server
import json
import threading

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from harness import check, refused

ECHO = "import json\ndef handler(event, context):\n    return {'statusCode': 200, 'body': json.dumps(event)}"

#: Lets in whoever says `good`, and counts its calls in what it tells.
SIMPLE = """import time
calls = []
def handler(event, context):
    calls.append(1)
    token = (event.get('identitySource') or [''])[0]
    if token == 'raise': raise Exception('Unauthorized')
    return {'isAuthorized': token == 'good', 'context': {'calls': len(calls), 'route': event['routeKey']}}"""

POLICY = """def handler(event, context):
    allowed = event['headers'].get('authorization') == 'good'
    statement = {'Action': 'execute-api:Invoke', 'Effect': 'Allow' if allowed else 'Deny', 'Resource': event['routeArn']}
    return {'principalId': 'me', 'policyDocument': {'Version': '2012-10-17', 'Statement': [statement]}, 'context': {'n': 1}}"""


class Api:
    """An HTTP API with its functions."""

    def __init__(self, cloud, **settings):
        self.cloud, self.client = cloud, cloud.client("apigatewayv2")
        created = self.client.create_api(Name=cloud.name("api"), ProtocolType="HTTP", **settings)
        self.id, self.endpoint = created["ApiId"], created["ApiEndpoint"]
        self.host = self.endpoint.split("://")[1]
        cloud._later(lambda: self.client.delete_api(ApiId=self.id))

    def arn(self, function):
        return f"arn:aws:lambda:{self.cloud.region}:{self.cloud.account}:function:{function}"

    def uri(self, function):
        return f"arn:aws:apigateway:{self.cloud.region}:lambda:path/2015-03-31/functions/{self.arn(function)}/invocations"

    def permit(self, function, rest="*/*"):
        source = f"arn:aws:execute-api:{self.cloud.region}:{self.cloud.account}:{self.id}/{rest}"
        self.cloud.client("lambda").add_permission(
            FunctionName=function, StatementId=self.cloud.name("s"), Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com", SourceArn=source
        )

    def integrate(self, function, version="2.0", **settings):
        made = self.client.create_integration(
            ApiId=self.id, IntegrationType="AWS_PROXY", IntegrationUri=self.arn(function), PayloadFormatVersion=version, **settings
        )
        return "integrations/" + made["IntegrationId"]

    def function(self, source=ECHO, version="2.0"):
        name = self.cloud.function(source)
        self.permit(name)
        return self.integrate(name, version)

    def route(self, key, target, **settings):
        return self.client.create_route(ApiId=self.id, RouteKey=key, Target=target, **settings)["RouteId"]

    def stage(self, name="$default", **settings):
        return self.client.create_stage(ApiId=self.id, StageName=name, AutoDeploy=True, **settings)

    def ask(self, method="GET", path="/", body=None, headers=None, host=None):
        return self.cloud.http(method, path, body, headers, host=host or self.host)


@check("apigatewayv2", "APIs are made, listed, changed and removed")
def control(cloud):
    api = Api(cloud, Description="first", Tags={"a": "b"})
    found = api.client.get_api(ApiId=api.id)
    assert (found["Description"], found["Tags"], found["ProtocolType"]) == ("first", {"a": "b"}, "HTTP"), found
    assert found["ApiEndpoint"].startswith(f"https://{api.id}.execute-api."), found
    assert api.client.update_api(ApiId=api.id, Description="second")["Description"] == "second"
    assert api.id in [one["ApiId"] for one in api.client.get_apis(MaxResults="500")["Items"]]
    api.client.delete_api(ApiId=api.id)
    with refused("NotFoundException"):
        api.client.get_api(ApiId=api.id)


@check("apigatewayv2", "wrong routes, targets and stages are refused")
def refusals(cloud):
    api = Api(cloud)
    target = api.function()
    for key in ("get /", "GET pets", "GET /{a+}/b"):
        with refused("BadRequestException"):
            api.route(key, target)
    with refused("BadRequestException", "NotFoundException"):
        api.route("GET /x", "integrations/none")
    api.route("GET /x", target)
    with refused("ConflictException"):
        api.route("GET /x", target)
    api.stage()
    with refused("ConflictException"):
        api.stage()
    with refused("NotFoundException"):
        api.client.get_route(ApiId=api.id, RouteId="none")


@check("apigatewayv2", "a function gets payload format 2.0")
def format_2(cloud):
    api = Api(cloud)
    api.route("POST /pets/{id}", api.function())
    api.stage(StageVariables={"alias": "live"})
    event = api.ask("POST", "/pets/a%20b?x=1&x=2", "hello", {"Content-Type": "text/plain", "X-Own": "yes", "Cookie": "a=b; c=d"}).json
    assert (event["version"], event["routeKey"], event["body"]) == ("2.0", "POST /pets/{id}", "hello"), event
    assert event["pathParameters"] == {"id": "a b"} and event["queryStringParameters"] == {"x": "1,2"}, event
    assert event["cookies"] == ["a=b", "c=d"] and event["headers"]["x-own"] == "yes", event
    assert event["stageVariables"] == {"alias": "live"} and not event["isBase64Encoded"], event
    context = event["requestContext"]
    assert (context["apiId"], context["stage"], context["http"]["method"]) == (api.id, "$default", "POST"), context


@check("apigatewayv2", "a function may get payload format 1.0")
def format_1(cloud):
    api = Api(cloud)
    api.route("ANY /{proxy+}", api.function(version="1.0"))
    api.stage()
    event = api.ask("PUT", "/a/b?x=1&x=2", "hello", {"Content-Type": "text/plain"}).json
    assert (event["version"], event["httpMethod"], event["path"], event["resource"]) == ("1.0", "PUT", "/a/b", "/{proxy+}"), event
    assert event["multiValueQueryStringParameters"] == {"x": ["1", "2"]} and event["pathParameters"] == {"proxy": "a/b"}, event


@check("apigatewayv2", "bodies that are no text come and go in base64")
def binary(cloud):
    api = Api(cloud)
    source = "def handler(event, context):\n    return {'statusCode': 200, 'headers': {'content-type': 'image/png'}, 'body': event['body'], 'isBase64Encoded': event['isBase64Encoded']}"
    api.route("POST /", api.function(source))
    api.stage()
    got = api.ask("POST", "/", b"\x00\xff", {"Content-Type": "image/png"})
    assert (got.status, got.body, got.headers["Content-Type"]) == (200, b"\x00\xff", "image/png"), got


@check("apigatewayv2", "the most specific route takes a request")
def precedence(cloud):
    api = Api(cloud)
    target = api.function()
    keys = ["GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{proxy+}", "ANY /{proxy+}", "$default"]
    for key in keys:
        api.route(key, target)
    api.stage()
    for method, path, expected in (
        ("GET", "/pets/dog/1", keys[0]),
        ("GET", "/pets/dog/2", keys[1]),
        ("GET", "/pets/cat/1", keys[2]),
        ("POST", "/test/5", keys[3]),
        ("GET", "/", keys[4]),
    ):
        got = api.ask(method, path)
        assert got.status == 200 and got.json["routeKey"] == expected, (path, got)


@check("apigatewayv2", "nothing takes what no route is for")
def missing(cloud):
    api = Api(cloud)
    api.route("GET /x", api.function())
    assert api.ask(path="/x").status == 404  # no stage yet
    api.stage()
    assert api.ask(path="/x").status == 200
    for method, path in (("GET", "/y"), ("POST", "/x")):
        got = api.ask(method, path)
        assert (got.status, got.json) == (404, {"message": "Not Found"}), got


@check("apigatewayv2", "answers are inferred, broken ones are a 500")
def answers(cloud):
    source = """def handler(event, context):
    kind = event['rawPath'][1:]
    if kind == 'fail': raise ValueError('no luck')
    return {'plain': {'a': 1}, 'created': {'statusCode': 201, 'headers': {'X-Own': 'yes'}, 'cookies': ['a=b', 'c=d'], 'body': 'ok'}, 'broken': {'statusCode': 'x'}}[kind]"""
    api = Api(cloud)
    api.route("GET /{kind}", api.function(source))
    api.stage()
    plain = api.ask(path="/plain")
    assert (plain.status, plain.json, plain.headers["Content-Type"]) == (200, {"a": 1}, "application/json"), plain
    created = api.ask(path="/created")
    assert (created.status, created.text, created.headers["X-Own"]) == (201, "ok", "yes"), created
    assert created.headers.get_all("Set-Cookie") == ["a=b", "c=d"], created.headers.items()
    for path in ("/fail", "/broken"):
        got = api.ask(path=path)
        assert (got.status, got.json) == (500, {"message": "Internal Server Error"}), got


@check("apigatewayv2", "a function that does not let the API in is not called")
def permission(cloud):
    api, name = Api(cloud), cloud.function(ECHO)
    api.route("GET /x", api.integrate(name))
    api.stage()
    assert api.ask(path="/x").status == 500
    api.permit(name, "*/GET/y")
    assert api.ask(path="/x").status == 500
    api.permit(name, "*/GET/x")
    assert api.ask(path="/x").status == 200


@check("apigatewayv2", "CORS is answered by the API")
def cors(cloud):
    rules = {"AllowOrigins": ["https://app.example"], "AllowMethods": ["GET"], "AllowHeaders": ["authorization"], "MaxAge": 60, "AllowCredentials": True}
    api = Api(cloud, CorsConfiguration=rules)
    source = "def handler(event, context):\n    return {'statusCode': 200, 'headers': {'Access-Control-Allow-Origin': '*'}, 'body': ''}"
    api.route("GET /x", api.function(source))
    api.stage()
    asking = {"Origin": "https://app.example", "Access-Control-Request-Method": "GET"}
    got = api.ask("OPTIONS", "/x", headers=asking)
    assert got.status == 204 and got.headers["Access-Control-Allow-Origin"] == "https://app.example", got.headers.items()
    assert (got.headers["Access-Control-Max-Age"], got.headers["Access-Control-Allow-Methods"]) == ("60", "GET"), got.headers.items()
    evil = api.ask("OPTIONS", "/x", headers={**asking, "Origin": "https://evil.example"})
    assert evil.headers["Access-Control-Allow-Origin"] is None, evil.headers.items()
    got = api.ask("GET", "/x", headers={"Origin": "https://app.example"})
    assert got.headers.get_all("Access-Control-Allow-Origin") == ["https://app.example"], got.headers.items()
    assert api.ask("GET", "/x", headers={"Origin": "https://evil.example"}).headers["Access-Control-Allow-Origin"] is None


def authorizer(api, source, rest="authorizers/*", **settings):
    """Id of a REQUEST authorizer."""
    name = api.cloud.function(source)
    api.permit(name, rest)
    settings = {"IdentitySource": ["$request.header.Authorization"], "EnableSimpleResponses": True, "AuthorizerResultTtlInSeconds": 0, **settings}
    return api.client.create_authorizer(
        ApiId=api.id, Name=api.cloud.name("a"), AuthorizerType="REQUEST", AuthorizerUri=api.uri(name), AuthorizerPayloadFormatVersion="2.0", **settings
    )["AuthorizerId"]


@check("apigatewayv2", "an authorizer lets in with a simple answer, and its context arrives")
def simple(cloud):
    api = Api(cloud)
    api.route("GET /x", api.function(), AuthorizationType="CUSTOM", AuthorizerId=authorizer(api, SIMPLE))
    api.stage()
    assert (api.ask(path="/x").status, api.ask(path="/x").json) == (401, {"message": "Unauthorized"})
    denied = api.ask(path="/x", headers={"Authorization": "bad"})
    assert (denied.status, denied.json) == (403, {"message": "Forbidden"}), denied
    assert api.ask(path="/x", headers={"Authorization": "raise"}).status == 401
    got = api.ask(path="/x", headers={"Authorization": "good"})
    assert got.status == 200, got
    assert got.json["requestContext"]["authorizer"]["lambda"]["route"] == "GET /x", got.json["requestContext"]


@check("apigatewayv2", "an authorizer that does not let the API in is a 500")
def authorizer_permission(cloud):
    api = Api(cloud)
    api.route("GET /x", api.function(), AuthorizationType="CUSTOM", AuthorizerId=authorizer(api, SIMPLE, "authorizers/other"))
    api.stage()
    assert api.ask(path="/x", headers={"Authorization": "good"}).status == 500


@check("apigatewayv2", "what an authorizer says is kept for its time")
def cached(cloud):
    api = Api(cloud)
    kept = authorizer(api, SIMPLE, AuthorizerResultTtlInSeconds=300)
    api.route("GET /x", api.function(), AuthorizationType="CUSTOM", AuthorizerId=kept)
    api.stage()
    calls = [api.ask(path="/x", headers={"Authorization": "good"}).json["requestContext"]["authorizer"]["lambda"]["calls"] for _ in range(3)]
    assert calls == [1, 1, 1], calls


@check("apigatewayv2", "an authorizer may answer a policy")
def policy(cloud):
    api = Api(cloud)
    asked = authorizer(api, POLICY, EnableSimpleResponses=False)
    api.route("GET /x", api.function(), AuthorizationType="CUSTOM", AuthorizerId=asked)
    api.stage()
    assert api.ask(path="/x", headers={"Authorization": "bad"}).status == 403
    got = api.ask(path="/x", headers={"Authorization": "good"})
    assert got.status == 200 and got.json["requestContext"]["authorizer"]["lambda"] == {"n": 1}, got


@check("apigatewayv2", "tokens of a user pool are checked")
def tokens(cloud):
    pool, client = cloud.user_pool()
    cloud.user(pool)
    token = cloud.tokens(pool, client)["AccessToken"]

    api = Api(cloud)
    target = api.function()

    def guard(audience):
        configuration = {"Issuer": f"https://cognito-idp.{cloud.region}.amazonaws.com/{pool}", "Audience": [audience]}
        return api.client.create_authorizer(
            ApiId=api.id, Name=cloud.name("a"), AuthorizerType="JWT", IdentitySource=["$request.header.Authorization"], JwtConfiguration=configuration
        )["AuthorizerId"]

    api.route("GET /x", target, AuthorizationType="JWT", AuthorizerId=guard(client))
    api.route("GET /other", target, AuthorizationType="JWT", AuthorizerId=guard("somebody-else"))
    scope = "aws.cognito.signin.user.admin"
    api.route("GET /scoped", target, AuthorizationType="JWT", AuthorizerId=guard(client), AuthorizationScopes=[scope])
    api.route("GET /unheld", target, AuthorizationType="JWT", AuthorizerId=guard(client), AuthorizationScopes=["none/such"])
    api.stage()
    got = api.ask(path="/x", headers={"Authorization": f"Bearer {token}"})
    assert got.status == 200, (got, got.headers.items())
    assert got.json["requestContext"]["authorizer"]["jwt"]["claims"]["client_id"] == client, got.json["requestContext"]
    for path, header, status in (
        ("/x", None, 401),
        ("/x", "Bearer nonsense", 401),
        ("/x", f"Bearer {token[:-8]}AAAAAAAA", 401),
        ("/other", f"Bearer {token}", 401),
        ("/scoped", f"Bearer {token}", 200),
        ("/unheld", f"Bearer {token}", 403),
    ):
        got = api.ask(path=path, headers={"Authorization": header} if header else None)
        assert got.status == status, (path, header, got)


@check("apigatewayv2", "signed requests only, where IAM is asked")
def signed(cloud):
    api = Api(cloud)
    api.route("GET /x", api.function(), AuthorizationType="AWS_IAM")
    api.stage()
    assert (api.ask(path="/x").status, api.ask(path="/x").json) == (403, {"message": "Forbidden"})

    def sign(keys):
        request = AWSRequest("GET", f"http://{api.host}/x", headers={})
        SigV4Auth(keys, "execute-api", cloud.region).add_auth(request)
        return {name: value for name, value in request.headers.items() if name.lower() != "host"}

    got = api.ask(path="/x", headers=sign(Credentials("test", "test")))
    assert got.status == 200 and got.json["requestContext"]["authorizer"]["iam"]["accountId"] == cloud.account, got
    assert api.ask(path="/x", headers=sign(Credentials("test", "wrong"))).status == 403
    for statements, status in (
        ([], 403),
        ([{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": f"arn:aws:execute-api:*:*:{api.id}/*/GET/x"}], 200),
    ):
        role = cloud.role(statements, service="ec2.amazonaws.com")
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{cloud.account}:root"}, "Action": "sts:AssumeRole"}]}
        cloud.client("iam").update_assume_role_policy(RoleName=role.split("/")[-1], PolicyDocument=json.dumps(trust))
        keys = cloud.client("sts").assume_role(RoleArn=role, RoleSessionName="probe")["Credentials"]
        headers = sign(Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]))
        assert api.ask(path="/x", headers=headers).status == status, statements


@check("apigatewayv2", "named stages, and pictures of them")
def stages(cloud):
    api = Api(cloud)
    target = api.function()
    api.route("GET /x", target)
    deployment = api.client.create_deployment(ApiId=api.id)["DeploymentId"]
    api.client.create_stage(ApiId=api.id, StageName="v1", DeploymentId=deployment)
    got = api.ask(path="/v1/x")
    assert got.status == 200 and got.json["rawPath"] == "/v1/x" and got.json["requestContext"]["stage"] == "v1", got
    api.route("GET /y", target)
    assert api.ask(path="/v1/y").status == 404
    api.client.create_deployment(ApiId=api.id, StageName="v1")
    assert api.ask(path="/v1/y").status == 200


@check("apigatewayv2", "a burst above the limit of a route is refused")
def throttled(cloud):
    api = Api(cloud)
    target = api.function()
    for key in ("GET /slow", "GET /none", "GET /free"):
        api.route(key, target)
    limits = {"GET /slow": {"ThrottlingBurstLimit": 2, "ThrottlingRateLimit": 0.01}, "GET /none": {"ThrottlingBurstLimit": 0, "ThrottlingRateLimit": 0}}
    api.stage(RouteSettings=limits)
    assert [api.ask(path="/slow").status for _ in range(3)] == [200, 200, 429]
    got = api.ask(path="/none")
    assert (got.status, got.json) == (429, {"message": "Too Many Requests"}), got
    assert [api.ask(path="/free").status for _ in range(3)] == [200] * 3


@check("apigatewayv2", "the access log has a line for each request")
def access_log(cloud):
    api, logs, group = Api(cloud), cloud.client("logs"), cloud.name("group")
    logs.create_log_group(logGroupName=group)
    cloud._later(lambda: logs.delete_log_group(logGroupName=group))
    arn = f"arn:aws:logs:{cloud.region}:{cloud.account}:log-group:{group}"
    api.route("GET /x", api.function())
    line = '{"key":"$context.routeKey","status":$context.status,"id":"$context.requestId","none":"$context.nothing"}'
    api.stage(AccessLogSettings={"DestinationArn": arn, "Format": line})
    api.ask(path="/x")
    api.ask(path="/none")

    def lines():
        events = logs.filter_log_events(logGroupName=group)["events"]
        return [json.loads(event["message"]) for event in events] if len(events) >= 2 else None

    found = sorted(cloud.until(lines), key=lambda one: one["status"])
    assert [(one["key"], one["status"], one["none"]) for one in found] == [("GET /x", 200, "-"), ("-", 404, "-")], found


class Backend:
    """A server that tells what it was asked."""

    def __enter__(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = {"method": self.command, "path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()}, "body": self.rfile.read(length).decode()}
                text = json.dumps(body).encode()
                self.send_response(404 if "missing" in self.path else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("X-Backend", "yes")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PUT = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


@check("apigatewayv2", "a backend over HTTP is asked, with mapped parameters")
def proxied(cloud):
    api = Api(cloud)
    with Backend() as url:
        integration = api.client.create_integration(
            ApiId=api.id,
            IntegrationType="HTTP_PROXY",
            IntegrationMethod="ANY",
            IntegrationUri=url + "/base/{proxy}",
            PayloadFormatVersion="1.0",
            RequestParameters={"append:header.x-id": "$context.requestId", "overwrite:querystring.who": "$request.header.x-who", "remove:querystring.drop": "''"},
            ResponseParameters={"404": {"overwrite:statuscode": "410", "append:header.x-new": "made"}},
        )["IntegrationId"]
        api.route("ANY /{proxy+}", f"integrations/{integration}")
        api.stage()
        got = api.ask("POST", "/a/b?drop=1&keep=2", "hello", {"X-Who": "me"})
        assert got.status == 200 and got.headers["X-Backend"] == "yes", got
        asked = got.json
        assert (asked["method"], asked["path"], asked["body"]) == ("POST", "/base/a/b?keep=2&who=me", "hello"), asked
        assert len(asked["headers"]["x-id"]) > 10, asked
        got = api.ask(path="/missing")
        assert (got.status, got.headers["x-new"]) == (410, "made"), got


@check("apigatewayv2", "a custom domain leads to its APIs")
def domain(cloud):
    api, name = Api(cloud), cloud.name("d") + ".example.com"
    api.route("GET /x", api.function())
    api.stage("v1")
    certificate = f"arn:aws:acm:{cloud.region}:{cloud.account}:certificate/11111111-2222-3333-4444-555555555555"
    made = api.client.create_domain_name(DomainName=name, DomainNameConfigurations=[{"CertificateArn": certificate, "EndpointType": "REGIONAL"}])
    cloud._later(lambda: api.client.delete_domain_name(DomainName=name))
    assert made["DomainNameConfigurations"][0]["ApiGatewayDomainName"].endswith(".amazonaws.com"), made
    mapping = api.client.create_api_mapping(ApiId=api.id, DomainName=name, Stage="v1", ApiMappingKey="shop")["ApiMappingId"]
    got = api.ask(path="/shop/x", host=name)
    assert got.status == 200 and got.json["requestContext"]["domainName"] == name, got
    assert api.ask(path="/x", host=name).status in (403, 404)
    api.client.update_api(ApiId=api.id, DisableExecuteApiEndpoint=True)
    assert api.ask(path="/v1/x").status == 404
    assert api.ask(path="/shop/x", host=name).status == 200
    api.client.delete_api_mapping(DomainName=name, ApiMappingId=mapping)
    assert api.ask(path="/shop/x", host=name).status in (403, 404)


@check("apigatewayv2", "a template makes an API that answers, and changes it")
def template(cloud):
    name = cloud.function(ECHO)
    arn = f"arn:aws:lambda:{cloud.region}:{cloud.account}:function:{name}"
    api = {"Ref": "Api"}
    resources = {
        "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": cloud.name("api"), "ProtocolType": "HTTP", "CorsConfiguration": {"AllowOrigins": ["*"]}}},
        "I": {"Type": "AWS::ApiGatewayV2::Integration", "Properties": {"ApiId": api, "IntegrationType": "AWS_PROXY", "IntegrationUri": arn, "PayloadFormatVersion": "2.0"}},
        "R": {"Type": "AWS::ApiGatewayV2::Route", "Properties": {"ApiId": api, "RouteKey": "GET /x", "Target": {"Fn::Sub": "integrations/${I}"}}},
        "S": {"Type": "AWS::ApiGatewayV2::Stage", "Properties": {"ApiId": api, "StageName": "$default", "AutoDeploy": True}},
        "P": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {"FunctionName": arn, "Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com", "SourceArn": {"Fn::Sub": "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*/GET/*"}},
        },
    }
    template = {"Resources": resources, "Outputs": {"Url": {"Value": {"Fn::GetAtt": ["Api", "ApiEndpoint"]}}}}
    stack, outputs = cloud.stack(template)
    host = outputs["Url"].split("://")[1]
    got = cloud.http("GET", "/x", headers={"Origin": "https://a.example"}, host=host)
    assert got.status == 200 and got.headers["Access-Control-Allow-Origin"] == "*", (got, got.headers.items())
    resources["R"]["Properties"]["RouteKey"] = "GET /y"
    formation = cloud.client("cloudformation")
    formation.update_stack(StackName=stack, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"])
    cloud.until(lambda: cloud.status(stack) == "UPDATE_COMPLETE", seconds=60)
    assert (cloud.http("GET", "/x", host=host).status, cloud.http("GET", "/y", host=host).status) == (404, 200)
