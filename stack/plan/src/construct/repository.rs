//! `repositories:`, image repositories of ECR.

use serde_json::{Value, json};

use super::tags::{Tags, TagsDeclaration, read_tags, tag_list};
use super::{Construct, Declaration, Declared, Kind};
use crate::fault::{FaultKind, Place, Sink};
use crate::links::Links;
use crate::naming::Naming;
use crate::plan::Removal;
use crate::project::{Fields, Named, Text};
use crate::scope::Scope;
use crate::values::{Days, ImageCount, KmsKey, TagPattern};

/// Greatest length of a repository's name.
const REPOSITORY_NAME: usize = 256;
/// Greatest number of patterns of tags that may move.
const MUTABLE_TAGS: usize = 5;

/// A repository as written.
#[derive(Debug, Clone)]
pub(crate) struct RepositoryDeclaration {
    place: Place,
    mutable_tags: Vec<Text>,
    scan: Option<Text>,
    keep: Option<Text>,
    untagged_expire: Option<Text>,
    key: Option<Text>,
    tags: TagsDeclaration,
}

/// A repository with every default filled.
#[derive(Debug, Clone)]
pub(crate) struct Repository {
    pub(crate) name: String,
    pub(crate) place: Place,
    /// Patterns of tags that may move from image to image; all others stay where they were put.
    pub(crate) mutable_tags: Vec<String>,
    /// True when an image is searched for known weaknesses as it arrives.
    pub(crate) scan: bool,
    /// How many images stay, the newest first.
    pub(crate) keep: u32,
    /// Days after which an image without a tag goes.
    pub(crate) untagged_expire: u32,
    pub(crate) key: Option<KmsKey>,
    pub(crate) tags: Tags,
}

impl Declaration for RepositoryDeclaration {
    type Resolved = Repository;

    const ATTRIBUTES: &'static [&'static str] = &["name", "arn", "uri"];

    fn read(named: &Named<'_>, sink: &Sink) -> Option<Self> {
        let fields = Fields::open(named.node, &named.place, sink)?;
        let declaration = Self {
            place: named.place.clone(),
            mutable_tags: fields.texts("mutable_tags"),
            scan: fields.text("scan"),
            keep: fields.text("keep"),
            untagged_expire: fields.text("untagged_expire"),
            key: fields.text("key"),
            tags: read_tags(&fields, sink),
        };
        if declaration.mutable_tags.len() > MUTABLE_TAGS {
            let what = "patterns of tags that may move".to_owned();
            let (value, limit) = (declaration.mutable_tags.len(), MUTABLE_TAGS);
            sink.push(FaultKind::LimitExceeded { what, value, limit }, &fields.place_of("mutable_tags"));
        }
        fields.finish();
        Some(declaration)
    }

    fn attributes(&self, name: &str, naming: &Naming, _: &Scope<'_>) -> Value {
        let name = naming.plain(name, REPOSITORY_NAME);
        let registry = format!("{}.dkr.ecr.{}.{}", naming.account, naming.region, naming.service_domain);
        json!({
            "arn": naming.arn("ecr", &format!("repository/{name}")),
            "uri": format!("{registry}/{name}"),
            "name": name,
        })
    }

    fn resolve(&self, name: &str, scope: &Scope<'_>, _: &Declared) -> Repository {
        let mutable_tags = self.mutable_tags.iter().filter_map(|text| scope.value::<TagPattern>(text));
        Repository {
            name: name.to_owned(),
            place: self.place.clone(),
            mutable_tags: mutable_tags.map(|pattern| pattern.0).collect(),
            scan: scope.value_or(self.scan.as_ref(), true),
            keep: scope.value_or(self.keep.as_ref(), ImageCount(30)).0,
            untagged_expire: scope.value_or(self.untagged_expire.as_ref(), Days(7)).0,
            key: self.key.as_ref().and_then(|text| scope.value(text)),
            tags: self.tags.resolve(scope),
        }
    }
}

impl Construct for Repository {
    fn name(&self) -> &str {
        &self.name
    }

    fn place(&self) -> &Place {
        &self.place
    }

    fn values(&self, links: &Links<'_>) -> Value {
        let (deletion_policy, update_replace_policy) = links.deletion_policies();
        json!({
            "id": Naming::id(Kind::Repository, &self.name),
            "repository_name": links.attribute(Kind::Repository, &self.name, "name"),
            "deletion_policy": deletion_policy,
            "update_replace_policy": update_replace_policy,
            "empty_on_delete": links.settings.environment.removal == Removal::Destroy,
            "mutable_tags": self.mutable_tags,
            "scan": self.scan,
            "lifecycle": self.lifecycle().to_string(),
            "key_arn": self.key.as_ref().map(|key| key.arn(links.naming)),
            "tags": tag_list(&self.tags),
        })
    }
}

impl Repository {
    /// The lifecycle policy, in the language of ECR. A rule with a lower number goes first, and the one for all images
    /// must be the last.
    fn lifecycle(&self) -> Value {
        let expire = json!({ "type": "expire" });
        json!({ "rules": [
            {
                "rulePriority": 1,
                "description": format!("images without a tag go after {} days", self.untagged_expire),
                "selection": {
                    "tagStatus": "untagged",
                    "countType": "sinceImagePushed",
                    "countUnit": "days",
                    "countNumber": self.untagged_expire,
                },
                "action": expire,
            },
            {
                "rulePriority": 2,
                "description": format!("the newest {} images stay", self.keep),
                "selection": {
                    "tagStatus": "any",
                    "countType": "imageCountMoreThan",
                    "countNumber": self.keep,
                },
                "action": expire,
            },
        ] })
    }
}
