//! Complete offline check of a template: sections, intrinsic functions, every property against the resource
//! specification, and the rules that lie between properties.

mod conditions;
mod documents;
mod dynamic;
mod expand;
mod extra;
mod fault;
mod format;
mod found;
mod gather;
mod identifiers;
mod intrinsics;
mod nested;
mod parameters;
mod policies;
mod properties;
mod report;
mod resources;
mod sample;
mod scalar;
mod scenario;
mod sections;
mod services;
mod targets;
#[cfg(test)]
mod tests;
mod typed;
mod walk;

pub use fault::SchemaFault;
pub use nested::NestedTemplates;
pub use properties::{PropertyFault, check_properties};
pub use report::TemplateFindings;

use serde_json::{Map, Value};

use super::error::{TemplateError, TemplateFault};
use super::position::Positions;
use super::{Position, Template, read, structure};
use crate::specification::Specification;
use conditions::Conditions;
use expand::Expanded;
use found::{At, Found};

/// Checks a template for the given regions; no region stands for `us-east-1`.
///
/// Findings carry the path of the value in the template and its place in the text, and come in the order of the text.
#[must_use]
pub fn check(template: &Template, positions: &Positions, regions: &[&str]) -> Vec<TemplateError> {
    // The value of a template that was read as a whole has no loop around its members.
    let expanded = expand::expand(template.to_value(), regions_or_default(regions));
    finish(check_value(&expanded, Some(template), false, regions), positions)
}

/// Checks the text of a template, which may be one that cannot be read as a whole: all that can be found is found.
#[must_use]
pub fn check_text(text: &str, regions: &[&str]) -> Vec<TemplateError> {
    check_text_beside(text, regions, &|_| None)
}

/// As [`check_text`], with the templates of nested stacks that are at hand: what they are given is held against what they declare.
#[must_use]
pub fn check_text_beside(text: &str, regions: &[&str], nested: &NestedTemplates<'_>) -> Vec<TemplateError> {
    let read = match read::read_value(text) {
        Ok(read) => read,
        Err(error) => return vec![error],
    };
    let expanded = expand::expand(read.value, regions_or_default(regions));
    let structure = structure::read_sections(expanded.value.clone());
    let mut faults = check_value(&expanded, structure.as_ref().ok(), true, regions);
    let mut beside = Found::default();
    nested::check(&expanded.value, nested, &mut beside);
    faults.extend(beside.faults);
    if let Err(error) = structure
        // What is said better elsewhere is not said twice.
        && !faults.iter().any(|fault| fault.path.starts_with(&error.path) || error.path.is_empty())
        && !is_known(&error)
    {
        faults.push(error);
    }
    for duplicate in read.duplicates {
        let fault = SchemaFault::RepeatedKey { key: duplicate.key, first_line: duplicate.first.line };
        let error = TemplateError::new("", TemplateFault::Schema(Box::new(fault)));
        faults.push(TemplateError { position: Some(Position::from(duplicate.span)), ..error });
    }
    finish(faults, &read.positions)
}

/// Faults of structure that the check has words of its own for, or that are none for a macro.
fn is_known(error: &TemplateError) -> bool {
    error.path.contains("Fn::")
        || error.path.ends_with("/DeletionPolicy")
        || error.path.ends_with("/UpdateReplacePolicy")
        || matches!(error.fault, TemplateFault::UnknownProperty { .. } | TemplateFault::UnknownSection(_))
}

fn regions_or_default<'a>(regions: &'a [&'a str]) -> &'a [&'a str] {
    if regions.is_empty() { &["us-east-1"] } else { regions }
}

fn check_value(
    expanded: &Expanded,
    template: Option<&Template>,
    is_written: bool,
    regions: &[&str],
) -> Vec<TemplateError> {
    let mut found = Found::default();
    let mut checker = Checker { is_written, ..Checker::new(&expanded.value, regions_or_default(regions)) };
    checker.is_open |= expanded.is_open;
    checker.sections(&mut found);
    checker.parameter_section(&mut found);
    checker.functions(&mut found);
    checker.resource_section(&mut found);
    checker.dynamic_references(&mut found);
    if let Some(template) = template {
        if let Err(cycle) = template.dependency_order() {
            found.faults.push(cycle);
        }
        found.faults.extend(super::limits::broken_limits(template));
    }
    for fault in &mut found.faults {
        if let Some(path) = expanded.origin(&fault.path) {
            fault.path = path;
        }
    }
    found.faults.extend(expanded.faults.iter().cloned());
    if !checker.has_language_extensions()
        && let Some(path) = expanded.first_loop.clone()
    {
        found.function(&At::path(&path), "Fn::ForEach needs the transform AWS::LanguageExtensions");
    }
    found.faults
}

/// Places, order, and no repetition.
fn finish(faults: Vec<TemplateError>, positions: &Positions) -> Vec<TemplateError> {
    let mut faults: Vec<TemplateError> = faults.into_iter().map(|error| error.locate(positions)).collect();
    faults.sort_by(|one, other| (one.position, &one.path).cmp(&(other.position, &other.path)));
    let mut unique: Vec<TemplateError> = Vec::with_capacity(faults.len());
    for fault in faults {
        let is_new = unique.iter().rev().take_while(|known| known.path == fault.path).all(|known| *known != fault);
        if is_new {
            unique.push(fault);
        }
    }
    unique
}

/// A template under check.
struct Checker<'a> {
    specification: &'static Specification,
    regions: Vec<&'a str>,
    template: &'a Map<String, Value>,
    parameters: &'a Map<String, Value>,
    mappings: &'a Map<String, Value>,
    resources: &'a Map<String, Value>,
    outputs: &'a Map<String, Value>,
    conditions: Conditions<'a>,
    condition_section: &'a Map<String, Value>,
    /// Names of `Transform`.
    transforms: Vec<&'a str>,
    /// True when macros may bring names that the template does not declare.
    is_open: bool,
    /// True for a text that a person wrote, whose `${Name}` outside of `Fn::Sub` is a slip.
    is_written: bool,
}

static NOTHING: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);

impl<'a> Checker<'a> {
    fn new(template: &'a Value, regions: &[&'a str]) -> Self {
        let template = template.as_object().unwrap_or(&NOTHING);
        let section = |name: &str| template.get(name).and_then(Value::as_object).unwrap_or(&*NOTHING);
        let transforms: Vec<&str> = match template.get("Transform") {
            Some(Value::Array(names)) => names.iter().filter_map(transform_name).collect(),
            Some(name) => transform_name(name).into_iter().collect(),
            None => Vec::new(),
        };
        let has_macro = |name: &str| section(name).keys().any(|key| key.starts_with("Fn::"));
        Self {
            specification: Specification::embedded(),
            regions: regions.to_vec(),
            template,
            parameters: section("Parameters"),
            mappings: section("Mappings"),
            resources: section("Resources"),
            outputs: section("Outputs"),
            conditions: Conditions::new(section("Conditions"), section("Parameters")),
            condition_section: section("Conditions"),
            transforms,
            is_open: has_macro("Resources") || has_macro("Conditions"),
            is_written: true,
        }
    }

    /// True when `pattern` is found in `text`; true as well for a pattern that cannot be read.
    fn matches(&self, pattern: &str, text: &str) -> bool {
        self.specification.matches(pattern, text)
    }

    fn has_serverless_transform(&self) -> bool {
        self.transforms.iter().any(|name| name.starts_with("AWS::Serverless"))
    }

    fn has_language_extensions(&self) -> bool {
        self.transforms.contains(&"AWS::LanguageExtensions")
    }

    /// True for a name that a module or the serverless transform makes from a declared one (`FunctionRole`).
    fn is_generated(&self, name: &str) -> bool {
        if self.is_open {
            return true;
        }
        if self.has_serverless_transform() && name.starts_with("Serverless") {
            return true;
        }
        self.resources.iter().any(|(id, resource)| {
            let type_name = resource.get("Type").and_then(Value::as_str).unwrap_or_default();
            (type_name.ends_with("::MODULE")
                || (type_name.starts_with("AWS::Serverless::") && self.has_serverless_transform()))
                && name.starts_with(id.as_str())
                && name != id
        })
    }

    /// Names of everything that `Ref` can name.
    fn names(&self) -> Vec<String> {
        self.parameters.keys().chain(self.resources.keys()).cloned().collect()
    }
}

fn transform_name(transform: &Value) -> Option<&str> {
    transform.as_str().or_else(|| transform.get("Name")?.as_str())
}
