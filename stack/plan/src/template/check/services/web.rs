//! Distributions, DNS records, certificates.

use serde_json::Value;

use crate::template::check::conditions::Assumptions;
use crate::template::check::found::{At, Found};
use crate::template::check::gather::target_of;
use crate::template::check::{Checker, SchemaFault};

/// Hosted zone of all distributions outside of China.
const DISTRIBUTION_ZONE: &str = "Z2FDTNDATAQYW2";

/// Behaviors go to declared origins, and aliases are names of domains.
pub(super) fn distribution(
    checker: &Checker<'_>,
    properties: &Value,
    at: &At<'_>,
    under: &Assumptions,
    found: &mut Found,
) {
    let steps = |path: &str| path.split('/').map(str::to_owned).collect::<Vec<_>>();
    let mut origins = Vec::new();
    let mut is_literal = true;
    for path in ["DistributionConfig/Origins/*/Id", "DistributionConfig/OriginGroups/Items/*/Id"] {
        checker.select(properties, &steps(path), at, under, &mut |value, _, _| {
            match value.as_str() {
                Some(id) => origins.push(id.to_owned()),
                // A function that is written the same way gives the same.
                None => origins.push(value.to_string()),
            }
        });
    }
    checker.select(properties, &steps("DistributionConfig/Origins"), at, under, &mut |value, _, _| {
        is_literal &= value.is_array();
    });
    for path in
        ["DistributionConfig/DefaultCacheBehavior/TargetOriginId", "DistributionConfig/CacheBehaviors/*/TargetOriginId"]
    {
        checker.select(properties, &steps(path), at, under, &mut |value, at, _| {
            let Some(id) = value.as_str() else { return };
            let has_function = origins.iter().any(|origin| origin.starts_with('{'));
            if is_literal && !origins.is_empty() && !has_function && !origins.iter().any(|origin| origin == id) {
                found.push(at, SchemaFault::UndeclaredName { name: id.to_owned(), known: origins.clone() });
            }
        });
    }
    certificate_region(checker, properties, at, under, found);
    checker.select(properties, &steps("DistributionConfig/Aliases/*"), at, under, &mut |value, at, _| {
        let Some(alias) = value.as_str() else { return };
        if !is_alias(alias) && !alias.contains("{{resolve:") {
            found.push(
                at,
                SchemaFault::WrongFormat { value: alias.to_owned(), format: "a domain name in lower case".to_owned() },
            );
        }
    });
}

/// A certificate that a distribution uses is of us-east-1, wherever the stack is.
fn certificate_region(checker: &Checker<'_>, properties: &Value, at: &At<'_>, under: &Assumptions, found: &mut Found) {
    for certificate in checker.selected(properties, "DistributionConfig/ViewerCertificate/AcmCertificateArn", at, under)
    {
        let parameter = certificate.value.get("Ref").and_then(Value::as_str);
        let default = parameter.and_then(|name| checker.parameters.get(name)?.get("Default"));
        let Some(arn) = default.unwrap_or(&certificate.value).as_str() else { continue };
        let mut parts = arn.split(':').skip(2);
        let is_elsewhere = parts.next() == Some("acm")
            && parts.next().is_some_and(|region| region != "us-east-1" && !region.is_empty());
        if is_elsewhere {
            let message = format!("`{arn}` is not of us-east-1, where certificates of distributions are");
            // What is to be mended is where the ARN is written.
            match parameter {
                Some(parameter) => found.say(&At::path(&format!("/Parameters/{parameter}/Default")), message),
                None => found.say(&At::path(&certificate.path), message),
            }
        }
    }
}

/// Two labels at least, the last of two letters at least; the first may begin with an asterisk.
fn is_alias(alias: &str) -> bool {
    let name = alias.strip_prefix('*').map_or_else(|| alias.to_owned(), |rest| format!("w{rest}"));
    let labels: Vec<&str> = name.split('.').collect();
    let is_label = |label: &&str| {
        let bytes = label.as_bytes();
        let is_edge = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        bytes.len() <= 63
            && is_edge(bytes.first())
            && is_edge(bytes.last())
            && bytes.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-')
    };
    labels.len() > 1 && labels.iter().all(is_label) && labels.last().is_some_and(|last| last.len() > 1)
}

/// A record is of the zone that it is put in.
pub(super) fn record_set(checker: &Checker<'_>, properties: &Value, at: &At<'_>, found: &mut Found) {
    alias_zone(checker, properties, at, found);
    let text = |key: &str| properties.get(key).and_then(Value::as_str);
    let Some(zone) = text("HostedZoneName") else { return };
    if !zone.ends_with('.') {
        found.say(&at.key("HostedZoneName"), format!("`{zone}` must end in a dot"));
    }
    let Some(name) = text("Name") else { return };
    let (zone, bare) = (zone.trim_end_matches('.'), name.trim_end_matches('.'));
    if bare != zone && !bare.ends_with(&format!(".{zone}")) {
        found.say(&at.key("Name"), format!("`{name}` is not of the zone `{zone}`"));
    }
}

/// Distributions have one zone, whatever their name is.
fn alias_zone(checker: &Checker<'_>, properties: &Value, at: &At<'_>, found: &mut Found) {
    let Some(alias) = properties.get("AliasTarget") else { return };
    let target = alias.get("DNSName").and_then(target_of).and_then(|id| checker.resources.get(&id));
    let is_distribution =
        target.and_then(|target| target.get("Type")).is_some_and(|name| name == "AWS::CloudFront::Distribution");
    let zone = alias.get("HostedZoneId").and_then(Value::as_str);
    if let Some(zone) = zone.filter(|zone| is_distribution && *zone != DISTRIBUTION_ZONE) {
        let fault = SchemaFault::NotAllowed { value: zone.to_owned(), allowed: vec![DISTRIBUTION_ZONE.to_owned()] };
        found.push(&at.key("AliasTarget").key("HostedZoneId"), fault);
    }
}

/// The domain that is asked for validation is the domain of the certificate or around it.
pub(super) fn certificate(properties: &Value, at: &At<'_>, found: &mut Found) {
    let options = properties.get("DomainValidationOptions").and_then(Value::as_array).into_iter().flatten();
    for (index, option) in options.enumerate() {
        let text = |key: &str| option.get(key).and_then(Value::as_str);
        let (Some(domain), Some(validation)) = (text("DomainName"), text("ValidationDomain")) else { continue };
        if domain != validation && !domain.ends_with(&format!(".{validation}")) {
            let message = format!("`{validation}` is not `{domain}` or a domain around it");
            found.say(&at.key("DomainValidationOptions").index(index).key("DomainName"), message);
        }
    }
}
