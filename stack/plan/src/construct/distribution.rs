//! `distributions:`.

use serde_json::{Value, json};

use super::{Construct, Declaration, Declared, Kind, Reference};
use crate::deferred;
use crate::fault::{FaultKind, Place, Sink};
use crate::links::Links;
use crate::names::logical_id;
use crate::naming::Naming;
use crate::plan::Action;
use crate::project::{Fields, Named, Text};
use crate::scope::Scope;
use crate::values::SettingValue;

/// Greatest length of an origin access control's name.
const ORIGIN_ACCESS_CONTROL_NAME: usize = 64;

/// Managed cache policies of CloudFront.
const CACHE_POLICIES: [(&str, &str); 4] = [
    ("CachingOptimized", "658327ea-f89d-4fab-a63d-7e88639e58f6"),
    ("CachingOptimizedForUncompressedObjects", "b2884449-e4de-46a7-ac36-70bc7f1ddd6d"),
    ("CachingDisabled", "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"),
    ("UseOriginCacheControlHeaders", "83da9c7e-98b4-4e11-a168-04f0df8e2c65"),
];
/// Managed origin request policies of CloudFront.
const ORIGIN_REQUEST_POLICIES: [(&str, &str); 3] = [
    ("CORS-CustomOrigin", "59781a5b-3903-41f3-afcb-af62929ccde1"),
    ("CORS-S3Origin", "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf"),
    ("UserAgentRefererHeaders", "acba4595-bd28-49b8-b9fe-13317c0390fa"),
];
/// Managed response headers policies of CloudFront.
const RESPONSE_HEADERS_POLICIES: [(&str, &str); 5] = [
    ("SimpleCORS", "60669652-455b-4ae9-85a4-c4c02393f86c"),
    ("CORS-With-Preflight", "5cc3b908-e619-4b99-88e5-2cf7f45965bd"),
    ("SecurityHeadersPolicy", "67f7725c-6f97-4210-82d7-5512b31e9d03"),
    ("CORS-and-SecurityHeadersPolicy", "e61eb60c-9c35-4d20-a928-2b84e02af89c"),
    ("CORS-with-preflight-and-SecurityHeadersPolicy", "eaab4381-ed33-4a86-88ca-d9558dc6cd63"),
];

/// A distribution as written.
#[derive(Debug, Clone)]
pub(crate) struct DistributionDeclaration {
    place: Place,
    origin: Option<Text>,
    cache: Option<Text>,
    origin_request: Option<Text>,
    response_headers: Option<Text>,
    default_root_object: Option<Text>,
    price_class: Option<Text>,
    invalidate: Vec<Text>,
}

/// A distribution with every default filled.
#[derive(Debug, Clone)]
pub(crate) struct Distribution {
    pub(crate) name: String,
    pub(crate) place: Place,
    /// Name of the bucket that it serves; empty while it has a fault.
    pub(crate) bucket: String,
    /// Ids of managed policies.
    pub(crate) cache_policy: String,
    pub(crate) origin_request_policy: Option<String>,
    pub(crate) response_headers_policy: Option<String>,
    pub(crate) default_root_object: Option<String>,
    pub(crate) price_class: PriceClass,
    pub(crate) invalidate: Vec<String>,
}

/// Where CloudFront answers from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PriceClass(pub(crate) &'static str);

impl SettingValue for PriceClass {
    const EXPECTED: &'static str = "a price class";
    const HELP: &'static str = "one of `all`, `200`, `100`";
    fn parse(text: &str) -> Option<Self> {
        match text {
            "all" => Some(Self("PriceClass_All")),
            "200" => Some(Self("PriceClass_200")),
            "100" => Some(Self("PriceClass_100")),
            _ => None,
        }
    }
}

impl Declaration for DistributionDeclaration {
    type Resolved = Distribution;

    const ATTRIBUTES: &'static [&'static str] = &["id", "arn", "domain", "url"];

    fn read(named: &Named<'_>, sink: &Sink) -> Option<Self> {
        let fields = Fields::open(named.node, &named.place, sink)?;
        let declaration = Self {
            place: named.place.clone(),
            origin: fields.required("origin", "the bucket that it serves: `origin: bucket.NAME`"),
            cache: fields.text("cache"),
            origin_request: fields.text("origin_request"),
            response_headers: fields.text("response_headers"),
            default_root_object: fields.text("default_root_object"),
            price_class: fields.text("price_class"),
            invalidate: fields.texts("invalidate"),
        };
        fields.finish();
        Some(declaration)
    }

    fn attributes(&self, name: &str, _: &Naming, _: &Scope<'_>) -> Value {
        let id = Naming::id(Kind::Distribution, name);
        let domain = deferred::attribute(&id, "DomainName");
        let arn = format!(
            "arn:{}:cloudfront::{}:distribution/{}",
            deferred::reference("AWS::Partition"),
            deferred::reference("AWS::AccountId"),
            deferred::reference(&id)
        );
        json!({ "id": deferred::reference(&id), "arn": arn, "url": format!("https://{domain}"), "domain": domain })
    }

    fn resolve(&self, name: &str, scope: &Scope<'_>, declared: &Declared) -> Distribution {
        let managed = |text: Option<&Text>, what: &str, policies: &[(&str, &str)]| {
            text.and_then(|text| managed_policy(text, what, policies, scope))
        };
        let default = |policies: &[(&str, &str)]| policies[0].1.to_owned();
        let no_policy = |text: &&Text| text.raw != "none";
        Distribution {
            name: name.to_owned(),
            place: self.place.clone(),
            bucket: self.bucket(scope, declared).unwrap_or_default(),
            cache_policy: managed(self.cache.as_ref(), "cache policy", &CACHE_POLICIES)
                .unwrap_or_else(|| default(&CACHE_POLICIES)),
            origin_request_policy: match &self.origin_request {
                None => Some(default(&ORIGIN_REQUEST_POLICIES)),
                text => managed(text.as_ref().filter(no_policy), "origin request policy", &ORIGIN_REQUEST_POLICIES),
            },
            response_headers_policy: managed(
                self.response_headers.as_ref().filter(no_policy),
                "response headers policy",
                &RESPONSE_HEADERS_POLICIES,
            ),
            default_root_object: self
                .default_root_object
                .as_ref()
                .and_then(|text| scope.literal(text))
                .filter(|object| !object.is_empty()),
            price_class: scope.value_or(self.price_class.as_ref(), PriceClass("PriceClass_All")),
            invalidate: self.invalidate.iter().filter_map(|text| invalidation_path(text, scope)).collect(),
        }
    }
}

impl DistributionDeclaration {
    fn bucket(&self, scope: &Scope<'_>, declared: &Declared) -> Option<String> {
        let text = self.origin.as_ref()?;
        let literal = scope.literal(text)?;
        let reference = Reference::read_whole(&literal, &[Kind::Bucket], declared, &text.place, scope.sink())?;
        Some(reference.name)
    }
}

impl Construct for Distribution {
    fn name(&self) -> &str {
        &self.name
    }

    fn place(&self) -> &Place {
        &self.place
    }

    fn actions(&self, _: &Links<'_>) -> Vec<Action> {
        let invalidate = || Action::Invalidate {
            logical_id: Naming::id(Kind::Distribution, &self.name),
            paths: self.invalidate.clone(),
        };
        (!self.invalidate.is_empty()).then(invalidate).into_iter().collect()
    }

    fn values(&self, links: &Links<'_>) -> Value {
        let name = &self.name;
        json!({
            "id": Naming::id(Kind::Distribution, name),
            "origin_access_control_id": logical_id(name, "OriginAccessControl"),
            "origin_access_control_name": links.naming.of_account(name, ORIGIN_ACCESS_CONTROL_NAME),
            "comment": format!("{} {}", links.naming.stack_name, name),
            "bucket": self.bucket,
            "domain": links.attribute(Kind::Bucket, &self.bucket, "domain"),
            "cache_policy": self.cache_policy,
            "origin_request_policy": self.origin_request_policy,
            "response_headers_policy": self.response_headers_policy,
            "default_root_object": self.default_root_object,
            "price_class": self.price_class.0,
        })
    }
}

/// The id of a managed policy by its name, or an id as it is.
fn managed_policy(text: &Text, what: &str, policies: &[(&str, &str)], scope: &Scope<'_>) -> Option<String> {
    let value = scope.literal(text)?;
    if let Some((_, id)) = policies.iter().find(|(name, _)| *name == value) {
        return Some((*id).to_owned());
    }
    let groups: Vec<&str> = value.split('-').collect();
    let is_id = groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if is_id {
        return Some(value);
    }
    let names: Vec<&str> = policies.iter().map(|(name, _)| *name).collect();
    let help = format!("one of {}, or the id of a policy of your own", names.join(", "));
    scope.sink().push(FaultKind::BadValue { value, expected: format!("a {what}"), help }, &text.place);
    None
}

fn invalidation_path(text: &Text, scope: &Scope<'_>) -> Option<String> {
    let value = scope.literal(text)?;
    if value.starts_with('/') && value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Some(value);
    }
    let help = "a path begins with `/`; other characters are percent-encoded: `/index.html`, `/avatars/*`".to_owned();
    scope.sink().push(FaultKind::BadValue { value, expected: "a path to invalidate".to_owned(), help }, &text.place);
    None
}
