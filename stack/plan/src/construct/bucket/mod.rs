//! `buckets:`.

mod contents;
mod event;
mod lifecycle;

pub(crate) use event::EventRule;

use contents::{ContentsDeclaration, ContentsRule, read_contents};
use event::{EventDeclaration, read_event};
use lifecycle::{LifecycleDeclaration, LifecycleRule, read_lifecycle};

use serde_json::{Value, json};

use super::{Construct, Declaration, Declared, Grant, Kind, Reference};
use crate::fault::{FaultKind, Place, Sink};
use crate::links::Links;
use crate::names::logical_id;
use crate::naming::Naming;
use crate::project::{Fields, Named, Text};
use crate::scope::Scope;
use crate::values::{CorsMethod, CorsOrigin, HeaderName, MaxAge};
use crate::yaml::Node;

/// Greatest number of CORS rules of a bucket.
const CORS_RULES: usize = 100;
/// Greatest length of a bucket name.
const BUCKET_NAME: usize = 63;

/// A bucket as written.
#[derive(Debug, Clone)]
pub(crate) struct BucketDeclaration {
    place: Place,
    cors: Vec<CorsDeclaration>,
    cors_place: Place,
    events: Vec<EventDeclaration>,
    contents: Vec<ContentsDeclaration>,
    lifecycle: Vec<LifecycleDeclaration>,
    versioning: Option<Text>,
}

#[derive(Debug, Clone)]
struct CorsDeclaration {
    origins: Vec<Text>,
    methods: Vec<Text>,
    headers: Vec<Text>,
    expose: Vec<Text>,
    max_age: Option<Text>,
}

/// A bucket with every default filled.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) cors: Vec<CorsRule>,
    pub(crate) events: Vec<EventRule>,
    pub(crate) contents: Vec<ContentsRule>,
    pub(crate) lifecycle: Vec<LifecycleRule>,
    pub(crate) versioning: bool,
}

/// Who may call from a browser.
#[derive(Debug, Clone)]
pub(crate) struct CorsRule {
    pub(crate) origins: Vec<String>,
    pub(crate) methods: Vec<String>,
    pub(crate) headers: Vec<String>,
    pub(crate) expose: Vec<String>,
    pub(crate) max_age: Option<u32>,
}

impl Declaration for BucketDeclaration {
    type Resolved = Bucket;

    const ATTRIBUTES: &'static [&'static str] = &["name", "arn", "domain"];

    fn read(named: &Named<'_>, sink: &Sink) -> Option<Self> {
        let fields = Fields::open(named.node, &named.place, sink)?;
        let declaration = Self {
            place: named.place.clone(),
            cors: fields.items("cors").iter().filter_map(|(node, place)| read_cors(node, place, sink)).collect(),
            cors_place: fields.place_of("cors"),
            events: fields.items("events").iter().filter_map(|(node, place)| read_event(node, place, sink)).collect(),
            contents: fields.get("contents").map_or_else(Vec::new, |(node, place)| read_contents(node, &place, sink)),
            lifecycle: fields
                .items("lifecycle")
                .iter()
                .filter_map(|(node, place)| read_lifecycle(node, place, sink))
                .collect(),
            versioning: fields.text("versioning"),
        };
        fields.finish();
        Some(declaration)
    }

    fn attributes(&self, name: &str, naming: &Naming, _: &Scope<'_>) -> Value {
        let name = naming.of_world(name, BUCKET_NAME);
        json!({
            "arn": format!("arn:{}:s3:::{name}", naming.partition),
            "domain": format!("{name}.s3.{}.{}", naming.region, naming.service_domain),
            "name": name,
        })
    }

    fn resolve(&self, name: &str, scope: &Scope<'_>, declared: &Declared) -> Bucket {
        if self.cors.len() > CORS_RULES {
            let kind = FaultKind::LimitExceeded {
                what: "CORS rules of a bucket".to_owned(),
                value: self.cors.len(),
                limit: CORS_RULES,
            };
            scope.sink().push(kind, &self.cors_place);
        }
        Bucket {
            name: name.to_owned(),
            place: self.place.clone(),
            cors: self.cors.iter().map(|rule| rule.resolve(scope)).collect(),
            events: self.events.iter().flat_map(|event| event.resolve(scope, declared)).collect(),
            contents: self.contents.iter().filter_map(|contents| contents.resolve(scope)).collect(),
            lifecycle: self.lifecycle.iter().map(|rule| rule.resolve(scope)).collect(),
            versioning: scope.value_or(self.versioning.as_ref(), false),
        }
    }
}

fn read_cors(node: &Node, place: &Place, sink: &Sink) -> Option<CorsDeclaration> {
    let fields = Fields::open(node, place, sink)?;
    for (key, help) in [
        ("origins", "who may call: `origins: [\"https://example.com\"]`"),
        ("methods", "which methods: `methods: [GET, PUT]`"),
    ] {
        if node.get(key).is_none() {
            sink.push(FaultKind::MissingKey { key: key.to_owned(), help: help.to_owned() }, place);
        }
    }
    let rule = CorsDeclaration {
        origins: fields.texts("origins"),
        methods: fields.texts("methods"),
        headers: fields.texts("headers"),
        expose: fields.texts("expose"),
        max_age: fields.text("max_age"),
    };
    fields.finish();
    Some(rule)
}

impl CorsDeclaration {
    fn resolve(&self, scope: &Scope<'_>) -> CorsRule {
        let headers = |texts: &[Text]| {
            texts.iter().filter_map(|text| scope.value::<HeaderName>(text)).map(|name| name.0).collect()
        };
        CorsRule {
            origins: self
                .origins
                .iter()
                .filter_map(|text| scope.value::<CorsOrigin>(text))
                .map(|origin| origin.0)
                .collect(),
            methods: self
                .methods
                .iter()
                .filter_map(|text| scope.value::<CorsMethod>(text))
                .map(|method| method.0)
                .collect(),
            headers: headers(&self.headers),
            expose: headers(&self.expose),
            max_age: self.max_age.as_ref().and_then(|text| scope.value::<MaxAge>(text)).map(|age| age.0),
        }
    }
}

impl Construct for Bucket {
    fn name(&self) -> &str {
        &self.name
    }

    fn place(&self) -> &Place {
        &self.place
    }

    fn grants(&self, links: &Links<'_>) -> Vec<Grant> {
        let mut targets: Vec<&Reference> = self.events.iter().map(|event| &event.target).collect();
        targets.sort_unstable_by_key(|target| (target.kind, &target.name));
        targets.dedup();
        targets
            .into_iter()
            .map(|target| Grant {
                service: "s3.amazonaws.com",
                target: (target.kind, target.name.clone()),
                permission_id: permission_id(&self.name, &target.name),
                source_arn: links.attribute(Kind::Bucket, &self.name, "arn"),
                names_account: true,
                is_asynchronous: true,
            })
            .collect()
    }

    fn values(&self, links: &Links<'_>) -> Value {
        let (deletion_policy, update_replace_policy) = links.deletion_policies();
        let arn = links.attribute(Kind::Bucket, &self.name, "arn");
        let events = |kind: Kind| {
            let of_kind = self.events.iter().filter(move |event| event.target.kind == kind);
            of_kind.map(EventRule::values).collect::<Vec<_>>()
        };
        // S3 tests its destinations when a bucket is made, so what lets it use them comes first.
        let depends_on: Vec<String> = self
            .grants(links)
            .into_iter()
            .map(|grant| match grant.target {
                (Kind::Function, _) => grant.permission_id,
                (kind, name) => format!("{}Policy", Naming::id(kind, &name)),
            })
            .collect();
        let distribution_arns: Vec<String> = links
            .constructs
            .distributions
            .iter()
            .filter(|distribution| distribution.reads(&self.name))
            .map(|distribution| links.attribute(Kind::Distribution, &distribution.name, "arn"))
            .collect();
        json!({
            "id": Naming::id(Kind::Bucket, &self.name),
            "policy_id": logical_id(&self.name, "BucketPolicy"),
            "bucket_name": links.attribute(Kind::Bucket, &self.name, "name"),
            "objects_arn": format!("{arn}/*"),
            "arn": arn,
            "deletion_policy": deletion_policy,
            "update_replace_policy": update_replace_policy,
            "depends_on": depends_on,
            "versioning": self.versioning,
            "cors": self.cors.iter().map(|rule| json!({
                "origins": rule.origins,
                "methods": rule.methods,
                "headers": rule.headers,
                "expose": rule.expose,
                "has_max_age": rule.max_age.is_some(),
                "max_age": rule.max_age,
            })).collect::<Vec<_>>(),
            "lifecycle": self.lifecycle.iter().map(|rule| json!({
                "prefix": rule.prefix,
                "expire_days": rule.expire_days,
                "abort_uploads_days": rule.abort_uploads_days,
            })).collect::<Vec<_>>(),
            "has_events": !self.events.is_empty(),
            "function_events": events(Kind::Function),
            "topic_events": events(Kind::Topic),
            "queue_events": events(Kind::Queue),
            "distribution_arns": distribution_arns,
        })
    }
}

fn permission_id(bucket: &str, function: &str) -> String {
    format!("{}{}", Naming::id(Kind::Bucket, bucket), logical_id(function, "Permission"))
}
