//! `functions:`.

use indexmap::IndexMap;

use serde_json::{Value, json};

use super::access::{Access, Verb, read_access};
use super::{Construct, Declaration, Declared, Kind};
use crate::deferred;
use crate::fault::{FaultKind, Place, Sink};
use crate::links::Links;
use crate::names::logical_id;
use crate::naming::Naming;
use crate::plan::{ARTIFACT_BUCKET_PARAMETER, Architecture};
use crate::project::{Fields, Named, Text};
use crate::role::Role;
use crate::scope::Scope;
use crate::values::{CargoName, EventAge, Memory, Retention, Retries, TemporaryStorage, Timeout};

/// Greatest length of a function name.
const FUNCTION_NAME: usize = 64;
/// Greatest size of all environment variables of a function together, names and values, in bytes.
const ENVIRONMENT_BYTES: usize = 4096;
/// Names that AWS Lambda sets itself.
const RESERVED_VARIABLES: [&str; 13] = [
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_XRAY_CONTEXT_MISSING",
    "AWS_XRAY_DAEMON_ADDRESS",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
];

/// A function as written.
#[derive(Debug, Clone)]
pub(crate) struct FunctionDeclaration {
    place: Place,
    package: Option<Text>,
    features: Vec<Text>,
    description: Option<Text>,
    architecture: Option<Text>,
    memory: Option<Text>,
    timeout: Option<Text>,
    temporary_storage: Option<Text>,
    retries: Option<Text>,
    max_event_age: Option<Text>,
    log_retention: Option<Text>,
    environment: Vec<(String, Text)>,
    environment_place: Place,
    access: Vec<(Verb, Text)>,
    policies: Vec<Text>,
}

/// A function with every default filled.
#[derive(Debug, Clone)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) package: String,
    pub(crate) features: Vec<String>,
    pub(crate) description: Option<String>,
    pub(crate) architecture: Architecture,
    pub(crate) memory: Memory,
    pub(crate) timeout: Timeout,
    pub(crate) temporary_storage: Option<TemporaryStorage>,
    pub(crate) retries: Retries,
    pub(crate) max_event_age: EventAge,
    /// True when the file says something about asynchronous invocations.
    pub(crate) declares_retries: bool,
    pub(crate) log_retention: Retention,
    pub(crate) environment: IndexMap<String, String>,
    pub(crate) access: Vec<Access>,
    pub(crate) policies: Vec<(String, Place)>,
}

impl Declaration for FunctionDeclaration {
    type Resolved = Function;

    const ATTRIBUTES: &'static [&'static str] = &["name", "arn"];

    fn read(named: &Named<'_>, sink: &Sink) -> Option<Self> {
        let fields = Fields::open(named.node, &named.place, sink)?;
        let declaration = Self {
            place: named.place.clone(),
            package: fields.text("package"),
            features: fields.texts("features"),
            description: fields.text("description"),
            architecture: fields.text("architecture"),
            memory: fields.text("memory"),
            timeout: fields.text("timeout"),
            temporary_storage: fields.text("temporary_storage"),
            retries: fields.text("retries"),
            max_event_age: fields.text("max_event_age"),
            log_retention: fields.text("log_retention"),
            environment: fields.text_section("environment"),
            environment_place: fields.place_of("environment"),
            access: read_access(&fields, sink),
            policies: fields.texts("policies"),
        };
        fields.finish();
        Some(declaration)
    }

    fn resolve(&self, name: &str, scope: &Scope<'_>, declared: &Declared) -> Function {
        let package = self.package.as_ref().and_then(|text| scope.value::<CargoName>(text));
        let mut features: Vec<String> = self
            .features
            .iter()
            // A feature that evaluates to nothing is switched off.
            .filter(|text| scope.literal(text).is_some_and(|feature| !feature.is_empty()))
            .filter_map(|text| scope.value::<CargoName>(text))
            .map(|feature| feature.0)
            .collect();
        features.sort_unstable();
        features.dedup();
        Function {
            name: name.to_owned(),
            place: self.place.clone(),
            package: package.map_or_else(|| name.to_owned(), |package| package.0),
            features,
            description: self.description.as_ref().and_then(|text| description(text, scope)),
            architecture: scope.value_or(self.architecture.as_ref(), Architecture::X86_64),
            memory: scope.value_or(self.memory.as_ref(), Memory(256)),
            timeout: scope.value_or(self.timeout.as_ref(), Timeout(30)),
            temporary_storage: self.temporary_storage.as_ref().and_then(|text| scope.value(text)),
            retries: scope.value_or(self.retries.as_ref(), Retries(2)),
            max_event_age: scope.value_or(self.max_event_age.as_ref(), EventAge(21_600)),
            declares_retries: self.retries.is_some() || self.max_event_age.is_some(),
            log_retention: scope.value_or(self.log_retention.as_ref(), Retention(30)),
            environment: self.resolve_environment(scope),
            access: self
                .access
                .iter()
                .filter_map(|(verb, text)| Access::resolve(*verb, text, scope, declared))
                .collect(),
            policies: self
                .policies
                .iter()
                .filter_map(|text| Some((policy_name(text, scope)?, text.place.clone())))
                .collect(),
        }
    }

    fn attributes(&self, name: &str, naming: &Naming, _: &Scope<'_>) -> Value {
        let name = naming.physical(name, FUNCTION_NAME);
        json!({ "arn": naming.arn("lambda", &format!("function:{name}")), "name": name })
    }
}

impl FunctionDeclaration {
    fn resolve_environment(&self, scope: &Scope<'_>) -> IndexMap<String, String> {
        let mut environment = IndexMap::new();
        let mut bytes = 0;
        for (name, text) in &self.environment {
            check_variable(name, &text.place, scope.sink());
            if let Some(value) = scope.evaluate(text) {
                bytes += name.len() + value.len();
                environment.insert(name.clone(), value);
            }
        }
        if bytes > ENVIRONMENT_BYTES {
            let what = "bytes of environment variables".to_owned();
            let kind = FaultKind::LimitExceeded { what, value: bytes, limit: ENVIRONMENT_BYTES };
            scope.sink().push(kind, &self.environment_place);
        }
        environment
    }
}

impl Construct for Function {
    fn name(&self) -> &str {
        &self.name
    }

    fn place(&self) -> &Place {
        &self.place
    }

    fn values(&self, links: &Links<'_>) -> Value {
        let name = &self.name;
        let (deletion_policy, update_replace_policy) = links.deletion_policies();
        let function_name = links.attribute(Kind::Function, name, "name");
        let log_group = logical_id(name, "LogGroup");
        let is_asynchronous = links.grants_upon(Kind::Function, name).any(|grant| grant.is_asynchronous);
        let mut role = Role::new(name, &self.place);
        let logs = json!({ "arn": deferred::attribute(&log_group, "Arn") });
        role.grant("function-logs", &logs, &self.place, links);
        role.grant_access(&self.access, links);
        let itself = json!({ "name": function_name, "arn": links.attribute(Kind::Function, name, "arn") });
        role.add_policies(&self.policies, &itself, links);
        json!({
            "id": Naming::id(Kind::Function, name),
            "role_id": logical_id(name, "Role"),
            "log_group_id": log_group,
            "invoke_config_id": logical_id(name, "InvokeConfig"),
            "log_group_name": format!("/aws/lambda/{function_name}"),
            "function_name": function_name,
            "log_retention": self.log_retention.0,
            "deletion_policy": deletion_policy,
            "update_replace_policy": update_replace_policy,
            "description": self.description,
            "architecture": self.architecture.as_str(),
            "memory": self.memory.0,
            "timeout": self.timeout.0,
            "temporary_storage": self.temporary_storage.map(|size| size.0),
            "environment": self.environment,
            "artifact_bucket_parameter": ARTIFACT_BUCKET_PARAMETER,
            "key_parameter": Naming::code_key_id(name),
            "asynchronous": self.declares_retries || is_asynchronous,
            "retries": self.retries.0,
            "max_event_age": self.max_event_age.0,
            "policies": role.finish(links),
        })
    }
}

fn check_variable(name: &str, place: &Place, sink: &Sink) {
    let mut characters = name.bytes();
    let begins_well = characters.next().is_some_and(|byte| byte.is_ascii_alphabetic());
    let goes_on_well = name.len() > 1 && characters.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let rule = if RESERVED_VARIABLES.contains(&name) || name.starts_with("AWS_LAMBDA_") {
        "AWS Lambda sets this variable itself; use another name"
    } else if begins_well && goes_on_well {
        return;
    } else {
        "a letter, then letters, digits and `_`, at least two characters"
    };
    let kind = FaultKind::BadName {
        name: name.to_owned(),
        what: "environment variable of a function".to_owned(),
        rule: rule.to_owned(),
    };
    sink.push(kind, place);
}

fn description(text: &Text, scope: &Scope<'_>) -> Option<String> {
    const LENGTH: usize = 256;
    let value = scope.literal(text)?;
    let length = value.chars().count();
    if length > LENGTH {
        let kind =
            FaultKind::LimitExceeded { what: "characters of a description".to_owned(), value: length, limit: LENGTH };
        scope.sink().push(kind, &text.place);
    }
    Some(value)
}

pub(super) fn policy_name(text: &Text, scope: &Scope<'_>) -> Option<String> {
    let name = scope.literal(text)?;
    if crate::names::is_kebab(&name) && name.len() <= 64 {
        return Some(name);
    }
    let rule = "lower-case words of letters and digits joined by `-`, at most 64: the file is `policies/NAME.json.hbs`"
        .to_owned();
    scope.sink().push(FaultKind::BadName { name, what: "policy name".to_owned(), rule }, &text.place);
    None
}
