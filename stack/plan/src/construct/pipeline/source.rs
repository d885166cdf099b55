//! Where a pipeline gets what it builds from.

use serde_json::{Value, json};

use super::{Declared, Kind, Reference};
use crate::deferred;
use crate::fault::{FaultKind, Place, Sink};
use crate::links::Links;
use crate::names::{hash, join, logical_id};
use crate::project::{Fields, Named, Text};
use crate::scope::Scope;
use crate::values::{Arn, Branch, SettingValue, SourceProvider, SourceRepository, WebsiteKey};

/// Greatest length of a connection's name.
const CONNECTION_NAME: usize = 32;

/// A source as written.
#[derive(Debug, Clone)]
pub(super) struct SourceDeclaration {
    place: Place,
    repository: Option<Text>,
    branch: Option<Text>,
    connection: Option<Text>,
    provider: Option<Text>,
    bucket: Option<Text>,
    key: Option<Text>,
}

/// Where the source comes from.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// A branch of a repository, over a connection.
    Repository { repository: String, branch: String, connection: Connection },
    /// A zip in a bucket.
    Bucket { bucket: String, key: String },
}

/// A connection to a host of source code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Connection {
    /// The stack makes it; somebody must complete it once in the console.
    Create(SourceProvider),
    /// By its ARN; may hold marks of values that only AWS knows.
    Arn(String),
}

pub(super) fn read_source(named: &Named<'_>, sink: &Sink) -> Option<SourceDeclaration> {
    let fields = Fields::open(named.node, &named.place, sink)?;
    let source = SourceDeclaration {
        place: named.place.clone(),
        repository: fields.text("repository"),
        branch: fields.text("branch"),
        connection: fields.text("connection"),
        provider: fields.text("provider"),
        bucket: fields.text("bucket"),
        key: fields.text("key"),
    };
    fields.finish();
    let has = |key: &str| named.node.get(key).is_some();
    if has("repository") == has("bucket") {
        let help = "exactly one of `repository: owner/name` and `bucket: NAME` says where the source is".to_owned();
        sink.push(FaultKind::MissingKey { key: "repository".to_owned(), help }, &named.place);
        return None;
    }
    if has("bucket") && !has("key") {
        let help = "the zip with the source: `key: source.zip`".to_owned();
        sink.push(FaultKind::MissingKey { key: "key".to_owned(), help }, &named.place);
    }
    Some(source)
}

impl SourceDeclaration {
    /// True when the stack makes the connection.
    pub(super) fn creates_connection(&self, scope: &Scope<'_>) -> bool {
        let connection = self.connection.as_ref().and_then(|text| scope.evaluate(text));
        self.bucket.is_none() && connection.is_none_or(|connection| connection == "create")
    }

    /// The ARN of a connection that exists already.
    pub(super) fn connection_arn(&self, scope: &Scope<'_>) -> Option<String> {
        self.connection.as_ref().and_then(|text| scope.evaluate(text)).filter(|connection| connection != "create")
    }

    /// Nothing when it has a fault.
    pub(super) fn resolve(&self, scope: &Scope<'_>, declared: &Declared) -> Option<Source> {
        if let Some(text) = &self.bucket {
            let bucket =
                Reference::read_name(&scope.literal(text)?, Kind::Bucket, declared, &text.place, scope.sink())?;
            let key: WebsiteKey = scope.value(self.key.as_ref()?)?;
            return Some(Source::Bucket { bucket: bucket.name, key: key.0 });
        }
        let branch = scope.value_or(self.branch.as_ref(), Branch("main".to_owned())).0;
        let provider = scope.value_or(self.provider.as_ref(), SourceProvider("GitHub"));
        let connection = match &self.connection {
            None => Connection::Create(provider),
            Some(text) => connection(text, provider, scope)?,
        };
        let repository: SourceRepository = scope.value(self.repository.as_ref()?)?;
        Some(Source::Repository { repository: repository.0, branch, connection })
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }
}

fn connection(text: &Text, provider: SourceProvider, scope: &Scope<'_>) -> Option<Connection> {
    let value = scope.evaluate(text)?;
    if value == "create" {
        return Some(Connection::Create(provider));
    }
    if deferred::is_clean(&value) && Arn::parse(&value).is_none_or(|arn| !arn.0.contains(":connection/")) {
        let expected = "a connection".to_owned();
        let help = "`create`, or the ARN of a connection of CodeConnections".to_owned();
        scope.sink().push(FaultKind::BadValue { value, expected, help }, &text.place);
        return None;
    }
    Some(Connection::Arn(value))
}

/// Logical id of the connection that a pipeline makes.
pub(super) fn connection_id(pipeline: &str) -> String {
    logical_id(pipeline, "PipelineConnection")
}

impl Source {
    /// Values of the source in the pipeline's template source.
    pub(super) fn values(&self, pipeline: &str, links: &Links<'_>) -> Value {
        match self {
            Self::Bucket { bucket, key } => {
                let bucket_name = links.attribute(Kind::Bucket, bucket, "name");
                json!({
                    "provider": "S3",
                    "configuration": {
                        "S3Bucket": bucket_name,
                        "S3ObjectKey": key,
                        // An event starts it.
                        "PollForSourceChanges": false,
                    },
                    "trigger": {
                        "rule_id": logical_id(pipeline, "PipelineTrigger"),
                        "role_id": logical_id(pipeline, "PipelineTriggerRole"),
                        "pattern": {
                            "source": ["aws.s3"],
                            "detail-type": ["Object Created"],
                            "detail": { "bucket": { "name": [bucket_name] }, "object": { "key": [key] } },
                        },
                    },
                    "connection": null,
                })
            }
            Self::Repository { repository, branch, connection } => {
                let created = match connection {
                    Connection::Arn(_) => None,
                    Connection::Create(provider) => Some(json!({
                        "id": connection_id(pipeline),
                        "name": connection_name(pipeline, links),
                        "provider": provider.0,
                    })),
                };
                json!({
                    "provider": "CodeStarSourceConnection",
                    "configuration": {
                        "ConnectionArn": self.connection_arn(pipeline),
                        "FullRepositoryId": repository,
                        "BranchName": branch,
                        "OutputArtifactFormat": "CODE_ZIP",
                        "DetectChanges": true,
                    },
                    "trigger": null,
                    "connection": created,
                })
            }
        }
    }

    /// The ARN of the connection, of a source that has one.
    pub(super) fn connection_arn(&self, pipeline: &str) -> Option<String> {
        match self {
            Self::Repository { connection: Connection::Create(_), .. } => {
                Some(deferred::reference(&connection_id(pipeline)))
            }
            Self::Repository { connection: Connection::Arn(arn), .. } => Some(arn.clone()),
            Self::Bucket { .. } => None,
        }
    }
}

/// A name with room for so little that a hash tells whose it is.
fn connection_name(pipeline: &str, links: &Links<'_>) -> String {
    let whole = links.naming.physical(pipeline, 255);
    if whole.len() <= CONNECTION_NAME {
        return whole;
    }
    let kept = whole.get(..CONNECTION_NAME - 9).unwrap_or(&whole).trim_end_matches('-');
    join(&[kept, &hash(&whole, 8)])
}

/// Reports a bucket whose changes start nothing.
pub(super) fn check_bucket(source: Option<&Source>, place: &Place, links: &Links<'_>) {
    let Some(Source::Bucket { bucket, .. }) = source else { return };
    let found = links.constructs.buckets.iter().find(|it| it.name == *bucket);
    if found.is_some_and(|bucket| bucket.import.is_none() && !(bucket.eventbridge && bucket.versioning)) {
        let kind = FaultKind::BadValue {
            value: bucket.clone(),
            expected: "a bucket that a pipeline can follow".to_owned(),
            help: "write `versioning: true` and `eventbridge: true` into the bucket".to_owned(),
        };
        links.sink.push(kind, place);
    }
}
