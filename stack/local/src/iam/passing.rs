//! Tests that every service asks before a caller hands it a role.

use std::sync::Arc;

use http::Method;
use serde_json::{Value, json};

use super::Principal;
use crate::cloud::Cloud;
use crate::http_types::Request;
use crate::testing::{cloud, read, request, role};

const WORKER: &str = "arn:aws:iam::000000000000:role/worker";

/// Somebody who may do everything but hand on roles, except the worker's to `service`.
async fn caller(cloud: &Arc<Cloud>, name: &str, service: &str) -> Principal {
    let passed = json!({"Effect": "Allow", "Action": "iam:PassRole", "Resource": WORKER,
        "Condition": {"StringEquals": {"iam:PassedToService": service}}});
    let arn = role(cloud, name, "lambda.amazonaws.com", passed).await;
    let document = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "NotAction": "iam:PassRole", "Resource": "*"}]});
    cloud
        .iam
        .change_role(name, |role| {
            role.policies.insert("others".to_owned(), document);
            Ok(())
        })
        .unwrap();
    cloud.iam.session_principal(&arn, "s")
}

/// What a request of `principal` is answered.
async fn ask(cloud: &Arc<Cloud>, service: &str, mut request: Request, principal: &Principal) -> String {
    request.extensions_mut().insert(principal.clone());
    let response = match service {
        "lambda" => crate::lambda::api::handle(cloud, request).await,
        "scheduler" => crate::scheduler::api::handle(cloud, request).await,
        "events" => crate::events::api::handle(cloud, request).await,
        "ecs" => crate::ecs::api::handle(cloud, request).await,
        "mediaconvert" => crate::mediaconvert::api::handle(cloud, request).await,
        "codebuild" => crate::code::build::handle(cloud, request).await,
        "codepipeline" => crate::code::pipeline::handle(cloud, request).await,
        _ => crate::apigateway::api::handle(cloud, request).await,
    };
    read(response).await.1
}

fn rest(service: &str, method: &Method, path: &str, body: &Value) -> Request {
    request(service, method.as_str(), path, &[], &body.to_string())
}

fn targeted(service: &str, target: &str, body: &Value) -> Request {
    request(service, "POST", "/", &[("x-amz-target", target)], &body.to_string())
}

/// For each service: its name, the principal that the role is handed to, and a request that hands it on.
fn requests() -> Vec<(&'static str, &'static str, Request)> {
    let function = json!({"FunctionName": "f", "Role": WORKER, "Runtime": "python3.12"});
    let schedule = json!({"Target": {"Arn": "arn:aws:sqs:us-east-1:000000000000:q", "RoleArn": WORKER}});
    let targets = json!({"Rule": "r", "Targets": [{"Id": "t", "Arn": "arn:x", "RoleArn": WORKER}]});
    let patch = json!({"patchOperations": [{"op": "replace", "path": "/cloudwatchRoleArn", "value": WORKER}]});
    vec![
        ("lambda", "lambda.amazonaws.com", rest("lambda", &Method::POST, "/2015-03-31/functions", &function)),
        (
            "lambda",
            "lambda.amazonaws.com",
            rest("lambda", &Method::PUT, "/2015-03-31/functions/f/configuration", &json!({"Role": WORKER})),
        ),
        ("scheduler", "scheduler.amazonaws.com", rest("scheduler", &Method::POST, "/schedules/s", &schedule)),
        ("events", "events.amazonaws.com", targeted("events", "AWSEvents.PutTargets", &targets)),
        (
            "events",
            "events.amazonaws.com",
            targeted("events", "AWSEvents.PutRule", &json!({"Name": "r", "RoleArn": WORKER})),
        ),
        (
            "ecs",
            "ecs-tasks.amazonaws.com",
            targeted(
                "ecs",
                "AmazonEC2ContainerServiceV20141113.CreateExpressGatewayService",
                &json!({"serviceName": "s", "executionRoleArn": WORKER}),
            ),
        ),
        (
            "mediaconvert",
            "mediaconvert.amazonaws.com",
            rest("mediaconvert", &Method::POST, "/2017-08-29/jobs", &json!({"role": WORKER, "settings": {}})),
        ),
        (
            "codebuild",
            "codebuild.amazonaws.com",
            targeted("codebuild", "CodeBuild_20161006.CreateProject", &json!({"name": "p", "serviceRole": WORKER})),
        ),
        (
            "codepipeline",
            "codepipeline.amazonaws.com",
            targeted(
                "codepipeline",
                "CodePipeline_20150709.CreatePipeline",
                &json!({"pipeline": {"name": "p", "roleArn": WORKER}}),
            ),
        ),
        ("apigateway", "apigateway.amazonaws.com", rest("apigateway", &Method::PATCH, "/account", &patch)),
        (
            "apigateway",
            "apigateway.amazonaws.com",
            rest(
                "apigateway",
                &Method::POST,
                "/v2/apis/a/integrations",
                &json!({"integrationType": "AWS_PROXY", "credentialsArn": WORKER}),
            ),
        ),
    ]
}

#[tokio::test]
async fn every_service_asks_before_it_takes_a_role() {
    let cloud = cloud();
    let other = caller(&cloud, "other", "ec2.amazonaws.com").await;
    for (service, _, request) in requests() {
        let path = request.uri().path().to_owned();
        let answer = ask(&cloud, service, request, &other).await;
        assert!(answer.contains("iam:PassRole") && answer.contains(WORKER), "{service} {path}: {answer}");
    }
    for (service, receiver, request) in requests() {
        let allowed = caller(&cloud, &receiver.replace('.', "-"), receiver).await;
        let path = request.uri().path().to_owned();
        let answer = ask(&cloud, service, request, &allowed).await;
        assert!(!answer.contains("iam:PassRole"), "{service} {path}: {answer}");
        cloud.iam.delete_role(&receiver.replace('.', "-"), true).unwrap();
    }
}
