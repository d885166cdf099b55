//! `OpenID` Connect providers: who else may vouch for somebody.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::Iam;
use super::roles::{already_exists, no_entity};
use crate::settings::DEFAULT_ACCOUNT;
use crate::wire::ServiceError;

/// An identity provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct OpenIdProvider {
    pub(crate) arn: String,
    /// Its address without scheme, as condition keys and the ARN have it.
    pub(crate) host: String,
    /// Client ids that tokens may be made for.
    pub(crate) audiences: Vec<String>,
    /// Kept and shown; the certificate of a connection is checked against the system's roots.
    pub(crate) thumbprints: Vec<String>,
    #[serde(with = "time::serde::timestamp")]
    pub(crate) created: OffsetDateTime,
    pub(crate) tags: BTreeMap<String, String>,
}

impl Iam {
    /// Makes a provider. Beyond what AWS takes, the address may be plain HTTP on loopback: a provider under test.
    pub(crate) fn create_open_id_provider(
        &self,
        url: &str,
        audiences: Vec<String>,
        thumbprints: Vec<String>,
        tags: BTreeMap<String, String>,
    ) -> Result<OpenIdProvider, ServiceError> {
        let invalid = || {
            ServiceError::bad_request(
                "ValidationError",
                format!("Invalid Open ID Connect Provider URL: `{url}` is neither https:// nor http:// on loopback"),
            )
        };
        let uri: http::Uri = url.parse().map_err(|_| invalid())?;
        let host = uri.host().unwrap_or_default();
        let is_loopback = host == "localhost"
            || host.ends_with(".localhost")
            || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        if !(uri.scheme_str() == Some("https") || (uri.scheme_str() == Some("http") && is_loopback)) {
            return Err(invalid());
        }
        let host = url.split_once("://").map_or(url, |(_, rest)| rest).trim_end_matches('/').to_owned();
        let arn = format!("arn:aws:iam::{DEFAULT_ACCOUNT}:oidc-provider/{host}");
        self.change(|state| {
            if state.open_id_providers.contains_key(&arn) {
                return Err(already_exists(format!("Provider with url {url} already exists.")));
            }
            let provider = OpenIdProvider {
                arn: arn.clone(),
                host,
                audiences,
                thumbprints,
                created: OffsetDateTime::now_utc(),
                tags,
            };
            state.open_id_providers.insert(arn, provider.clone());
            Ok(provider)
        })
    }

    /// A provider by ARN.
    pub(crate) fn open_id_provider(&self, arn: &str) -> Result<OpenIdProvider, ServiceError> {
        self.store.read(|state| state.open_id_providers.get(arn).cloned()).ok_or_else(|| no_provider(arn))
    }

    /// The provider whose tokens have this issuer.
    pub(crate) fn open_id_provider_of(&self, issuer: &str) -> Option<OpenIdProvider> {
        let host = issuer.split_once("://").map_or(issuer, |(_, rest)| rest).trim_end_matches('/');
        self.store.read(|state| state.open_id_providers.values().find(|provider| provider.host == host).cloned())
    }

    /// All providers, by ARN.
    pub(crate) fn open_id_providers(&self) -> Vec<OpenIdProvider> {
        self.store.read(|state| state.open_id_providers.values().cloned().collect())
    }

    /// Changes a provider in place.
    pub(crate) fn change_open_id_provider(
        &self,
        arn: &str,
        change: impl FnOnce(&mut OpenIdProvider),
    ) -> Result<(), ServiceError> {
        self.change(|state| {
            change(state.open_id_providers.get_mut(arn).ok_or_else(|| no_provider(arn))?);
            Ok(())
        })
    }

    /// Removes a provider; one that is not there is fine, as on AWS.
    pub(crate) fn delete_open_id_provider(&self, arn: &str) -> Result<(), ServiceError> {
        self.change(|state| {
            state.open_id_providers.remove(arn);
            Ok(())
        })
    }
}

fn no_provider(arn: &str) -> ServiceError {
    no_entity(format!("OpenIDConnect Provider not found for arn {arn}"))
}
