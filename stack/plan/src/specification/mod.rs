//! What is known of every resource type of CloudFormation: the embedded resource specification.
//!
//! It is made by `cargo xtask spec` from public packages (see `docs/checking.md`) and decoded on demand: a template of
//! few types costs a few frames.

mod container;
mod iam;
mod patterns;
mod resource;
mod rules;
mod runtime;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde_json::Value;

pub use container::DamagedSpecification;
pub(crate) use iam::arn_service;
pub use iam::{Action, Service};
pub use resource::{Replacement, ResourceType};
pub use rules::Rule;
pub use runtime::Runtime;

use container::Container;
use patterns::Patterns;

static EMBEDDED: &[u8] = include_bytes!("../../data/specification.bin");

/// The resource types, the IAM actions and the Lambda runtimes.
pub struct Specification {
    container: Container,
    regions: Vec<String>,
    region_sets: Vec<u64>,
    types: Mutex<HashMap<String, Option<Arc<ResourceType>>>>,
    rules: Mutex<HashMap<String, Arc<Vec<Rule>>>>,
    services: Mutex<HashMap<String, Option<Arc<Service>>>>,
    runtimes: OnceLock<Vec<Runtime>>,
    documents: Mutex<HashMap<String, Arc<Value>>>,
    patterns: Patterns,
}

impl Specification {
    /// The one of this program.
    #[must_use]
    pub fn embedded() -> &'static Self {
        static SPECIFICATION: OnceLock<Specification> = OnceLock::new();
        // The bytes are part of the program, and a test opens them: there is no reader who could mend this.
        SPECIFICATION.get_or_init(|| Self::open(EMBEDDED).unwrap_or_else(|_| Self::of(Container::empty())))
    }

    fn open(bytes: &'static [u8]) -> Result<Self, DamagedSpecification> {
        Container::open(bytes).map(Self::of)
    }

    fn of(container: Container) -> Self {
        let header = container.header();
        let strings = |key: &str| -> Vec<String> {
            let list = header.get(key).and_then(Value::as_array).into_iter().flatten();
            list.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let region_sets = strings("region_sets").iter().map(|set| u64::from_str_radix(set, 16).unwrap_or(0)).collect();
        Self {
            regions: strings("regions"),
            region_sets,
            container,
            types: Mutex::default(),
            rules: Mutex::default(),
            services: Mutex::default(),
            runtimes: OnceLock::new(),
            documents: Mutex::default(),
            patterns: Patterns::default(),
        }
    }

    /// What it was made from (`cfn-lint 1.58.0`), and counts: `types`, `rules`, `patterns`, `patterns_unchecked`.
    #[must_use]
    pub fn about(&self) -> &Value {
        self.container.header()
    }

    /// Names of all types, sorted.
    pub fn type_names(&self) -> impl Iterator<Item = &'static str> {
        self.container.names().filter(|name| is_type_name(name))
    }

    /// The regions that types are known for, sorted.
    #[must_use]
    pub fn regions(&self) -> &[String] {
        &self.regions
    }

    /// True when the type exists in the region; true as well for a region that nothing is known of.
    #[must_use]
    pub fn exists_in(&self, type_name: &str, region: &str) -> bool {
        let Ok(index) = self.regions.binary_search_by(|known| known.as_str().cmp(region)) else { return true };
        let set = self.container.region_set(type_name).and_then(|set| self.region_sets.get(set));
        set.is_some_and(|set| set & (1 << index) != 0)
    }

    /// The type, if it is known. `Custom::Name` is `AWS::CloudFormation::CustomResource`.
    #[must_use]
    pub fn resource_type(&self, name: &str) -> Option<Arc<ResourceType>> {
        let name = if name.starts_with("Custom::") { "AWS::CloudFormation::CustomResource" } else { name };
        if !is_type_name(name) {
            return None;
        }
        let mut types = self.types.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = types.get(name) {
            return known.clone();
        }
        let found = self.container.record(name).map(|schema| Arc::new(ResourceType::new(name, schema)));
        types.insert(name.to_owned(), found.clone());
        found
    }

    /// The cross-property rules of a type that hold everywhere.
    #[must_use]
    pub fn rules(&self, type_name: &str) -> Arc<Vec<Rule>> {
        self.rules_of(&format!("rules:{type_name}"))
    }

    /// Those that hold in one region besides.
    #[must_use]
    pub fn regional_rules(&self, type_name: &str, region: &str) -> Arc<Vec<Rule>> {
        self.rules_of(&format!("rules:{type_name}@{region}"))
    }

    /// Those that hold for one database engine besides.
    #[must_use]
    pub fn engine_rules(&self, type_name: &str, engine: &str) -> Arc<Vec<Rule>> {
        self.rules_of(&format!("rules:{type_name}?Engine={engine}"))
    }

    fn rules_of(&self, record: &str) -> Arc<Vec<Rule>> {
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = rules.get(record) {
            return Arc::clone(known);
        }
        let found = Arc::new(self.container.record(record).map(Rule::read).unwrap_or_default());
        rules.insert(record.to_owned(), Arc::clone(&found));
        found
    }

    /// A service by its prefix in IAM actions (`s3`).
    #[must_use]
    pub fn service(&self, prefix: &str) -> Option<Arc<Service>> {
        let mut services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = services.get(prefix) {
            return known.clone();
        }
        let found =
            self.container.record(&format!("iam:{prefix}")).map(|record| Arc::new(Service::new(prefix, record)));
        services.insert(prefix.to_owned(), found.clone());
        found
    }

    /// Prefixes of all services that have IAM actions, sorted.
    pub fn service_prefixes(&self) -> impl Iterator<Item = &'static str> {
        self.container.names().filter_map(|name| name.strip_prefix("iam:"))
    }

    /// Lambda's runtimes, sorted by name.
    #[must_use]
    pub fn runtimes(&self) -> &[Runtime] {
        self.runtimes.get_or_init(|| self.container.record("lambda:runtimes").map(Runtime::read).unwrap_or_default())
    }

    /// Schema of a document that is no resource: `update-policy` (a resource with one, by its type), `cfn-init`,
    /// `globals`, `ssm-document`, `state-machine`, `state-machine-jsonata`. One that is not known allows everything.
    pub(crate) fn document(&self, name: &str) -> Arc<Value> {
        let mut documents = self.documents.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = documents.get(name) {
            return Arc::clone(known);
        }
        let found = Arc::new(self.container.record(&format!("document:{name}")).unwrap_or_default());
        documents.insert(name.to_owned(), Arc::clone(&found));
        found
    }

    /// True when `pattern` is found in `text`; true as well for a pattern that cannot be read.
    pub(crate) fn matches(&self, pattern: &str, text: &str) -> bool {
        self.patterns.is_match(pattern, text)
    }

    /// True when a type of that name is known.
    #[must_use]
    pub fn knows_type(&self, name: &str) -> bool {
        is_type_name(name) && self.container.contains(name)
    }
}

/// Records of types have the name of the type; those of other things begin with a lower-case word and a colon.
fn is_type_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
}
