//! `GET /_stack/health`: is it up, where, and what does it serve.

use http::StatusCode;
use serde_json::json;

use crate::cloud::Cloud;
use crate::http_types::{Response, respond};

/// Services that answer, by their endpoint names.
const SERVICES: [&str; 30] = [
    "acm",
    "apigateway",
    "cloudformation",
    "cloudfront",
    "cloudwatch",
    "codebuild",
    "codeconnections",
    "codepipeline",
    "cognito-idp",
    "dynamodb",
    "ec2",
    "ecr",
    "ecs",
    "events",
    "execute-api",
    "iam",
    "kms",
    "lambda",
    "logs",
    "mediaconvert",
    "rds",
    "route53",
    "s3",
    "scheduler",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
    "sts",
    "tagging",
];

/// Version, region, services and status.
pub(crate) fn health(cloud: &Cloud) -> Response {
    let services: serde_json::Map<_, _> = SERVICES.iter().map(|name| ((*name).to_owned(), json!("running"))).collect();
    let body = json!({
        "status": "running",
        "version": env!("CARGO_PKG_VERSION"),
        "region": cloud.region,
        "services": services,
    });
    respond(StatusCode::OK, "application/json", body.to_string())
}
