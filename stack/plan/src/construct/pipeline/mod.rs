//! `pipelines:`, pipelines of `CodePipeline` whose stages are builds of `CodeBuild`.

mod source;
mod stage;

use serde_json::{Value, json};

use source::{Source, SourceDeclaration, check_bucket, connection_id, read_source};
use stage::{Stage, StageDeclaration, read_stage};

use super::{Construct, Declaration, Declared, Kind, Reference};
use crate::deferred;
use crate::fault::{FaultKind, Place, Sink};
use crate::links::Links;
use crate::names::logical_id;
use crate::naming::Naming;
use crate::project::{Fields, Named, Text};
use crate::role::Role;
use crate::scope::Scope;
use crate::values::Days;

/// Greatest length of a pipeline's name.
const PIPELINE_NAME: usize = 100;
/// Greatest length of a bucket's name.
const BUCKET_NAME: usize = 63;
/// Greatest number of stages beside the source.
const STAGES: usize = 49;
/// Greatest length of a rule's name.
const RULE_NAME: usize = 64;

/// A pipeline as written.
#[derive(Debug, Clone)]
pub(crate) struct PipelineDeclaration {
    place: Place,
    source: Option<SourceDeclaration>,
    stages: Vec<StageDeclaration>,
    artifacts_expire: Option<Text>,
}

/// A pipeline with every default filled.
#[derive(Debug, Clone)]
pub(crate) struct Pipeline {
    pub(crate) name: String,
    pub(crate) place: Place,
    /// Nothing while it has a fault.
    pub(crate) source: Option<Source>,
    source_place: Place,
    pub(crate) stages: Vec<Stage>,
    /// Days after which what stages hand over is deleted.
    pub(crate) artifacts_expire: u32,
}

impl Declaration for PipelineDeclaration {
    type Resolved = Pipeline;

    const ATTRIBUTES: &'static [&'static str] = &["name", "arn", "connection_arn", "artifact_bucket"];

    fn read(named: &Named<'_>, sink: &Sink) -> Option<Self> {
        let fields = Fields::open(named.node, &named.place, sink)?;
        let source = fields.get("source");
        if source.is_none() {
            let help = "where the source is: `source: { repository: owner/name, branch: main }`".to_owned();
            sink.push(FaultKind::MissingKey { key: "source".to_owned(), help }, &named.place);
        }
        let stages = fields.section("stages");
        if stages.is_empty() {
            let help = "what happens, in this order: `stages: { test: { buildspec: test.yml }, build: {} }`".to_owned();
            sink.push(FaultKind::MissingKey { key: "stages".to_owned(), help }, &named.place);
        }
        if stages.len() > STAGES {
            let what = "stages of a pipeline".to_owned();
            let kind = FaultKind::LimitExceeded { what, value: stages.len(), limit: STAGES };
            sink.push(kind, &fields.place_of("stages"));
        }
        let declaration = Self {
            place: named.place.clone(),
            source: source.and_then(|(node, place)| read_source(&Named { name: named.name, place, node }, sink)),
            stages: stages.iter().filter_map(|named| read_stage(named, sink)).collect(),
            artifacts_expire: fields.text("artifacts_expire"),
        };
        fields.finish();
        Some(declaration)
    }

    fn attributes(&self, name: &str, naming: &Naming, scope: &Scope<'_>) -> Value {
        let pipeline_name = naming.physical(name, PIPELINE_NAME);
        let connection_arn = match &self.source {
            Some(source) if source.creates_connection(scope) => deferred::reference(&connection_id(name)),
            Some(source) => source.connection_arn(scope).unwrap_or_default(),
            None => String::new(),
        };
        json!({
            "arn": naming.arn("codepipeline", &pipeline_name),
            "name": pipeline_name,
            "connection_arn": connection_arn,
            "artifact_bucket": naming.of_world(&format!("{name}-artifacts"), BUCKET_NAME),
        })
    }

    fn resolve(&self, name: &str, scope: &Scope<'_>, declared: &Declared) -> Pipeline {
        Pipeline {
            name: name.to_owned(),
            place: self.place.clone(),
            source: self.source.as_ref().and_then(|source| source.resolve(scope, declared)),
            source_place: self.source.as_ref().map_or_else(|| self.place.clone(), |source| source.place().clone()),
            stages: self.stages.iter().map(|stage| stage.resolve(scope, declared)).collect(),
            artifacts_expire: scope.value_or(self.artifacts_expire.as_ref(), Days(30)).0,
        }
    }
}

impl Construct for Pipeline {
    fn name(&self) -> &str {
        &self.name
    }

    fn place(&self) -> &Place {
        &self.place
    }

    fn is_rendered(&self) -> bool {
        self.source.is_some() && !self.stages.is_empty()
    }

    fn values(&self, links: &Links<'_>) -> Value {
        check_bucket(self.source.as_ref(), &self.source_place, links);
        let attribute = |name: &str| links.attribute(Kind::Pipeline, &self.name, name);
        let (deletion_policy, update_replace_policy) = links.deletion_policies();
        let bucket_name = attribute("artifact_bucket");
        let bucket_arn = format!("arn:{}:s3:::{bucket_name}", links.naming.partition);
        let artifacts = json!({ "arn": bucket_arn });
        let trigger_name = links.naming.physical(&format!("{}-source", self.name), RULE_NAME);
        let stages: Vec<Value> = self.stages.iter().map(|stage| stage.values(&self.name, &artifacts, links)).collect();
        json!({
            "id": Naming::id(Kind::Pipeline, &self.name),
            "role_id": logical_id(&self.name, "PipelineRole"),
            "bucket_id": logical_id(&self.name, "PipelineArtifacts"),
            "bucket_policy_id": logical_id(&self.name, "PipelineArtifactsPolicy"),
            "bucket_name": bucket_name,
            "objects_arn": format!("{bucket_arn}/*"),
            "bucket_arn": bucket_arn,
            "artifacts_expire": self.artifacts_expire,
            "deletion_policy": deletion_policy,
            "update_replace_policy": update_replace_policy,
            "pipeline_name": attribute("name"),
            "pipeline_arn": attribute("arn"),
            "policies": self.policies(&artifacts, links),
            "trigger_name": trigger_name,
            "trigger_arn": links.naming.arn("events", &format!("rule/{trigger_name}")),
            "trigger_policies": self.trigger_policies(links),
            "source": self.source.as_ref().map(|source| source.values(&self.name, links)),
            "stages": stages,
        })
    }
}

impl Pipeline {
    /// What the pipeline itself may do: read its source, hand it over, start its builds.
    fn policies(&self, artifacts: &Value, links: &Links<'_>) -> Vec<Value> {
        let mut role = Role::new(&self.name, &self.place);
        role.grant("pipeline-artifacts", artifacts, &self.place, links);
        let projects: Vec<String> = self.stages.iter().map(|stage| stage.project_arn(&self.name, links)).collect();
        for arn in projects {
            role.grant("pipeline-build", &json!({ "arn": arn }), &self.place, links);
        }
        if let Some(arn) = self.source.as_ref().and_then(|source| source.connection_arn(&self.name)) {
            role.grant("connection-use", &json!({ "arn": arn }), &self.place, links);
        }
        if let Some(Source::Bucket { bucket, key }) = &self.source {
            let mut target = links.attributes(Kind::Bucket, bucket);
            target["object"] = json!(key);
            role.grant("pipeline-source", &target, &self.place, links);
        }
        role.finish(links)
    }

    /// What the rule may do that starts the pipeline.
    fn trigger_policies(&self, links: &Links<'_>) -> Vec<Value> {
        let mut role = Role::new(&self.name, &self.place);
        let itself = links.attributes(Kind::Pipeline, &self.name);
        role.grant("pipeline-start", &itself, &self.place, links);
        role.finish(links)
    }
}
