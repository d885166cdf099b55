"""What a user of REST APIs (API Gateway v1) expects."""

import base64
import json

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from harness import check, refused

ECHO = "import json\ndef handler(event, context):\n    return {'statusCode': 200, 'body': json.dumps(event)}"

#: A TOKEN authorizer that lets `allow` into everything, and tells how often it was asked.
TOKEN = """calls = []
def handler(event, context):
    calls.append(1)
    token = event['authorizationToken']
    if token == 'raise': raise Exception('Unauthorized')
    if token == 'broken': return {'principalId': 'me'}
    effect = {'allow': 'Allow', 'deny': 'Deny'}.get(token, 'Deny')
    resource = '*' if token != 'other' else event['methodArn'] + '/no'
    statement = {'Action': 'execute-api:Invoke', 'Effect': 'Allow' if token == 'other' else effect, 'Resource': resource}
    return {'principalId': 'me', 'policyDocument': {'Version': '2012-10-17', 'Statement': [statement]}, 'context': {'calls': len(calls), 'flag': True}}"""

REQUEST = """def handler(event, context):
    allowed = event['queryStringParameters']['who'] == 'me' and event['methodArn'].endswith(event['path'])
    statement = {'Action': 'execute-api:Invoke', 'Effect': 'Allow' if allowed else 'Deny', 'Resource': event['methodArn']}
    return {'principalId': 'me', 'policyDocument': {'Version': '2012-10-17', 'Statement': [statement]}}"""


class Api:
    """A REST API with its functions, deployed as stage `v0` when asked."""

    def __init__(self, cloud, **settings):
        self.cloud, self.client = cloud, cloud.client("apigateway")
        settings.setdefault("endpointConfiguration", {"types": ["REGIONAL"]})
        self.id = self.client.create_rest_api(name=cloud.name("api"), **settings)["id"]
        self.host = f"{self.id}.execute-api.localhost"
        self.root = next(one["id"] for one in self.client.get_resources(restApiId=self.id)["items"] if one["path"] == "/")
        self.paths = {"": self.root}
        cloud._later(lambda: self.client.delete_rest_api(restApiId=self.id))

    def resource(self, path):
        path = path.rstrip("/")
        if path not in self.paths:
            above, part = path.rsplit("/", 1)
            self.paths[path] = self.client.create_resource(restApiId=self.id, parentId=self.resource(above), pathPart=part)["id"]
        return self.paths[path]

    def method(self, method, path, authorization="NONE", **settings):
        place = {"restApiId": self.id, "resourceId": self.resource(path), "httpMethod": method}
        self.client.put_method(**place, authorizationType=authorization, **settings)
        return place

    def uri(self, function):
        arn = f"arn:aws:lambda:{self.cloud.region}:{self.cloud.account}:function:{function}"
        return f"arn:aws:apigateway:{self.cloud.region}:lambda:path/2015-03-31/functions/{arn}/invocations"

    def permit(self, function, rest="*/*"):
        source = f"arn:aws:execute-api:{self.cloud.region}:{self.cloud.account}:{self.id}/{rest}"
        self.cloud.client("lambda").add_permission(
            FunctionName=function, StatementId=self.cloud.name("s"), Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com", SourceArn=source
        )

    def proxy(self, method, path, function, authorization="NONE", **settings):
        place = self.method(method, path, authorization, **settings)
        self.client.put_integration(**place, type="AWS_PROXY", integrationHttpMethod="POST", uri=self.uri(function))
        return place

    def function(self, source=ECHO):
        name = self.cloud.function(source)
        self.permit(name)
        return name

    def mock(self, method, path, status=200, template=None, **settings):
        place = self.method(method, path, **settings)
        self.client.put_integration(**place, type="MOCK", requestTemplates={"application/json": json.dumps({"statusCode": status})})
        self.client.put_method_response(**place, statusCode=str(status))
        templates = {"responseTemplates": {"application/json": template}} if template else {}
        self.client.put_integration_response(**place, statusCode=str(status), **templates)
        return place

    def deploy(self, stage="v0"):
        return self.client.create_deployment(restApiId=self.id, stageName=stage)["id"]

    def ask(self, method="GET", path="/", body=None, headers=None, stage="/v0", host=None):
        return self.cloud.http(method, stage + path, body, headers, host=host or self.host)


@check("apigateway", "APIs, resources and methods are made, listed, changed and removed")
def control(cloud):
    api = Api(cloud, description="first", tags={"a": "b"})
    client = api.client
    assert client.get_rest_api(restApiId=api.id)["tags"] == {"a": "b"}
    patch = [{"op": "replace", "path": "/description", "value": "second"}, {"op": "add", "path": "/binaryMediaTypes/image~1png"}]
    changed = client.update_rest_api(restApiId=api.id, patchOperations=patch)
    assert (changed["description"], changed["binaryMediaTypes"]) == ("second", ["image/png"]), changed
    place = api.mock("GET", "/pets/{id}")
    found = client.get_method(**place)
    assert found["methodIntegration"]["type"] == "MOCK" and found["methodIntegration"]["integrationResponses"]["200"], found
    paths = [one["path"] for one in client.get_resources(restApiId=api.id)["items"]]
    assert sorted(paths) == ["/", "/pets", "/pets/{id}"], paths
    with refused("ConflictException"):
        client.create_resource(restApiId=api.id, parentId=api.root, pathPart="pets")
    client.delete_resource(restApiId=api.id, resourceId=api.paths["/pets"])
    assert [one["path"] for one in client.get_resources(restApiId=api.id)["items"]] == ["/"]
    with refused("NotFoundException"):
        client.get_rest_api(restApiId="none")


@check("apigateway", "a function gets the whole request")
def proxy(cloud):
    api = Api(cloud)
    api.proxy("ANY", "/pets/{proxy+}", api.function())
    api.deploy()
    patch = [{"op": "replace", "path": "/variables/alias", "value": "live"}]
    api.client.update_stage(restApiId=api.id, stageName="v0", patchOperations=patch)
    got = api.ask("POST", "/pets/a/b?x=1&x=2", "hello", {"Content-Type": "text/plain", "X-Own": "yes"})
    assert got.status == 200 and got.headers["x-amzn-RequestId"] and got.headers["x-amz-apigw-id"], got
    event = got.json
    assert (event["resource"], event["path"], event["httpMethod"], event["body"]) == ("/pets/{proxy+}", "/pets/a/b", "POST", "hello"), event
    assert event["pathParameters"] == {"proxy": "a/b"} and event["stageVariables"] == {"alias": "live"}, event
    assert event["queryStringParameters"] == {"x": "2"} and event["multiValueQueryStringParameters"] == {"x": ["1", "2"]}, event
    context = event["requestContext"]
    assert (context["path"], context["stage"], context["resourcePath"], context["apiId"]) == ("/v0/pets/a/b", "v0", "/pets/{proxy+}", api.id), context


@check("apigateway", "what no method is for, what fails and what is broken has AWS's words")
def errors(cloud):
    api = Api(cloud)
    api.proxy("GET", "/fail", api.function("def handler(event, context):\n    raise ValueError('no luck')"))
    api.proxy("GET", "/broken", api.function("def handler(event, context):\n    return {'status': 200}"))
    api.proxy("GET", "/closed", cloud.function(ECHO))
    api.deploy()
    for path, stage, status, message in (
        ("/none", "/v0", 403, "Missing Authentication Token"),
        ("/fail", "/none", 403, "Forbidden"),
        ("/fail", "/v0", 502, "Internal server error"),
        ("/broken", "/v0", 502, "Internal server error"),
        ("/closed", "/v0", 500, "Internal server error"),
    ):
        got = api.ask(path=path, stage=stage)
        assert (got.status, got.json) == (status, {"message": message}), (path, got)
        assert got.headers["x-amzn-ErrorType"], got.headers.items()
    assert api.ask("POST", "/fail").status == 403


@check("apigateway", "a function that is too slow is a time-out")
def slow(cloud):
    api = Api(cloud)
    place = api.proxy("GET", "/x", api.function("import time\ndef handler(event, context):\n    time.sleep(5)"))
    api.client.update_integration(**place, patchOperations=[{"op": "replace", "path": "/timeoutInMillis", "value": "100"}])
    api.deploy()
    got = api.ask(path="/x")
    assert (got.status, got.json) == (504, {"message": "Endpoint request timed out"}), got


@check("apigateway", "changes take effect with the next deployment only")
def snapshots(cloud):
    api = Api(cloud)
    api.mock("GET", "/x")
    first = api.deploy()
    api.mock("GET", "/y")
    assert (api.ask(path="/x").status, api.ask(path="/y").status) == (200, 403)
    api.deploy()
    assert api.ask(path="/y").status == 200
    patch = [{"op": "replace", "path": "/deploymentId", "value": first}]
    api.client.update_stage(restApiId=api.id, stageName="v0", patchOperations=patch)
    assert api.ask(path="/y").status == 403
    with refused("BadRequestException"):
        api.client.delete_deployment(restApiId=api.id, deploymentId=first)


@check("apigateway", "binary bodies come and go where the API says so")
def binary(cloud):
    source = "def handler(event, context):\n    return {'statusCode': 200, 'headers': {'Content-Type': 'image/png'}, 'body': event['body'], 'isBase64Encoded': True}"
    api = Api(cloud, binaryMediaTypes=["image/png"])
    api.proxy("POST", "/x", api.function(source))
    api.deploy()
    got = api.ask("POST", "/x", b"\x00\xff", {"Content-Type": "image/png", "Accept": "image/png"})
    assert (got.status, got.body) == (200, b"\x00\xff"), got
    got = api.ask("POST", "/x", b"\x00\xff", {"Content-Type": "image/png", "Accept": "text/html"})
    assert base64.b64decode(got.body) == b"\x00\xff", got


def token(api, source=TOKEN, rest="authorizers/*", **settings):
    """Id of an authorizer."""
    name = api.cloud.function(source)
    api.permit(name, rest)
    settings = {"type": "TOKEN", "identitySource": "method.request.header.Authorization", "authorizerResultTtlInSeconds": 0, **settings}
    return api.client.create_authorizer(restApiId=api.id, name=api.cloud.name("a"), authorizerUri=api.uri(name), **settings)["id"]


@check("apigateway", "a TOKEN authorizer lets in by policy, and its context arrives")
def token_policy(cloud):
    api = Api(cloud)
    api.proxy("GET", "/x", api.function(), "CUSTOM", authorizerId=token(api))
    api.deploy()
    got = api.ask(path="/x")
    assert (got.status, got.json) == (401, {"message": "Unauthorized"}), got
    for value, status in (("raise", 401), ("deny", 403), ("other", 403), ("broken", 500)):
        assert api.ask(path="/x", headers={"Authorization": value}).status == status, value
    got = api.ask(path="/x", headers={"Authorization": "deny"})
    assert "not authorized to access this resource" in got.text, got
    got = api.ask(path="/x", headers={"Authorization": "allow"})
    authorizer = got.json["requestContext"]["authorizer"]
    assert (authorizer["principalId"], authorizer["flag"]) == ("me", "true"), authorizer


@check("apigateway", "what an authorizer says is kept for its time, and a wrong form never reaches it")
def token_cache(cloud):
    api = Api(cloud)
    kept = token(api, authorizerResultTtlInSeconds=300, identityValidationExpression="allow|deny")
    api.proxy("GET", "/x", api.function(), "CUSTOM", authorizerId=kept)
    api.proxy("GET", "/y", api.function(), "CUSTOM", authorizerId=kept)
    api.deploy()
    assert api.ask(path="/x", headers={"Authorization": "other"}).status == 401
    calls = [api.ask(path=path, headers={"Authorization": "allow"}).json["requestContext"]["authorizer"]["calls"] for path in ("/x", "/x", "/y")]
    assert calls == ["1", "1", "1"], calls


@check("apigateway", "a REQUEST authorizer sees the request")
def request_authorizer(cloud):
    api = Api(cloud)
    asked = token(api, REQUEST, type="REQUEST", identitySource="method.request.querystring.who")
    api.proxy("GET", "/x", api.function(), "CUSTOM", authorizerId=asked)
    api.deploy()
    statuses = [api.ask(path=path).status for path in ("/x", "/x?who=you", "/x?who=me")]
    assert statuses == [401, 403, 200], statuses


@check("apigateway", "tokens of a user pool are checked")
def user_pool(cloud):
    pool, client = cloud.user_pool()
    cloud.user(pool)
    tokens = cloud.tokens(pool, client)
    api = Api(cloud)
    arn = f"arn:aws:cognito-idp:{cloud.region}:{cloud.account}:userpool/{pool}"
    guard = api.client.create_authorizer(
        restApiId=api.id, name=cloud.name("a"), type="COGNITO_USER_POOLS", providerARNs=[arn], identitySource="method.request.header.Authorization"
    )["id"]
    api.proxy("GET", "/x", api.function(), "COGNITO_USER_POOLS", authorizerId=guard)
    api.deploy()
    assert api.ask(path="/x").status == 401
    assert api.ask(path="/x", headers={"Authorization": "nonsense"}).status == 401
    assert api.ask(path="/x", headers={"Authorization": tokens["AccessToken"]}).status == 401
    got = api.ask(path="/x", headers={"Authorization": tokens["IdToken"]})
    assert got.status == 200 and got.json["requestContext"]["authorizer"]["claims"]["cognito:username"] == "alice", got


@check("apigateway", "signed requests only, where IAM is asked")
def signed(cloud):
    api = Api(cloud)
    api.proxy("GET", "/x", api.function(), "AWS_IAM")
    api.deploy()
    got = api.ask(path="/x")
    assert (got.status, got.json) == (403, {"message": "Missing Authentication Token"}), got

    def ask(keys):
        request = AWSRequest("GET", f"http://{api.host}/v0/x", headers={})
        SigV4Auth(keys, "execute-api", cloud.region).add_auth(request)
        return api.ask(path="/x", headers={name: value for name, value in request.headers.items() if name.lower() != "host"})

    assert ask(Credentials("test", "test")).json["requestContext"]["identity"]["accessKey"] == "test"
    assert "signature" in ask(Credentials("test", "wrong")).text
    role = cloud.role(service="ec2.amazonaws.com")
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{cloud.account}:root"}, "Action": "sts:AssumeRole"}]}
    cloud.client("iam").update_assume_role_policy(RoleName=role.split("/")[-1], PolicyDocument=json.dumps(trust))
    keys = cloud.client("sts").assume_role(RoleArn=role, RoleSessionName="probe")["Credentials"]
    got = ask(Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]))
    assert got.status == 403 and "is not authorized to perform: execute-api:Invoke" in got.text, got


def plan(api, **settings):
    """Value of a key in a plan of the stage."""
    client = api.client
    key = client.create_api_key(name=api.cloud.name("key"), enabled=True)
    made = client.create_usage_plan(name=api.cloud.name("plan"), apiStages=[{"apiId": api.id, "stage": "v0"}], **settings)["id"]
    client.create_usage_plan_key(usagePlanId=made, keyId=key["id"], keyType="API_KEY")
    api.cloud._later(lambda: client.delete_api_key(apiKey=key["id"]))
    api.cloud._later(lambda: client.delete_usage_plan(usagePlanId=made))
    return key["value"], key["id"], made


@check("apigateway", "a method may want a key of a plan")
def keys(cloud):
    api = Api(cloud)
    api.mock("GET", "/x", apiKeyRequired=True)
    api.deploy()
    value, key, made = plan(api)
    stranger = api.client.create_api_key(name=cloud.name("key"), enabled=True)
    cloud._later(lambda: api.client.delete_api_key(apiKey=stranger["id"]))
    for headers, status in ((None, 403), ({"x-api-key": "nonsense"}, 403), ({"x-api-key": stranger["value"]}, 403), ({"x-api-key": value}, 200)):
        got = api.ask(path="/x", headers=headers)
        assert got.status == status and (status == 200 or got.json == {"message": "Forbidden"}), (headers, got)
    assert "value" not in api.client.get_api_key(apiKey=key)
    assert api.client.get_api_key(apiKey=key, includeValue=True)["value"] == value
    api.client.update_api_key(apiKey=key, patchOperations=[{"op": "replace", "path": "/enabled", "value": "false"}])
    assert api.ask(path="/x", headers={"x-api-key": value}).status == 403
    assert [one["id"] for one in api.client.get_usage_plan_keys(usagePlanId=made)["items"]] == [key]


@check("apigateway", "plans have quotas and throttles")
def quotas(cloud):
    api = Api(cloud)
    api.mock("GET", "/x", apiKeyRequired=True)
    api.deploy()
    limited, _, made = plan(api, quota={"limit": 2, "period": "DAY"})
    assert [api.ask(path="/x", headers={"x-api-key": limited}).status for _ in range(3)] == [200, 200, 429]
    assert api.ask(path="/x", headers={"x-api-key": limited}).json == {"message": "Limit Exceeded"}
    slow, _, _ = plan(api, throttle={"rateLimit": 0.01, "burstLimit": 1})
    assert [api.ask(path="/x", headers={"x-api-key": slow}).status for _ in range(2)] == [200, 429]
    assert api.ask(path="/x", headers={"x-api-key": slow}).json == {"message": "Too Many Requests"}


@check("apigateway", "a stage has throttles of its own")
def stage_throttle(cloud):
    api = Api(cloud)
    api.mock("GET", "/x")
    api.mock("GET", "/y")
    api.deploy()
    patch = [{"op": "replace", "path": f"/~1x/GET/throttling/{name}", "value": value} for name, value in (("rateLimit", "0.01"), ("burstLimit", "1"))]
    api.client.update_stage(restApiId=api.id, stageName="v0", patchOperations=patch)
    assert [api.ask(path="/x").status for _ in range(2)] == [200, 429]
    assert [api.ask(path="/y").status for _ in range(2)] == [200, 200]


@check("apigateway", "a mock answers with templates and headers, CORS among them")
def mocks(cloud):
    api = Api(cloud)
    place = api.method("OPTIONS", "/pets/{id}")
    api.client.put_integration(**place, type="MOCK", requestTemplates={"application/json": '{"statusCode": 204}'})
    headers = {"Access-Control-Allow-Origin": "'https://app.example'", "Access-Control-Allow-Methods": "'GET,PUT'"}
    api.client.put_method_response(**place, statusCode="204", responseParameters={f"method.response.header.{name}": False for name in headers})
    api.client.put_integration_response(**place, statusCode="204", responseParameters={f"method.response.header.{name}": value for name, value in headers.items()})
    template = """#set($list = ["a", "b"])
{"id": "$input.params('id')", "q": "$util.escapeJavaScript($input.params('q'))", "stage": "$context.stage", "alias": "$stageVariables.alias",
 "list": [#foreach($one in $list)"$one"#if($foreach.hasNext),#end#end], "big": #if($list.size() > 1)true#{else}false#end}"""
    api.mock("GET", "/pets/{id}", 200, template)
    api.deploy()
    api.client.update_stage(restApiId=api.id, stageName="v0", patchOperations=[{"op": "replace", "path": "/variables/alias", "value": "live"}])
    got = api.ask("OPTIONS", "/pets/7", headers={"Origin": "https://app.example", "Access-Control-Request-Method": "PUT"})
    assert (got.status, got.headers["Access-Control-Allow-Origin"], got.headers["Access-Control-Allow-Methods"]) == (204, "https://app.example", "GET,PUT"), got
    got = api.ask(path="/pets/7?q=a%22b")
    assert got.status == 200 and got.json == {"id": "7", "q": 'a"b', "stage": "v0", "alias": "live", "list": ["a", "b"], "big": True}, got


@check("apigateway", "a function may be asked with templates, and its errors selected")
def mapped(cloud):
    api = Api(cloud)
    source = "def handler(event, context):\n    if event['name'] == 'bad': raise Exception('[404] no such pet')\n    return {'hello': event['name']}"
    name = api.function(source)
    place = api.method("POST", "/x")
    api.client.put_integration(
        **place, type="AWS", integrationHttpMethod="POST", uri=api.uri(name), requestTemplates={"application/json": '{"name": $input.json(\'$.who\')}'}
    )
    for status, more in (("200", {"responseTemplates": {"application/json": "{\"said\": $input.json('$.hello')}"}}), ("404", {"selectionPattern": r"\[404\].*", "responseTemplates": {"application/json": "{\"error\": \"$input.path('$.errorMessage')\"}"}})):
        api.client.put_method_response(**place, statusCode=status)
        api.client.put_integration_response(**place, statusCode=status, **more)
    api.deploy()
    json_kind = {"Content-Type": "application/json"}
    got = api.ask("POST", "/x", json.dumps({"who": "Rex"}), json_kind)
    assert (got.status, got.json) == (200, {"said": "Rex"}), got
    got = api.ask("POST", "/x", json.dumps({"who": "bad"}), json_kind)
    assert (got.status, got.json) == (404, {"error": "[404] no such pet"}), got


@check("apigateway", "objects of a bucket are served and stored, in the name of a role")
def bucket(cloud):
    s3, name = cloud.client("s3"), cloud.name("bucket")
    s3.create_bucket(Bucket=name)
    statement = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"arn:aws:s3:::{name}/public/*"}
    role = cloud.role([statement], service="apigateway.amazonaws.com")
    body = bytes(range(256))
    for key in ("public/a b/ü.bin", "private/x"):
        s3.put_object(Bucket=name, Key=key, Body=body, ContentType="image/png", CacheControl="max-age=5")
    api = Api(cloud, binaryMediaTypes=["*/*"])
    for method in ("GET", "PUT"):
        place = api.method(method, "/{folder}/{object+}", requestParameters={"method.request.path.folder": True, "method.request.path.object": True})
        api.client.put_integration(
            **place,
            type="AWS",
            integrationHttpMethod=method,
            uri=f"arn:aws:apigateway:{cloud.region}:s3:path/{name}/{{folder}}/{{object}}",
            credentials=role,
            requestParameters={"integration.request.path.folder": "method.request.path.folder", "integration.request.path.object": "method.request.path.object"},
        )
        headers = {"Content-Type": "integration.response.header.Content-Type", "Cache-Control": "integration.response.header.Cache-Control"}
        for status, more in (("200", {}), ("404", {"selectionPattern": "40[34]", "contentHandling": "CONVERT_TO_TEXT", "responseTemplates": {"application/json": '{"error": "none"}'}})):
            parameters = {f"method.response.header.{key}": value for key, value in headers.items()} if status == "200" else {}
            api.client.put_method_response(**place, statusCode=status, responseParameters={key: False for key in parameters})
            api.client.put_integration_response(**place, statusCode=status, responseParameters=parameters, **more)
    api.deploy()
    got = api.ask(path="/public/a%20b/%C3%BC.bin")
    assert (got.status, got.body, got.headers["Content-Type"], got.headers["Cache-Control"]) == (200, body, "image/png", "max-age=5"), (got, got.headers.items())
    for path in ("/private/x", "/public/none"):
        got = api.ask(path=path)
        assert (got.status, got.json) == (404, {"error": "none"}), (path, got)
    assert api.ask("PUT", "/public/new.bin", b"\x00\xff", {"Content-Type": "image/gif"}).status == 200
    stored = s3.get_object(Bucket=name, Key="public/new.bin")
    assert stored["Body"].read() == b"\x00\xff" and stored["ContentType"] == "image/gif", stored
    assert api.ask("PUT", "/private/new.bin", b"x").status == 404
    for key in ("public/a b/ü.bin", "private/x", "public/new.bin"):
        s3.delete_object(Bucket=name, Key=key)
    s3.delete_bucket(Bucket=name)


@check("apigateway", "parameters and bodies are validated")
def validation(cloud):
    api = Api(cloud)
    client = api.client
    schema = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "minLength": 2}}}
    client.create_model(restApiId=api.id, name="Pet", contentType="application/json", schema=json.dumps(schema))
    validator = client.create_request_validator(restApiId=api.id, name="all", validateRequestBody=True, validateRequestParameters=True)["id"]
    api.proxy(
        "POST", "/x", api.function(), requestValidatorId=validator, requestModels={"application/json": "Pet"}, requestParameters={"method.request.querystring.q": True}
    )
    api.deploy()
    kind = {"Content-Type": "application/json"}
    got = api.ask("POST", "/x", '{"name": "Rex"}', kind)
    assert (got.status, got.json) == (400, {"message": "Missing required request parameters: [q]"}), got
    for body, status in (('{"name": "Rex"}', 200), ('{"name": "R"}', 400), ("{}", 400), ("nonsense", 400)):
        got = api.ask("POST", "/x?q=1", body, kind)
        assert got.status == status and (status == 200 or got.json == {"message": "Invalid request body"}), (body, got)


@check("apigateway", "an API words its own answers")
def gateway_responses(cloud):
    api = Api(cloud)
    api.mock("GET", "/x")
    api.client.put_gateway_response(
        restApiId=api.id,
        responseType="DEFAULT_4XX",
        responseTemplates={"application/json": '{"code":"$context.error.responseType","text":$context.error.messageString}'},
        responseParameters={"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"},
    )
    api.deploy()
    got = api.ask(path="/none")
    assert (got.status, got.json) == (403, {"code": "MISSING_AUTHENTICATION_TOKEN", "text": "Missing Authentication Token"}), got
    assert got.headers["Access-Control-Allow-Origin"] == "*", got.headers.items()
    assert api.client.get_gateway_response(restApiId=api.id, responseType="THROTTLED")["defaultResponse"]


@check("apigateway", "a policy of the API is asked")
def policy(cloud):
    statements = [
        {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"},
        {"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*/GET/closed"},
    ]
    api = Api(cloud, policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))
    api.mock("GET", "/open")
    api.mock("GET", "/closed")
    api.deploy()
    assert api.ask(path="/open").status == 200
    got = api.ask(path="/closed")
    assert got.status == 403 and "is not authorized to perform: execute-api:Invoke" in got.text, got


@check("apigateway", "the access log has a line for each request")
def access_log(cloud):
    api, logs, group = Api(cloud), cloud.client("logs"), cloud.name("group")
    logs.create_log_group(logGroupName=group)
    cloud._later(lambda: logs.delete_log_group(logGroupName=group))
    api.mock("GET", "/x/{id}")
    api.deploy()
    arn = f"arn:aws:logs:{cloud.region}:{cloud.account}:log-group:{group}"
    line = '{"path":"$context.resourcePath","status":$context.status,"ip":"$context.identity.sourceIp"}'
    patch = [{"op": "replace", "path": "/accessLogSettings/destinationArn", "value": arn}, {"op": "replace", "path": "/accessLogSettings/format", "value": line}]
    api.client.update_stage(restApiId=api.id, stageName="v0", patchOperations=patch)
    api.ask(path="/x/1")
    found = cloud.until(lambda: logs.filter_log_events(logGroupName=group)["events"])
    assert json.loads(found[0]["message"]) == {"path": "/x/{id}", "status": 200, "ip": "127.0.0.1"}, found


@check("apigateway", "a custom domain leads to its APIs")
def domain(cloud):
    api, name = Api(cloud), cloud.name("d") + ".example.com"
    api.proxy("GET", "/x", api.function())
    api.deploy()
    certificate = f"arn:aws:acm:{cloud.region}:{cloud.account}:certificate/11111111-2222-3333-4444-555555555555"
    made = api.client.create_domain_name(domainName=name, regionalCertificateArn=certificate, endpointConfiguration={"types": ["REGIONAL"]})
    cloud._later(lambda: api.client.delete_domain_name(domainName=name))
    assert made["regionalDomainName"] and made["regionalHostedZoneId"], made
    api.client.create_base_path_mapping(domainName=name, basePath="shop", restApiId=api.id, stage="v0")
    got = api.ask(path="/shop/x", stage="", host=name)
    assert got.status == 200 and got.json["requestContext"]["path"] == "/shop/x", got
    assert api.ask(path="/x", stage="", host=name).status == 403
    assert [one["basePath"] for one in api.client.get_base_path_mappings(domainName=name)["items"]] == ["shop"]
    api.client.update_rest_api(restApiId=api.id, patchOperations=[{"op": "replace", "path": "/disableExecuteApiEndpoint", "value": "true"}])
    api.deploy()
    assert (api.ask(path="/x").status, api.ask(path="/shop/x", stage="", host=name).status) == (403, 200)
    api.client.delete_base_path_mapping(domainName=name, basePath="shop")
    assert api.ask(path="/shop/x", stage="", host=name).status == 403


@check("apigateway", "a template makes an API with a plan that answers")
def template(cloud):
    name = cloud.function(ECHO)
    arn = f"arn:aws:lambda:{cloud.region}:{cloud.account}:function:{name}"
    api = {"RestApiId": {"Ref": "Api"}}
    uri = f"arn:aws:apigateway:{cloud.region}:lambda:path/2015-03-31/functions/{arn}/invocations"
    integration = {"Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "Uri": uri}
    options = {
        "Type": "MOCK",
        "RequestTemplates": {"application/json": '{"statusCode": 204}'},
        "IntegrationResponses": [{"StatusCode": "204", "ResponseParameters": {"method.response.header.Access-Control-Allow-Origin": "'*'"}}],
    }
    responses = [{"StatusCode": "204", "ResponseParameters": {"method.response.header.Access-Control-Allow-Origin": False}}]
    method = {**api, "ResourceId": {"Ref": "Pets"}, "AuthorizationType": "NONE"}
    resources = {
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": cloud.name("api"), "EndpointConfiguration": {"Types": ["REGIONAL"]}}},
        "Pets": {"Type": "AWS::ApiGateway::Resource", "Properties": {**api, "ParentId": {"Fn::GetAtt": ["Api", "RootResourceId"]}, "PathPart": "{proxy+}"}},
        "Get": {"Type": "AWS::ApiGateway::Method", "Properties": {**method, "HttpMethod": "GET", "ApiKeyRequired": True, "Integration": integration}},
        "Options": {"Type": "AWS::ApiGateway::Method", "Properties": {**method, "HttpMethod": "OPTIONS", "Integration": options, "MethodResponses": responses}},
        "Deployment": {"Type": "AWS::ApiGateway::Deployment", "DependsOn": ["Get", "Options"], "Properties": api},
        "Stage": {"Type": "AWS::ApiGateway::Stage", "Properties": {**api, "StageName": "v0", "DeploymentId": {"Ref": "Deployment"}, "MethodSettings": [{"HttpMethod": "*", "ResourcePath": "/*", "ThrottlingRateLimit": 100, "ThrottlingBurstLimit": 50}]}},
        "Key": {"Type": "AWS::ApiGateway::ApiKey", "Properties": {"Name": cloud.name("key"), "Enabled": True}},
        "Plan": {"Type": "AWS::ApiGateway::UsagePlan", "Properties": {"UsagePlanName": cloud.name("plan"), "ApiStages": [{"ApiId": {"Ref": "Api"}, "Stage": {"Ref": "Stage"}}], "Quota": {"Limit": 100, "Period": "DAY"}}},
        "Member": {"Type": "AWS::ApiGateway::UsagePlanKey", "Properties": {"KeyId": {"Ref": "Key"}, "KeyType": "API_KEY", "UsagePlanId": {"Ref": "Plan"}}},
        "Permission": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {"FunctionName": arn, "Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com", "SourceArn": {"Fn::Sub": "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*/GET/*"}},
        },
    }
    template = {"Resources": resources, "Outputs": {"Id": {"Value": {"Ref": "Api"}}, "Key": {"Value": {"Ref": "Key"}}}}
    _, outputs = cloud.stack(template)
    host = f"{outputs['Id']}.execute-api.localhost"
    value = cloud.client("apigateway").get_api_key(apiKey=outputs["Key"], includeValue=True)["value"]
    assert cloud.http("GET", "/v0/x", host=host).status == 403
    got = cloud.http("GET", "/v0/x", headers={"x-api-key": value}, host=host)
    assert got.status == 200 and got.json["path"] == "/x", got
    got = cloud.http("OPTIONS", "/v0/x", host=host)
    assert (got.status, got.headers["Access-Control-Allow-Origin"]) == (204, "*"), got
