//! `distributions:` (CloudFront).

mod behavior;
mod errors;
mod origin;
mod policies;

use behavior::{Behavior, BehaviorDeclaration};
use errors::{ErrorDeclaration, ErrorPage, check_fallback, fallback};
use origin::Origin;

use serde_json::{Value, json};

use super::domain::{Certificates, Hostname, Reach, read_hostname};
use super::{Alias, Construct, Declaration, Declared, Kind};
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
/// Greatest number of behaviors besides the default one.
const BEHAVIORS: usize = 75;
/// The hosted zone of all distributions, as Route 53 calls it in alias records.
const ZONE: &str = "Z2FDTNDATAQYW2";

/// A distribution as written.
#[derive(Debug, Clone)]
pub(crate) struct DistributionDeclaration {
    place: Place,
    default: BehaviorDeclaration,
    paths: Vec<BehaviorDeclaration>,
    domains: Vec<Text>,
    errors: Vec<ErrorDeclaration>,
    fallback: Option<Text>,
    default_root_object: Option<Text>,
    price_class: Option<Text>,
    invalidate: Vec<Text>,
}

/// A distribution with every default filled.
#[derive(Debug, Clone)]
pub(crate) struct Distribution {
    pub(crate) name: String,
    pub(crate) place: Place,
    /// What answers all paths that no other behavior takes.
    default: Behavior,
    paths: Vec<Behavior>,
    /// Names that it answers to besides its own.
    pub(crate) domains: Vec<Hostname>,
    errors: Vec<ErrorPage>,
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
        let paths = fields.section("paths");
        let declaration = Self {
            place: named.place.clone(),
            default: BehaviorDeclaration::read_default(&fields),
            paths: paths.iter().filter_map(|named| BehaviorDeclaration::read(named, sink)).collect(),
            domains: fields.texts("domain"),
            errors: fields.section("errors").iter().filter_map(|named| ErrorDeclaration::read(named, sink)).collect(),
            fallback: fields.text("fallback"),
            default_root_object: fields.text("default_root_object"),
            price_class: fields.text("price_class"),
            invalidate: fields.texts("invalidate"),
        };
        if paths.len() > BEHAVIORS {
            let what = "paths of a distribution".to_owned();
            let kind = FaultKind::LimitExceeded { what, value: paths.len(), limit: BEHAVIORS };
            sink.push(kind, &fields.place_of("paths"));
        }
        fields.finish();
        Some(declaration)
    }

    fn attributes(&self, name: &str, _: &Naming, scope: &Scope<'_>) -> Value {
        let id = Naming::id(Kind::Distribution, name);
        let own = self.hosts(scope).into_iter().next().map(|host| host.name);
        let domain = own.unwrap_or_else(|| deferred::attribute(&id, "DomainName"));
        let arn = format!(
            "arn:{}:cloudfront::{}:distribution/{}",
            deferred::reference("AWS::Partition"),
            deferred::reference("AWS::AccountId"),
            deferred::reference(&id)
        );
        json!({ "id": deferred::reference(&id), "arn": arn, "url": format!("https://{domain}"), "domain": domain })
    }

    fn resolve(&self, name: &str, scope: &Scope<'_>, declared: &Declared) -> Distribution {
        let default = self.default.resolve(scope, declared);
        let paths: Vec<Behavior> = self.paths.iter().map(|path| path.resolve(scope, declared)).collect();
        let mut errors: Vec<ErrorPage> = self.errors.iter().filter_map(|error| error.resolve(scope)).collect();
        if let Some(text) =
            self.fallback.as_ref().filter(|text| scope.literal(text).is_some_and(|page| !page.is_empty()))
        {
            let has_api = [&default].into_iter().chain(&paths).any(|behavior| !behavior.origin.is_bucket());
            check_fallback(text, has_api, &self.errors, &self.place, scope.sink());
            errors.extend(fallback(text, scope));
        }
        Distribution {
            name: name.to_owned(),
            place: self.place.clone(),
            default,
            paths,
            domains: self.hosts(scope),
            errors,
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
    fn hosts(&self, scope: &Scope<'_>) -> Vec<Hostname> {
        self.domains.iter().filter_map(|text| read_hostname(Some(text), scope)).collect()
    }
}

impl Distribution {
    /// True when CloudFront reads a bucket in the name of this distribution.
    pub(crate) fn reads(&self, bucket: &str) -> bool {
        self.origins().any(|origin| *origin == Origin::Construct(Kind::Bucket, bucket.to_owned()))
    }

    fn origins(&self) -> impl Iterator<Item = &Origin> {
        [&self.default].into_iter().chain(&self.paths).map(|behavior| &behavior.origin)
    }
}

impl Construct for Distribution {
    fn name(&self) -> &str {
        &self.name
    }

    fn place(&self) -> &Place {
        &self.place
    }

    fn aliases(&self, links: &Links<'_>) -> Vec<Alias> {
        let id = Naming::id(Kind::Distribution, &self.name);
        let target = deferred::attribute(&id, "DomainName");
        let certificates = Certificates::new(links);
        let alias = |host| certificates.alias(&id, host, target.clone(), ZONE.to_owned());
        self.domains.iter().filter_map(alias).collect()
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
        let mut origins: Vec<&Origin> = Vec::new();
        for origin in self.origins() {
            if !origins.contains(&origin) {
                origins.push(origin);
            }
        }
        let certificates = Certificates::new(links);
        // All names are under certificates that CloudFront takes one of: the first name's.
        let arns: Vec<String> = self.domains.iter().map(|host| certificates.arn(host, Reach::Edge)).collect();
        if let Some((host, _)) =
            self.domains.iter().zip(&arns).find(|(_, arn)| !arn.is_empty() && Some(*arn) != arns.first())
        {
            let kind = FaultKind::BadValue {
                value: host.name.clone(),
                expected: "under the domain of the first name".to_owned(),
                help: "a distribution has one certificate, so all its names are under one domain".to_owned(),
            };
            links.sink.push(kind, &host.place);
        }
        json!({
            "id": Naming::id(Kind::Distribution, name),
            "origin_access_control_id": logical_id(name, "OriginAccessControl"),
            "origin_access_control_name": links.naming.of_account(name, ORIGIN_ACCESS_CONTROL_NAME),
            "reads_buckets": origins.iter().any(|origin| origin.is_bucket()),
            "comment": format!("{} {}", links.naming.stack_name, name),
            "origins": origins.iter().map(|origin| origin.values(links)).collect::<Vec<_>>(),
            "default_behavior": self.default.values(),
            "behaviors": self.paths.iter().map(Behavior::values).collect::<Vec<_>>(),
            "errors": self.errors.iter().map(ErrorPage::values).collect::<Vec<_>>(),
            "names": self.domains.iter().map(|host| &host.name).collect::<Vec<_>>(),
            "certificate": arns.first(),
            "default_root_object": self.default_root_object,
            "price_class": self.price_class.0,
        })
    }
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
