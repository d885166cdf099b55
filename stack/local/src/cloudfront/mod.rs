//! CloudFront: distributions over buckets of the local cloud and over whatever else speaks HTTP.
//!
//! `data_plane` answers viewers: from the `cache` where an answer is in it, else from the `origin`. `policy` says what an
//! answer depends on and what reaches an origin.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::LocalError;
use crate::http_client::LazyClient;
use crate::persist::Store;
use crate::wire::{ServiceError, percent_decode};

use address::domain_name;

pub(crate) mod address;
pub(crate) mod api;
mod behavior;
mod cache;
mod compression;
mod config_xml;
mod custom_origin;
pub(crate) mod data_plane;
pub(crate) mod live;
mod managed;
mod origin;
mod policy;
pub(crate) mod resources;
mod response_headers;

/// A distribution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Distribution {
    /// `E` and 13 letters and digits.
    id: String,
    /// `DistributionConfig` as CloudFormation has it.
    config: Value,
    /// Milliseconds since 1970.
    modified: i64,
    /// Changes with every change of the distribution.
    etag: String,
    #[serde(default)]
    invalidations: Vec<Invalidation>,
}

/// An invalidation. It is done when it is made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Invalidation {
    id: String,
    /// Milliseconds since 1970.
    created: i64,
    caller_reference: String,
    paths: Vec<String>,
}

/// A kind of thing that distributions refer to by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    CachePolicy,
    OriginAccessControl,
    OriginRequestPolicy,
    ResponseHeadersPolicy,
}

/// What is kept.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct State {
    #[serde(default)]
    distributions: BTreeMap<String, Distribution>,
    /// Configurations as CloudFormation has them, by id.
    #[serde(default)]
    parts: BTreeMap<String, (Kind, Value)>,
}

/// State of the service.
#[derive(Debug)]
pub(crate) struct CloudFront {
    state: Store<State>,
    cache: cache::Cache,
    client: LazyClient,
}

/// A distribution as the console shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DistributionView {
    pub(crate) id: String,
    /// `<id>.cloudfront.localhost`, in lower case and without a port.
    pub(crate) domain_name: String,
    /// Path under which the distribution is served for clients that do not resolve `*.localhost`.
    pub(crate) local_path: String,
    pub(crate) enabled: bool,
    pub(crate) comment: String,
    /// Domain names of the origins.
    pub(crate) origins: Vec<String>,
}

impl CloudFront {
    /// Opens the service; state is read from and kept in `data_directory` where one is given.
    pub(crate) fn open(data_directory: Option<&Path>) -> Result<Self, LocalError> {
        Ok(Self {
            state: Store::open(data_directory, "cloudfront")?,
            cache: cache::Cache::default(),
            client: LazyClient::default(),
        })
    }

    /// All distributions, by id.
    pub(crate) fn distributions_view(&self) -> Vec<DistributionView> {
        self.state.read(|state| {
            state
                .distributions
                .values()
                .map(|distribution| DistributionView {
                    id: distribution.id.clone(),
                    domain_name: domain_name(&distribution.id),
                    local_path: format!("{}{}/", address::PREFIX, distribution.id),
                    enabled: distribution.enabled(),
                    comment: distribution.config["Comment"].as_str().unwrap_or_default().to_owned(),
                    origins: behavior::items(&distribution.config["Origins"])
                        .filter_map(|origin| origin["DomainName"].as_str())
                        .map(str::to_owned)
                        .collect(),
                })
                .collect()
        })
    }

    /// Ids of all policies and origin access controls.
    #[cfg(test)]
    pub(crate) fn part_ids(&self) -> Vec<String> {
        self.state.read(|state| state.parts.keys().cloned().collect())
    }

    /// ARNs of the distributions that have a certificate.
    pub(crate) fn distributions_with(&self, certificate: &str) -> Vec<String> {
        self.state.read(|state| {
            let has = |one: &&Distribution| one.config["ViewerCertificate"]["AcmCertificateArn"] == certificate;
            state.distributions.values().filter(has).map(|one| one.arn(crate::settings::DEFAULT_ACCOUNT)).collect()
        })
    }

    fn distribution(&self, id: &str) -> Option<Distribution> {
        self.state.read(|state| state.distributions.get(id).cloned())
    }

    /// A part of one kind that a template made.
    fn part(&self, kind: Kind, id: &str) -> Option<Value> {
        self.state.read(|state| state.parts.get(id).filter(|(found, _)| *found == kind).map(|(_, value)| value.clone()))
    }

    /// Whether a distribution goes by this host name, with or without a port.
    pub(crate) fn is_alias(&self, host: &str) -> bool {
        let name = host.split(':').next().unwrap_or_default();
        self.state.read(|state| {
            let mut distributions = state.distributions.values();
            distributions
                .any(|distribution| behavior::items(&distribution.config["Aliases"]).any(|alias| alias == name))
        })
    }

    /// The distribution of a host name: the id's domain, or an alias.
    fn of_host(&self, host: &str) -> Option<Distribution> {
        let name = host.split(':').next().unwrap_or_default();
        self.state.read(|state| {
            state
                .distributions
                .values()
                .find(|distribution| {
                    domain_name(&distribution.id) == name
                        || name
                            .strip_suffix(".cloudfront.net")
                            .is_some_and(|id| id.eq_ignore_ascii_case(&distribution.id))
                        || behavior::items(&distribution.config["Aliases"]).any(|alias| alias == name)
                })
                .cloned()
        })
    }

    /// Drops what the paths name from the cache, and notes that.
    fn invalidate(&self, id: &str, caller_reference: String, paths: Vec<String>) -> Result<Invalidation, ServiceError> {
        let decoded: Vec<String> =
            paths.iter().map(|path| percent_decode(path).unwrap_or_else(|| path.clone())).collect();
        let noted = self.note(id, caller_reference, paths)?;
        self.cache.invalidate(id, &decoded);
        Ok(noted)
    }

    fn note(&self, id: &str, caller_reference: String, paths: Vec<String>) -> Result<Invalidation, ServiceError> {
        self.state.change(|state| {
            let distribution = state.distributions.get_mut(id).ok_or_else(no_such_distribution)?;
            if let Some(known) = distribution.invalidations.iter().find(|one| one.caller_reference == caller_reference) {
                return if known.paths == paths {
                    Ok(known.clone())
                } else {
                    Err(ServiceError::bad_request(
                        "InvalidArgument",
                        "Your request contains a caller reference that was used for a previous invalidation batch for the same distribution, but the content of the invalidation batch is different.",
                    ))
                };
            }
            let invalidation = Invalidation { id: fresh_id('I'), created: now(), caller_reference, paths };
            distribution.invalidations.push(invalidation.clone());
            // The newest hundred are enough to look back at.
            let excess = distribution.invalidations.len().saturating_sub(100);
            distribution.invalidations.drain(..excess);
            Ok(invalidation)
        })
    }
}

impl Distribution {
    fn enabled(&self) -> bool {
        crate::wire::properties::as_flag(&self.config["Enabled"]).unwrap_or(true)
    }

    fn arn(&self, account: &str) -> String {
        format!("arn:aws:cloudfront::{account}:distribution/{}", self.id)
    }
}

/// A letter and 13 upper-case letters and digits.
fn fresh_id(first: char) -> String {
    let random = uuid::Uuid::new_v4().simple().to_string().to_ascii_uppercase();
    format!("{first}{}", &random[..13])
}

/// Milliseconds since 1970.
fn now() -> i64 {
    i64::try_from(time::OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000).unwrap_or_default()
}

fn no_such_distribution() -> ServiceError {
    ServiceError::not_found("NoSuchDistribution", "The specified distribution does not exist.")
}
