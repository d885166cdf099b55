//! How CloudFormation makes, changes and removes one resource: the contract between the engine and the services.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::cloud::Cloud;

/// Who asks for a resource.
#[derive(Clone)]
pub(crate) struct ResourceContext {
    pub(crate) cloud: Arc<Cloud>,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) stack_name: String,
    pub(crate) logical_id: String,
    /// Stack tags, which propagate to taggable resources.
    pub(crate) tags: std::collections::BTreeMap<String, String>,
}

impl ResourceContext {
    /// A name as CloudFormation generates one: `<stack>-<logical id>-<12 random characters>`, cut to `max_length`.
    pub(crate) fn generated_name(&self, max_length: usize) -> String {
        let random = uuid::Uuid::new_v4().simple().to_string()[..12].to_ascii_uppercase();
        let head: String =
            format!("{}-{}", self.stack_name, self.logical_id).chars().take(max_length.saturating_sub(13)).collect();
        format!("{head}-{random}")
    }

    /// Tells the stack what the resource will be called while it is still being made, so that a failure can be cleaned up.
    pub(crate) fn initiated(&self, physical_id: &str) {
        self.cloud.cloudformation.initiated(&self.stack_name, &self.region, &self.logical_id, physical_id);
    }

    /// Id of the stack, and the type of the resource as the template has it (`Custom::Name`).
    pub(crate) fn own_row(&self) -> Option<(String, String)> {
        self.cloud.cloudformation.row_type(&self.stack_name, &self.region, &self.logical_id)
    }

    /// Waits until the operation that asks is stopped; for ever when none runs.
    pub(crate) async fn stopped(&self) {
        match self.cloud.cloudformation.running(&self.stack_name, &self.region) {
            Some(running) => running.stopped().await,
            None => std::future::pending().await,
        }
    }
}

/// A resource that exists.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Provisioned {
    /// What `Ref` gives.
    pub(crate) physical_id: String,
    /// What `Fn::GetAtt` gives, by attribute name (`Arn`, `DomainName`, `Endpoint.Address` ...).
    pub(crate) attributes: Map<String, Value>,
}

/// How a change of properties went.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Update {
    /// Changed in place.
    InPlace(Provisioned),
    /// The change needs a new resource (a create-only property differs); nothing was done.
    Replace,
}

/// What a resource that was made is like now: what drift detection compares with the template.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Live {
    /// It exists. Properties in the form of the template. One that is left out is not set; `null` stands for one that
    /// cannot be read back and is not compared. Those that the specification calls write-only are never compared.
    Properties(Value),
    /// It was removed by somebody else.
    Gone,
    /// Drift detection does not know the type.
    Unsupported,
}

impl Live {
    /// What was read, for a type that has more properties than this cloud keeps: declared ones that are neither in `live`
    /// nor among `optional` cannot be read back.
    pub(crate) fn readable(mut live: Value, declared: &Value, optional: &[&str]) -> Self {
        for name in declared.as_object().into_iter().flat_map(Map::keys) {
            if live.get(name).is_none() && !optional.contains(&name.as_str()) {
                live[name] = Value::Null;
            }
        }
        Self::Properties(live)
    }
}

/// A type whose drift is not detected, as with many on AWS.
pub(crate) async fn read_unsupported(
    _context: &ResourceContext,
    _physical_id: &str,
    _declared: &Value,
) -> Result<Live, ProviderError> {
    Ok(Live::Unsupported)
}

/// Why a provider refused, with the handler error code that CloudFormation puts into the event's reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProviderError {
    /// `AlreadyExists`, `NotFound`, `InvalidRequest`, `GeneralServiceException`, `AccessDenied`, `ResourceConflict` ...
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl ProviderError {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// The properties are wrong.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new("InvalidRequest", message)
    }

    /// A refusal of CloudFormation itself, which is shown as it is.
    pub(crate) fn plain(message: impl Into<String>) -> Self {
        Self::new("", message)
    }
}
