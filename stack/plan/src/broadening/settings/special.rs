//! Settings of which one alone does not tell.

use serde_json::Value;

use super::is_true;
use super::look::{is_consistent, look};
use crate::broadening::reader::Guards;
use crate::broadening::statement::{Place, plain_text};
use crate::broadening::{Broadening, Sides};
use crate::template::Resource;

pub(super) fn of_resource(sides: &Sides<'_>, id: &str, resource: &Resource, found: &mut Vec<Broadening>) {
    match resource.resource_type.as_str() {
        "AWS::S3::Bucket" | "AWS::S3::AccessPoint" => public_access(sides, id, resource, found),
        "AWS::Lambda::Url" => {
            shared_origins(sides, id, resource, ["Cors/AllowOrigins", "Cors/AllowCredentials"], found);
        }
        "AWS::ApiGatewayV2::Api" => {
            let paths = ["CorsConfiguration/AllowOrigins", "CorsConfiguration/AllowCredentials"];
            shared_origins(sides, id, resource, paths, found);
        }
        "AWS::CloudFront::ResponseHeadersPolicy" => {
            let paths = [
                "ResponseHeadersPolicyConfig/CorsConfig/AccessControlAllowOrigins/Items",
                "ResponseHeadersPolicyConfig/CorsConfig/AccessControlAllowCredentials",
            ];
            shared_origins(sides, id, resource, paths, found);
        }
        "AWS::ApiGatewayV2::Route" => scopes(sides, id, resource, found),
        "AWS::ApiGateway::Method" => {
            method(sides, id, resource, found);
            scopes(sides, id, resource, found);
        }
        "AWS::SSO::Assignment" | "AWS::SSO::InstanceAccessControlAttributeConfiguration" => {
            single_sign_on(sides, id, resource, found);
        }
        "AWS::IAM::Role" | "AWS::IAM::User" | "AWS::SSO::PermissionSet" => boundary(sides, id, resource, found),
        _ => {}
    }
}

/// A bucket blocks public access unless it says otherwise; taking the configuration away turns the blocks off.
fn public_access(sides: &Sides<'_>, id: &str, resource: &Resource, found: &mut Vec<Broadening>) {
    const KEY: &str = "PublicAccessBlockConfiguration";
    let before = sides.before(id).map(|before| before.properties.clone());
    let [was_said, is_said] =
        [before.as_ref(), Some(&resource.properties)].map(|one| one.is_some_and(|one| one.get(KEY).is_some()));
    if !was_said && !is_said {
        return;
    }
    for flag in ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"] {
        let path = format!("{KEY}/{flag}");
        let after = look(sides.new, &resource.properties, &path, &sides.new.guards_of(id));
        let before = before.as_ref().filter(|_| was_said).map(|one| look(sides.old, one, &path, &Guards::new()));
        let is_on = |value: &Option<Value>| value.as_ref().is_some_and(is_true);
        for seen in after.iter().filter(|seen| !is_on(&seen.value)) {
            let was_on = before.as_ref().is_none_or(|before| {
                let consistent = before.iter().filter(|old| is_consistent(&old.when, &seen.when));
                consistent.into_iter().any(|old| {
                    let is_same = old.value.is_some() && old.key == seen.key;
                    let is_off = old.value.as_ref().is_none_or(|value| plain_text(value).is_some() && !is_true(value));
                    !is_same && !is_off
                })
            });
            if was_on {
                let place = Place::new(id, format!("Properties.{KEY}.{flag}"));
                found.push(Broadening::wider(&place, format!("does not block public access any more (`{flag}`)")));
            }
        }
    }
}

/// Any origin, with credentials.
fn shared_origins(sides: &Sides<'_>, id: &str, resource: &Resource, paths: [&str; 2], found: &mut Vec<Broadening>) {
    let is_open = |reader, properties: &Value| {
        let any = |path: &str, is: &dyn Fn(&Value) -> bool| {
            look(reader, properties, path, &Guards::new()).iter().any(|seen| seen.value.as_ref().is_some_and(is))
        };
        any(paths[0], &|value| {
            plain_text(value).is_some_and(|text| matches!(text.as_str(), "*" | "https://*" | "http://*"))
        }) && any(paths[1], &is_true)
    };
    let was_open = sides.before(id).is_some_and(|before| is_open(sides.old, &before.properties));
    if !was_open && is_open(sides.new, &resource.properties) {
        let place = Place::new(id, format!("Properties.{}", paths[0].replace('/', ".")));
        found.push(Broadening::wider(&place, "lets pages of any origin ask with the user's credentials"));
    }
}

/// A token needs one of the scopes: one more is wider, and none at all is.
fn scopes(sides: &Sides<'_>, id: &str, resource: &Resource, found: &mut Vec<Broadening>) {
    let listed = |reader: &crate::broadening::reader::Reader<'_>, properties: &Value| -> Vec<String> {
        let scopes = properties.get("AuthorizationScopes").map(|scopes| reader.branches(scopes, &Guards::new()));
        scopes.unwrap_or_default().into_iter().map(|(scope, _)| reader.key(scope, 0)).collect()
    };
    let Some(before) = sides.before(id) else { return };
    let (before, after) = (listed(sides.old, &before.properties), listed(sides.new, &resource.properties));
    if before.is_empty() || is_open(&resource.properties) {
        return;
    }
    let place = Place::new(id, "Properties.AuthorizationScopes");
    if after.is_empty() {
        found.push(Broadening::wider(&place, "takes tokens of any scope"));
    }
    let more: Vec<String> =
        after.iter().filter(|scope| !before.contains(scope)).map(|scope| format!("`{scope}`")).collect();
    if !more.is_empty() {
        found.push(Broadening::wider(&place, format!("takes tokens of more scopes: {}", more.join(", "))));
    }
}

fn is_open(properties: &Value) -> bool {
    properties.get("AuthorizationType").is_none_or(|kind| kind.as_str() == Some("NONE"))
}

/// A method of a REST API. Browsers ask `OPTIONS` without credentials, so that it is open in every API with CORS.
fn method(sides: &Sides<'_>, id: &str, resource: &Resource, found: &mut Vec<Broadening>) {
    let is_preflight = resource.properties.get("HttpMethod").and_then(Value::as_str) == Some("OPTIONS");
    let was_open = sides.before(id).is_some_and(|before| is_open(&before.properties));
    if !is_preflight && !was_open && is_open(&resource.properties) {
        found.push(Broadening::wider(&Place::new(id, "Properties.AuthorizationType"), "answers without authorization"));
    }
}

/// An assignment of people to an account, or the attributes by which they are let in: another one may be a wider one.
fn single_sign_on(sides: &Sides<'_>, id: &str, resource: &Resource, found: &mut Vec<Broadening>) {
    let before = sides.before(id).map(|before| sides.old.key(&before.properties, 0));
    if before.as_deref() == Some(&sides.new.key(&resource.properties, 0)) {
        return;
    }
    let what = if resource.resource_type == "AWS::SSO::Assignment" {
        "gives people or groups a permission set in an account"
    } else {
        "lets people in by other attributes"
    };
    found.push(Broadening::wider(&Place::new(id, "Properties"), what));
}

/// Another boundary may be a wider one.
fn boundary(sides: &Sides<'_>, id: &str, resource: &Resource, found: &mut Vec<Broadening>) {
    const KEY: &str = "PermissionsBoundary";
    let Some(before) = sides.before(id) else { return };
    let before = look(sides.old, &before.properties, KEY, &Guards::new());
    let bounded: Vec<(&Value, &Guards)> =
        before.iter().filter_map(|seen| Some((seen.value.as_ref()?, &seen.when))).collect();
    for seen in look(sides.new, &resource.properties, KEY, &sides.new.guards_of(id)) {
        let mut consistent = bounded.iter().filter(|(_, when)| is_consistent(when, &seen.when));
        let what = match &seen.value {
            None if consistent.next().is_some() => "has no permissions boundary any more",
            Some(after)
                if consistent.any(|(before, _)| !sides.old.term(before).is_spelled_as(&sides.new.term(after))) =>
            {
                "has another permissions boundary"
            }
            _ => continue,
        };
        found.push(Broadening::wider(&Place::new(id, format!("Properties.{KEY}")), what));
    }
}

/// Associations of web ACLs that go while what they guard stays.
pub(super) fn removed_firewalls(sides: &Sides<'_>, found: &mut Vec<Broadening>) {
    let guarded = |reader: &crate::broadening::reader::Reader<'_>| -> Vec<(String, String, bool)> {
        let associations = reader.template.resources.iter().filter(|(_, one)| {
            matches!(
                one.resource_type.as_str(),
                "AWS::WAFv2::WebACLAssociation" | "AWS::WAFRegional::WebACLAssociation"
            )
        });
        let named = associations.filter_map(|(id, one)| Some((id, one.properties.get("ResourceArn")?)));
        named
            .map(|(id, value)| match reader.subject(value) {
                Some(subject) => (id.clone(), subject, true),
                None => (id.clone(), reader.key(value, 0), false),
            })
            .collect()
    };
    let after = guarded(sides.new);
    for (id, guarded, is_resource) in guarded(sides.old) {
        let stays = !is_resource || sides.is_kept(&guarded);
        if stays && !after.iter().any(|(_, still, _)| *still == guarded) {
            found.push(Broadening::wider(
                &Place::new(&id, "Properties"),
                format!("`{guarded}` has no web ACL in front any more"),
            ));
        }
    }
}
