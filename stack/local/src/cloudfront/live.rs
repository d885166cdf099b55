//! Distributions and their parts as they are now, in the form of templates.

use serde_json::{Value, json};

use super::Kind;
use crate::cloudformation::provider::{Live, ProviderError, ResourceContext};

/// `AWS::CloudFront::Distribution`.
pub(crate) async fn read_distribution(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let Some(distribution) = context.cloud.cloudfront.distribution(physical_id) else { return Ok(Live::Gone) };
    Ok(Live::readable(json!({"DistributionConfig": distribution.config}), declared, &[]))
}

/// `AWS::CloudFront::OriginAccessControl`.
pub(crate) async fn read_origin_access_control(
    context: &ResourceContext,
    physical_id: &str,
    _declared: &Value,
) -> Result<Live, ProviderError> {
    Ok(part(context, Kind::OriginAccessControl, physical_id, "OriginAccessControlConfig"))
}

/// `AWS::CloudFront::CachePolicy`.
pub(crate) async fn read_cache_policy(
    context: &ResourceContext,
    physical_id: &str,
    _declared: &Value,
) -> Result<Live, ProviderError> {
    Ok(part(context, Kind::CachePolicy, physical_id, "CachePolicyConfig"))
}

/// `AWS::CloudFront::ResponseHeadersPolicy`.
pub(crate) async fn read_response_headers_policy(
    context: &ResourceContext,
    physical_id: &str,
    _declared: &Value,
) -> Result<Live, ProviderError> {
    Ok(part(context, Kind::ResponseHeadersPolicy, physical_id, "ResponseHeadersPolicyConfig"))
}

/// `AWS::CloudFront::OriginRequestPolicy`.
pub(crate) async fn read_origin_request_policy(
    context: &ResourceContext,
    physical_id: &str,
    _declared: &Value,
) -> Result<Live, ProviderError> {
    Ok(part(context, Kind::OriginRequestPolicy, physical_id, "OriginRequestPolicyConfig"))
}

fn part(context: &ResourceContext, kind: Kind, id: &str, property: &str) -> Live {
    let found = context.cloud.cloudfront.part(kind, id);
    found.map_or(Live::Gone, |config| Live::Properties(json!({ property: config })))
}
