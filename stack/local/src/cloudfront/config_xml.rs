//! Distributions as the API writes them: every member that clients require, whatever the template named.

use serde_json::Value;

use super::Distribution;
use super::address::domain_name;
use super::behavior::items;
use crate::wire::XmlWriter;
use crate::wire::properties::{as_flag, as_integer};

/// Milliseconds since 1970 as ISO 8601.
pub(super) fn iso_time(milliseconds: i64) -> String {
    use time::format_description::well_known::Rfc3339;
    time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000)
        .ok()
        .and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_default()
}

fn text<'a>(value: &'a Value, name: &str, default: &'a str) -> &'a str {
    value[name].as_str().unwrap_or(default)
}

fn flag(value: &Value, name: &str, default: bool) -> &'static str {
    if as_flag(&value[name]).unwrap_or(default) { "true" } else { "false" }
}

fn number(value: &Value, name: &str, default: i64) -> String {
    as_integer(&value[name]).unwrap_or(default).to_string()
}

/// `<name><Quantity>n</Quantity><Items>...</Items></name>`.
fn counted<'a>(
    xml: &mut XmlWriter,
    name: &str,
    values: impl Iterator<Item = &'a Value>,
    mut item: impl FnMut(&mut XmlWriter, &'a Value),
) {
    let values: Vec<&Value> = values.collect();
    xml.element(name, |xml| {
        xml.text("Quantity", values.len().to_string());
        if !values.is_empty() {
            xml.element("Items", |xml| values.iter().for_each(|value| item(xml, value)));
        }
    });
}

fn counted_texts(xml: &mut XmlWriter, name: &str, item: &str, values: &Value, default: &[&str]) {
    let given: Vec<&str> = items(values).filter_map(Value::as_str).collect();
    let values = if given.is_empty() { default } else { &given };
    xml.element(name, |xml| {
        xml.text("Quantity", values.len().to_string());
        if !values.is_empty() {
            xml.element("Items", |xml| values.iter().for_each(|value| xml.text(item, value)));
        }
    });
}

fn nothing(xml: &mut XmlWriter, name: &str) {
    xml.element(name, |xml| xml.text("Quantity", "0"));
}

fn nobody_trusted(xml: &mut XmlWriter, name: &str) {
    xml.element(name, |xml| {
        xml.text("Enabled", "false");
        xml.text("Quantity", "0");
    });
}

/// The members of `Distribution`.
pub(super) fn write_distribution(xml: &mut XmlWriter, distribution: &Distribution, account: &str) {
    xml.text("Id", &distribution.id);
    xml.text("ARN", distribution.arn(account));
    xml.text("Status", "Deployed");
    xml.text("LastModifiedTime", iso_time(distribution.modified));
    xml.text("InProgressInvalidationBatches", "0");
    xml.text("DomainName", domain_name(&distribution.id));
    nobody_trusted(xml, "ActiveTrustedSigners");
    nobody_trusted(xml, "ActiveTrustedKeyGroups");
    xml.element("DistributionConfig", |xml| write_config(xml, distribution));
}

/// The members of `DistributionSummary`.
pub(super) fn write_summary(xml: &mut XmlWriter, distribution: &Distribution, account: &str) {
    xml.text("Id", &distribution.id);
    xml.text("ARN", distribution.arn(account));
    xml.text("Status", "Deployed");
    xml.text("LastModifiedTime", iso_time(distribution.modified));
    xml.text("DomainName", domain_name(&distribution.id));
    write_parts(xml, &distribution.config);
    xml.text("Staging", "false");
}

/// The members of `DistributionConfig`.
pub(super) fn write_config(xml: &mut XmlWriter, distribution: &Distribution) {
    let config = &distribution.config;
    xml.text("CallerReference", &distribution.id);
    xml.text("DefaultRootObject", text(config, "DefaultRootObject", ""));
    xml.element("Logging", |xml| {
        xml.text("Enabled", "false");
        xml.text("IncludeCookies", "false");
        xml.text("Bucket", "");
        xml.text("Prefix", "");
    });
    write_parts(xml, config);
    xml.text("Staging", "false");
}

/// What a summary and a configuration have in common.
fn write_parts(xml: &mut XmlWriter, config: &Value) {
    counted_texts(xml, "Aliases", "CNAME", &config["Aliases"], &[]);
    counted(xml, "Origins", items(&config["Origins"]), |xml, origin| {
        xml.element("Origin", |xml| write_origin(xml, origin));
    });
    nothing(xml, "OriginGroups");
    xml.element("DefaultCacheBehavior", |xml| write_behavior(xml, &config["DefaultCacheBehavior"]));
    counted(xml, "CacheBehaviors", items(&config["CacheBehaviors"]), |xml, behavior| {
        xml.element("CacheBehavior", |xml| {
            xml.text("PathPattern", text(behavior, "PathPattern", "*"));
            write_behavior(xml, behavior);
        });
    });
    counted(xml, "CustomErrorResponses", items(&config["CustomErrorResponses"]), |xml, rule| {
        xml.element("CustomErrorResponse", |xml| {
            xml.text("ErrorCode", number(rule, "ErrorCode", 404));
            xml.text("ResponsePagePath", text(rule, "ResponsePagePath", ""));
            xml.text(
                "ResponseCode",
                as_integer(&rule["ResponseCode"]).map_or_else(String::new, |code| code.to_string()),
            );
            xml.text("ErrorCachingMinTTL", number(rule, "ErrorCachingMinTTL", 10));
        });
    });
    xml.text("Comment", text(config, "Comment", ""));
    xml.text("PriceClass", text(config, "PriceClass", "PriceClass_All"));
    xml.text("Enabled", flag(config, "Enabled", true));
    xml.element("ViewerCertificate", |xml| {
        xml.text("CloudFrontDefaultCertificate", "true");
        xml.text("SSLSupportMethod", "vip");
        xml.text("MinimumProtocolVersion", "TLSv1");
        xml.text("CertificateSource", "cloudfront");
    });
    xml.element("Restrictions", |xml| {
        xml.element("GeoRestriction", |xml| {
            xml.text("RestrictionType", "none");
            xml.text("Quantity", "0");
        });
    });
    xml.text("WebACLId", "");
    xml.text("HttpVersion", text(config, "HttpVersion", "http1.1"));
    xml.text("IsIPV6Enabled", flag(config, "IPV6Enabled", false));
}

fn write_origin(xml: &mut XmlWriter, origin: &Value) {
    xml.text("Id", text(origin, "Id", ""));
    xml.text("DomainName", text(origin, "DomainName", ""));
    xml.text("OriginPath", text(origin, "OriginPath", ""));
    nothing(xml, "CustomHeaders");
    xml.element("S3OriginConfig", |xml| {
        xml.text("OriginAccessIdentity", text(&origin["S3OriginConfig"], "OriginAccessIdentity", ""));
    });
    xml.text("ConnectionAttempts", number(origin, "ConnectionAttempts", 3));
    xml.text("ConnectionTimeout", number(origin, "ConnectionTimeout", 10));
    xml.element("OriginShield", |xml| xml.text("Enabled", "false"));
    xml.text("OriginAccessControlId", text(origin, "OriginAccessControlId", ""));
}

fn write_behavior(xml: &mut XmlWriter, behavior: &Value) {
    xml.text("TargetOriginId", text(behavior, "TargetOriginId", ""));
    nobody_trusted(xml, "TrustedSigners");
    nobody_trusted(xml, "TrustedKeyGroups");
    xml.text("ViewerProtocolPolicy", text(behavior, "ViewerProtocolPolicy", "allow-all"));
    let allowed: Vec<&str> = items(&behavior["AllowedMethods"]).filter_map(Value::as_str).collect();
    let allowed = if allowed.is_empty() { vec!["GET", "HEAD"] } else { allowed };
    xml.element("AllowedMethods", |xml| {
        xml.text("Quantity", allowed.len().to_string());
        xml.element("Items", |xml| allowed.iter().for_each(|method| xml.text("Method", method)));
        counted_texts(xml, "CachedMethods", "Method", &behavior["CachedMethods"], &["GET", "HEAD"]);
    });
    xml.text("SmoothStreaming", "false");
    xml.text("Compress", flag(behavior, "Compress", false));
    nothing(xml, "LambdaFunctionAssociations");
    nothing(xml, "FunctionAssociations");
    xml.text("FieldLevelEncryptionId", "");
    for policy in ["ResponseHeadersPolicyId", "CachePolicyId", "OriginRequestPolicyId"] {
        xml.optional(policy, behavior[policy].as_str());
    }
}
