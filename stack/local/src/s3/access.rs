//! Who may do what: callers with keys what their roles and the bucket's policy say, anyone else what the policy says.

use std::sync::Arc;

use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::dto::{
    CopyObjectInput, CopySource, DeleteObjectsInput, PostObjectInput, PublicAccessBlockConfiguration,
    UploadPartCopyInput,
};
use s3s::path::S3Path;
use s3s::{S3Error, S3ErrorCode, S3Request, S3Result};
use serde_json::Value;
use time::OffsetDateTime;

use super::actions::{Subject, action, subject};
use super::store::Kind;
use crate::cloud::Cloud;
use crate::iam::resource_policy::{Caller, allows};
use crate::iam::{Access, Principal};
use crate::requests::Note;
use crate::wire::form_decode;

/// Headers and parameters of a request that policies have conditions on.
const CONDITION_HEADERS: [&str; 5] = [
    "x-amz-acl",
    "x-amz-copy-source",
    "x-amz-metadata-directive",
    "x-amz-server-side-encryption",
    "x-amz-storage-class",
];
const CONDITION_PARAMETERS: [&str; 3] = ["prefix", "delimiter", "max-keys"];

/// The keys of the cloud.
pub(in crate::s3) struct Keys {
    pub(in crate::s3) cloud: Arc<Cloud>,
}

#[async_trait::async_trait]
impl S3Auth for Keys {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        let identity = self.cloud.iam.identity(access_key).ok_or_else(|| {
            S3Error::with_message(
                S3ErrorCode::InvalidAccessKeyId,
                "The AWS Access Key Id you provided does not exist in our records.",
            )
        })?;
        if identity.expires.is_some_and(|expires| expires <= OffsetDateTime::now_utc()) {
            return Err(S3Error::with_message(S3ErrorCode::ExpiredToken, "The provided token has expired."));
        }
        Ok(SecretKey::from(identity.secret_key))
    }
}

/// The gate before every operation.
pub(in crate::s3) struct Gate {
    pub(in crate::s3) cloud: Arc<Cloud>,
}

/// One question to the gate.
struct Question<'a> {
    /// Access key; absent for anonymous requests.
    access_key: Option<&'a str>,
    action: &'a str,
    bucket: &'a str,
    /// Absent when it is about the bucket.
    key: Option<&'a str>,
    context: &'a [(&'a str, &'a str)],
}

#[async_trait::async_trait]
impl S3Access for Gate {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let note = context.extensions_mut().get::<Note>().cloned();
        let operation = context.s3_op().name();
        if let Some(note) = &note {
            note.operation(operation);
        }
        let query = context.uri().query().unwrap_or_default().to_owned();
        let parameter = |name: &str| {
            query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).and_then(form_decode)
        };
        let header = |name: &str| context.headers().get(name).and_then(|value| value.to_str().ok());
        let account = self.cloud.account.as_str();
        if header("x-amz-expected-bucket-owner").is_some_and(|owner| owner != account) {
            return Err(denied());
        }
        let access_key = context.credentials().map(|credentials| credentials.access_key.as_str());
        if let Some(identity) = access_key.and_then(|key| self.cloud.iam.identity(key))
            && operation != "PostObject"
        {
            let token = header("x-amz-security-token").map(str::to_owned).or_else(|| parameter("X-Amz-Security-Token"));
            if identity.session_token.is_some() && identity.session_token != token {
                return Err(S3Error::with_message(
                    S3ErrorCode::InvalidToken,
                    "The provided token is malformed or otherwise invalid.",
                ));
            }
            if let Some(note) = note {
                note.caller(&identity.principal.arn);
            }
        }
        // What these do to which objects is in their bodies, and asked about when those are read.
        if matches!(operation, "PostObject" | "DeleteObjects") {
            return Ok(());
        }
        let of_parameters = CONDITION_PARAMETERS.iter().filter_map(|name| Some((*name, parameter(name)?)));
        let of_headers = CONDITION_HEADERS.iter().filter_map(|name| Some((*name, header(name)?.to_owned())));
        let conditions: Vec<(String, String)> =
            of_parameters.chain(of_headers).map(|(name, value)| (format!("s3:{name}"), value)).collect();
        let conditions: Vec<(&str, &str)> =
            conditions.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let (bucket, key) = match context.s3_path() {
            S3Path::Root => ("", None),
            S3Path::Bucket { bucket } => (&**bucket, None),
            S3Path::Object { bucket, key } => (&**bucket, Some(&**key)),
        };
        let on = subject(operation);
        let versioned = parameter("versionId").is_some();
        let ask = |action: &str, key: Option<&str>| {
            self.ask(&Question { access_key, action, bucket, key, context: &conditions })
        };
        ask(&action(operation, versioned), key.filter(|_| on == Subject::Object))?;
        if header("x-amz-tagging").is_some() && on == Subject::Object {
            ask("s3:PutObjectTagging", key)?;
        }
        // Who may not list a bucket does not learn which keys it has.
        let missing = || {
            key.is_some_and(|key| {
                self.cloud
                    .s3
                    .store
                    .read(|state| state.buckets.get(bucket).is_some_and(|bucket| bucket.current(key).is_none()))
            })
        };
        if matches!(operation, "GetObject" | "HeadObject") && !versioned && missing() {
            ask("s3:ListBucket", None)?;
        }
        Ok(())
    }

    async fn copy_object(&self, request: &mut S3Request<CopyObjectInput>) -> S3Result<()> {
        self.ask_for_source(request, &request.input.copy_source)
    }

    async fn upload_part_copy(&self, request: &mut S3Request<UploadPartCopyInput>) -> S3Result<()> {
        self.ask_for_source(request, &request.input.copy_source)
    }

    async fn post_object(&self, request: &mut S3Request<PostObjectInput>) -> S3Result<()> {
        self.ask(&Question {
            access_key: key_of(request),
            action: "s3:PutObject",
            bucket: &request.input.bucket,
            key: Some(&request.input.key),
            context: &[],
        })
    }

    async fn delete_objects(&self, request: &mut S3Request<DeleteObjectsInput>) -> S3Result<()> {
        let (allowed, refused): (Vec<_>, Vec<_>) = request.input.delete.objects.iter().cloned().partition(|object| {
            let action = if object.version_id.is_some() { "s3:DeleteObjectVersion" } else { "s3:DeleteObject" };
            let question = Question {
                access_key: key_of(request),
                action,
                bucket: &request.input.bucket,
                key: Some(&object.key),
                context: &[],
            };
            self.ask(&question).is_ok()
        });
        // Each key is let through or refused by itself, as on AWS.
        request.input.delete.objects = allowed;
        request
            .extensions
            .insert(RefusedKeys(refused.into_iter().map(|object| (object.key, object.version_id)).collect()));
        Ok(())
    }
}

/// Keys with their versions that a `DeleteObjects` names and its caller may not delete.
#[derive(Debug, Clone, Default)]
pub(in crate::s3) struct RefusedKeys(pub(in crate::s3) Vec<(String, Option<String>)>);

fn key_of<T>(request: &S3Request<T>) -> Option<&str> {
    request.credentials.as_ref().map(|credentials| credentials.access_key.as_str())
}

impl Gate {
    fn ask_for_source<T>(&self, request: &S3Request<T>, source: &CopySource) -> S3Result<()> {
        let CopySource::Bucket { bucket, key, version_id } = source else { return Ok(()) };
        let action = if version_id.is_some() { "s3:GetObjectVersion" } else { "s3:GetObject" };
        self.ask(&Question { access_key: key_of(request), action, bucket, key: Some(key), context: &[] })
    }

    fn ask(&self, question: &Question<'_>) -> S3Result<()> {
        let resource = match (question.bucket, question.key) {
            ("", _) => "*".to_owned(),
            (bucket, None) => format!("arn:aws:s3:::{bucket}"),
            (bucket, Some(key)) => format!("arn:aws:s3:::{bucket}/{key}"),
        };
        let Some(access_key) = question.access_key else {
            let allowed = self.cloud.s3.allows(question.bucket, Caller::Anonymous, question.action, &resource);
            return if allowed { Ok(()) } else { Err(denied()) };
        };
        let principal = self.cloud.iam.identity(access_key).map_or_else(Principal::root, |identity| identity.principal);
        let policy = self.cloud.s3.policy_of(question.bucket);
        let access = Access {
            action: question.action,
            resource: &resource,
            context: question.context,
            resource_policy: policy.as_ref(),
        };
        self.cloud
            .iam
            .authorize(&principal, &access)
            .map_err(|refusal| S3Error::with_message(S3ErrorCode::AccessDenied, refusal.message))
    }
}

fn denied() -> S3Error {
    S3Error::with_message(S3ErrorCode::AccessDenied, "Access Denied")
}

impl super::S3 {
    /// The policy of a bucket that has one.
    pub(crate) fn bucket_policy(&self, bucket: &str) -> Option<serde_json::Value> {
        let policy = self.store.read(|state| state.buckets.get(bucket)?.configured::<String>(Kind::Policy))?;
        serde_json::from_str(&policy).ok()
    }

    /// Whether the bucket's policy lets a caller from outside its account do something.
    pub(crate) fn allows(&self, bucket: &str, caller: Caller<'_>, action: &str, resource: &str) -> bool {
        let (policy, block) = self.store.read(|state| {
            let bucket = state.buckets.get(bucket);
            let policy = bucket.and_then(|bucket| bucket.configured::<String>(Kind::Policy));
            let block =
                bucket.and_then(|bucket| bucket.configured::<PublicAccessBlockConfiguration>(Kind::PublicAccessBlock));
            (policy, block.unwrap_or_default())
        });
        let restricted = caller == Caller::Anonymous && block.restrict_public_buckets == Some(true);
        policy
            .and_then(|policy| serde_json::from_str(&policy).ok())
            .is_some_and(|policy| !restricted && allows(&policy, caller, action, resource))
    }
    /// The policy of a bucket, where it has one.
    fn policy_of(&self, bucket: &str) -> Option<Value> {
        let text: String = self.store.read(|state| state.buckets.get(bucket)?.configured(Kind::Policy))?;
        serde_json::from_str(&text).ok()
    }
}
