//! Distributions and their parts as CloudFormation makes them.

use serde_json::{Map, Value, json};

use super::address::domain_name;
use super::behavior::items;
use super::{CloudFront, Distribution, Kind, fresh_id, managed, now};
use crate::cloudformation::provider::{ProviderError, Provisioned, ResourceContext, Update};
use crate::wire::ServiceError;
use crate::wire::properties::text;

fn provisioned(physical_id: String, attributes: &[(&str, Value)]) -> Provisioned {
    let attributes: Map<String, Value> =
        attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    Provisioned { physical_id, attributes }
}

/// The one property that holds everything.
fn config<'a>(properties: &'a Value, name: &str) -> Result<&'a Value, ProviderError> {
    properties
        .get(name)
        .filter(|config| config.is_object())
        .ok_or_else(|| ProviderError::invalid(format!("the required property `{name}` is missing")))
}

impl CloudFront {
    /// Refuses a configuration that refers to what is not there, or that asks for what is not served.
    fn check(&self, config: &Value) -> Result<(), ProviderError> {
        let origins: Vec<&str> = items(&config["Origins"]).filter_map(|origin| text(origin, "Id")).collect();
        if origins.is_empty() {
            return Err(ProviderError::invalid("a distribution needs at least one origin"));
        }
        if !config["DefaultCacheBehavior"].is_object() {
            return Err(ProviderError::invalid("the required property `DefaultCacheBehavior` is missing"));
        }
        for origin in items(&config["Origins"]) {
            if let Some(id) = text(origin, "OriginAccessControlId").filter(|id| !id.is_empty())
                && self.part(Kind::OriginAccessControl, id).is_none()
            {
                return Err(ProviderError::invalid(format!(
                    "The specified origin access control `{id}` does not exist."
                )));
            }
        }
        for behavior in items(&config["CacheBehaviors"]).chain([&config["DefaultCacheBehavior"]]) {
            self.check_behavior(behavior, &origins)?;
        }
        Ok(())
    }

    fn check_behavior(&self, behavior: &Value, origins: &[&str]) -> Result<(), ProviderError> {
        let target = text(behavior, "TargetOriginId").unwrap_or_default();
        if !origins.contains(&target) {
            return Err(ProviderError::invalid(format!(
                "One or more of your origins or origin groups do not exist: `TargetOriginId` is `{target}`, the origins are `{}`",
                origins.join("`, `")
            )));
        }
        for name in ["FunctionAssociations", "LambdaFunctionAssociations", "TrustedKeyGroups", "TrustedSigners"] {
            if items(&behavior[name]).next().is_some() {
                return Err(ProviderError::invalid(format!(
                    "the local cloud does not serve `{name}` of distributions"
                )));
            }
        }
        let known = |kind, id: &str| match kind {
            Kind::CachePolicy => managed::is_cache_policy(id),
            Kind::OriginRequestPolicy => managed::is_origin_request_policy(id),
            Kind::ResponseHeadersPolicy => managed::response_headers_policy(id).is_some(),
            Kind::OriginAccessControl => false,
        };
        for (name, kind) in [
            ("CachePolicyId", Kind::CachePolicy),
            ("OriginRequestPolicyId", Kind::OriginRequestPolicy),
            ("ResponseHeadersPolicyId", Kind::ResponseHeadersPolicy),
        ] {
            if let Some(id) = text(behavior, name)
                && !known(kind, id)
                && self.part(kind, id).is_none()
            {
                return Err(ProviderError::invalid(format!(
                    "`{name}` is `{id}`, which is neither a policy of this cloud nor one that AWS manages"
                )));
            }
        }
        Ok(())
    }

    /// Refuses an alias that another distribution has.
    fn check_aliases(&self, config: &Value, own: Option<&str>) -> Result<(), ProviderError> {
        self.state.read(|state| {
            let others = state.distributions.values().filter(|other| Some(other.id.as_str()) != own);
            for other in others {
                let taken = items(&config["Aliases"])
                    .find(|alias| items(&other.config["Aliases"]).any(|theirs| theirs == *alias));
                if let Some(alias) = taken {
                    return Err(ProviderError::new(
                        "AlreadyExists",
                        format!("the alias {alias} belongs to the distribution {}", other.id),
                    ));
                }
            }
            Ok(())
        })
    }

    fn put_part(&self, kind: Kind, id: &str, config: &Value) -> Result<(), ServiceError> {
        self.state.change(|state| {
            state.parts.insert(id.to_owned(), (kind, config.clone()));
            Ok(())
        })
    }

    /// Removes a part that no distribution uses.
    fn delete_part(&self, id: &str) -> Result<(), ProviderError> {
        let user = self.state.read(|state| {
            let quoted = json!(id).to_string();
            let uses = |distribution: &&Distribution| distribution.config.to_string().contains(&quoted);
            state.distributions.values().find(uses).map(|distribution| distribution.id.clone())
        });
        if let Some(user) = user {
            return Err(ProviderError::new("ResourceConflict", format!("`{id}` is in use by the distribution {user}")));
        }
        self.state.change(|state| {
            state.parts.remove(id);
            Ok(())
        })?;
        Ok(())
    }
}

fn provisioned_distribution(id: &str) -> Provisioned {
    provisioned(id.to_owned(), &[("Id", json!(id)), ("DomainName", json!(domain_name(id)))])
}

/// Makes a distribution. It is deployed at once.
#[expect(clippy::unused_async, reason = "the contract of providers is asynchronous")]
pub(crate) async fn create_distribution(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let config = config(properties, "DistributionConfig")?;
    let cloudfront = &context.cloud.cloudfront;
    cloudfront.check(config)?;
    cloudfront.check_aliases(config, None)?;
    let id = fresh_id('E');
    let distribution = Distribution {
        id: id.clone(),
        config: config.clone(),
        modified: now(),
        etag: fresh_id('E'),
        invalidations: Vec::new(),
    };
    cloudfront.state.change(|state| {
        state.distributions.insert(id.clone(), distribution);
        Ok(())
    })?;
    Ok(provisioned_distribution(&id))
}

/// Replaces the configuration of a distribution.
#[expect(clippy::unused_async, reason = "the contract of providers is asynchronous")]
pub(crate) async fn update_distribution(
    context: &ResourceContext,
    physical_id: &str,
    _old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    let config = config(new, "DistributionConfig")?;
    let cloudfront = &context.cloud.cloudfront;
    cloudfront.check(config)?;
    cloudfront.check_aliases(config, Some(physical_id))?;
    cloudfront.state.change(|state| {
        let distribution = state.distributions.get_mut(physical_id).ok_or_else(super::no_such_distribution)?;
        distribution.config = config.clone();
        distribution.modified = now();
        distribution.etag = fresh_id('E');
        Ok(())
    })?;
    cloudfront.cache.invalidate(physical_id, &["*".to_owned()]);
    Ok(Update::InPlace(provisioned_distribution(physical_id)))
}

/// Removes a distribution.
#[expect(clippy::unused_async, reason = "the contract of providers is asynchronous")]
pub(crate) async fn delete_distribution(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    context.cloud.cloudfront.state.change(|state| {
        state.distributions.remove(physical_id);
        Ok(())
    })?;
    context.cloud.cloudfront.cache.invalidate(physical_id, &["*".to_owned()]);
    Ok(())
}

/// The three functions of a part: it has one property, which holds everything and may change in place.
macro_rules! part {
    ($create:ident, $update:ident, $delete:ident, $kind:expr, $property:literal, $id:expr, $what:literal) => {
        #[doc = concat!("Makes ", $what, ".")]
        pub(crate) async fn $create(
            context: &ResourceContext,
            properties: &Value,
        ) -> Result<Provisioned, ProviderError> {
            let id: String = $id;
            context.cloud.cloudfront.put_part($kind, &id, config(properties, $property)?)?;
            Ok(provisioned(id.clone(), &[("Id", json!(id))]))
        }

        #[doc = concat!("Changes ", $what, ".")]
        pub(crate) async fn $update(
            context: &ResourceContext,
            physical_id: &str,
            _old: &Value,
            new: &Value,
        ) -> Result<Update, ProviderError> {
            context.cloud.cloudfront.put_part($kind, physical_id, config(new, $property)?)?;
            Ok(Update::InPlace(provisioned(physical_id.to_owned(), &[("Id", json!(physical_id))])))
        }

        #[doc = concat!("Removes ", $what, ".")]
        pub(crate) async fn $delete(
            context: &ResourceContext,
            physical_id: &str,
            _properties: &Value,
        ) -> Result<(), ProviderError> {
            context.cloud.cloudfront.delete_part(physical_id)
        }
    };
}

part!(
    create_origin_access_control,
    update_origin_access_control,
    delete_origin_access_control,
    Kind::OriginAccessControl,
    "OriginAccessControlConfig",
    fresh_id('E'),
    "an origin access control"
);
part!(
    create_cache_policy,
    update_cache_policy,
    delete_cache_policy,
    Kind::CachePolicy,
    "CachePolicyConfig",
    uuid::Uuid::new_v4().to_string(),
    "a cache policy"
);
part!(
    create_response_headers_policy,
    update_response_headers_policy,
    delete_response_headers_policy,
    Kind::ResponseHeadersPolicy,
    "ResponseHeadersPolicyConfig",
    uuid::Uuid::new_v4().to_string(),
    "a response headers policy"
);
part!(
    create_origin_request_policy,
    update_origin_request_policy,
    delete_origin_request_policy,
    Kind::OriginRequestPolicy,
    "OriginRequestPolicyConfig",
    uuid::Uuid::new_v4().to_string(),
    "an origin request policy"
);
