//! A stage of a pipeline: one build.

use serde_json::{Value, json};

use super::super::rights::{Rights, RightsDeclaration};
use super::super::variables::{Variables, VariablesDeclaration, read_variables};
use super::Declared;
use crate::deferred;
use crate::fault::{FaultKind, Place, Sink};
use crate::links::Links;
use crate::names::logical_id;
use crate::plan::Architecture;
use crate::project::{Fields, Named, Text, Tree, read_text};
use crate::role::Role;
use crate::scope::Scope;
use crate::values::{BuildSize, BuildTimeout, Image, ProjectPath, Retention};
use crate::yaml::Node;

/// Greatest length of a build project's name.
const PROJECT_NAME: usize = 150;

/// A stage as written.
#[derive(Debug, Clone)]
pub(super) struct StageDeclaration {
    pub(super) name: String,
    place: Place,
    buildspec: Option<BuildspecDeclaration>,
    image: Option<Text>,
    architecture: Option<Text>,
    size: Option<Text>,
    timeout: Option<Text>,
    privileged: Option<Text>,
    variables: VariablesDeclaration,
    log_retention: Option<Text>,
    rights: RightsDeclaration,
}

#[derive(Debug, Clone)]
enum BuildspecDeclaration {
    /// A file in the source.
    File(Text),
    /// The instructions themselves.
    Inline(Tree),
}

/// A stage with every default filled.
#[derive(Debug, Clone)]
pub(crate) struct Stage {
    pub(crate) name: String,
    pub(crate) place: Place,
    /// A path in the source, or the instructions as JSON text.
    pub(crate) buildspec: String,
    pub(crate) image: String,
    pub(crate) architecture: Architecture,
    pub(crate) size: BuildSize,
    /// Minutes.
    pub(crate) timeout: u32,
    /// True when the build may run containers of its own.
    pub(crate) privileged: bool,
    pub(crate) variables: Variables,
    pub(crate) log_retention: Retention,
    pub(crate) rights: Rights,
}

pub(super) fn read_stage(named: &Named<'_>, sink: &Sink) -> Option<StageDeclaration> {
    let fields = Fields::open(named.node, &named.place, sink)?;
    if !crate::names::is_kebab(named.name) || named.name.len() > 64 {
        let rule =
            "lower-case words of letters and digits joined by `-`, at most 64, beginning with a letter".to_owned();
        let kind = FaultKind::BadName { name: named.name.to_owned(), what: "stage name".to_owned(), rule };
        sink.push(kind, &named.place);
    }
    if named.name == "source" {
        let rule = "the first stage has this name already".to_owned();
        let kind = FaultKind::BadName { name: named.name.to_owned(), what: "stage name".to_owned(), rule };
        sink.push(kind, &named.place);
    }
    let stage = StageDeclaration {
        name: named.name.to_owned(),
        place: named.place.clone(),
        buildspec: fields.get("buildspec").and_then(|(node, place)| read_buildspec(node, &place, sink)),
        image: fields.text("image"),
        architecture: fields.text("architecture"),
        size: fields.text("size"),
        timeout: fields.text("timeout"),
        privileged: fields.text("privileged"),
        variables: read_variables(&fields, sink),
        log_retention: fields.text("log_retention"),
        rights: RightsDeclaration::read(&fields, sink),
    };
    fields.finish();
    Some(stage)
}

fn read_buildspec(node: &Node, place: &Place, sink: &Sink) -> Option<BuildspecDeclaration> {
    if node.as_mapping().is_none() {
        return read_text(node, place, sink).map(BuildspecDeclaration::File);
    }
    if node.get("phases").is_none() {
        let help = "what the build does: `phases: { build: { commands: [make] } }`".to_owned();
        sink.push(FaultKind::MissingKey { key: "phases".to_owned(), help }, place);
    }
    Tree::read(node, place, sink).map(BuildspecDeclaration::Inline)
}

impl StageDeclaration {
    pub(super) fn resolve(&self, scope: &Scope<'_>, declared: &Declared) -> Stage {
        let architecture = scope.value_or(self.architecture.as_ref(), Architecture::X86_64);
        let image = self.image.as_ref().and_then(|text| scope.value::<Image>(text));
        Stage {
            name: self.name.clone(),
            place: self.place.clone(),
            buildspec: self.resolve_buildspec(scope),
            image: image.map_or_else(|| managed_image(architecture).to_owned(), |image| image.0),
            architecture,
            size: scope.value_or(self.size.as_ref(), BuildSize("BUILD_GENERAL1_SMALL")),
            timeout: scope.value_or(self.timeout.as_ref(), BuildTimeout(60)).0,
            privileged: scope.value_or(self.privileged.as_ref(), false),
            variables: self.variables.resolve(scope),
            log_retention: scope.value_or(self.log_retention.as_ref(), Retention(30)),
            rights: self.rights.resolve(scope, declared),
        }
    }

    fn resolve_buildspec(&self, scope: &Scope<'_>) -> String {
        match &self.buildspec {
            None => Some("buildspec.yml".to_owned()),
            Some(BuildspecDeclaration::File(text)) => scope.value::<ProjectPath>(text).map(|path| path.0),
            // JSON is YAML, which builds read.
            Some(BuildspecDeclaration::Inline(tree)) => tree.literal(scope).map(|value| value.to_string()),
        }
        .unwrap_or_default()
    }
}

/// The image of `CodeBuild` with Amazon Linux 2023.
fn managed_image(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::X86_64 => "aws/codebuild/amazonlinux-x86_64-standard:5.0",
        Architecture::Arm64 => "aws/codebuild/amazonlinux-aarch64-standard:3.0",
    }
}

impl Stage {
    /// Name of its build project.
    pub(super) fn project_name(&self, pipeline: &str, links: &Links<'_>) -> String {
        links.naming.physical(&format!("{pipeline}-{}", self.name), PROJECT_NAME)
    }

    /// ARN of its build project.
    pub(super) fn project_arn(&self, pipeline: &str, links: &Links<'_>) -> String {
        links.naming.arn("codebuild", &format!("project/{}", self.project_name(pipeline, links)))
    }

    /// Values of the stage in the pipeline's template source.
    pub(super) fn values(&self, pipeline: &str, artifacts: &Value, links: &Links<'_>) -> Value {
        let id = |what: &str| format!("{}{}", logical_id(pipeline, "Pipeline"), logical_id(&self.name, what));
        let project_name = self.project_name(pipeline, links);
        let (deletion_policy, update_replace_policy) = links.deletion_policies();
        json!({
            "name": self.name,
            "project_id": id("Project"),
            "role_id": id("Role"),
            "log_group_id": id("LogGroup"),
            "project_name": project_name,
            "project_arn": self.project_arn(pipeline, links),
            "log_group_name": format!("/aws/codebuild/{project_name}"),
            "log_retention": self.log_retention.0,
            "deletion_policy": deletion_policy,
            "update_replace_policy": update_replace_policy,
            "policies": self.policies(&id("LogGroup"), artifacts, links),
            "buildspec": self.buildspec,
            "image": self.image,
            "machine": match self.architecture {
                Architecture::X86_64 => "LINUX_CONTAINER",
                Architecture::Arm64 => "ARM_CONTAINER",
            },
            "credentials": if self.image.starts_with("aws/codebuild/") { "CODEBUILD" } else { "SERVICE_ROLE" },
            "size": self.size.0,
            "timeout": self.timeout,
            "privileged": self.privileged,
            "has_variables": !self.variables.is_empty(),
            "variables": self.variables.values(),
        })
    }

    fn policies(&self, log_group: &str, artifacts: &Value, links: &Links<'_>) -> Vec<Value> {
        let mut role = Role::new(&self.name, &self.place);
        role.grant("function-logs", &json!({ "arn": deferred::attribute(log_group, "Arn") }), &self.place, links);
        role.grant("pipeline-artifacts", artifacts, &self.place, links);
        for arn in self.variables.secret_arns() {
            role.grant("secret-read", &json!({ "arn": arn }), &self.place, links);
        }
        self.rights.grant(&mut role, &json!({ "name": self.name }), links);
        role.finish(links)
    }
}
