//! From a project and its surroundings to a plan.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::Value;

use crate::deferred;
use crate::fault::{Fault, FaultKind, Faults, Place, Sink};
use crate::links::Links;
use crate::naming::Naming;
use crate::plan::{ARTIFACT_BUCKET_PARAMETER, Action, Artifact, Contents, Context, Origin, Plan};
use crate::project::{Project, load};
use crate::render::{PolicyRenderer, Source, TemplateRenderer};
use crate::resolve::{Constructs, check_links};
use crate::scope::Scope;
use crate::settings::Settings;
use crate::template::{BODY_BYTES, Output, Parameter, Positions, Template, TemplateFault, check};

/// Plans one environment of a project.
///
/// # Errors
/// All faults that the environment brings to light, each with its place in the project file.
pub fn plan(project: &Project, context: &Context) -> Result<Plan, Faults> {
    let sink = Sink::default();
    let plan = Planner::new(project, context, &sink).and_then(Planner::plan);
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
    match plan(&project, context) {
        Ok(plan) if faults.is_empty() => Ok(plan),
        Ok(_) => Err(Faults::new(file_name, text, faults)),
        Err(more) => {
            // A faulty project brings faulty properties, and has its own words for them.
            let is_own = |fault: &Fault| !matches!(fault.kind, FaultKind::InvalidTemplate(TemplateFault::Schema(_)));
            let has_own = !faults.is_empty();
            faults.extend(more.into_faults().into_iter().filter(|fault| !has_own || is_own(fault)));
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
        let naming = Naming::new(project, &settings);
        let mut values = settings.values.clone();
        values.extend(naming.attributes(&project.declared));
        let mut scope = Scope::of_values(values, sink);
        scope.add_names(project.all_names());
        let constructs = Constructs::resolve(project, &scope);
        check_links(&constructs, sink);
        Some(Self { project, context, sink, settings, naming, scope, constructs })
    }

    /// Renders and checks the template; nothing when something is at fault.
    fn plan(self) -> Option<Plan> {
        let outputs = self.outputs();
        let description = self.project.description.as_ref().and_then(|text| self.scope.literal(text));
        let mut policies = PolicyRenderer::new(&self.context.policy_sources);
        let links = Links {
            settings: &self.settings,
            naming: &self.naming,
            scope: &self.scope,
            constructs: &self.constructs,
            sink: self.sink,
        };
        let mut rendered = Rendered::new(&self.context.template_sources, self.sink);
        for function in &self.constructs.functions {
            let values = links.function(function, &mut policies);
            rendered.add(Source::Function, &values, &function.place, "functions", &function.name);
        }
        // What is faulty would only bring faults of its own.
        if !self.sink.is_empty() {
            return None;
        }
        for bucket in &self.constructs.buckets {
            rendered.add(Source::Bucket, &links.bucket(bucket), &bucket.place, "buckets", &bucket.name);
        }
        for topic in &self.constructs.topics {
            rendered.add(Source::Topic, &links.topic(topic), &topic.place, "topics", &topic.name);
        }
        for distribution in &self.constructs.distributions {
            let values = links.distribution(distribution);
            rendered.add(Source::Distribution, &values, &distribution.place, "distributions", &distribution.name);
        }
        let (mut template, origins) = rendered.finish();
        let artifacts = self.artifacts();
        template.format_version = Some("2010-09-09".to_owned());
        template.description = Some(
            description
                .unwrap_or_else(|| format!("{}, environment {}", self.project.name, self.settings.environment.name)),
        );
        template.parameters.extend(code_parameters(&artifacts));
        template.outputs.extend(outputs);
        self.check(&template, &origins);
        if !self.sink.is_empty() {
            return None;
        }
        Some(Plan {
            project: self.project.name.clone(),
            stack_name: self.naming.stack_name.clone(),
            tags: self.tags(),
            outputs: template.outputs.keys().cloned().collect(),
            contents: self.contents(),
            actions: self.actions(),
            parameters: BTreeMap::new(),
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

    fn artifacts(&self) -> Vec<Artifact> {
        let mut artifacts: Vec<Artifact> = self
            .constructs
            .functions
            .iter()
            .map(|function| Artifact {
                function: function.name.clone(),
                logical_id: Naming::function_id(&function.name),
                function_name: self.naming.function(&function.name),
                package: function.package.clone(),
                features: function.features.clone(),
                architecture: function.architecture,
                key_parameter: Naming::code_key_id(&function.name),
            })
            .collect();
        artifacts.sort_by(|one, other| one.function.cmp(&other.function));
        artifacts
    }

    fn contents(&self) -> Vec<Contents> {
        let of_bucket = |bucket: &crate::construct::bucket::Bucket| {
            let bucket_name = self.naming.bucket(&bucket.name);
            let name = bucket.name.clone();
            bucket.contents.clone().into_iter().map(move |contents| Contents {
                bucket: name.clone(),
                bucket_name: bucket_name.clone(),
                source: contents.source,
                prefix: contents.prefix,
                cache_control: contents.cache_control,
            })
        };
        self.constructs.buckets.iter().flat_map(of_bucket).collect()
    }

    fn actions(&self) -> Vec<Action> {
        let declared = self.constructs.distributions.iter().filter(|distribution| !distribution.invalidate.is_empty());
        declared
            .map(|distribution| Action::Invalidate {
                logical_id: Naming::distribution_id(&distribution.name),
                paths: distribution.invalidate.clone(),
            })
            .collect()
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

    /// References, functions, properties, circles and limits of the whole template, each at the construct that brought it.
    fn check(&self, template: &Template, origins: &BTreeMap<String, (Origin, Place)>) {
        let nowhere = Place::outside("template");
        // The same here: what is faulty already would be told twice.
        let findings = if self.sink.is_empty() {
            check(template, &Positions::default(), &[&self.settings.region])
        } else {
            template.faults()
        };
        for error in findings.into_iter().filter(|error| !error.fault.is_warning()) {
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
struct Rendered<'a> {
    renderer: TemplateRenderer<'a>,
    template: Template,
    origins: BTreeMap<String, (Origin, Place)>,
    sink: &'a Sink,
}

impl<'a> Rendered<'a> {
    fn new(sources: &'a BTreeMap<String, String>, sink: &'a Sink) -> Self {
        Self { renderer: TemplateRenderer::new(sources), template: Template::default(), origins: BTreeMap::new(), sink }
    }

    fn add(&mut self, source: Source, values: &Value, place: &Place, section: &str, name: &str) {
        let file = source.file_name();
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
            let origin =
                Origin { key_path: format!("{section}.{name}"), line: place.line(), template_source: file.to_owned() };
            self.origins.insert(id.clone(), (origin, place.clone()));
            self.template.resources.insert(id, resource);
        }
        self.template.parameters.extend(part.parameters);
        self.template.mappings.extend(part.mappings);
        self.template.conditions.extend(part.conditions);
        self.template.outputs.extend(part.outputs);
    }

    fn finish(self) -> (Template, BTreeMap<String, (Origin, Place)>) {
        (self.template, self.origins)
    }
}
