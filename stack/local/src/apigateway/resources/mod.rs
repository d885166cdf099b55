//! How CloudFormation makes REST APIs and what belongs to them.

mod api;
mod convert;
mod deployments;
mod domains;
mod parts;
mod plans;

pub(crate) use api::*;
pub(crate) use deployments::*;
pub(crate) use domains::*;
pub(crate) use parts::*;
pub(crate) use plans::*;

use serde_json::{Map, Value, json};

use crate::cloudformation::provider::{Live, ProviderError, Provisioned};
use crate::wire::ServiceError;

fn provisioned(physical_id: &str, attributes: &[(&str, &str)]) -> Provisioned {
    let attributes: Map<String, Value> =
        attributes.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    Provisioned { physical_id: physical_id.to_owned(), attributes }
}

/// What a reading found in the form of a template, or that it is gone.
fn live(found: Result<Value, ServiceError>, properties: impl FnOnce(&Value) -> Value) -> Result<Live, ProviderError> {
    match found {
        Ok(members) => Ok(Live::Properties(properties(&members))),
        Err(error) if error.status == http::StatusCode::NOT_FOUND => Ok(Live::Gone),
        Err(error) => Err(error.into()),
    }
}

/// What was removed already is removed.
fn removed(result: Result<(), ServiceError>) -> Result<(), ProviderError> {
    match result {
        Err(error) if error.status == http::StatusCode::NOT_FOUND => Ok(()),
        other => Ok(other?),
    }
}

fn text_of<'a>(members: &'a Value, name: &str) -> &'a str {
    members[name].as_str().unwrap_or_default()
}
