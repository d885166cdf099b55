//! Why a call to AWS, or what surrounds it, failed.

use std::fmt;
use std::path::PathBuf;

use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_types::request_id::RequestId;
use miette::Diagnostic;
use thiserror::Error;

use crate::status::StackStatus;

/// A result of this crate.
pub type Result<T, E = AwsError> = std::result::Result<T, E>;

/// A fault that the user cannot answer within the command. What can be answered is an [`Outcome`](crate::Outcome).
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum AwsError {
    /// No source of credentials answered.
    #[error("found no AWS credentials for {call}")]
    #[diagnostic(
        code("no-credentials"),
        help(
            "run `aws configure sso` or `aws login`, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile with `--profile`; `--local` deploys into the local cloud and needs none"
        )
    )]
    NoCredentials {
        /// The call that needed them.
        call: Box<Call>,
        /// What the credential chain said.
        reason: String,
    },
    /// The credentials were valid once.
    #[error("the AWS credentials have expired: {call}")]
    #[diagnostic(
        code("expired-credentials"),
        help(
            "get new ones (`aws sso login`, with `--profile` where you use one), then run the same command again; an operation that CloudFormation has begun goes on without you"
        )
    )]
    ExpiredCredentials {
        /// The refused call.
        call: Box<Call>,
    },
    /// The credentials are valid but may not do this.
    #[error("access denied: {call}")]
    #[diagnostic(
        code("access-denied"),
        help(
            "the policy of the caller must allow the action that the message names; `aws sts get-caller-identity` tells who the caller is, `stack doctor` which actions are missing"
        )
    )]
    AccessDenied {
        /// The refused call.
        call: Box<Call>,
    },
    /// No answer: no connection, or none in time, after all retries.
    #[error("no answer from {call}")]
    #[diagnostic(
        code("unreachable"),
        help(
            "check the network, a proxy and the region; for `--local`, start the local cloud with `stack local start`"
        )
    )]
    Unreachable {
        /// The call without an answer.
        call: Box<Call>,
    },
    /// The service refused the call.
    #[error("{call}")]
    #[diagnostic(code("refused"), help("nothing more was done; the request id helps AWS support to find the call"))]
    Refused {
        /// The refused call.
        call: Box<Call>,
    },
    /// An answer lacks what the service promises.
    #[error("{service} {operation} answered without {missing}")]
    #[diagnostic(
        code("incomplete-answer"),
        help("is the endpoint a full implementation of the service? (`--endpoint-url`)")
    )]
    IncompleteAnswer {
        /// Service.
        service: &'static str,
        /// Operation.
        operation: &'static str,
        /// What is missing, in the service's words.
        missing: &'static str,
    },
    /// The account of the credentials is not the one that the plan was made for.
    #[error("the credentials belong to account `{actual}`, the plan was made for account `{planned}`")]
    #[diagnostic(
        code("wrong-account"),
        help("choose the right profile with `--profile`, or run the command again to plan for `{actual}`")
    )]
    WrongAccount {
        /// Account of the plan.
        planned: String,
        /// Account of the credentials.
        actual: String,
    },
    /// The artifact bucket's name is held by another account, or the caller may not see it.
    #[error("artifact bucket `{bucket}` belongs to another account or may not be read")]
    #[diagnostic(
        code("artifact-bucket-not-ours"),
        help("nothing was uploaded; check that the caller may use s3:ListBucket on it, and who owns it")
    )]
    ArtifactBucketNotOurs {
        /// Bucket name.
        bucket: String,
    },
    /// The stack of the artifact bucket could not be created.
    #[error("stack `stack-artifacts`, which holds the artifact bucket, is in status `{status}`: {reason}")]
    #[diagnostic(
        code("artifact-bucket-failed"),
        help(
            "mend the reason, delete that stack with `aws cloudformation delete-stack --stack-name stack-artifacts`, and run the command again"
        )
    )]
    ArtifactBucketFailed {
        /// Status of the stack.
        status: String,
        /// First reason that CloudFormation gave.
        reason: String,
    },
    /// A function of the plan was not built.
    #[error("function `{function}` has no built zip")]
    #[diagnostic(code("not-built"), help("run `stack build`"))]
    NotBuilt {
        /// Function name in the project file.
        function: String,
    },
    /// The template cannot be sent.
    #[error("the template has {bytes} bytes, CloudFormation takes {limit}")]
    #[diagnostic(code("template-too-large"), help("split the project into two stacks"))]
    TemplateTooLarge {
        /// Size in bytes.
        bytes: usize,
        /// Limit in bytes.
        limit: usize,
    },
    /// The template cannot be written as JSON.
    #[error("the template cannot be written as JSON")]
    #[diagnostic(code("template-not-json"), help("run `stack render` to see it"))]
    TemplateNotJson {
        /// What the serializer said.
        #[source]
        source: serde_json::Error,
    },
    /// The template of a deployed stack cannot be read, so nobody can say what would stay when the stack goes.
    #[error("cannot read the deployed template of stack `{stack}`: {reason}")]
    #[diagnostic(
        code("unreadable-template"),
        help("the stack was not deployed by this program? `aws cloudformation delete-stack` deletes it")
    )]
    UnreadableTemplate {
        /// Name of the stack.
        stack: String,
        /// What the reader said.
        reason: String,
    },
    /// Resources were named that a rollback is to skip, and the stack is not in the middle of one.
    #[error("stack `{stack}` is in {status}: there is no rollback that could skip resources")]
    #[diagnostic(
        code("nothing-to-skip"),
        help(
            "nothing was done; only a rollback that failed (UPDATE_ROLLBACK_FAILED) goes on without some resources: leave `--skip` out"
        )
    )]
    NothingToSkip {
        /// Stack name.
        stack: String,
        /// Its status.
        status: StackStatus,
    },
    /// The function that is to be invoked does not exist.
    #[error("there is no function `{function}` in {region}")]
    #[diagnostic(code("function-absent"), help("`stack deploy` creates it; `stack status` says how the stack stands"))]
    FunctionAbsent {
        /// Name in Lambda.
        function: String,
        /// AWS region.
        region: String,
    },
    /// The stack of this name was deployed for another project, environment or suffix.
    #[error("stack `{stack}` in {region} belongs to {owner}, not to {ours}")]
    #[diagnostic(
        code("foreign-stack"),
        help(
            "nothing was changed; two projects ask for one stack name, so give this one another project name or suffix. If it is the same project under a new name, give the stack the new tags `stack:project`, `stack:environment` and `stack:suffix` first (`aws cloudformation update-stack --use-previous-template --tags ...`)"
        )
    )]
    ForeignStack {
        /// Name of the stack.
        stack: String,
        /// AWS region.
        region: String,
        /// Project, environment and suffix that its tags name.
        owner: String,
        /// Project, environment and suffix of the plan.
        ours: String,
    },
    /// A stack beside the main one was deployed and lacks an output that the main one needs.
    #[error("stack `{stack}` in {region} has no output `{output}`, which the main stack needs as a parameter")]
    #[diagnostic(code("missing-output"), help("nothing more was done; run `stack render` to see both templates"))]
    MissingOutput {
        /// Name of the stack.
        stack: String,
        /// AWS region.
        region: String,
        /// Key of the output.
        output: String,
    },
    /// S3 refuses notifications that overlap with foreign ones of the same bucket.
    #[error("notifications of bucket `{bucket}` overlap with others that it has: {pairs}")]
    #[diagnostic(
        code("notifications-overlap"),
        help(
            "the stack is deployed, these notifications are not; give the events another `prefix`, `suffix` or `on`, or take the other entries out of the bucket's configuration (`aws s3api get-bucket-notification-configuration` shows it), then run `stack deploy` again"
        )
    )]
    NotificationsOverlap {
        /// Bucket name.
        bucket: String,
        /// Our id with the foreign one, each pair.
        pairs: String,
    },
    /// Somebody else writes the notification configuration of a bucket again and again.
    #[error("the notification configuration of bucket `{bucket}` changes while it is written")]
    #[diagnostic(
        code("notifications-keep-changing"),
        help("find out who else writes it, and run the same command again when that is over")
    )]
    NotificationsKeepChanging {
        /// Bucket name.
        bucket: String,
    },
    /// A local file cannot be read.
    #[error("cannot read `{path}`", path = path.display())]
    #[diagnostic(code("unreadable-file"), help("check that it exists and may be read"))]
    UnreadableFile {
        /// The file or directory.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// A file name cannot be an object key.
    #[error("file name `{path}` is not UTF-8 and cannot be an object key", path = path.display())]
    #[diagnostic(code("unusable-file-name"), help("rename the file"))]
    UnusableFileName {
        /// The file.
        path: PathBuf,
    },
    /// A drift detection that does not end.
    #[error("the drift detection of stack `{stack}` has not ended")]
    #[diagnostic(
        code("drift-unfinished"),
        help(
            "it goes on in CloudFormation and changes nothing; run `stack drift` again, or look with `aws cloudformation describe-stack-resource-drifts --stack-name {stack}`"
        )
    )]
    DriftUnfinished {
        /// Name of the stack.
        stack: String,
    },
    /// A function did not take its new code.
    #[error("function `{function}` did not take its new code: {reason}")]
    #[diagnostic(code("function-update-failed"), help("run `stack deploy` to bring it back to what the template says"))]
    FunctionUpdateFailed {
        /// Physical function name.
        function: String,
        /// Reason that Lambda gave.
        reason: String,
    },
}

/// One refused or unanswered call: service, operation, and what came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Service (`CloudFormation`).
    pub service: &'static str,
    /// Operation (`CreateChangeSet`).
    pub operation: &'static str,
    /// Error code of the service, where there was an answer.
    pub code: Option<String>,
    /// Message of the service, or of the connection.
    pub message: String,
    /// HTTP status of the answer, where there was one.
    pub status: Option<u16>,
    /// Request id, where there was an answer.
    pub request_id: Option<String>,
}

impl fmt::Display for Call {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.service, self.operation)?;
        if let Some(code) = &self.code {
            write!(formatter, ": `{code}`")?;
        }
        if !self.message.is_empty() {
            write!(formatter, ": {}", self.message)?;
        }
        if let Some(request_id) = &self.request_id {
            write!(formatter, " (request id {request_id})")?;
        }
        Ok(())
    }
}

impl AwsError {
    /// The call that failed, where it was a call.
    #[must_use]
    pub fn call(&self) -> Option<&Call> {
        match self {
            Self::NoCredentials { call, .. }
            | Self::ExpiredCredentials { call }
            | Self::AccessDenied { call }
            | Self::Unreachable { call }
            | Self::Refused { call } => Some(call),
            _ => None,
        }
    }

    /// True when the service answered with this error code.
    pub(crate) fn has_code(&self, code: &str) -> bool {
        self.call().and_then(|call| call.code.as_deref()) == Some(code)
    }

    /// True when the service answered with one of these error codes.
    pub(crate) fn has_any_code(&self, codes: &[&str]) -> bool {
        codes.iter().any(|code| self.has_code(code))
    }

    /// True when the service answered with this HTTP status.
    pub(crate) fn has_status(&self, status: u16) -> bool {
        self.call().and_then(|call| call.status) == Some(status)
    }

    /// True when the message of the service contains these words.
    pub(crate) fn says(&self, words: &str) -> bool {
        self.call().is_some_and(|call| call.message.contains(words))
    }
}

/// Codes of a session that is over.
const EXPIRED: [&str; 5] =
    ["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired", "SSOTokenExpired"];
/// Codes of a caller that may not.
const DENIED: [&str; 8] = [
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "AuthorizationError",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "InvalidAccessKeyId",
    "UnrecognizedClientException",
];

/// Turns the SDK's error of one call into ours; to be given to `map_err`.
pub(crate) fn failed<E>(
    service: &'static str,
    operation: &'static str,
) -> impl FnOnce(SdkError<E, HttpResponse>) -> AwsError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    move |error| {
        let status = error.raw_response().map(|response| response.status().as_u16());
        let request_id = error.request_id().map(str::to_owned);
        let code = error.as_service_error().and_then(|error| error.code()).map(str::to_owned);
        let message = match error.as_service_error() {
            Some(service_error) => service_error.message().unwrap_or_default().to_owned(),
            None => DisplayErrorContext(&error).to_string(),
        };
        let answered = matches!(error, SdkError::ServiceError(_));
        let mut call = Box::new(Call { service, operation, code, message, status, request_id });
        if !answered {
            return unanswered(&error, call);
        }
        match call.code.as_deref() {
            Some(code) if EXPIRED.contains(&code) => AwsError::ExpiredCredentials { call },
            Some(code) if DENIED.contains(&code) => AwsError::AccessDenied { call },
            Some(_) => AwsError::Refused { call },
            None => {
                // Answers to HEAD requests have no body: the status is all there is.
                if call.message.is_empty() {
                    call.message = format!("HTTP status {}", status.unwrap_or_default());
                }
                if status == Some(403) { AwsError::AccessDenied { call } } else { AwsError::Refused { call } }
            }
        }
    }
}

/// The error of a call that brought no answer of the service: credentials, connection, time.
fn unanswered<E>(error: &SdkError<E, HttpResponse>, mut call: Box<Call>) -> AwsError
where
    E: std::error::Error + Send + Sync + 'static,
{
    let chain = call.message.clone();
    let about_credentials = chain.contains("CredentialsNotLoaded")
        || chain.contains("ProviderError")
        || chain.contains("InvalidConfiguration")
        || chain.contains("credentials")
        || chain.contains("TokenResolution");
    if matches!(error, SdkError::ResponseError(_) | SdkError::TimeoutError(_)) || !about_credentials {
        return AwsError::Unreachable { call };
    }
    call.message = String::new();
    if chain.contains("expired") {
        return AwsError::ExpiredCredentials { call };
    }
    AwsError::NoCredentials { call, reason: chain }
}
