//! The project file: its text, and what it declares.

mod fields;
mod read;
mod tree;

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::construct::tags::TagsDeclaration;
use crate::construct::{Constructs, Declarations, Declared, Kind};
use crate::expression;
use crate::fault::{Fault, FaultKind, Faults, Place, Sink};
use crate::raw::{IncludeDeclaration, OverrideDeclaration, RawResource};
use crate::resolve::check_links;
use crate::scope::{Known, RESOURCE, Scope};
use crate::stack_options::StackOptionsDeclaration;
use crate::values::{Region, SettingValue};

pub(crate) use fields::{Fields, Named, Text, read_text, read_texts};
pub(crate) use tree::Tree;

/// Name of the environment that is used when none is named.
pub const DEFAULT_ENVIRONMENT: &str = "dev";

/// Names in scope of every expression, besides parameters and constructs.
pub(crate) const BUILT_IN_NAMES: [&str; 6] = ["stack", "environment", "region", "account", "user", "suffix"];

/// What a project file declares: of valid form, every name known, every literal value in its domain.
///
/// What depends on an environment is looked at by [`plan`](crate::plan()).
#[derive(Debug, Clone)]
pub struct Project {
    pub(crate) file_name: String,
    pub(crate) text: String,
    pub(crate) name: String,
    pub(crate) description: Option<Text>,
    pub(crate) region: Option<Text>,
    pub(crate) tags: TagsDeclaration,
    pub(crate) variables: Vec<String>,
    pub(crate) parameters: IndexMap<String, ParameterDeclaration>,
    pub(crate) environments: IndexMap<String, EnvironmentDeclaration>,
    pub(crate) constructs: Declarations,
    pub(crate) resources: Vec<RawResource>,
    pub(crate) includes: Vec<IncludeDeclaration>,
    pub(crate) overrides: Vec<OverrideDeclaration>,
    pub(crate) outputs: IndexMap<String, OutputDeclaration>,
    pub(crate) declared: Declared,
}

/// A parameter of the project.
#[derive(Debug, Clone)]
pub(crate) struct ParameterDeclaration {
    pub(crate) place: Place,
    pub(crate) default: Option<Text>,
}

/// An environment of the project.
#[derive(Debug, Clone, Default)]
pub(crate) struct EnvironmentDeclaration {
    pub(crate) suffix: Option<Text>,
    pub(crate) removal: Option<Text>,
    pub(crate) protect: Option<Text>,
    pub(crate) region: Option<Text>,
    pub(crate) parameters: Vec<(String, Text)>,
    pub(crate) options: StackOptionsDeclaration,
    pub(crate) tags: TagsDeclaration,
}

/// An output of the project.
#[derive(Debug, Clone)]
pub(crate) struct OutputDeclaration {
    pub(crate) place: Place,
    pub(crate) value: Option<Text>,
    pub(crate) description: Option<Text>,
}

/// Reads a project file and checks all that can be checked without an environment.
///
/// # Errors
/// All faults of the file at once.
pub fn parse_project(file_name: &str, text: &str) -> Result<Project, Faults> {
    let (project, faults) = load(file_name, text);
    if faults.is_empty() { Ok(project) } else { Err(Faults::new(file_name, text, faults)) }
}

/// The files that a project includes, relative to the project file, for whoever reads files: [`plan`](crate::plan())
/// wants their texts in its [`Context`](crate::Context). Paths that are faulty are left out; the plan reports them.
#[must_use]
pub fn included_files(text: &str) -> Vec<String> {
    if !text.contains("include") {
        return Vec::new();
    }
    let (project, _) = load("", text);
    let mut files: Vec<String> = project.includes.iter().filter_map(IncludeDeclaration::file).collect();
    files.sort_unstable();
    files.dedup();
    files
}

/// As [`parse_project`], but gives what could be read together with the faults.
pub(crate) fn load(file_name: &str, text: &str) -> (Project, Vec<Fault>) {
    let sink = Sink::default();
    let project = load_into(file_name, text, &sink);
    (project, sink.into_faults())
}

/// The same with a sink of the caller's.
pub(crate) fn load_into(file_name: &str, text: &str, sink: &Sink) -> Project {
    let project = read::read(file_name, text, sink);
    project.check(sink);
    project
}

impl Project {
    /// Name of the project (`stack:`).
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Name of the project file, as it was given.
    #[must_use]
    pub fn file_name(&self) -> &str {
        &self.file_name
    }

    /// Names of the environments, in the order of the file; never empty.
    #[must_use]
    pub fn environments(&self) -> Vec<&str> {
        self.environments.keys().map(String::as_str).collect()
    }

    /// The environment that is used when none is named: `dev`, or the only one, or nothing.
    #[must_use]
    pub fn default_environment(&self) -> Option<&str> {
        if self.environments.contains_key(DEFAULT_ENVIRONMENT) {
            return Some(DEFAULT_ENVIRONMENT);
        }
        match self.environments.keys().collect::<Vec<_>>().as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// Environment variables that the file lists under `env:` and so may read.
    #[must_use]
    pub fn variables(&self) -> &[String] {
        &self.variables
    }

    /// The region of an environment where the file gives it without expressions, for a connection that is made before
    /// the plan.
    #[must_use]
    pub fn literal_region(&self, environment: &str) -> Option<&str> {
        let declared = self.environments.get(environment).and_then(|environment| environment.region.as_ref());
        let text = declared.or(self.region.as_ref())?;
        (!expression::has_expression(&text.raw) && Region::parse(&text.raw).is_some()).then_some(text.raw.as_str())
    }

    /// Names of the parameters, in the order of the file.
    #[must_use]
    pub fn parameters(&self) -> Vec<&str> {
        self.parameters.keys().map(String::as_str).collect()
    }

    /// True when the names of some environment have no suffix.
    pub(crate) fn has_environment_without_suffix(&self) -> bool {
        let mut suffixes = self.environments.values().map(|environment| environment.suffix.as_ref());
        suffixes.any(|suffix| suffix.is_none_or(|text| text.raw.is_empty()))
    }

    /// Names that every expression may use, attributes of constructs apart.
    pub(crate) fn basic_names(&self) -> BTreeMap<String, Known> {
        let mut names: BTreeMap<String, Known> =
            BUILT_IN_NAMES.into_iter().map(|name| (name.to_owned(), Known::Value)).collect();
        names.insert("env".to_owned(), Known::group(self.variables.iter().cloned()));
        names
    }

    /// All names that expressions of constructs may use.
    pub(crate) fn all_names(&self) -> BTreeMap<String, Known> {
        let mut names = self.basic_names();
        names.extend(self.declared.known(&self.constructs.absent()));
        names.extend(self.parameters.keys().map(|name| (name.clone(), Known::Value)));
        names.insert(RESOURCE.to_owned(), Known::Resources);
        names
    }

    /// Checks names, literal values and links, with no value known.
    fn check(&self, sink: &Sink) {
        let mut early = self.basic_names();
        early.remove("suffix");
        early.remove("region");
        let early = Scope::of_names(early, sink);
        let basic = Scope::of_names(self.basic_names(), sink);
        for text in self.region.iter().chain(self.environments.values().filter_map(|declared| declared.region.as_ref()))
        {
            early.value::<Region>(text);
        }
        for declared in self.environments.values() {
            crate::settings::check_environment(declared, &early, &basic);
        }
        for parameter in self.parameters.values() {
            if let Some(default) = &parameter.default {
                basic.literal(default);
            }
        }
        let scope = Scope::of_names(self.all_names(), sink);
        for declared in self.environments.values() {
            declared.options.resolve(&scope, None);
            declared.tags.resolve(&scope);
        }
        self.tags.resolve(&scope);
        let constructs = Constructs::resolve(&self.constructs, &scope, &self.declared);
        check_links(&constructs, sink);
        if let Some(description) = &self.description {
            scope.literal(description);
        }
        for resource in &self.resources {
            resource.check(&scope);
        }
        for include in &self.includes {
            include.check(&scope);
        }
        for declared in &self.overrides {
            declared.check(&scope);
        }
        let declares_nothing = Kind::ALL.iter().all(|&kind| self.declared.names(kind).is_empty())
            && self.resources.is_empty()
            && self.includes.is_empty();
        if declares_nothing && sink.is_empty() {
            let sections: Vec<String> = Kind::ALL.iter().map(|kind| format!("`{}`", kind.section())).collect();
            let help = format!("declare at least one construct under one of {}", sections.join(", "));
            sink.push(FaultKind::MissingKey { key: "functions".to_owned(), help }, &read::first_place(&self.text));
        }
        for output in self.outputs.values() {
            output.value.iter().for_each(|value| drop(scope.evaluate(value)));
            output.description.iter().for_each(|description| drop(scope.literal(description)));
        }
    }
}
