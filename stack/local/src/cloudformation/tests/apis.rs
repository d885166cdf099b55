//! APIs as templates make them: that they answer, that updates reach them, and that drift is seen.

use http::StatusCode;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::drift::found;
use super::*;
use crate::execute_api::token::tests::{keys, signed};
use crate::http_types::full;

const REST: &str = r#"
Resources:
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties:
      Name: rest
      Description: of the stack
      EndpointConfiguration: {Types: [REGIONAL]}
      BinaryMediaTypes: [image/*]
      Policy: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: '*', Action: 'execute-api:Invoke', Resource: 'execute-api:/*'}]}
      Tags: [{Key: team, Value: a}]
  Pets: {Type: AWS::ApiGateway::Resource, Properties: {RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId, PathPart: pets}}
  Pet: {Type: AWS::ApiGateway::Resource, Properties: {RestApiId: !Ref Api, ParentId: !Ref Pets, PathPart: '{id}'}}
  Model: {Type: AWS::ApiGateway::Model, Properties: {RestApiId: !Ref Api, Name: Pet, ContentType: application/json, Schema: {type: object, required: [name]}}}
  Validator: {Type: AWS::ApiGateway::RequestValidator, Properties: {RestApiId: !Ref Api, Name: body, ValidateRequestBody: true}}
  Get:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !Ref Pet
      HttpMethod: GET
      AuthorizationType: NONE
      ApiKeyRequired: true
      RequestParameters: {method.request.path.id: true}
      Integration:
        Type: MOCK
        RequestTemplates: {application/json: '{"statusCode": 200}'}
        IntegrationResponses:
          - StatusCode: '200'
            ResponseTemplates: {application/json: '{"pet": "$input.params(''id'')", "word": "WORD"}'}
            ResponseParameters: {method.response.header.X-Own: '''yes'''}
      MethodResponses: [{StatusCode: '200', ResponseParameters: {method.response.header.X-Own: false}}]
  Put:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !Ref Pets
      HttpMethod: PUT
      AuthorizationType: NONE
      RequestValidatorId: !Ref Validator
      RequestModels: {application/json: !Ref Model}
      Integration: {Type: MOCK, PassthroughBehavior: WHEN_NO_MATCH, RequestTemplates: {application/json: '{"statusCode": 200}'}, IntegrationResponses: [{StatusCode: '200'}]}
  Words:
    Type: AWS::ApiGateway::GatewayResponse
    Properties: {RestApiId: !Ref Api, ResponseType: DEFAULT_4XX, ResponseTemplates: {application/json: '{"code":"$context.error.responseType"}'}}
  DeploymentNAME: {Type: AWS::ApiGateway::Deployment, DependsOn: [Get, Put, Words], Properties: {RestApiId: !Ref Api}}
  Stage:
    Type: AWS::ApiGateway::Stage
    Properties:
      RestApiId: !Ref Api
      StageName: v0
      DeploymentId: !Ref DeploymentNAME
      MethodSettings: [{HttpMethod: '*', ResourcePath: /*, ThrottlingRateLimit: 100, ThrottlingBurstLimit: 50}, {HttpMethod: GET, ResourcePath: '/~1pets~1{id}', MetricsEnabled: true}]
  Key: {Type: AWS::ApiGateway::ApiKey, Properties: {Name: key, Enabled: true, Value: a-key-of-twenty-letters}}
  Plan: {Type: AWS::ApiGateway::UsagePlan, Properties: {UsagePlanName: plan, ApiStages: [{ApiId: !Ref Api, Stage: !Ref Stage}], Quota: {Limit: 2, Period: DAY}}}
  Member: {Type: AWS::ApiGateway::UsagePlanKey, Properties: {KeyId: !Ref Key, KeyType: API_KEY, UsagePlanId: !Ref Plan}}
  Domain: {Type: AWS::ApiGateway::DomainName, Properties: {DomainName: rest.example.com, RegionalCertificateArn: 'arn:aws:acm:eu-central-1:000000000000:certificate/x', EndpointConfiguration: {Types: [REGIONAL]}}}
  Mapping: {Type: AWS::ApiGateway::BasePathMapping, Properties: {DomainName: !Ref Domain, BasePath: shop, RestApiId: !Ref Api, Stage: !Ref Stage}}
Outputs: {Id: {Value: !Ref Api}}
"#;

const HTTP: &str = r"
Resources:
  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: http, ProtocolType: HTTP, CorsConfiguration: {AllowOrigins: ['https://a.example'], MaxAge: 5}, Tags: {team: a}}}
  Backend:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: HTTP_PROXY
      IntegrationMethod: ANY
      IntegrationUri: BACKEND/echo/{proxy}
      PayloadFormatVersion: '1.0'
      ResponseParameters: {'200': {ResponseParameters: [{Destination: 'append:header.x-new', Source: WORD}]}}
  Tokens: {Type: AWS::ApiGatewayV2::Authorizer, Properties: {ApiId: !Ref Api, Name: tokens, AuthorizerType: JWT, IdentitySource: ['$request.header.Authorization'], JwtConfiguration: {Issuer: BACKEND, Audience: [web]}}}
  Open: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: 'GET /{proxy+}', Target: !Sub 'integrations/${Backend}'}}
  Guarded: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: 'POST /{proxy+}', Target: !Sub 'integrations/${Backend}', AuthorizationType: JWT, AuthorizerId: !Ref Tokens, AuthorizationScopes: [write]}}
  Stage: {Type: AWS::ApiGatewayV2::Stage, DependsOn: [Open, Guarded], Properties: {ApiId: !Ref Api, StageName: $default, AutoDeploy: true, DefaultRouteSettings: {ThrottlingRateLimit: 1000, ThrottlingBurstLimit: 500}}}
  Domain: {Type: AWS::ApiGatewayV2::DomainName, Properties: {DomainName: http.example.com, DomainNameConfigurations: [{CertificateArn: 'arn:aws:acm:eu-central-1:000000000000:certificate/x', EndpointType: REGIONAL}]}}
  Mapping: {Type: AWS::ApiGatewayV2::ApiMapping, Properties: {DomainName: !Ref Domain, ApiId: !Ref Api, Stage: !Ref Stage}}
Outputs: {Id: {Value: !Ref Api}, Endpoint: {Value: !GetAtt Api.ApiEndpoint}}
";

/// An answer of an API: status, headers, body.
pub(super) struct Heard {
    pub(super) status: StatusCode,
    headers: http::HeaderMap,
    pub(super) body: String,
}

impl World {
    pub(super) async fn ask(&self, method: &str, uri: &str, headers: &[(&str, &str)], body: &str) -> Heard {
        let mut request = http::Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(full(body.to_owned())).unwrap();
        let response = crate::execute_api::handle(&self.cloud, request).await;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Heard { status: parts.status, headers: parts.headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    pub(super) async fn output(&self, index: usize) -> String {
        self.ok("DescribeStacks", &[("StackName", "s")]).await.fields("OutputValue")[index].clone()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rest_api_answers_as_it_was_deployed() {
    let world = World::new();
    let template = |name: &str, word: &str| REST.replace("NAME", name).replace("WORD", word);
    assert_eq!(world.create(&template("One", "first")).await, "CREATE_COMPLETE", "{:#?}", world.events());
    let id = world.output(0).await;
    let pet = format!("/_stack/execute-api/{id}/v0/pets/7");
    let key = ("x-api-key", "a-key-of-twenty-letters");

    let refused = world.ask("GET", &pet, &[], "").await;
    assert_eq!((refused.status.as_u16(), refused.body.as_str()), (403, r#"{"code":"INVALID_API_KEY"}"#));
    let heard = world.ask("GET", &pet, &[key], "").await;
    assert_eq!((heard.status.as_u16(), heard.body.as_str()), (200, r#"{"pet": "7", "word": "first"}"#));
    assert_eq!(heard.headers["x-own"], "yes");
    let heard = world.ask("GET", "/shop/pets/8", &[key, ("host", "rest.example.com")], "").await;
    assert_eq!((heard.status.as_u16(), heard.body.as_str()), (200, r#"{"pet": "8", "word": "first"}"#));
    let heard = world.ask("GET", &pet, &[key], "").await;
    assert_eq!((heard.status.as_u16(), heard.body.as_str()), (429, r#"{"code":"QUOTA_EXCEEDED"}"#));

    let pets = format!("/_stack/execute-api/{id}/v0/pets");
    let kind = ("content-type", "application/json");
    for (body, status) in [(r#"{"name": "Rex"}"#, 200), ("{}", 400)] {
        assert_eq!(world.ask("PUT", &pets, &[kind], body).await.status, status, "{body}");
    }
    let missing = world.ask("GET", &format!("/_stack/execute-api/{id}/v0/none"), &[], "").await;
    assert_eq!((missing.status.as_u16(), missing.body.as_str()), (403, r#"{"code":"MISSING_AUTHENTICATION_TOKEN"}"#));
    assert_eq!(missing.headers["x-amzn-errortype"], "MissingAuthenticationTokenException");

    // The old deployment shows the old answer: only another one shows the new one.
    let more = |text: String| text.replace("Limit: 2,", "Limit: 100,");
    assert_eq!(world.update(&more(template("One", "second"))).await, "UPDATE_COMPLETE", "{:#?}", world.events());
    assert!(world.ask("GET", &pet, &[key], "").await.body.contains("first"));
    assert_eq!(world.update(&more(template("Two", "second"))).await, "UPDATE_COMPLETE", "{:#?}", world.events());
    assert!(world.ask("GET", &pet, &[key], "").await.body.contains("second"));

    world.ok("DeleteStack", &[("StackName", "s")]).await;
    world.settle().await;
    assert_eq!(world.ask("GET", &pet, &[key], "").await.status, 403);
    assert!(!world.cloud.execute_api.domains.contains("rest.example.com"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drift_of_a_rest_api_is_seen() {
    let world = World::new();
    let template = REST.replace("NAME", "One").replace("WORD", "first");
    assert_eq!(world.create(&template).await, "CREATE_COMPLETE", "{:#?}", world.events());
    let lines = found(&world, "s").await;
    assert_eq!(lines[0], "IN_SYNC 0", "{lines:#?}");
    assert_eq!(lines.len(), 16, "one for every resource, and the stack: {lines:#?}");

    let id = world.output(0).await;
    let service = &world.cloud.apigateway;
    let api =
        json!({"Name": "rest", "Description": "of somebody else", "EndpointConfiguration": {"Types": ["REGIONAL"]}});
    world.put_by_service("AWS::ApiGateway::RestApi", &id, &json!({}), &api).await;
    let stage = json!({"RestApiId": id, "StageName": "v0", "Variables": {"a": "b"}});
    let deployment =
        world.ok("DescribeStackResource", &[("StackName", "s"), ("LogicalResourceId", "DeploymentOne")]).await;
    let mut other = stage.clone();
    other["DeploymentId"] = json!(deployment.field("PhysicalResourceId"));
    world.put_by_service("AWS::ApiGateway::Stage", "v0", &stage, &other).await;
    assert!(service.has_stage(&id, "v0"));
    let lines = found(&world, "s").await.join("\n");
    insta::assert_snapshot!(lines);
}

/// A server that has the keys of an issuer and tells what path it was asked for.
pub(super) async fn backend() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.windows(4).any(|window| window == b"\r\n\r\n") {
                let mut part = [0; 1024];
                let read = stream.read(&mut part).await.unwrap();
                head.extend_from_slice(&part[..read]);
                if read == 0 {
                    break;
                }
            }
            let head = String::from_utf8(head).unwrap();
            let path = head.split(' ').nth(1).unwrap_or_default();
            let (status, body) = match path {
                "/.well-known/openid-configuration" => ("404 Not Found", String::new()),
                "/.well-known/jwks.json" => ("200 OK", keys().to_string()),
                path => ("200 OK", path.to_owned()),
            };
            let length = body.len();
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    format!("http://{address}")
}

fn token(issuer: &str, changes: &Value) -> String {
    let now = time::OffsetDateTime::now_utc().unix_timestamp();
    let mut claims = json!({"iss": issuer, "aud": "web", "exp": now + 600, "scope": "read write"});
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    format!("Bearer {}", signed(&json!({"alg": "RS256", "kid": "k1"}), &claims))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_http_api_answers_checks_tokens_and_changes() {
    let (world, backend) = (World::new(), backend().await);
    let template = |word: &str| HTTP.replace("BACKEND", &backend).replace("WORD", word);
    assert_eq!(world.create(&template("first")).await, "CREATE_COMPLETE", "{:#?}", world.events());
    let id = world.output(0).await;
    assert_eq!(world.output(1).await, format!("https://{id}.execute-api.eu-central-1.amazonaws.com"));
    let host = format!("{id}.execute-api.localhost:4566");
    let host = ("host", host.as_str());

    let heard = world.ask("GET", "/a/b?x=1", &[host, ("origin", "https://a.example")], "").await;
    assert_eq!((heard.status.as_u16(), heard.body.as_str()), (200, "/echo/a/b?x=1"));
    assert_eq!(heard.headers["x-new"], "first");
    assert_eq!(heard.headers["access-control-allow-origin"], "https://a.example");
    assert_eq!(world.ask("GET", "/a", &[("host", "http.example.com")], "").await.body, "/echo/a");
    assert_eq!(world.ask("PUT", "/a", &[host], "").await.status, 404);
    let preflight = [host, ("origin", "https://a.example"), ("access-control-request-method", "GET")];
    assert_eq!(world.ask("OPTIONS", "/a", &preflight, "").await.headers["access-control-max-age"], "5");

    for (token, status, challenge) in [
        (token(&backend, &json!({})), 200, ""),
        (token(&backend, &json!({"aud": "other"})), 401, "invalid_token"),
        (token(&backend, &json!({"exp": 1})), 401, "expired"),
        (token("https://other.example", &json!({})), 401, "issuer"),
        (token(&backend, &json!({"scope": "read"})), 403, "insufficient_scope"),
        ("Bearer x.y.z".to_owned(), 401, "invalid_token"),
        (String::new(), 401, "Bearer"),
    ] {
        let heard = world.ask("POST", "/a", &[host, ("authorization", &token)], "").await;
        assert_eq!(heard.status, status, "{token}");
        let found = heard.headers.get("www-authenticate").map(|value| value.to_str().unwrap()).unwrap_or_default();
        assert!(found.contains(challenge), "{found}");
    }

    let changed = template("second").replace("MaxAge: 5", "MaxAge: 6");
    assert_eq!(world.update(&changed).await, "UPDATE_COMPLETE", "{:#?}", world.events());
    assert_eq!(world.ask("GET", "/a", &[host], "").await.headers["x-new"], "second");
    assert_eq!(world.ask("OPTIONS", "/a", &preflight, "").await.headers["access-control-max-age"], "6");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drift_of_an_http_api_is_seen() {
    let world = World::new();
    let template = HTTP.replace("BACKEND", "http://127.0.0.1:1").replace("WORD", "first");
    assert_eq!(world.create(&template).await, "CREATE_COMPLETE", "{:#?}", world.events());
    let lines = found(&world, "s").await;
    assert_eq!(lines[0], "IN_SYNC 0", "{lines:#?}");
    assert_eq!(lines.len(), 9, "one for every resource, and the stack: {lines:#?}");
    let id = world.output(0).await;
    let other =
        json!({"Name": "http", "ProtocolType": "HTTP", "CorsConfiguration": {"AllowOrigins": ["*"], "MaxAge": 5}});
    world.put_by_service("AWS::ApiGatewayV2::Api", &id, &json!({"ProtocolType": "HTTP"}), &other).await;
    let stage = json!({"ApiId": id, "StageName": "$default", "AutoDeploy": true});
    world.put_by_service("AWS::ApiGatewayV2::Stage", "$default", &stage, &stage).await;
    let lines = found(&world, "s").await.join("\n");
    insta::assert_snapshot!(lines);
}
