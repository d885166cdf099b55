//! Tokens of user pools of this cloud at the authorizers of APIs. No listener runs in these tests, so that keys which were
//! asked for over HTTP could not be had.

use serde_json::{Value, json};

use super::apis::backend;
use super::*;
use crate::testing::{read, request};

const TEMPLATE: &str = r#"
Resources:
  Users: {Type: AWS::Cognito::UserPool, Properties: {UserPoolName: users, AutoVerifiedAttributes: [email], UsernameAttributes: [email]}}
  Client: {Type: AWS::Cognito::UserPoolClient, Properties: {UserPoolId: !Ref Users, ClientName: web, ExplicitAuthFlows: [ALLOW_USER_PASSWORD_AUTH, ALLOW_REFRESH_TOKEN_AUTH]}}
  Others: {Type: AWS::Cognito::UserPool, Properties: {UserPoolName: others, AutoVerifiedAttributes: [email], UsernameAttributes: [email]}}
  OtherClient: {Type: AWS::Cognito::UserPoolClient, Properties: {UserPoolId: !Ref Others, ClientName: web, ExplicitAuthFlows: [ALLOW_USER_PASSWORD_AUTH, ALLOW_REFRESH_TOKEN_AUTH]}}
  Http: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: http, ProtocolType: HTTP}}
  Backend: {Type: AWS::ApiGatewayV2::Integration, Properties: {ApiId: !Ref Http, IntegrationType: HTTP_PROXY, IntegrationMethod: ANY, IntegrationUri: BACKEND/echo, PayloadFormatVersion: '1.0'}}
  Tokens:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Http
      Name: tokens
      AuthorizerType: JWT
      IdentitySource: ['$request.header.Authorization']
      JwtConfiguration: {Issuer: !Sub 'https://cognito-idp.${AWS::Region}.amazonaws.com/${Users}', Audience: [!Ref Client, !Ref OtherClient]}
  Route: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Http, RouteKey: 'GET /me', Target: !Sub 'integrations/${Backend}', AuthorizationType: JWT, AuthorizerId: !Ref Tokens}}
  HttpStage: {Type: AWS::ApiGatewayV2::Stage, DependsOn: [Route], Properties: {ApiId: !Ref Http, StageName: $default, AutoDeploy: true}}
  Rest: {Type: AWS::ApiGateway::RestApi, Properties: {Name: rest}}
  Pools: {Type: AWS::ApiGateway::Authorizer, Properties: {RestApiId: !Ref Rest, Name: pools, Type: COGNITO_USER_POOLS, IdentitySource: method.request.header.Authorization, ProviderARNs: [!GetAtt Users.Arn]}}
  Get:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Rest
      ResourceId: !GetAtt Rest.RootResourceId
      HttpMethod: GET
      AuthorizationType: COGNITO_USER_POOLS
      AuthorizerId: !Ref Pools
      MethodResponses: [{StatusCode: '200'}]
      Integration: {Type: MOCK, RequestTemplates: {application/json: '{"statusCode": 200}'}, IntegrationResponses: [{StatusCode: '200'}]}
  Deployment: {Type: AWS::ApiGateway::Deployment, DependsOn: [Get], Properties: {RestApiId: !Ref Rest}}
  RestStage: {Type: AWS::ApiGateway::Stage, Properties: {RestApiId: !Ref Rest, StageName: v1, DeploymentId: !Ref Deployment}}
Outputs:
  HttpId: {Value: !Ref Http}
  RestId: {Value: !Ref Rest}
  ClientId: {Value: !Ref Client}
  OtherClientId: {Value: !Ref OtherClient}
"#;

async fn call(world: &World, operation: &str, input: Value) -> Value {
    let target = format!("AWSCognitoIdentityProviderService.{operation}");
    let request = request("cognito-idp", "POST", "/", &[("x-amz-target", &target)], &input.to_string());
    let (status, body) = read(crate::cognito::api::handle(&world.cloud, request).await).await;
    assert_eq!(status, 200, "{operation}: {body}");
    serde_json::from_str(&body).unwrap_or_default()
}

/// Signs somebody up with the code that came by e-mail, and in: the id token.
async fn signed_in(world: &World, client: &str) -> String {
    let (name, password) = ("ann@example.com", "Correct-Horse-1");
    call(world, "SignUp", json!({"ClientId": client, "Username": name, "Password": password})).await;
    let code = world.cloud.sns.mails()[0].body.rsplit(' ').next().unwrap().to_owned();
    call(world, "ConfirmSignUp", json!({"ClientId": client, "Username": name, "ConfirmationCode": code})).await;
    let parameters = json!({"USERNAME": name, "PASSWORD": password});
    let input = json!({"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters});
    let result = call(world, "InitiateAuth", input).await;
    result["AuthenticationResult"]["IdToken"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_tokens_of_the_pool_open_a_route() {
    let (world, backend) = (World::new(), backend().await);
    let template = TEMPLATE.replace("BACKEND", &backend);
    assert_eq!(world.create(&template).await, "CREATE_COMPLETE", "{:#?}", world.events());
    let http = format!("{}.execute-api.localhost:4566", world.output(0).await);
    let rest = format!("{}.execute-api.localhost:4566", world.output(1).await);
    let own = signed_in(&world, &world.output(2).await).await;
    let other = signed_in(&world, &world.output(3).await).await;
    for (host, path) in [(http, "/me"), (rest, "/v1")] {
        let ask = async |token: &str| {
            let headers = [("host", host.as_str()), ("authorization", token)];
            world.ask("GET", path, &headers, "").await.status.as_u16()
        };
        assert_eq!(ask(&own).await, 200, "{path}");
        assert_eq!(ask(&other).await, 401, "{path}");
        // The signature counts, not only who is said to have made it.
        let (signed, _) = own.rsplit_once('.').unwrap();
        let forged = format!("{signed}.{}", other.rsplit('.').next().unwrap());
        assert_eq!(ask(&forged).await, 401, "{path}");
    }
}
