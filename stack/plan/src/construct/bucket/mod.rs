//! `buckets:`.

mod access_logs;
mod contents;
mod cors;
mod event;
mod import;
mod lifecycle;
mod public;

pub(crate) use event::EventRule;

use access_logs::resolve_access_logs;
use contents::{ContentsDeclaration, ContentsRule, read_contents};
use cors::{CorsDeclaration, CorsRule, read_cors};
use event::{EventDeclaration, read_event};
use lifecycle::{LifecycleDeclaration, LifecycleRule, read_lifecycle};
use public::{Website, WebsiteDeclaration, read_website};

use serde_json::{Value, json};

use super::tags::{Tags, TagsDeclaration, read_tags, tag_list};
use super::{Construct, Declaration, Declared, Grant, Kind, Reference};
use crate::deferred;
use crate::fault::{FaultKind, Place, Sink};
use crate::links::Links;
use crate::names::logical_id;
use crate::naming::Naming;
use crate::plan::{Action, Contents};
use crate::project::{Fields, Named, Text};
use crate::scope::Scope;
use crate::values::{ImportedBucket, KmsKey, PublicAccess};

/// Greatest number of CORS rules of a bucket.
const CORS_RULES: usize = 100;
/// Greatest length of a bucket name.
const BUCKET_NAME: usize = 63;

/// A bucket as written.
#[derive(Debug, Clone)]
pub(crate) struct BucketDeclaration {
    place: Place,
    import: Option<Text>,
    /// Keys of the mapping but `import`.
    keys: Vec<(String, Place)>,
    cors: Vec<CorsDeclaration>,
    cors_place: Place,
    events: Vec<EventDeclaration>,
    eventbridge: Option<Text>,
    contents: Vec<ContentsDeclaration>,
    lifecycle: Vec<LifecycleDeclaration>,
    versioning: Option<Text>,
    public: Option<Text>,
    website: Option<WebsiteDeclaration>,
    key: Option<Text>,
    access_logs: Option<Text>,
    tags: TagsDeclaration,
}

/// A bucket with every default filled.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    pub(crate) place: Place,
    /// Name of the bucket that exists already.
    pub(crate) import: Option<String>,
    pub(crate) cors: Vec<CorsRule>,
    pub(crate) events: Vec<EventRule>,
    /// True when every event goes to `EventBridge` as well.
    pub(crate) eventbridge: bool,
    pub(crate) contents: Vec<ContentsRule>,
    pub(crate) lifecycle: Vec<LifecycleRule>,
    pub(crate) versioning: bool,
    pub(crate) public: PublicAccess,
    pub(crate) website: Option<Website>,
    /// Bucket that receives the access logs, with the prefix of their keys.
    pub(crate) access_logs: Option<(String, String)>,
    pub(crate) tags: Tags,
}

impl Declaration for BucketDeclaration {
    type Resolved = Bucket;

    const ATTRIBUTES: &'static [&'static str] = &["name", "arn", "domain", "website_url", "key_arn"];

    fn read(named: &Named<'_>, sink: &Sink) -> Option<Self> {
        let fields = Fields::open(named.node, &named.place, sink)?;
        let items = |key| fields.items(key);
        let declaration = Self {
            place: named.place.clone(),
            import: fields.text("import"),
            keys: fields
                .all()
                .into_iter()
                .filter(|entry| entry.name != "import")
                .map(|entry| (entry.name.to_owned(), entry.place))
                .collect(),
            cors: items("cors").iter().filter_map(|(node, place)| read_cors(node, place, sink)).collect(),
            cors_place: fields.place_of("cors"),
            events: items("events").iter().filter_map(|(node, place)| read_event(node, place, sink)).collect(),
            eventbridge: fields.text("eventbridge"),
            contents: fields.get("contents").map_or_else(Vec::new, |(node, place)| read_contents(node, &place, sink)),
            lifecycle: items("lifecycle")
                .iter()
                .filter_map(|(node, place)| read_lifecycle(node, place, sink))
                .collect(),
            versioning: fields.text("versioning"),
            public: fields.text("public"),
            website: fields.get("website").and_then(|(node, place)| read_website(node, &place, sink)),
            key: fields.text("key"),
            access_logs: fields.text("access_logs"),
            tags: read_tags(&fields, sink),
        };
        fields.finish();
        Some(declaration)
    }

    fn attributes(&self, name: &str, naming: &Naming, scope: &Scope<'_>) -> Value {
        let imported = self.import.as_ref().and_then(|text| scope.value::<ImportedBucket>(text)).and_then(|it| it.0);
        let website_url = match imported {
            // Whether it has a website is not known.
            Some(_) => String::new(),
            None => deferred::attribute(&Naming::id(Kind::Bucket, name), "WebsiteURL"),
        };
        let key_arn = self.key.as_ref().and_then(|text| scope.value::<KmsKey>(text)).map(|key| key.arn(naming));
        let name = imported.unwrap_or_else(|| naming.of_world(name, BUCKET_NAME));
        json!({
            "arn": format!("arn:{}:s3:::{name}", naming.partition),
            "domain": format!("{name}.s3.{}.{}", naming.region, naming.service_domain),
            "name": name,
            "website_url": website_url,
            "key_arn": key_arn.unwrap_or_default(),
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
        let import = self.import.as_ref().and_then(|text| scope.value::<ImportedBucket>(text)).and_then(|it| it.0);
        if import.is_some() {
            import::check_keys(&self.keys, scope.sink());
        }
        // Nothing while the value is not known.
        let public = self.public.as_ref().map_or(Some(PublicAccess::None), |text| scope.value(text));
        let versioning = self.versioning.as_ref().map_or(Some(false), |text| scope.value(text));
        self.check(public, versioning, scope);
        Bucket {
            name: name.to_owned(),
            place: self.place.clone(),
            import,
            cors: self.cors.iter().map(|rule| rule.resolve(scope)).collect(),
            events: self.events.iter().flat_map(|event| event.resolve(scope, declared)).collect(),
            eventbridge: scope.value_or(self.eventbridge.as_ref(), false),
            contents: self.contents.iter().filter_map(|contents| contents.resolve(scope)).collect(),
            lifecycle: self.lifecycle.iter().map(|rule| rule.resolve(scope)).collect(),
            versioning: versioning.unwrap_or_default(),
            public: public.unwrap_or(PublicAccess::None),
            website: self.website.as_ref().map(|website| website.resolve(public, scope)),
            access_logs: self.access_logs.as_ref().and_then(|text| resolve_access_logs(name, text, scope, declared)),
            tags: self.tags.resolve(scope),
        }
    }
}

impl BucketDeclaration {
    /// What must hold between the settings of one bucket. A setting is nothing while its value is not known.
    fn check(&self, public: Option<PublicAccess>, versioning: Option<bool>, scope: &Scope<'_>) {
        if let Some(key) = &self.key {
            scope.value::<KmsKey>(key);
            if public == Some(PublicAccess::Read) {
                let kind = FaultKind::BadValue {
                    value: key.raw.clone(),
                    expected: "a key of a public bucket".to_owned(),
                    help: "nobody without credentials can use a KMS key: leave `key` or `public` out".to_owned(),
                };
                scope.sink().push(kind, &key.place);
            }
        }
        if versioning == Some(false)
            && let Some(place) = self.lifecycle.iter().find_map(LifecycleDeclaration::noncurrent_place)
        {
            let help = "only a bucket with versions has any that are not current: `versioning: true`".to_owned();
            scope.sink().push(FaultKind::MissingKey { key: "versioning".to_owned(), help }, place);
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

    fn is_owned(&self) -> bool {
        self.import.is_none()
    }

    fn grants(&self, links: &Links<'_>) -> Vec<Grant> {
        let mut targets: Vec<&Reference> = self.events.iter().map(|event| &event.target).collect();
        targets.sort_unstable_by_key(|target| (target.kind, &target.name));
        targets.dedup();
        let grant = |service, target: (Kind, String)| Grant {
            service,
            permission_id: permission_id(&self.name, &target.1),
            target,
            source_arn: links.attribute(Kind::Bucket, &self.name, "arn"),
            names_account: true,
            is_asynchronous: true,
        };
        let notified = targets.into_iter().map(|target| ("s3.amazonaws.com", (target.kind, target.name.clone())));
        let logs =
            self.access_logs.iter().map(|(bucket, _)| ("logging.s3.amazonaws.com", (Kind::Bucket, bucket.clone())));
        notified.chain(logs).map(|(service, target)| grant(service, target)).collect()
    }

    fn values(&self, links: &Links<'_>) -> Value {
        let (deletion_policy, update_replace_policy) = links.deletion_policies();
        let arn = links.attribute(Kind::Bucket, &self.name, "arn");
        let events = |kind: Kind| {
            let of_kind = self.events.iter().filter(move |event| event.target.kind == kind);
            of_kind.map(|event| event.values(links)).collect::<Vec<_>>()
        };
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
            "key_arn": links.attribute(Kind::Bucket, &self.name, "key_arn"),
            "deletion_policy": deletion_policy,
            "update_replace_policy": update_replace_policy,
            "depends_on": self.depends_on(links),
            "versioning": self.versioning,
            "is_private": self.public == PublicAccess::None,
            "website": self.website.as_ref().map(Website::values),
            "access_logs": self.access_logs.as_ref().map(|(bucket, prefix)| {
                json!({ "bucket": links.attribute(Kind::Bucket, bucket, "name"), "prefix": prefix })
            }),
            "cors": self.cors.iter().map(CorsRule::values).collect::<Vec<_>>(),
            "lifecycle": self.lifecycle.iter().map(LifecycleRule::values).collect::<Vec<_>>(),
            "has_events": !self.events.is_empty() || self.eventbridge,
            "eventbridge": self.eventbridge,
            "function_events": events(Kind::Function),
            "topic_events": events(Kind::Topic),
            "queue_events": events(Kind::Queue),
            "senders": links.senders(Kind::Bucket, &self.name),
            "distribution_arns": distribution_arns,
            "tags": tag_list(&self.tags),
        })
    }

    fn contents(&self, links: &Links<'_>) -> Vec<Contents> {
        let bucket_name = links.attribute(Kind::Bucket, &self.name, "name");
        let contents = self.contents.iter().cloned();
        contents
            .map(|contents| Contents {
                bucket: self.name.clone(),
                bucket_name: bucket_name.clone(),
                source: contents.source,
                prefix: contents.prefix,
                cache_control: contents.cache_control,
                files: contents.files,
                delete_removed: contents.delete_removed,
            })
            .collect()
    }

    fn actions(&self, links: &Links<'_>) -> Vec<Action> {
        self.import.iter().map(|bucket_name| import::merge_notifications(self, bucket_name, links)).collect()
    }
}

impl Bucket {
    /// What lets S3 use the destinations of a bucket: it tests them when the bucket is made.
    fn depends_on(&self, links: &Links<'_>) -> Vec<String> {
        self.grants(links)
            .into_iter()
            .filter(|grant| links.is_owned(grant.target.0, &grant.target.1))
            .map(|grant| match grant.target {
                (Kind::Function, _) => grant.permission_id,
                (kind, name) => format!("{}Policy", Naming::id(kind, &name)),
            })
            .collect()
    }
}

fn permission_id(bucket: &str, function: &str) -> String {
    format!("{}{}", Naming::id(Kind::Bucket, bucket), logical_id(function, "Permission"))
}
