//! What the values of a template refer to.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Template;
use super::error::{TemplateError, TemplateFault};
use super::evaluate::{Piece, attribute_parts, substitution_parts, substitution_pieces};
use super::function::{FUNCTIONS, function_of};
use super::position::child_path;

/// Something that a value refers to by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// `Ref`, or `${Name}` in `Fn::Sub`: a parameter, a pseudo parameter or a resource.
    Name(String),
    /// `Fn::GetAtt`, or `${Id.Attribute}` in `Fn::Sub`.
    Attribute {
        /// Logical id of the resource.
        logical_id: String,
        /// Attribute; `None` when a function computes it.
        attribute: Option<String>,
    },
    /// `DependsOn`.
    DependsOn(String),
    /// A condition, in `Fn::If` or `Condition`.
    Condition(String),
    /// A mapping with a literal name in `Fn::FindInMap`.
    Mapping(String),
}

impl Target {
    /// The name of a resource or a parameter that is referred to.
    #[must_use]
    pub fn logical_id(&self) -> Option<&str> {
        match self {
            Self::Name(id) | Self::DependsOn(id) | Self::Attribute { logical_id: id, .. } => Some(id),
            Self::Condition(_) | Self::Mapping(_) => None,
        }
    }
}

/// A reference and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// What is referred to.
    pub target: Target,
    /// Path of the function in the template.
    pub path: String,
}

/// All references inside `value`, which stands at `path`, in the order of the text.
#[must_use]
pub fn references_of(value: &Value, path: &str) -> Vec<Reference> {
    let mut walk = Walk::default();
    walk.value(value, path);
    walk.references
}

/// References and faulty functions found on the way.
#[derive(Default)]
struct Walk {
    references: Vec<Reference>,
    faults: Vec<TemplateError>,
}

impl Walk {
    fn found(&mut self, target: Target, path: &str) {
        self.references.push(Reference { target, path: path.to_owned() });
    }

    fn fault(&mut self, path: &str, message: impl Into<String>) {
        self.faults.push(TemplateError::new(path, TemplateFault::InvalidFunction(message.into())));
    }

    fn value(&mut self, value: &Value, path: &str) {
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    if item.is_array() || item.is_object() {
                        self.value(item, &format!("{path}/{index}"));
                    }
                }
            }
            Value::Object(fields) => {
                if let Some((name, arguments)) = function_of(fields) {
                    self.function(name, arguments, &child_path(path, name));
                    return;
                }
                for (key, field) in fields {
                    if field.is_array() || field.is_object() {
                        self.value(field, &child_path(path, key));
                    }
                }
            }
            _ => {}
        }
    }

    fn function(&mut self, name: &str, arguments: &Value, path: &str) {
        match name {
            "Ref" => match arguments.as_str() {
                Some(name) => self.found(Target::Name(name.to_owned()), path),
                None => self.fault(path, "every Ref object must have a single String value."),
            },
            "Fn::GetAtt" => match attribute_parts(arguments) {
                Some((id, attribute)) => {
                    let attribute_name = attribute.as_str().map(str::to_owned);
                    let target = Target::Attribute { logical_id: id.to_owned(), attribute: attribute_name };
                    self.found(target, path);
                    self.value(attribute, &format!("{path}/1"));
                }
                None => self.fault(
                    path,
                    "every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource \
                     attribute",
                ),
            },
            "Fn::Sub" => self.substitution(arguments, path),
            "Fn::If" => match arguments.as_array().map(Vec::as_slice) {
                Some([Value::String(condition), then, otherwise]) => {
                    self.found(Target::Condition(condition.clone()), path);
                    self.value(then, &format!("{path}/1"));
                    self.value(otherwise, &format!("{path}/2"));
                }
                _ => self.fault(path, "Fn::If requires a list argument with three elements"),
            },
            "Fn::FindInMap" => {
                if let Some(Value::String(mapping)) = arguments.get(0) {
                    self.found(Target::Mapping(mapping.clone()), path);
                }
                self.value(arguments, path);
            }
            "Fn::Transform" => {
                let fault = TemplateFault::UnservedTransform("Fn::Transform".to_owned());
                self.faults.push(TemplateError::new(path, fault));
            }
            _ if FUNCTIONS.iter().any(|(long, _)| *long == name) => self.value(arguments, path),
            _ => self.fault(path, format!("unknown function `{name}`")),
        }
    }

    fn substitution(&mut self, arguments: &Value, path: &str) {
        let Some((text, variables)) = substitution_parts(arguments) else {
            self.fault(
                path,
                "One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first \
                 argument, and an optional second argument to specify a mapping of values to replace in the string",
            );
            return;
        };
        for piece in substitution_pieces(text) {
            let Piece::Name(name) = piece else { continue };
            if variables.is_some_and(|variables| variables.contains_key(name)) {
                continue;
            }
            let target = match name.split_once('.') {
                Some((id, attribute)) => {
                    Target::Attribute { logical_id: id.to_owned(), attribute: Some(attribute.to_owned()) }
                }
                None => Target::Name(name.to_owned()),
            };
            self.found(target, path);
        }
        for (name, variable) in variables.into_iter().flatten() {
            self.value(variable, &child_path(&format!("{path}/1"), name));
        }
    }

    /// Functions inside `Conditions`, where `Condition` is one as well.
    fn condition(&mut self, value: &Value, path: &str) {
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.condition(item, &format!("{path}/{index}"));
                }
            }
            Value::Object(fields) => match fields.iter().next() {
                Some((key, Value::String(name))) if key == "Condition" => {
                    self.found(Target::Condition(name.clone()), path);
                }
                Some((key, arguments)) if matches!(key.as_str(), "Fn::And" | "Fn::Or" | "Fn::Not") => {
                    self.condition(arguments, &child_path(path, key));
                }
                _ => self.value(value, path),
            },
            _ => {}
        }
    }
}

impl Template {
    /// All references of one resource: properties, metadata, policies, `DependsOn` and `Condition`.
    #[must_use]
    pub fn references_of_resource(&self, logical_id: &str) -> Vec<Reference> {
        let mut walk = Walk::default();
        self.walk_resource(logical_id, &mut walk);
        walk.references
    }

    fn walk_resource(&self, logical_id: &str, walk: &mut Walk) {
        let Some(resource) = self.resources.get(logical_id) else { return };
        let path = format!("/Resources/{logical_id}");
        walk.value(&resource.properties, &format!("{path}/Properties"));
        for (key, value) in [
            ("Metadata", &resource.metadata),
            ("CreationPolicy", &resource.creation_policy),
            ("UpdatePolicy", &resource.update_policy),
        ] {
            if let Some(value) = value {
                walk.value(value, &format!("{path}/{key}"));
            }
        }
        for id in &resource.depends_on {
            walk.found(Target::DependsOn(id.clone()), &format!("{path}/DependsOn"));
        }
        if let Some(condition) = &resource.condition {
            walk.found(Target::Condition(condition.clone()), &format!("{path}/Condition"));
        }
    }

    /// Logical ids of the resources that must be there before this one, sorted; a resource that refers to itself is in
    /// its own list.
    #[must_use]
    pub fn dependencies_of(&self, logical_id: &str) -> BTreeSet<String> {
        self.references_of_resource(logical_id)
            .into_iter()
            .filter_map(|reference| reference.target.logical_id().map(str::to_owned))
            .filter(|id| self.resources.contains_key(id))
            .collect()
    }

    /// Everything that is wrong beyond the shape: references to nothing, faulty functions, macros, circles, limits.
    #[must_use]
    pub fn faults(&self) -> Vec<TemplateError> {
        let mut faults = self.transform_faults();
        let [resources, outputs, conditions] = self.walk();
        for (walk, block) in [(resources, "Resources"), (outputs, "Outputs"), (conditions, "Conditions")] {
            faults.extend(walk.faults);
            faults.extend(self.dangling(&walk.references, block));
        }
        if let Err(cycle) = self.dependency_order() {
            faults.push(cycle);
        }
        faults.extend(super::limits::broken_limits(self));
        faults
    }

    /// References of resources, outputs and conditions.
    #[must_use]
    pub fn all_references(&self) -> Vec<Reference> {
        self.walk().into_iter().flat_map(|walk| walk.references).collect()
    }

    /// Resources, outputs and conditions, each by itself.
    fn walk(&self) -> [Walk; 3] {
        let mut resources = Walk::default();
        for id in self.resources.keys() {
            self.walk_resource(id, &mut resources);
        }
        let mut outputs = Walk::default();
        for (name, output) in &self.outputs {
            outputs.value(&output.value, &format!("/Outputs/{name}/Value"));
            if let Some(export) = &output.export {
                outputs.value(export, &format!("/Outputs/{name}/Export"));
            }
            if let Some(condition) = &output.condition {
                outputs.found(Target::Condition(condition.clone()), &format!("/Outputs/{name}/Condition"));
            }
        }
        let mut conditions = Walk::default();
        for (name, condition) in &self.conditions {
            conditions.condition(condition, &format!("/Conditions/{name}"));
        }
        [resources, outputs, conditions]
    }

    fn transform_faults(&self) -> Vec<TemplateError> {
        let names: Vec<&Value> = match &self.transform {
            None => Vec::new(),
            Some(Value::Array(names)) => names.iter().collect(),
            Some(name) => vec![name],
        };
        names
            .into_iter()
            // The language extensions are functions that are served here without being asked for.
            .filter(|name| name.as_str() != Some("AWS::LanguageExtensions"))
            .map(|name| {
                let name = name.as_str().map_or_else(|| name.to_string(), str::to_owned);
                TemplateError::new("/Transform", TemplateFault::UnservedTransform(name))
            })
            .collect()
    }

    /// One fault for all names that are missing in a block (as CloudFormation reports them), placed at the first, and
    /// one for each missing condition or mapping.
    fn dangling(&self, references: &[Reference], block: &'static str) -> Vec<TemplateError> {
        let mut faults = Vec::new();
        let mut missing: Vec<(&str, &str)> = Vec::new();
        for Reference { target, path } in references {
            match target {
                Target::Name(name) if name.starts_with("AWS::") => {
                    if !PSEUDO_PARAMETERS.contains(&name.as_str()) {
                        missing.push((name, path));
                    }
                }
                Target::Name(name) => {
                    let is_known = self.parameters.contains_key(name)
                        || (block != "Conditions" && self.resources.contains_key(name));
                    if !is_known {
                        missing.push((name, path));
                    }
                }
                Target::Attribute { logical_id: id, .. } | Target::DependsOn(id) => {
                    if !self.resources.contains_key(id) {
                        missing.push((id, path));
                    }
                }
                Target::Condition(name) => {
                    if !self.conditions.contains_key(name) {
                        let place = if path.ends_with("/Fn::If") { "Fn::If" } else { block };
                        let fault = TemplateFault::UnresolvedCondition { name: name.clone(), place: place.to_owned() };
                        faults.push(TemplateError::new(path, fault));
                    }
                }
                Target::Mapping(name) => {
                    if !self.mappings.contains_key(name) {
                        let message =
                            format!("Mapping named '{name}' is not present in the 'Mappings' section of template.");
                        faults.push(TemplateError::new(path, TemplateFault::InvalidFunction(message)));
                    }
                }
            }
        }
        if let Some((_, first_path)) = missing.first() {
            let names: BTreeSet<&str> = missing.iter().map(|(name, _)| *name).collect();
            let names = names.into_iter().map(str::to_owned).collect();
            faults.push(TemplateError::new(*first_path, TemplateFault::UnresolvedReferences { names, block }));
        }
        faults
    }
}

/// The names that CloudFormation itself gives values to.
pub const PSEUDO_PARAMETERS: [&str; 8] = [
    "AWS::AccountId",
    "AWS::NoValue",
    "AWS::NotificationARNs",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];
