//! The environment of a plan: which one, where, under which names, with which parameters.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::deferred;
use crate::fault::{FaultKind, Place, Sink};
use crate::names;
use crate::plan::{Context, Environment, Removal};
use crate::project::{EnvironmentDeclaration, Project, Text};
use crate::scope::Scope;
use crate::values::{Account, Region, SettingValue};

/// Account id of the local cloud.
pub const LOCAL_ACCOUNT: &str = "000000000000";

/// An environment with every value known.
pub(crate) struct Settings {
    pub(crate) environment: Environment,
    pub(crate) region: String,
    pub(crate) account: String,
    /// Values of all names except the attributes of constructs.
    pub(crate) values: Map<String, Value>,
    /// False when a parameter has a fault, so that its name has no value.
    pub(crate) is_complete: bool,
}

/// A suffix of names.
struct Suffix(String);

impl SettingValue for Suffix {
    const EXPECTED: &'static str = "a suffix of names";
    const HELP: &'static str =
        "lower-case letters, digits and single `-` between them, at most 20: it becomes part of bucket names";
    fn parse(text: &str) -> Option<Self> {
        names::is_suffix(text).then(|| Self(text.to_owned()))
    }
}

/// Checks the literal values of an environment.
pub(crate) fn check_environment(declared: &EnvironmentDeclaration, early: &Scope<'_>, basic: &Scope<'_>) {
    if let Some(suffix) = declared.suffix.as_ref().filter(|text| !text.raw.is_empty()) {
        early.value::<Suffix>(suffix);
    }
    early.value_or(declared.removal.as_ref(), Removal::Destroy);
    early.value_or(declared.protect.as_ref(), false);
    for (_, value) in &declared.parameters {
        basic.literal(value);
    }
}

impl Settings {
    /// Chooses the environment and evaluates it; every fault is reported, and what is faulty has a harmless value.
    pub(crate) fn new(project: &Project, context: &Context, sink: &Sink) -> Option<Self> {
        let (name, declared) = choose(project, context, sink)?;
        let account = given::<Account>(context.account.as_deref(), "--account", sink)
            .map_or_else(|| LOCAL_ACCOUNT.to_owned(), |account| account.0);
        let mut values = Map::new();
        let variables: Map<String, Value> = project
            .variables
            .iter()
            .filter_map(|variable| Some((variable.clone(), json!(clean(variable, context.env.get(variable)?, sink)?))))
            .collect();
        values.insert("env".to_owned(), Value::Object(variables));
        for (name, value) in [
            ("stack", project.name.as_str()),
            ("environment", name),
            ("account", account.as_str()),
            ("user", &names::user_word(&context.user)),
        ] {
            values.insert(name.to_owned(), json!(value));
        }
        let mut scope = Scope::of_values(values, sink);
        // Variables that are listed and not set are known; to use one is the fault.
        let listed = project.basic_names().remove_entry("env").into_iter().collect();
        scope.add_names(listed);

        let region = region(project, declared, context, &scope);
        let suffix = suffix(declared, context, &scope);
        scope.add(Map::from_iter([("region".to_owned(), json!(region)), ("suffix".to_owned(), json!(suffix))]));
        let parameters = parameters(project, declared, context, &scope);
        let is_complete = parameters.len() == project.parameters.len();
        scope.add(parameters);

        let environment = Environment {
            name: name.to_owned(),
            suffix,
            removal: scope.value_or(declared.removal.as_ref(), Removal::Destroy),
            protect: scope.value_or(declared.protect.as_ref(), false),
        };
        Some(Self { environment, region, account, values: scope.values(), is_complete })
    }

    /// Partition of the region.
    pub(crate) fn partition(&self) -> &'static str {
        match self.region.split('-').collect::<Vec<_>>().as_slice() {
            ["cn", ..] => "aws-cn",
            [_, "gov", ..] => "aws-us-gov",
            _ => "aws",
        }
    }

    /// Domain of the partition's services.
    pub(crate) fn service_domain(&self) -> &'static str {
        if self.partition() == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" }
    }
}

fn choose<'a>(
    project: &'a Project,
    context: &'a Context,
    sink: &Sink,
) -> Option<(&'a str, &'a EnvironmentDeclaration)> {
    let known = || project.environments.keys().cloned().collect::<Vec<_>>();
    let Some(name) = context.environment.as_deref().or_else(|| project.default_environment()) else {
        let help = format!("name one with `-e`: {}", known().join(", "));
        sink.push(FaultKind::MissingKey { key: "environments.dev".to_owned(), help }, &Place::outside("environments"));
        return None;
    };
    let found = project.environments.get_key_value(name);
    if found.is_none() {
        let kind = FaultKind::UnknownEnvironment { name: name.to_owned(), known: known() };
        sink.push(kind, &Place::outside("--env"));
    }
    found.map(|(name, declared)| (name.as_str(), declared))
}

/// A value from outside the file, checked.
fn given<T: SettingValue>(value: Option<&str>, argument: &str, sink: &Sink) -> Option<T> {
    let value = value?;
    let parsed = T::parse(value);
    if parsed.is_none() {
        let kind =
            FaultKind::BadValue { value: value.to_owned(), expected: T::EXPECTED.to_owned(), help: T::HELP.to_owned() };
        sink.push(kind, &Place::outside(argument));
    }
    parsed
}

fn region(project: &Project, declared: &EnvironmentDeclaration, context: &Context, scope: &Scope<'_>) -> String {
    if context.region.is_some() {
        let region = given::<Region>(context.region.as_deref(), "--region", scope.sink());
        return region.map(|region| region.0).unwrap_or_default();
    }
    let Some(text) = declared.region.as_ref().or(project.region.as_ref()) else {
        let help = "write `region: us-east-1` into the project file, or give `--region`".to_owned();
        scope.sink().push(FaultKind::MissingKey { key: "region".to_owned(), help }, &Place::outside("region"));
        return String::new();
    };
    scope.value::<Region>(text).map(|region| region.0).unwrap_or_default()
}

fn suffix(declared: &EnvironmentDeclaration, context: &Context, scope: &Scope<'_>) -> String {
    if context.suffix.is_some() {
        let suffix = given::<Suffix>(context.suffix.as_deref(), "--suffix", scope.sink());
        return suffix.map(|suffix| suffix.0).unwrap_or_default();
    }
    match &declared.suffix {
        Some(text) if !text.raw.is_empty() => scope.value::<Suffix>(text).map(|suffix| suffix.0).unwrap_or_default(),
        _ => String::new(),
    }
}

fn parameters(
    project: &Project,
    declared: &EnvironmentDeclaration,
    context: &Context,
    scope: &Scope<'_>,
) -> Map<String, Value> {
    let sink = scope.sink();
    for name in context.parameters.keys().filter(|name| !project.parameters.contains_key(*name)) {
        let known = project.parameters.keys().cloned().collect();
        let kind = FaultKind::UnknownReference { construct: "parameter".to_owned(), name: name.clone(), known };
        sink.push(kind, &Place::outside("--parameter"));
    }
    let of_environment: BTreeMap<&str, &Text> =
        declared.parameters.iter().map(|(name, text)| (name.as_str(), text)).collect();
    let mut values = Map::new();
    for (name, parameter) in &project.parameters {
        let value = match (context.parameters.get(name), of_environment.get(name.as_str()).copied(), &parameter.default)
        {
            (Some(value), _, _) => clean(&format!("--parameter {name}"), value, sink),
            (None, Some(text), _) | (None, None, Some(text)) => scope.literal(text),
            (None, None, None) => {
                sink.push(FaultKind::MissingParameter { name: name.clone() }, &parameter.place);
                None
            }
        };
        values.extend(value.map(|value| (name.clone(), json!(value))));
    }
    values
}

/// A value from outside, which may not hold the marks of deferred values.
fn clean(source: &str, value: &str, sink: &Sink) -> Option<String> {
    if deferred::is_clean(value) {
        return Some(value.to_owned());
    }
    let shown = value.replace(char::is_control, "\u{fffd}");
    let kind = FaultKind::BadValue {
        value: shown,
        expected: "a text without control characters".to_owned(),
        help: String::new(),
    };
    sink.push(kind, &Place::outside(source));
    None
}
