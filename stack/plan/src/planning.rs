//! From a project and its surroundings to a plan.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::assemble::Rendered;
use crate::construct::{Constructs, Grant, Kind};
use crate::deferred;
use crate::fault::{FaultKind, Faults, Place, Sink};
use crate::graph::{Builder, node_id};
use crate::links::Links;
use crate::naming::Naming;
use crate::plan::{ARTIFACT_BUCKET_PARAMETER, Action, Artifact, Contents, Context, Plan};
use crate::project::{Project, load};
use crate::raw::{At, Places};
use crate::render::PERMISSION;
use crate::resolve::check_links;
use crate::scope::Scope;
use crate::settings::Settings;
use crate::template::{BODY_BYTES, Output, PSEUDO_PARAMETERS, Parameter, Template, TemplateFault};

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
        Some(Self { project, context, sink, settings, naming, scope, constructs })
    }

    /// Renders and checks the template; nothing when something is at fault.
    fn plan(self) -> Option<Plan> {
        let outputs = self.outputs();
        let description = self.project.description.as_ref().and_then(|text| self.scope.literal(text));
        let links =
            Links::new(&self.settings, &self.naming, &self.scope, &self.constructs, &self.context.policy_sources);
        let mut graph = Builder::default();
        let mut values = Vec::new();
        for (kind, construct) in self.constructs.each() {
            let name = construct.name();
            values.push((kind, construct, construct.values(&links)));
            graph.construct(kind, name, &links.attributes(kind, name));
            graph.granted(&node_id(kind, name), links.noted());
        }
        let resources =
            self.project.resources.iter().filter_map(|raw| Some((raw, raw.resolve(&self.scope)?))).collect();
        let includes: Vec<_> = self
            .project
            .includes
            .iter()
            .filter_map(|declared| Some((declared.resolve(&self.context.includes, &self.scope)?, &declared.place)))
            .collect();
        // What is faulty would only bring faults of its own.
        if !self.sink.is_empty() {
            return None;
        }
        let mut rendered = Rendered::new(&self.context.template_sources, self.sink);
        for (kind, construct, values) in values {
            let origin = (kind, construct.name(), construct.place());
            for grant in construct.grants(&links).iter().filter(|grant| grant.target.0 == Kind::Function) {
                rendered.add(PERMISSION, &permission_values(grant), origin);
            }
            rendered.add(kind.source(), &values, origin);
        }
        rendered.add_resources(resources);
        let mut parameters = BTreeMap::new();
        for (mut included, place) in includes {
            parameters.append(&mut included.parameters);
            rendered.include(included, place);
        }
        let artifacts = self.artifacts(&links);
        rendered.add_parameters(code_parameters(&artifacts));
        rendered.add_outputs(outputs);
        rendered.override_resources(&self.project.overrides, &self.scope);
        let (mut template, places, origins) = rendered.finish();
        template.format_version = Some("2010-09-09".to_owned());
        template.description = Some(
            description
                .unwrap_or_else(|| format!("{}, environment {}", self.project.name, self.settings.environment.name)),
        );
        self.check(&template, &places);
        if !self.sink.is_empty() {
            return None;
        }
        Some(Plan {
            project: self.project.name.clone(),
            stack_name: self.naming.stack_name.clone(),
            tags: self.tags(),
            outputs: template.outputs.keys().cloned().collect(),
            contents: self.contents(&links),
            actions: self.actions(),
            graph: graph.build(&template, &origins),
            parameters,
            artifacts,
            template,
            origins,
            environment: self.settings.environment,
            region: self.settings.region,
            account: self.settings.account,
        })
    }

    fn outputs(&self) -> Vec<(String, Output, Place)> {
        let mut outputs = Vec::new();
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
            outputs.push((name.clone(), Output { description, value, ..Output::default() }, output.place.clone()));
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

    fn contents(&self, links: &Links<'_>) -> Vec<Contents> {
        let of_bucket = |bucket: &crate::construct::bucket::Bucket| {
            let bucket_name = links.attribute(Kind::Bucket, &bucket.name, "name");
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
                logical_id: Naming::id(Kind::Distribution, &distribution.name),
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

    /// References, functions, circles and limits of the whole template, each where it was written.
    fn check(&self, template: &Template, places: &Places) {
        let nowhere = At::of(Place::outside("template"));
        let at = |path: &str| places.find(path).unwrap_or_else(|| nowhere.clone());
        let asked = self.scope.asked_resources();
        for (id, place) in asked.iter().filter(|(id, _)| !template.resources.contains_key(id)) {
            let known = template.resources.keys().cloned().collect();
            self.sink.push(FaultKind::UnknownResource { id: id.clone(), known }, place);
        }
        for error in template.faults() {
            // One fault for each reference to nothing, unless an expression made it.
            if let TemplateFault::UnresolvedReferences { names, .. } = error.fault {
                for reference in template.all_references() {
                    let Some(id) = reference.target.logical_id().filter(|id| names.iter().any(|name| name == id))
                    else {
                        continue;
                    };
                    if asked.iter().any(|(asked, _)| asked == id) {
                        continue;
                    }
                    let ids = template.resources.keys().chain(template.parameters.keys()).cloned();
                    let known = ids.chain(PSEUDO_PARAMETERS.map(str::to_owned)).collect();
                    let At { place, file } = at(&reference.path);
                    self.sink.push_in(FaultKind::UnknownResource { id: id.to_owned(), known }, &place, file);
                }
                continue;
            }
            let At { place, file } = at(&error.path);
            self.sink.push_in(FaultKind::InvalidTemplate(error.fault), &place, file);
        }
        let bytes = template.to_compact_json().len();
        if bytes > BODY_BYTES {
            let fault =
                TemplateFault::Limit { what: "Size of the template in bytes:", found: bytes, limit: BODY_BYTES };
            self.sink.push(FaultKind::InvalidTemplate(fault), &nowhere.place);
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
