//! `include:`: template files that exist already.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::expression::has_expression;
use crate::fault::{FaultKind, Place, Sink, SourceFile};
use crate::project::{Fields, Text, read_text};
use crate::scope::Scope;
use crate::template::{Parameter, Position, Positions, Template, parameter_value};
use crate::values::{ProjectPath, SettingValue};
use crate::yaml::{Node, Span, Value as Tree};

/// A template file as the project file names it.
#[derive(Debug, Clone)]
pub(crate) struct IncludeDeclaration {
    pub(crate) place: Place,
    path: Option<Text>,
    parameters: Vec<(String, Text)>,
}

/// A template file that was read.
pub(crate) struct Included {
    pub(crate) template: Template,
    pub(crate) positions: Positions,
    pub(crate) file: SourceFile,
    /// Values of its parameters.
    pub(crate) parameters: BTreeMap<String, String>,
}

/// Reads `include:`: one file or a list, each a path or `{ file, parameters }`.
pub(crate) fn read_includes(fields: &Fields<'_>, sink: &Sink) -> Vec<IncludeDeclaration> {
    let Some((node, place)) = fields.get("include") else { return Vec::new() };
    match &node.value {
        Tree::Sequence(_) if node.tag.is_none() => {
            fields.items("include").iter().filter_map(|(node, place)| read_include(node, place, sink)).collect()
        }
        _ => read_include(node, &place, sink).into_iter().collect(),
    }
}

fn read_include(node: &Node, place: &Place, sink: &Sink) -> Option<IncludeDeclaration> {
    let mut include = IncludeDeclaration { place: place.clone(), path: None, parameters: Vec::new() };
    if matches!(node.value, Tree::Mapping(_)) {
        let fields = Fields::open(node, place, sink)?;
        include.path = fields.required("file", "the template: `file: cloudformation/legacy.yaml`");
        include.parameters = fields.text_section("parameters");
        fields.finish();
    } else {
        include.path = read_text(node, place, sink);
    }
    Some(include)
}

impl IncludeDeclaration {
    /// The file, where its path is one.
    pub(crate) fn file(&self) -> Option<String> {
        let path = &self.path.as_ref()?.raw;
        if has_expression(path) { None } else { ProjectPath::parse(path).map(|path| path.0) }
    }

    /// Checks what can be checked without the file.
    pub(crate) fn check(&self, scope: &Scope<'_>) {
        if let Some(path) = self.path.as_ref().filter(|_| self.file().is_none()) {
            let kind = FaultKind::BadValue {
                value: path.raw.clone(),
                expected: format!("{}, without expressions", ProjectPath::EXPECTED),
                help: "write it relative to the project file: `include: cloudformation/legacy.yaml`".to_owned(),
            };
            scope.sink().push(kind, &path.place);
        }
        for (_, value) in &self.parameters {
            scope.literal(value);
        }
    }

    /// Reads the file's text; nothing when it has a fault.
    pub(crate) fn resolve(&self, texts: &BTreeMap<String, String>, scope: &Scope<'_>) -> Option<Included> {
        let name = self.file()?;
        let sink = scope.sink();
        let Some(text) = texts.get(&name) else {
            let place = self.path.as_ref().map_or(&self.place, |path| &path.place);
            sink.push(FaultKind::MissingFile { file: name }, place);
            return None;
        };
        let file = SourceFile::new(&name, text);
        match Template::parse_with_positions(text) {
            Ok((template, positions)) => {
                let parameters = self.parameters(&template, scope);
                Some(Included { template, positions, file, parameters })
            }
            Err(error) => {
                let span = error.position.map(|position| span_of(text, position));
                let place = Place { key_path: error.path.clone(), span };
                sink.push_in(FaultKind::InvalidTemplate(error.fault), &place, Some(file));
                None
            }
        }
    }

    fn parameters(&self, template: &Template, scope: &Scope<'_>) -> BTreeMap<String, String> {
        let mut values = BTreeMap::new();
        for (name, text) in &self.parameters {
            let Some(parameter) = template.parameters.get(name) else {
                let known = template.parameters.keys().cloned().collect();
                let kind = FaultKind::UnknownKey { key: name.clone(), known };
                scope.sink().push(kind, &text.place);
                continue;
            };
            let Some(value) = scope.literal(text) else { continue };
            if let Some(refusal) = refusal(name, parameter, &value) {
                let kind =
                    FaultKind::BadValue { value, expected: "what the parameter takes".to_owned(), help: refusal };
                scope.sink().push(kind, &text.place);
                continue;
            }
            values.insert(name.clone(), value);
        }
        let without_value = template.parameters.iter().filter(|(name, parameter)| {
            parameter.default.is_none() && !self.parameters.iter().any(|(given, _)| given == *name)
        });
        for (name, _) in without_value {
            let help =
                format!("`{{ file: ..., parameters: {{ {name}: VALUE }} }}`, or give it a `Default` in the template");
            let kind = FaultKind::MissingKey { key: format!("parameters.{name}"), help };
            scope.sink().push(kind, &self.place);
        }
        values
    }
}

/// Why a parameter does not take a value, where that can be told offline: values of SSM parameters are fetched by AWS.
fn refusal(name: &str, parameter: &Parameter, value: &str) -> Option<String> {
    if parameter.parameter_type.starts_with("AWS::SSM::") {
        return None;
    }
    parameter_value(name, parameter, value).map(|_: Value| ()).err().map(|error| error.message)
}

/// The character at a position of a text.
fn span_of(text: &str, position: Position) -> Span {
    let line_start: usize = text.split_inclusive('\n').take(position.line.saturating_sub(1)).map(str::len).sum();
    let line = text[line_start..].lines().next().unwrap_or_default();
    let start = line_start + line.chars().take(position.column.saturating_sub(1)).map(char::len_utf8).sum::<usize>();
    let length = text[start..].chars().next().map_or(0, char::len_utf8);
    Span { start, end: start + length, line: position.line, column: position.column }
}
