//! `transcoders:`, a queue and a job template of `MediaConvert` with the role that their jobs take.

use serde_json::{Value, json};

use super::access::{Access, Verb};
use super::{Construct, Declaration, Declared, Kind};
use crate::deferred;
use crate::fault::{FaultKind, Place, Sink};
use crate::links::Links;
use crate::names::logical_id;
use crate::naming::Naming;
use crate::project::{Fields, Named, Text};
use crate::role::Role;
use crate::scope::Scope;
use crate::values::{AudioBitrate, Bitrate, Description, Pixels, Quality};

/// Greatest length of the names of queues and job templates.
const NAME: usize = 80;

/// A transcoder as written.
#[derive(Debug, Clone)]
pub(crate) struct TranscoderDeclaration {
    place: Place,
    description: Option<Text>,
    input: Vec<Text>,
    output: Option<Text>,
    width: Option<Text>,
    height: Option<Text>,
    max_bitrate: Option<Text>,
    quality: Option<Text>,
    audio_bitrate: Option<Text>,
}

/// A transcoder with every default filled.
#[derive(Debug, Clone)]
pub(crate) struct Transcoder {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) description: Option<String>,
    /// What it reads.
    pub(crate) input: Vec<Access>,
    /// What it writes: the keys under a prefix. Nothing while it has a fault.
    pub(crate) output: Option<Access>,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Bits per second.
    pub(crate) max_bitrate: u32,
    pub(crate) quality: u32,
    /// Bits per second.
    pub(crate) audio_bitrate: u32,
}

impl Declaration for TranscoderDeclaration {
    type Resolved = Transcoder;

    const ATTRIBUTES: &'static [&'static str] =
        &["queue_name", "queue_arn", "template_name", "template_arn", "role_arn"];

    fn read(named: &Named<'_>, sink: &Sink) -> Option<Self> {
        let fields = Fields::open(named.node, &named.place, sink)?;
        if named.node.get("input").is_none() {
            let help = "what it reads: `input: bucket.NAME`".to_owned();
            sink.push(FaultKind::MissingKey { key: "input".to_owned(), help }, &named.place);
        }
        let declaration = Self {
            place: named.place.clone(),
            description: fields.text("description"),
            input: fields.texts("input"),
            output: fields.required("output", "where its results go: `output: bucket.NAME/prefix/`"),
            width: fields.text("width"),
            height: fields.text("height"),
            max_bitrate: fields.text("max_bitrate"),
            quality: fields.text("quality"),
            audio_bitrate: fields.text("audio_bitrate"),
        };
        fields.finish();
        Some(declaration)
    }

    fn attributes(&self, name: &str, naming: &Naming, _: &Scope<'_>) -> Value {
        let physical = naming.physical(name, NAME);
        json!({
            "queue_name": physical,
            "queue_arn": naming.arn("mediaconvert", &format!("queues/{physical}")),
            "template_name": physical,
            "template_arn": naming.arn("mediaconvert", &format!("jobTemplates/{physical}")),
            "role_arn": deferred::attribute(&role_id(name), "Arn"),
        })
    }

    fn resolve(&self, name: &str, scope: &Scope<'_>, declared: &Declared) -> Transcoder {
        let description = self.description.as_ref().and_then(|text| scope.value::<Description>(text));
        Transcoder {
            name: name.to_owned(),
            place: self.place.clone(),
            description: description.map(|description| description.0),
            input: self.input.iter().filter_map(|text| Access::resolve(Verb::Read, text, scope, declared)).collect(),
            output: self.output.as_ref().and_then(|text| resolve_output(text, scope, declared)),
            width: scope.value_or(self.width.as_ref(), Pixels(1280)).0,
            height: scope.value_or(self.height.as_ref(), Pixels(720)).0,
            max_bitrate: scope.value_or(self.max_bitrate.as_ref(), Bitrate(6_000_000)).0,
            quality: scope.value_or(self.quality.as_ref(), Quality(8)).0,
            audio_bitrate: scope.value_or(self.audio_bitrate.as_ref(), AudioBitrate(96_000)).0,
        }
    }
}

/// The keys that jobs may write: all under a prefix that ends with `/`, or all of the bucket.
fn resolve_output(text: &Text, scope: &Scope<'_>, declared: &Declared) -> Option<Access> {
    let mut access = Access::resolve(Verb::Write, text, scope, declared)?;
    let prefix = access.target.path.take().unwrap_or_default();
    if prefix.contains(['*', '?']) || !(prefix.is_empty() || prefix.ends_with('/')) {
        let kind = FaultKind::BadValue {
            value: text.raw.clone(),
            expected: "a bucket with a prefix of keys".to_owned(),
            help: "the prefix ends with `/` and has no wildcards: `output: bucket.NAME/output/`".to_owned(),
        };
        scope.sink().push(kind, &text.place);
        return None;
    }
    access.target.path = Some(format!("{prefix}*"));
    Some(access)
}

impl Construct for Transcoder {
    fn name(&self) -> &str {
        &self.name
    }

    fn place(&self) -> &Place {
        &self.place
    }

    fn values(&self, links: &Links<'_>) -> Value {
        let attribute = |name: &str| links.attribute(Kind::Transcoder, &self.name, name);
        let mut role = Role::new(&self.name, &self.place);
        role.grant_access(&self.input, links);
        role.grant_access(self.output.as_slice(), links);
        let destination = self.output.as_ref().map(|output| {
            let bucket = links.attribute(Kind::Bucket, &output.target.name, "name");
            format!("s3://{bucket}/{}", output.key_pattern().trim_end_matches('*'))
        });
        json!({
            "queue_id": logical_id(&self.name, "TranscoderQueue"),
            "template_id": logical_id(&self.name, "TranscoderTemplate"),
            "role_id": role_id(&self.name),
            "queue_name": attribute("queue_name"),
            "queue_arn": attribute("queue_arn"),
            "template_name": attribute("template_name"),
            "description": self.description,
            "policies": role.finish(links),
            "destination": destination.unwrap_or_default(),
            "width": self.width,
            "height": self.height,
            "max_bitrate": self.max_bitrate,
            "quality": self.quality,
            "audio_bitrate": self.audio_bitrate,
        })
    }
}

impl Transcoder {
    /// The keys of its results.
    pub(crate) fn results(&self) -> Option<Access> {
        let mut results = self.output.clone()?;
        results.target.path = Some(format!("{}.mp4", results.key_pattern()));
        Some(results)
    }
}

fn role_id(name: &str) -> String {
    logical_id(name, "TranscoderRole")
}
