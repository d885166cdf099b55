//! Function URLs: addresses at which functions answer HTTP themselves.

mod cors;
pub(crate) mod data_plane;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

pub(crate) use cors::Cors;

use super::function::{Function, LATEST, conflict, missing, validation};
use super::reference::{is_alias, is_word};
use super::{Lambda, Reference, settings};
use crate::cloud::Cloud;
use crate::wire::ServiceError;
use crate::wire::properties::text;

/// The address of a function or of an alias.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct FunctionUrl {
    /// 32 letters and digits, the first label of its host.
    pub(crate) id: String,
    /// `NONE` or `AWS_IAM`.
    pub(crate) auth_type: String,
    pub(crate) cors: Option<Cors>,
    /// `BUFFERED` or `RESPONSE_STREAM`, which is recorded: answers are whole here.
    pub(crate) invoke_mode: String,
    /// Milliseconds since 1970.
    pub(crate) created: i64,
    /// Milliseconds since 1970.
    pub(crate) modified: i64,
}

impl FunctionUrl {
    fn new() -> Self {
        let now = crate::logs::now();
        Self {
            id: uuid::Uuid::new_v4().simple().to_string(),
            auth_type: String::new(),
            cors: None,
            invoke_mode: "BUFFERED".to_owned(),
            created: now,
            modified: now,
        }
    }

    /// Takes over what `input` has: the members of `CreateFunctionUrlConfig`, properties of `AWS::Lambda::Url` too.
    fn change(&mut self, input: &Value) -> Result<(), ServiceError> {
        if let Some(kind) = text(input, "AuthType") {
            self.auth_type = settings::one_of("authType", kind, &["NONE", "AWS_IAM"])?;
        }
        if let Some(mode) = text(input, "InvokeMode") {
            self.invoke_mode = settings::one_of("invokeMode", mode, &["RESPONSE_STREAM", "BUFFERED"])?;
        }
        if let Some(cors) = input.get("Cors") {
            self.cors = Cors::read(cors)?;
        }
        self.modified = crate::logs::now();
        Ok(())
    }
}

impl Lambda {
    /// Gives a function or an alias an address.
    pub(super) fn create_url(
        &self,
        cloud: &Cloud,
        reference: &Reference,
        input: &Value,
    ) -> Result<FunctionUrl, ServiceError> {
        let key = key(reference)?;
        if text(input, "AuthType").is_none() {
            return Err(missing("authType"));
        }
        self.change(cloud, &reference.name, |function| {
            if key != LATEST && !function.aliases.contains_key(key) {
                return Err(ServiceError::not_found("ResourceNotFoundException", "Function does not exist"));
            }
            if function.urls.contains_key(key) {
                return Err(conflict(format!(
                    "Failed to create function url config for [functionArn = {}]. Error message:  FunctionUrlConfig exists for this Lambda function",
                    function.arn(reference.alias())
                )));
            }
            let mut url = FunctionUrl::new();
            url.change(input)?;
            function.urls.insert(key.to_owned(), url.clone());
            Ok(url)
        })
    }

    /// Changes what `input` has.
    pub(super) fn update_url(
        &self,
        cloud: &Cloud,
        reference: &Reference,
        input: &Value,
    ) -> Result<FunctionUrl, ServiceError> {
        let key = key(reference)?;
        self.change_urls(cloud, reference, |function| {
            let url = function.urls.get_mut(key).ok_or_else(absent)?;
            url.change(input)?;
            Ok(url.clone())
        })
    }

    /// The address of a function or an alias.
    pub(super) fn url(&self, reference: &Reference) -> Result<FunctionUrl, ServiceError> {
        let key = key(reference)?;
        let found = self.functions.read(|functions| functions.get(&reference.name)?.urls.get(key).cloned());
        found.ok_or_else(absent)
    }

    /// Takes an address away.
    pub(super) fn delete_url(&self, cloud: &Cloud, reference: &Reference) -> Result<(), ServiceError> {
        let key = key(reference)?;
        self.change_urls(cloud, reference, |function| function.urls.remove(key).map(drop).ok_or_else(absent))
    }

    /// As [`Lambda::change`], with the refusal that these operations have for a function that is not there.
    fn change_urls<R>(
        &self,
        cloud: &Cloud,
        reference: &Reference,
        change: impl FnOnce(&mut Function) -> Result<R, ServiceError>,
    ) -> Result<R, ServiceError> {
        if self.configuration(&reference.name, None).is_none() {
            return Err(absent());
        }
        self.change(cloud, &reference.name, change)
    }

    /// The function that an address belongs to, the alias if it is that of one, and the address.
    fn of_url(&self, id: &str) -> Option<(Function, Option<String>, FunctionUrl)> {
        self.functions.read(|functions| {
            functions.values().find_map(|function| {
                let (key, url) = function.urls.iter().find(|(_, url)| url.id == id)?;
                let alias = (key != LATEST).then(|| key.clone());
                Some((function.clone(), alias, url.clone()))
            })
        })
    }
}

/// Where the address of a reference is kept: under its alias, else under `$LATEST`.
fn key(reference: &Reference) -> Result<&str, ServiceError> {
    match reference.qualifier.as_deref() {
        None => Ok(LATEST),
        Some(alias) if is_alias(alias) && is_word(alias) => Ok(alias),
        Some(other) => Err(validation(
            other,
            "qualifier",
            "Member must satisfy regular expression pattern: ((?!^\\d+$)^[0-9a-zA-Z-_]+$)",
        )),
    }
}

fn absent() -> ServiceError {
    ServiceError::not_found("ResourceNotFoundException", "The resource you requested does not exist.")
}

/// An address as the API shows it.
pub(super) fn show(cloud: &Cloud, function: &Function, alias: Option<&str>, url: &FunctionUrl) -> Value {
    let time = |milliseconds: i64| {
        let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000);
        let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:9]Z");
        time.ok().and_then(|time| time.format(format).ok()).unwrap_or_default()
    };
    let mut shown = json!({
        "FunctionUrl": super::address::function_url(cloud, &url.id),
        "FunctionArn": function.arn(alias),
        "AuthType": url.auth_type,
        "CreationTime": time(url.created),
        "LastModifiedTime": time(url.modified),
        "InvokeMode": url.invoke_mode,
    });
    if let Some(cors) = &url.cors {
        shown["Cors"] = cors.show();
    }
    shown
}
