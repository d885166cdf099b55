//! Which service a request is for.

use std::sync::Arc;

use futures::FutureExt as _;
use http::StatusCode;
use http_body_util::BodyExt as _;

use crate::cloud::Cloud;
use crate::http_types::{Request, Response, respond};
use crate::requests::Recording;
use crate::wire::{Protocol, ServiceError};
use crate::{
    acm, apigateway, cloudformation, cloudfront, cloudwatch, code, cognito, console, dynamodb, ec2, ecr, ecs, events,
    execute_api, iam, kms, lambda, logs, mediaconvert, rds, route53, s3, scheduler, secrets_manager, sns, sqs, ssm,
    sts, tagging, wire,
};

/// Declares [`Destination`]: one line for each service, with the name that its clients sign for, the protocol in which
/// signatures are checked here (`none` for what checks its own or needs none), the prefix of its `x-amz-target`, and who answers.
macro_rules! destinations {
    ($($(#[$attribute:meta])* $destination:ident: [$($signed:literal),*], $protocol:ident, [$($target:literal),*], $handle:path;)*) => {
        /// Where a request goes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        enum Destination {
            $($(#[$attribute])* $destination,)*
        }

        impl Destination {
            /// The service of a name in a credential scope.
            fn signed(service: &str) -> Option<Self> {
                match service {
                    $($($signed => Some(Self::$destination),)*)*
                    _ => None,
                }
            }

            /// The service of an `x-amz-target`.
            fn targeted(target: &str) -> Option<Self> {
                $($(if target.starts_with($target) { return Some(Self::$destination); })*)*
                None
            }

            /// The protocol of a service whose signatures are checked here; `None` for what checks its own (S3) or needs none.
            fn signed_protocol(self) -> Option<Protocol> {
                match self {
                    $(Self::$destination => destinations!(@protocol $protocol),)*
                }
            }

            /// What the list of requests calls it.
            fn service(self) -> &'static str {
                match self {
                    $(Self::$destination => destinations!(@name $destination $($signed),*),)*
                }
            }

            async fn answer(self, cloud: &Arc<Cloud>, request: Request) -> Response {
                match self {
                    $(Self::$destination => $handle(cloud, request).await,)*
                }
            }
        }
    };
    (@name Console) => { "console" };
    (@name Distribution) => { "distribution" };
    (@name Website) => { "website" };
    (@name SignInPages) => { "sign-in pages" };
    (@name Signals) => { "signals" };
    (@name FunctionAddress) => { "function url" };
    (@name $destination:ident $name:literal $(, $other:literal)*) => { $name };
    (@protocol none) => { None };
    (@protocol $protocol:ident) => { Some(Protocol::$protocol) };
}

destinations! {
    /// Health, console page and what it reads: `/_stack/...`.
    Console: [], none, [], console::handle;
    /// The data plane of a distribution, by Host or by `/_stack/cloudfront/<id>/...`.
    Distribution: [], none, [], cloudfront::data_plane::handle;
    /// Buckets as websites, by Host or by `/_stack/s3-website/<bucket>/...`.
    Website: [], none, [], s3::website::handle;
    Acm: ["acm"], Json, ["CertificateManager."], acm::api::handle;
    ApiGateway: ["apigateway"], RestJson, [], apigateway::api::handle;
    /// Sign-in pages, keys and discovery of user pools.
    SignInPages: [], none, [], cognito::hosted::handle;
    CloudFormation: ["cloudformation"], Query, [], cloudformation::api::handle;
    /// Answers of custom resources and signals: `/_stack/cloudformation/...`.
    Signals: [], none, [], cloudformation::signals::handle;
    CloudFront: ["cloudfront"], RestXml, [], cloudfront::api::handle;
    DynamoDb: ["dynamodb"], Json10, ["DynamoDB_20120810.", "DynamoDBStreams_20120810."], dynamodb::api::handle;
    CloudWatch: ["monitoring"], Query, ["GraniteServiceVersion20100801."], cloudwatch::api::handle;
    Events: ["events"], Json, ["AWSEvents."], events::api::handle;
    CodeBuild: ["codebuild"], Json, ["CodeBuild_20161006."], code::build::handle;
    CodeConnections: ["codeconnections", "codestar-connections"], Json10, ["com.amazonaws.codeconnections.", "com.amazonaws.codestar.connections."], code::connections::handle;
    CodePipeline: ["codepipeline"], Json, ["CodePipeline_20150709."], code::pipeline::handle;
    Ec2: ["ec2"], Ec2, [], ec2::api::handle;
    Ecr: ["ecr"], Json, ["AmazonEC2ContainerRegistry_V20150921."], ecr::api::handle;
    Ecs: ["ecs"], Json, ["AmazonEC2ContainerServiceV20141113."], ecs::api::handle;
    /// The data plane of APIs, by Host, by `/_stack/execute-api/<id>/...` or by a custom domain.
    ExecuteApi: ["execute-api"], none, [], execute_api::handle;
    /// Checks signatures itself: what users do for themselves has none.
    Cognito: ["cognito-idp"], none, ["AWSCognitoIdentityProviderService."], cognito::api::handle;
    Iam: ["iam"], Query, [], iam::api::handle;
    Kms: ["kms"], Json, ["TrentService."], kms::api::handle;
    /// Function URLs, by Host or by `/_stack/lambda-url/<id>/...`, and packages of functions.
    FunctionAddress: [], none, [], lambda::address::handle;
    Lambda: ["lambda"], RestJson, [], lambda::api::handle;
    Logs: ["logs"], Json, ["Logs_20140328."], logs::api::handle;
    MediaConvert: ["mediaconvert"], RestJson, [], mediaconvert::api::handle;
    Rds: ["rds"], Query, [], rds::api::handle;
    Route53: ["route53"], RestXml, [], route53::api::handle;
    S3: ["s3"], none, [], s3::api::handle;
    Scheduler: ["scheduler"], RestJson, [], scheduler::api::handle;
    SecretsManager: ["secretsmanager"], Json, ["secretsmanager."], secrets_manager::api::handle;
    Sns: ["sns"], Query, [], sns::api::handle;
    Sqs: ["sqs"], Json10, ["AmazonSQS."], sqs::api::handle;
    Ssm: ["ssm"], Json, ["AmazonSSM."], ssm::api::handle;
    Tagging: ["tagging"], Json, ["ResourceGroupsTaggingAPI_20170126."], tagging::handle;
    Sts: ["sts"], none, [], sts::handle;
}

/// Answers one request. Never panics outward: a panic of a service becomes that request's 500.
pub(crate) async fn route(cloud: Arc<Cloud>, request: http::Request<hyper::body::Incoming>) -> Response {
    let mut request = request.map(|body| body.map_err(Into::into).boxed_unsync());
    if let Some(refusal) = refuse_foreign(&cloud, &request) {
        return refusal;
    }
    let by_alias = host(&request).is_some_and(|host| cloud.cloudfront.is_alias(&host));
    let destination = if by_alias { Destination::Distribution } else { destination(&cloud, &request) };
    tracing::debug!(method = %request.method(), uri = %request.uri(), ?destination, "request");
    // The console's own requests would bury those that somebody looks for.
    let recording = (destination != Destination::Console)
        .then(|| Recording::begin(destination.service(), destination == Destination::Signals, &mut request));
    let response = match std::panic::AssertUnwindSafe(answer(&cloud, destination, request)).catch_unwind().await {
        Ok(response) => response,
        Err(_panic) => {
            tracing::error!("a service panicked while answering a request");
            Protocol::Query
                .render_error(&ServiceError::internal("the local cloud failed to answer; this is a fault of it"))
        }
    };
    if let Some(recording) = recording {
        cloud.requests.end(recording, &response);
    }
    response
}

async fn answer(cloud: &Arc<Cloud>, destination: Destination, request: Request) -> Response {
    let request = match destination.signed_protocol() {
        Some(protocol) if !sns::api::is_public(&request) => {
            let protocol = wire::spoken(&request, protocol);
            match wire::authenticate(&cloud.iam, request, protocol).await {
                Ok(request) => request,
                Err(refusal) => return protocol.render_error(&refusal),
            }
        }
        _ => request,
    };
    destination.answer(cloud, request).await
}

/// Refuses requests that a web page of another origin sends through the user's browser (DNS rebinding).
///
/// The Host must be an IP address, `localhost` or a name under `.localhost`, or an AWS name that resolves here because the
/// client was told so. An Origin header is left to the services' CORS rules, but the console takes only its own.
fn refuse_foreign(cloud: &Cloud, request: &Request) -> Option<Response> {
    let host = host(request)?;
    let bare = host.rsplit_once(':').map_or(host.as_str(), |(name, port)| {
        if port.bytes().all(|byte| byte.is_ascii_digit()) { name } else { host.as_str() }
    });
    let is_local = bare == "localhost"
        || bare.ends_with(".localhost")
        || bare.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>().is_ok()
        || bare.ends_with(".amazonaws.com")
        || bare.ends_with(".cloudfront.net")
        || cloud.cloudfront.is_alias(&host)
        || cloud.execute_api.domains.contains(bare)
        || lambda::address::is_host(bare);
    let origin_is_own = request.headers().get(http::header::ORIGIN).is_none_or(|origin| {
        !request.uri().path().starts_with("/_stack/")
            || request.uri().path().starts_with(cloudfront::address::PREFIX)
            || request.uri().path().starts_with(s3::website::PREFIX)
            || request.uri().path().starts_with(lambda::address::PREFIX)
            || request.uri().path().starts_with(execute_api::address::PREFIX)
            || request.uri().path().starts_with(cognito::hosted::PREFIX)
            || origin.to_str().is_ok_and(|origin| origin == cloud.url || origin == format!("http://{host}"))
    });
    (!is_local || !origin_is_own).then(|| {
        respond(
            StatusCode::FORBIDDEN,
            "text/plain; charset=utf-8",
            "this host or origin is not allowed to use the local cloud\n",
        )
    })
}

/// The Host of a request, lower case.
pub(crate) fn host(request: &Request) -> Option<String> {
    request
        .headers()
        .get(http::header::HOST)
        .and_then(|value| value.to_str().ok())
        .or_else(|| request.uri().authority().map(http::uri::Authority::as_str))
        .map(str::to_ascii_lowercase)
}

fn destination(cloud: &Cloud, request: &Request) -> Destination {
    let path = request.uri().path();
    if path.starts_with("/_stack/sns/") {
        return Destination::Sns;
    }
    if path.starts_with(cloudformation::signals::PREFIX) {
        return Destination::Signals;
    }
    if path.starts_with(cloudfront::address::PREFIX) {
        return Destination::Distribution;
    }
    if path.starts_with(cognito::hosted::PREFIX) || cognito::hosted::is_well_known(path) {
        return Destination::SignInPages;
    }
    if s3::website::bucket_of_path(path).is_some() {
        return Destination::Website;
    }
    if path.starts_with(lambda::address::PREFIX) || path.starts_with(lambda::address::CODE_PREFIX) {
        return Destination::FunctionAddress;
    }
    let host = host(request).unwrap_or_default();
    let labels = host.split(':').next().unwrap_or_default();
    if execute_api::is_addressed(cloud, labels, path) {
        return Destination::ExecuteApi;
    }
    if path == "/_stack" || path.starts_with("/_stack/") {
        return Destination::Console;
    }
    if labels.ends_with(".cloudfront.localhost") || labels.ends_with(".cloudfront.net") {
        return Destination::Distribution;
    }
    if s3::website::bucket_of_host(labels).is_some() {
        return Destination::Website;
    }
    if lambda::address::is_host(labels) {
        return Destination::FunctionAddress;
    }
    if labels.ends_with(".s3.localhost") || labels.contains(".s3.") {
        return Destination::S3;
    }
    if let Some(service) = signed_service(request) {
        return Destination::signed(&service).unwrap_or(Destination::S3);
    }
    // Unsigned requests of services that allow them, and clients told not to sign.
    if path.starts_with("/2015-03-31/functions") {
        return Destination::Lambda;
    }
    let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok());
    if let Some(destination) = target.and_then(Destination::targeted) {
        return destination;
    }
    if sns::api::is_public(request) {
        return Destination::Sns;
    }
    if path == "/" && request.method() == http::Method::GET && accepts_html(request) {
        return Destination::Console;
    }
    // Whoever enters a role with an identity provider's token has no keys to sign with. S3 takes no such form.
    let is_form = request
        .headers()
        .get(http::header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    if path == "/" && request.method() == http::Method::POST && is_form {
        return Destination::Sts;
    }
    Destination::S3
}

fn accepts_html(request: &Request) -> bool {
    request
        .headers()
        .get(http::header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

/// The service in the credential scope of a Signature Version 4 header or query.
fn signed_service(request: &Request) -> Option<String> {
    let header = request.headers().get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let scope = if let Some(header) = header {
        header.split("Credential=").nth(1)?.split([',', ' ']).next()?.to_owned()
    } else {
        let query = request.uri().query()?;
        let value = query.split('&').find_map(|pair| pair.strip_prefix("X-Amz-Credential="))?;
        wire::percent_decode(value)?
    };
    // <access key>/<date>/<region>/<service>/aws4_request
    scope.rsplit('/').nth(1).map(str::to_owned)
}
