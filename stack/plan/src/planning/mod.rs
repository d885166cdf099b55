//! From a project and its surroundings to a plan.

mod check;
mod parts;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::assemble::Rendered;
use crate::companions::{companions, received_parameters};
use crate::construct::{Construct, Constructs, Kind};
use crate::deferred;
use crate::deployments::follow_content;
use crate::fault::{Fault, FaultKind, Faults, Place, Sink};
use crate::graph::{Builder, node_id};
use crate::links::Links;
use crate::naming::Naming;
use crate::plan::{Action, Artifact, Context, Plan};
use crate::project::{Project, load};
use crate::render::{ALIAS, MANAGED_POLICY, PERMISSION};
use crate::resolve::{check_links, check_names};
use crate::scope::Scope;
use crate::settings::Settings;
use crate::stack_options::StackOptions;
use crate::template::{Output, Template, TemplateFault};

use parts::{code_parameters, metadata, permission_values};

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

/// Region of the environment that a context means, whatever else the project lacks: a value of a parameter, or a variable
/// that one of its names needs. Nothing where the region itself is not told or has a fault.
#[must_use]
pub fn region(text: &str, context: &Context) -> Option<String> {
    let (project, _) = load("", text);
    let settings = Settings::new(&project, context, &Sink::default())?;
    Some(settings.region).filter(|region| !region.is_empty())
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

/// A construct with the values of its template source; nothing where there is nothing to render.
type Valued<'a> = (Kind, &'a dyn Construct, Option<Value>);

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
        let mut graph = Builder::default();
        let values = self.values(&links, &mut graph);
        let resources =
            self.project.resources.iter().filter_map(|raw| Some((raw, raw.resolve(&self.scope)?))).collect();
        let includes: Vec<_> = self
            .project
            .includes
            .iter()
            .filter_map(|declared| Some((declared.resolve(&self.context.includes, &self.scope)?, &declared.place)))
            .collect();
        // What is faulty would only bring faults of its own.
        if !is_sound || !self.sink.is_empty() {
            return None;
        }
        let mut rendered = Rendered::new(&self.context.template_sources, self.sink);
        render(&values, &links, &mut rendered);
        rendered.add_resources(resources);
        let mut parameters = BTreeMap::new();
        for (mut included, place) in includes {
            parameters.append(&mut included.parameters);
            rendered.include(included, place);
        }
        let companions = companions(&links, self.project, self.context);
        let artifacts = self.artifacts(&links);
        rendered.add_parameters(code_parameters(&artifacts));
        rendered.add_parameters(received_parameters(&companions));
        rendered.add_outputs(outputs);
        rendered.override_resources(&self.project.overrides, &self.scope);
        let (mut template, mut places, mut origins) = rendered.finish();
        let constructs = self.constructs.each();
        let actions: Vec<Action> = constructs.iter().flat_map(|(_, construct)| construct.actions(&links)).collect();
        if let Some(Value::Object(metadata)) = metadata(&actions) {
            let all = template.metadata.get_or_insert_with(|| Value::Object(serde_json::Map::new()));
            metadata.into_iter().for_each(|(key, value)| all[key.as_str()] = value);
        }
        template.format_version = Some("2010-09-09".to_owned());
        template.description = Some(
            description
                .unwrap_or_else(|| format!("{}, environment {}", self.project.name, self.settings.environment.name)),
        );
        // After everything that may change what a deployment shows.
        follow_content(&mut template, &mut origins, &mut places, Kind::RestApi.source().file_name);
        let options = self.options(&template);
        let tags = self.tags();
        self.check(&template, &places);
        if !self.sink.is_empty() {
            return None;
        }
        Some(Plan {
            project: self.project.name.clone(),
            stack_name: self.naming.stack_name.clone(),
            tags,
            options,
            outputs: template.outputs.keys().cloned().collect(),
            contents: constructs.iter().flat_map(|(_, construct)| construct.contents(&links)).collect(),
            actions,
            graph: graph.build(&template, &origins),
            parameters,
            companions,
            artifacts,
            template,
            origins,
            environment: self.settings.environment,
            region: self.settings.region,
            account: self.settings.account,
        })
    }

    /// Values of all constructs, whose links the graph hears of.
    fn values<'b>(&'b self, links: &Links<'_>, graph: &mut Builder) -> Vec<Valued<'b>> {
        let mut values = Vec::new();
        for (kind, construct) in self.constructs.each() {
            let name = construct.name();
            let of_construct = construct.is_rendered().then(|| construct.values(links));
            values.push((kind, construct, of_construct.filter(|values| !values.is_null())));
            graph.construct(kind, name, &links.attributes(kind, name));
            graph.granted(&node_id(kind, name), links.noted());
        }
        values
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

    fn options(&self, template: &Template) -> StackOptions {
        let declared = self.project.environments.get(&self.settings.environment.name);
        let mut options =
            declared.map(|declared| declared.options.resolve(&self.scope, Some(&self.naming))).unwrap_or_default();
        options.find_own(template, &self.naming);
        options
    }

    fn tags(&self) -> BTreeMap<String, String> {
        let environment = &self.settings.environment;
        let declared = self.project.environments.get(&environment.name);
        [
            ("stack:project", &self.project.name),
            ("stack:environment", &environment.name),
            ("stack:suffix", &environment.suffix),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| (key.to_owned(), value.clone()))
        .chain(self.project.tags.resolve(&self.scope))
        // The environment's word counts.
        .chain(declared.into_iter().flat_map(|declared| declared.tags.resolve(&self.scope)))
        .collect()
    }
}

/// Renders constructs, and beside each what its links to others need.
fn render(values: &[Valued<'_>], links: &Links<'_>, rendered: &mut Rendered<'_>) {
    for (kind, construct, values) in values {
        let origin = (*kind, construct.name(), construct.place());
        for grant in construct.grants(links).iter().filter(|grant| grant.target.0 == Kind::Function) {
            rendered.add(PERMISSION, &permission_values(grant), origin);
        }
        if let Some(values) = values {
            rendered.add(kind.source(), values, origin);
            for policy in values["managed_policies"].as_array().into_iter().flatten() {
                rendered.add(MANAGED_POLICY, policy, origin);
            }
        }
        for alias in construct.aliases(links) {
            rendered.add(ALIAS, &alias.values(), origin);
        }
    }
}
