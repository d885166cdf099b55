//! From a project and its surroundings to a plan.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::companions::{companions, received_parameters};
use crate::construct::{Constructs, Grant, Kind};
use crate::deferred;
use crate::deployments::follow_content;
use crate::fault::{FaultKind, Faults, Place, Sink};
use crate::links::Links;
use crate::naming::Naming;
use crate::plan::{ARTIFACT_BUCKET_PARAMETER, Action, Artifact, Context, NOTIFICATIONS_METADATA, Origin, Plan};
use crate::project::{Project, load};
use crate::render::{ALIAS, MANAGED_POLICY, PERMISSION, Source, TemplateRenderer};
use crate::resolve::{check_links, check_names};
use crate::scope::Scope;
use crate::settings::Settings;
use crate::template::{BODY_BYTES, Output, Parameter, Template, TemplateFault};

/// Plans one environment of a project.
///
/// # Errors
/// All faults that the environment brings to light, each with its place in the project file.
pub fn plan(project: &Project, context: &Context) -> Result<Plan, Faults> {
    plan_one(project, context, true)
}

/// As [`plan`]; `is_sound` is false for a project whose file has faults, of which nothing can be rendered.
fn plan_one(project: &Project, context: &Context, is_sound: bool) -> Result<Plan, Faults> {
    let sink = Sink::default();
    let plan = Planner::new(project, context, &sink).and_then(|planner| planner.plan(is_sound));
    let faults = sink.into_faults();
    match plan {
        Some(plan) if faults.is_empty() => Ok(plan),
        _ => Err(Faults::new(&project.file_name, &project.text, faults)),
    }
}

/// Reads a project file and plans one environment of it, reporting faults of the file and of the environment together.
///
/// # Errors
/// All faults at once.
pub fn check_project(file_name: &str, text: &str, context: &Context) -> Result<Plan, Faults> {
    let (project, mut faults) = load(file_name, text);
    if faults.iter().any(|fault| matches!(fault.kind, FaultKind::InvalidYaml(_))) {
        return Err(Faults::new(file_name, text, faults));
    }
    match plan_one(&project, context, faults.is_empty()) {
        Ok(plan) if faults.is_empty() => Ok(plan),
        Ok(_) => Err(Faults::new(file_name, text, faults)),
        Err(more) => {
            faults.extend(more.into_faults());
            Err(Faults::new(file_name, text, faults))
        }
    }
}

struct Planner<'a> {
    project: &'a Project,
    context: &'a Context,
    sink: &'a Sink,
    settings: Settings,
    naming: Naming,
    scope: Scope<'a>,
    constructs: Constructs,
}

impl<'a> Planner<'a> {
    /// Evaluates everything; nothing when not even the environment is known.
    fn new(project: &'a Project, context: &'a Context, sink: &'a Sink) -> Option<Self> {
        let settings = Settings::new(project, context, sink)?;
        let naming = Naming::new(&project.name, &settings);
        let mut scope = Scope::of_values(settings.values.clone(), sink);
        let attributes = project.constructs.attributes(&naming, &scope);
        scope.add(attributes);
        scope.add_names(project.all_names());
        let constructs = Constructs::resolve(&project.constructs, &scope, &project.declared);
        check_links(&constructs, sink);
        if project.has_environment_without_suffix() {
            check_names(&constructs, &naming, sink);
        }
        Some(Self { project, context, sink, settings, naming, scope, constructs })
    }

    /// Renders and checks the template; nothing when something is at fault.
    fn plan(self, is_sound: bool) -> Option<Plan> {
        let outputs = self.outputs();
        let description = self.project.description.as_ref().and_then(|text| self.scope.literal(text));
        let links =
            Links::new(&self.settings, &self.naming, &self.scope, &self.constructs, &self.context.policy_sources);
        let values: Vec<_> = self
            .constructs
            .each()
            .into_iter()
            .map(|(kind, construct)| {
                let values = construct.is_rendered().then(|| construct.values(&links));
                (kind, construct, values.filter(|values| !values.is_null()))
            })
            .collect();
        // What is faulty would only bring faults of its own.
        if !is_sound || !self.sink.is_empty() {
            return None;
        }
        let mut rendered = Rendered::new(&self.context.template_sources, self.sink);
        for (kind, construct, values) in values {
            let origin = (kind, construct.name(), construct.place());
            for grant in construct.grants(&links).iter().filter(|grant| grant.target.0 == Kind::Function) {
                rendered.add(PERMISSION, &permission_values(grant), origin);
            }
            if let Some(values) = values {
                rendered.add(kind.source(), &values, origin);
                for policy in values["managed_policies"].as_array().into_iter().flatten() {
                    rendered.add(MANAGED_POLICY, policy, origin);
                }
            }
            for alias in construct.aliases(&links) {
                rendered.add(ALIAS, &alias.values(), origin);
            }
        }
        let (mut template, mut origins) = rendered.finish();
        let companions = companions(&links, self.project, self.context);
        let artifacts = self.artifacts(&links);
        let constructs = self.constructs.each();
        let actions: Vec<Action> = constructs.iter().flat_map(|(_, construct)| construct.actions(&links)).collect();
        template.metadata = metadata(&actions);
        template.format_version = Some("2010-09-09".to_owned());
        template.description = Some(
            description
                .unwrap_or_else(|| format!("{}, environment {}", self.project.name, self.settings.environment.name)),
        );
        template.parameters.extend(code_parameters(&artifacts));
        template.parameters.extend(received_parameters(&companions));
        template.outputs.extend(outputs);
        follow_content(&mut template, &mut origins, Kind::RestApi.source().file_name);
        self.check(&template, &origins);
        if !self.sink.is_empty() {
            return None;
        }
        Some(Plan {
            project: self.project.name.clone(),
            stack_name: self.naming.stack_name.clone(),
            tags: self.tags(),
            outputs: template.outputs.keys().cloned().collect(),
            contents: constructs.iter().flat_map(|(_, construct)| construct.contents(&links)).collect(),
            actions,
            parameters: BTreeMap::new(),
            companions,
            artifacts,
            template,
            origins: origins.into_iter().map(|(id, (origin, _))| (id, origin)).collect(),
            environment: self.settings.environment,
            region: self.settings.region,
            account: self.settings.account,
        })
    }

    fn outputs(&self) -> IndexMap<String, Output> {
        let mut outputs = IndexMap::new();
        for (name, output) in &self.project.outputs {
            let description = output.description.as_ref().and_then(|text| self.scope.literal(text));
            let Some(value) = output.value.as_ref().and_then(|text| self.scope.evaluate(text)) else { continue };
            if value.is_empty() {
                let kind = FaultKind::BadValue {
                    value,
                    expected: "an output of a stack, which is never empty".to_owned(),
                    help: "leave the output out, or write a value for this case: `{{#if x}}...{{else}}none{{/if}}`"
                        .to_owned(),
                };
                self.sink.push(kind, &output.place);
                continue;
            }
            // Only keys cannot be resolved, and this is a value.
            let Ok(value) = deferred::resolve(Value::String(value)) else { continue };
            outputs.insert(name.clone(), Output { description, value, ..Output::default() });
        }
        outputs
    }

    fn artifacts(&self, links: &Links<'_>) -> Vec<Artifact> {
        let mut artifacts: Vec<Artifact> = self
            .constructs
            .functions
            .iter()
            .map(|function| Artifact {
                function: function.name.clone(),
                logical_id: Naming::id(Kind::Function, &function.name),
                function_name: links.attribute(Kind::Function, &function.name, "name"),
                package: function.package.clone(),
                features: function.features.clone(),
                architecture: function.architecture,
                key_parameter: Naming::code_key_id(&function.name),
            })
            .collect();
        artifacts.sort_by(|one, other| one.function.cmp(&other.function));
        artifacts
    }

    fn tags(&self) -> BTreeMap<String, String> {
        let environment = &self.settings.environment;
        [
            ("stack:project", &self.project.name),
            ("stack:environment", &environment.name),
            ("stack:suffix", &environment.suffix),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| (key.to_owned(), value.clone()))
        .collect()
    }

    /// References, functions, circles and limits of the whole template, each at the construct that brought it.
    fn check(&self, template: &Template, origins: &BTreeMap<String, (Origin, Place)>) {
        let nowhere = Place::outside("template");
        for error in template.faults() {
            let mut path = error.path.split('/').skip(1);
            let place = match (path.next(), path.next()) {
                (Some("Resources"), Some(id)) => origins.get(id).map(|(_, place)| place),
                (Some("Outputs"), Some(name)) => self.project.outputs.get(name).map(|output| &output.place),
                _ => None,
            };
            self.sink.push(FaultKind::InvalidTemplate(error.fault), place.unwrap_or(&nowhere));
        }
        let bytes = template.to_compact_json().len();
        if bytes > BODY_BYTES {
            let fault =
                TemplateFault::Limit { what: "Size of the template in bytes:", found: bytes, limit: BODY_BYTES };
            self.sink.push(FaultKind::InvalidTemplate(fault), &nowhere);
        }
    }
}

/// Values of `permission.yaml.hbs`.
fn permission_values(grant: &Grant) -> Value {
    json!({
        "id": grant.permission_id,
        "function_id": Naming::id(Kind::Function, &grant.target.1),
        "service": grant.service,
        "names_account": grant.names_account,
        "source_arn": grant.source_arn,
    })
}

/// What the deployer must know of a deployed stack without its project file.
fn metadata(actions: &[Action]) -> Option<Value> {
    let buckets: Vec<Value> = actions
        .iter()
        .filter_map(|action| match action {
            Action::MergeNotifications { bucket_name, id_prefix, .. } => {
                Some(json!({ "BucketName": bucket_name, "IdPrefix": id_prefix }))
            }
            Action::Invalidate { .. } => None,
        })
        .collect();
    (!buckets.is_empty()).then(|| json!({ NOTIFICATIONS_METADATA: buckets }))
}

fn code_parameters(artifacts: &[Artifact]) -> IndexMap<String, Parameter> {
    let parameter = |description: String| Parameter {
        parameter_type: "String".to_owned(),
        description: Some(description),
        ..Parameter::default()
    };
    let mut parameters = IndexMap::new();
    if !artifacts.is_empty() {
        parameters.insert(
            ARTIFACT_BUCKET_PARAMETER.to_owned(),
            parameter("Bucket that holds the code of functions".to_owned()),
        );
    }
    for artifact in artifacts {
        let description = format!("Key of the code of function {}", artifact.function);
        parameters.insert(artifact.key_parameter.clone(), parameter(description));
    }
    parameters
}

/// The template as it grows, and where its parts come from.
pub(crate) struct Rendered<'a> {
    renderer: TemplateRenderer<'a>,
    template: Template,
    origins: BTreeMap<String, (Origin, Place)>,
    sink: &'a Sink,
}

impl<'a> Rendered<'a> {
    pub(crate) fn new(sources: &'a BTreeMap<String, String>, sink: &'a Sink) -> Self {
        Self { renderer: TemplateRenderer::new(sources), template: Template::default(), origins: BTreeMap::new(), sink }
    }

    pub(crate) fn add(&mut self, source: Source, values: &Value, (kind, name, place): (Kind, &str, &Place)) {
        let file = source.file_name;
        let part = match self.renderer.render(source, values) {
            Ok(part) => part,
            Err(reason) => {
                self.sink.push(FaultKind::InvalidTemplateSource { file: file.to_owned(), reason }, place);
                return;
            }
        };
        for (id, resource) in part.resources {
            if let Some((first, _)) = self.origins.get(&id) {
                let kind = FaultKind::NameCollision {
                    what: "logical id".to_owned(),
                    name: id,
                    first: first.key_path.clone(),
                    second: place.key_path.clone(),
                };
                // The other resources of the two collide as well, and mend together.
                self.sink.push(kind, place);
                return;
            }
            let origin = Origin {
                key_path: format!("{}.{name}", kind.section()),
                line: place.line(),
                template_source: file.to_owned(),
            };
            self.origins.insert(id.clone(), (origin, place.clone()));
            self.template.resources.insert(id, resource);
        }
        self.template.parameters.extend(part.parameters);
        self.template.mappings.extend(part.mappings);
        self.template.conditions.extend(part.conditions);
        self.template.outputs.extend(part.outputs);
    }

    pub(crate) fn finish(self) -> (Template, BTreeMap<String, (Origin, Place)>) {
        (self.template, self.origins)
    }
}
