//! The form of the project file: sections, names, keys.

use indexmap::IndexMap;

use super::{
    BUILT_IN_NAMES, DEFAULT_ENVIRONMENT, EnvironmentDeclaration, Fields, Named, OutputDeclaration,
    ParameterDeclaration, Project, Text, read_text,
};
use crate::construct::tags::{TagsDeclaration, read_tags};
use crate::construct::{Declarations, Declared, Kind};
use crate::fault::{FaultKind, Place, Sink};
use crate::names;
use crate::raw::{OverrideDeclaration, RawResource, read_includes};
use crate::scope::RESOURCE;
use crate::stack_options::StackOptionsDeclaration;
use crate::yaml::{self, Document, Value};

/// Version of the language that this program knows.
const VERSION: &str = "1";
/// Beginnings of bucket names that S3 keeps for itself.
const RESERVED_BEGINNINGS: [&str; 4] = ["aws", "sthree", "xn-", "amzn-s3-demo"];

pub(super) fn read(file_name: &str, text: &str, sink: &Sink) -> Project {
    let mut project = Project {
        file_name: file_name.to_owned(),
        text: text.to_owned(),
        name: String::new(),
        description: None,
        region: None,
        tags: TagsDeclaration::default(),
        variables: Vec::new(),
        parameters: IndexMap::new(),
        environments: IndexMap::new(),
        constructs: Declarations::default(),
        resources: Vec::new(),
        includes: Vec::new(),
        overrides: Vec::new(),
        outputs: IndexMap::new(),
        declared: Declared::default(),
    };
    let document = match yaml::parse_document(text) {
        Ok(document) => document,
        Err(error) => {
            let place = Place { key_path: String::new(), span: Some(error.span()) };
            sink.push(FaultKind::InvalidYaml(error), &place);
            return project;
        }
    };
    report_duplicates(&document, sink);
    let root = first_place(text);
    if let Some(fields) = Fields::open(&document.root, &root, sink) {
        read_sections(&fields, &mut project, sink);
        fields.finish();
    }
    project
}

/// The place of the whole file: its first line.
pub(super) fn first_place(text: &str) -> Place {
    let end = text.find(['\r', '\n']).unwrap_or(text.len());
    Place { key_path: String::new(), span: Some(yaml::Span { start: 0, end, line: 1, column: 1 }) }
}

fn report_duplicates(document: &Document, sink: &Sink) {
    for duplicate in &document.duplicates {
        let place = Place {
            key_path: path_at(&document.root, duplicate.first.start, &duplicate.key),
            span: Some(duplicate.span),
        };
        sink.push(FaultKind::DuplicateKey { key: duplicate.key.clone(), first_line: duplicate.first.line }, &place);
    }
}

/// Key path of the key that starts at a byte.
fn path_at(root: &yaml::Node, start: usize, key: &str) -> String {
    fn find(node: &yaml::Node, start: usize, path: &str) -> Option<String> {
        let join = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        match &node.value {
            Value::Mapping(entries) => entries.iter().find_map(|entry| {
                let path = join(&entry.key);
                if entry.key_span.start == start { Some(path) } else { find(&entry.value, start, &path) }
            }),
            Value::Sequence(items) => {
                items.iter().enumerate().find_map(|(index, item)| find(item, start, &format!("{path}[{index}]")))
            }
            Value::Scalar(_) => None,
        }
    }
    find(root, start, "").unwrap_or_else(|| key.to_owned())
}

fn read_sections(fields: &Fields<'_>, project: &mut Project, sink: &Sink) {
    if let Some(version) = fields.text("version")
        && version.raw != VERSION
    {
        sink.push(FaultKind::UnknownVersion { version: version.raw }, &version.place);
    }
    if let Some(name) = fields.required("stack", "the name of the project: `stack: avatars`") {
        check_project_name(&name, sink);
        project.name = name.raw;
    }
    project.description = fields.text("description");
    project.region = fields.text("region");
    project.tags = read_tags(fields, sink);
    project.variables =
        fields.texts("env").into_iter().filter_map(|text| is_variable(&text, sink).then_some(text.raw)).collect();
    for named in fields.section("parameters") {
        check_parameter_name(&named, sink);
        if let Some(parameter) = read_parameter(&named, sink) {
            project.parameters.insert(named.name.to_owned(), parameter);
        }
    }
    let known: Vec<String> = project.parameters.keys().cloned().collect();
    for named in fields.section("environments") {
        check_name(&named, "environment name", sink);
        if let Some(environment) = read_environment(&named, &known, sink) {
            project.environments.insert(named.name.to_owned(), environment);
        }
    }
    if fields.get("environments").is_none() {
        project.environments.insert(DEFAULT_ENVIRONMENT.to_owned(), user_environment());
    }
    read_constructs(fields, project, sink);
    project.resources = fields.section("resources").iter().map(RawResource::read).collect();
    project.includes = read_includes(fields, sink);
    project.overrides =
        fields.section("overrides").iter().flat_map(|named| OverrideDeclaration::read(named, sink)).collect();
    for named in fields.section("outputs") {
        check_output_name(&named, sink);
        project.outputs.insert(named.name.to_owned(), read_output(&named, sink));
    }
}

fn read_constructs(fields: &Fields<'_>, project: &mut Project, sink: &Sink) {
    for &kind in Kind::ALL {
        for named in fields.section(kind.section()) {
            check_name(&named, &format!("{} name", kind.word().replace('_', " ")), sink);
            project.declared.insert(kind, named.name);
            project.constructs.read(kind, &named, &mut project.declared, sink);
        }
    }
}

/// What a project without `environments:` has: one environment for each user.
fn user_environment() -> EnvironmentDeclaration {
    let suffix = Text { raw: "{{user}}".to_owned(), place: Place::outside("user") };
    EnvironmentDeclaration { suffix: Some(suffix), ..EnvironmentDeclaration::default() }
}

fn read_parameter(named: &Named<'_>, sink: &Sink) -> Option<ParameterDeclaration> {
    if !matches!(named.node.value, Value::Mapping(_)) && !named.node.is_null() {
        // `domain: example.com` is short for `domain: { default: example.com }`.
        let default = read_text(named.node, &named.place, sink);
        return Some(ParameterDeclaration { place: named.place.clone(), default });
    }
    let fields = Fields::open(named.node, &named.place, sink)?;
    // A description is for readers of the file.
    fields.text("description");
    let parameter = ParameterDeclaration { place: named.place.clone(), default: fields.text("default") };
    fields.finish();
    Some(parameter)
}

fn read_environment(named: &Named<'_>, parameters: &[String], sink: &Sink) -> Option<EnvironmentDeclaration> {
    let fields = Fields::open(named.node, &named.place, sink)?;
    let environment = EnvironmentDeclaration {
        suffix: fields.text("suffix"),
        removal: fields.text("removal"),
        protect: fields.text("protect"),
        region: fields.text("region"),
        parameters: fields.text_section("parameters"),
        options: StackOptionsDeclaration::read(&fields, sink),
        tags: read_tags(&fields, sink),
    };
    for (name, value) in &environment.parameters {
        if !parameters.contains(name) {
            let kind = FaultKind::UnknownReference {
                construct: "parameter".to_owned(),
                name: name.clone(),
                known: parameters.to_vec(),
            };
            sink.push(kind, &value.place);
        }
    }
    fields.finish();
    Some(environment)
}

fn read_output(named: &Named<'_>, sink: &Sink) -> OutputDeclaration {
    let mut output = OutputDeclaration { place: named.place.clone(), value: None, description: None };
    if matches!(named.node.value, Value::Mapping(_)) {
        if let Some(fields) = Fields::open(named.node, &named.place, sink) {
            output.value = fields.required("value", "what the output gives: `value: \"{{bucket.assets.name}}\"`");
            output.description = fields.text("description");
            fields.finish();
        }
    } else {
        output.value = read_text(named.node, &named.place, sink);
    }
    output
}

fn check_project_name(name: &Text, sink: &Sink) {
    let rule = if RESERVED_BEGINNINGS.iter().any(|beginning| name.raw.starts_with(beginning)) {
        format!("AWS keeps names that begin with {} for itself", RESERVED_BEGINNINGS.join(", "))
    } else if names::is_kebab(&name.raw) && name.raw.len() <= names::PROJECT_NAME {
        return;
    } else {
        format!(
            "lower-case words of letters and digits joined by `-`, at most {}, beginning with a letter",
            names::PROJECT_NAME
        )
    };
    sink.push(FaultKind::BadName { name: name.raw.clone(), what: "project name".to_owned(), rule }, &name.place);
}

fn check_name(named: &Named<'_>, what: &str, sink: &Sink) {
    if !names::is_kebab(named.name) || named.name.len() > names::CONSTRUCT_NAME {
        let rule = format!(
            "lower-case words of letters and digits joined by `-`, at most {}, beginning with a letter",
            names::CONSTRUCT_NAME
        );
        sink.push(FaultKind::BadName { name: named.name.to_owned(), what: what.to_owned(), rule }, &named.place);
    }
}

fn check_parameter_name(named: &Named<'_>, sink: &Sink) {
    let is_taken = BUILT_IN_NAMES.contains(&named.name)
        || named.name == "env"
        || named.name == RESOURCE
        || Kind::ALL.iter().any(|kind| kind.word() == named.name && !kind.attributes().is_empty());
    let characters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let is_word = named.name.starts_with(|first: char| first.is_ascii_lowercase())
        && named.name.len() <= names::CONSTRUCT_NAME
        && named.name.bytes().all(characters);
    let rule = if is_taken {
        "every expression has this name already; choose another"
    } else if is_word {
        return;
    } else {
        "lower-case letters, digits and `_`, at most 64, beginning with a letter"
    };
    let kind =
        FaultKind::BadName { name: named.name.to_owned(), what: "parameter name".to_owned(), rule: rule.to_owned() };
    sink.push(kind, &named.place);
}

fn check_output_name(named: &Named<'_>, sink: &Sink) {
    let is_word = !named.name.is_empty()
        && named.name.len() <= 255
        && named.name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !is_word {
        let rule = "letters and digits only, at most 255: `AvatarBase`".to_owned();
        sink.push(
            FaultKind::BadName { name: named.name.to_owned(), what: "output name".to_owned(), rule },
            &named.place,
        );
    }
}

fn is_variable(text: &Text, sink: &Sink) -> bool {
    let name = &text.raw;
    let is_variable = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_variable {
        let rule = "letters, digits and `_`, not beginning with a digit".to_owned();
        sink.push(
            FaultKind::BadName { name: name.clone(), what: "environment variable".to_owned(), rule },
            &text.place,
        );
    }
    is_variable
}
