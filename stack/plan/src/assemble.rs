//! The template as it grows: what template sources render, resources of the project file, included files, overrides.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::Value;

use crate::construct::Kind;
use crate::fault::{FaultKind, Place, Sink, SourceFile};
use crate::plan::{IncludedAt, Origin};
use crate::raw::{At, Included, OverrideDeclaration, Places, RawResource, collision};
use crate::render::{Source, TemplateRenderer};
use crate::scope::Scope;
use crate::template::{Output, Parameter, Resource, Template};

/// The template as it grows, and where its parts come from.
pub(crate) struct Rendered<'a> {
    renderer: TemplateRenderer<'a>,
    template: Template,
    places: Places,
    origins: BTreeMap<String, Origin>,
    sink: &'a Sink,
}

impl<'a> Rendered<'a> {
    pub(crate) fn new(sources: &'a BTreeMap<String, String>, sink: &'a Sink) -> Self {
        Self {
            renderer: TemplateRenderer::new(sources),
            template: Template::default(),
            places: Places::default(),
            origins: BTreeMap::new(),
            sink,
        }
    }

    /// Renders the template source of a construct.
    pub(crate) fn add(&mut self, source: Source, values: &Value, (kind, name, place): (Kind, &str, &Place)) {
        let file = source.file_name;
        let part = match self.renderer.render(source, values) {
            Ok(part) => part,
            Err(reason) => {
                self.sink.push(FaultKind::InvalidTemplateSource { file: file.to_owned(), reason }, place);
                return;
            }
        };
        for (id, resource) in part.template.resources {
            let origin = Origin {
                key_path: format!("{}.{name}", kind.section()),
                line: place.line(),
                template_source: Some(file.to_owned()),
                explanations: part.explanations.get(&id).cloned().unwrap_or_default(),
                ..Origin::default()
            };
            if !self.insert(id.clone(), resource, origin, place, None) {
                // The other resources of the two collide as well, and mend together.
                return;
            }
            self.places.insert_whole(format!("/Resources/{id}"), place.clone());
        }
        self.template.parameters.extend(part.template.parameters);
        self.template.mappings.extend(part.template.mappings);
        self.template.conditions.extend(part.template.conditions);
        self.template.outputs.extend(part.template.outputs);
    }

    /// Adds the resources that the project file writes itself.
    pub(crate) fn add_resources(&mut self, resources: Vec<(&RawResource, Resource)>) {
        for (declared, resource) in resources {
            let (id, place) = (&declared.id, &declared.place);
            let origin = Origin { key_path: format!("resources.{id}"), line: place.line(), ..Origin::default() };
            if self.insert(id.clone(), resource, origin, place, None) {
                self.places.insert_node(format!("/Resources/{id}"), place.clone(), declared.node.clone());
            }
        }
    }

    /// Adds a file that the project file includes at `place`.
    pub(crate) fn include(&mut self, included: Included, place: &Place) {
        let Included { template, positions, file, .. } = included;
        for (id, resource) in template.resources {
            let path = format!("/Resources/{id}");
            let span = positions.find_span(&path);
            let origin = Origin {
                key_path: place.key_path.clone(),
                line: place.line(),
                included: span.map(|span| IncludedAt { file: file.name().to_owned(), line: span.line }),
                ..Origin::default()
            };
            let at = Place { key_path: path.clone(), span };
            if self.insert(id, resource, origin, &at, Some(&file)) {
                self.places.insert_file(path, file.clone(), positions.clone());
            }
        }
        macro_rules! merge_sections {
            ($($field:ident, $section:literal, $what:literal;)+) => {
                $(for (name, member) in template.$field {
                    let path = format!(concat!("/", $section, "/{}"), name);
                    // Parameters share their names with resources.
                    if $section == "Parameters" && self.template.resources.contains_key(&name) {
                        let at = Place { span: positions.find_span(&path), key_path: path };
                        self.collide($what, &name, &at, Some(&file));
                        continue;
                    }
                    match self.template.$field.get(&name) {
                        // Files often bring the same mapping or condition.
                        Some(existing) if *existing == member => {}
                        Some(_) => {
                            let at = Place { span: positions.find_span(&path), key_path: path };
                            self.collide($what, &name, &at, Some(&file));
                        }
                        None => {
                            self.template.$field.insert(name, member);
                            self.places.insert_file(path, file.clone(), positions.clone());
                        }
                    }
                })+
            };
        }
        merge_sections! {
            parameters, "Parameters", "template parameter";
            rules, "Rules", "rule";
            mappings, "Mappings", "mapping";
            conditions, "Conditions", "condition";
            outputs, "Outputs", "output";
        }
        if let Some(transform) = template.transform {
            self.places.insert_file("/Transform".to_owned(), file.clone(), positions.clone());
            self.template.transform = Some(joined(self.template.transform.take(), transform));
        }
        if let Some(Value::Object(metadata)) = template.metadata {
            let all = self.template.metadata.get_or_insert_with(|| Value::Object(serde_json::Map::new()));
            for (key, value) in metadata {
                if all.get(&key).is_some_and(|existing| *existing != value) {
                    let path = format!("/Metadata/{key}");
                    let at = Place { span: positions.find_span(&path), key_path: path };
                    self.sink.push_in(collision("metadata key", &key, "another file", &at), &at, Some(file.clone()));
                }
                all[key.as_str()] = value;
            }
        }
    }

    /// Adds the parameters that receive the code of functions.
    pub(crate) fn add_parameters(&mut self, parameters: IndexMap<String, Parameter>) {
        for (name, parameter) in parameters {
            let path = format!("/Parameters/{name}");
            if let Some(At { place, file }) = self.places.find(&path) {
                let kind = collision("template parameter", &name, "the code of a function", &place);
                self.sink.push_in(kind, &place, file);
            }
            self.template.parameters.insert(name, parameter);
        }
    }

    /// Adds the outputs of the project file.
    pub(crate) fn add_outputs(&mut self, outputs: Vec<(String, Output, Place)>) {
        for (name, output, place) in outputs {
            if self.template.outputs.contains_key(&name) {
                self.collide("output", &name, &place, None);
            }
            self.places.insert_whole(format!("/Outputs/{name}"), place);
            self.template.outputs.insert(name, output);
        }
    }

    /// Patches resources.
    pub(crate) fn override_resources(&mut self, overrides: &[OverrideDeclaration], scope: &Scope<'_>) {
        for declared in overrides {
            let Some(resource) = self.template.resources.get_mut(&declared.id) else {
                let known = self.template.resources.keys().cloned().collect();
                let kind = FaultKind::UnknownResource { id: declared.id.clone(), known };
                self.sink.push(kind, &declared.id_place);
                continue;
            };
            match declared.apply(resource, scope) {
                Ok(written) => {
                    for one in written {
                        self.places.insert_override(one.path, one.place, one.node);
                    }
                }
                Err(error) => self.sink.push(FaultKind::InvalidTemplate(error.fault), &declared.place),
            }
            if let Some(origin) = self.origins.get_mut(&declared.id) {
                origin.overridden.push(declared.place.line());
            }
        }
    }

    /// The template, places of its values, and where each resource comes from.
    pub(crate) fn finish(self) -> (Template, Places, BTreeMap<String, Origin>) {
        (self.template, self.places, self.origins)
    }

    /// Adds a resource; false and a fault when its logical id is taken.
    fn insert(
        &mut self,
        id: String,
        resource: Resource,
        origin: Origin,
        place: &Place,
        file: Option<&SourceFile>,
    ) -> bool {
        if self.template.resources.contains_key(&id) || self.template.parameters.contains_key(&id) {
            self.collide("logical id", &id, place, file);
            return false;
        }
        self.origins.insert(id.clone(), origin);
        self.template.resources.insert(id, resource);
        true
    }

    fn collide(&self, what: &str, name: &str, place: &Place, file: Option<&SourceFile>) {
        let first = ["Resources", "Parameters", "Mappings", "Conditions", "Outputs", "Rules"]
            .iter()
            .find_map(|section| self.places.find(&format!("/{section}/{name}")));
        let first = first.map_or_else(
            || "the template".to_owned(),
            |at| match at.file {
                Some(file) => format!("{} in {}", at.place.key_path, file.name()),
                None => at.place.key_path,
            },
        );
        self.sink.push_in(collision(what, name, &first, place), place, file.cloned());
    }
}

/// Macros of two templates.
fn joined(one: Option<Value>, other: Value) -> Value {
    let list = |value: Value| match value {
        Value::Array(items) => items,
        value => vec![value],
    };
    let mut names = one.map(list).unwrap_or_default();
    for name in list(other) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Value::Array(names)
}
