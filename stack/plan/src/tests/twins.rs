//! One template, several texts: JSON, YAML as it is printed, YAML with short forms as people write it. All are read as the
//! same, and what is printed is read and printed again without a difference.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::*;
use crate::Template;

/// Writes a value as YAML with the short forms of functions, in a way of its own: nothing of the printer is used.
fn with_short_forms(value: &Value, indent: usize, text: &mut String) {
    let pad = " ".repeat(indent);
    match value {
        Value::Object(fields) if fields.is_empty() => text.push_str(" {}\n"),
        Value::Array(items) if items.is_empty() => text.push_str(" []\n"),
        Value::Object(fields) => {
            if let Some((tag, arguments)) = short_form(fields) {
                text.push(' ');
                text.push_str(&tag);
                return with_short_forms(&arguments, indent, text);
            }
            text.push('\n');
            for (key, field) in fields {
                text.push_str(&pad);
                text.push_str(&scalar(&Value::String(key.clone())));
                text.push(':');
                with_short_forms(field, indent + 2, text);
            }
        }
        Value::Array(items) => {
            text.push('\n');
            for item in items {
                text.push_str(&pad);
                text.push('-');
                with_short_forms(item, indent + 2, text);
            }
        }
        other => {
            text.push(' ');
            text.push_str(&scalar(other));
            text.push('\n');
        }
    }
}

/// The tag and the arguments. A tag cannot stand before another, and its scalar is a string.
fn short_form(fields: &Map<String, Value>) -> Option<(String, Value)> {
    let (name, arguments) = fields.iter().next().filter(|_| fields.len() == 1)?;
    let is_plain = match arguments {
        Value::String(_) => true,
        Value::Array(_) => name != "Ref",
        _ => false,
    };
    match (name.as_str(), arguments) {
        ("Fn::GetAtt", Value::Array(parts)) => {
            let [Value::String(id), Value::String(attribute)] = parts.as_slice() else { return None };
            (!id.contains('.')).then(|| ("!GetAtt".to_owned(), json!(format!("{id}.{attribute}"))))
        }
        ("Ref" | "Fn::Sub" | "Fn::ImportValue" | "Fn::Base64", Value::String(_))
        | ("Fn::Join" | "Fn::If" | "Fn::Select" | "Fn::Split" | "Fn::Sub" | "Fn::FindInMap" | "Fn::Equals", _)
            if is_plain =>
        {
            Some((format!("!{}", name.trim_start_matches("Fn::")), arguments.clone()))
        }
        _ => None,
    }
}

/// A double-quoted string with everything escaped that is not plain ASCII; other scalars as JSON has them.
fn scalar(value: &Value) -> String {
    let Some(text) = value.as_str() else { return value.to_string() };
    let mut quoted = "\"".to_owned();
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            ' '..='~' => quoted.push(letter),
            other => quoted.extend([format!("\\U{:08x}", u32::from(other))]),
        }
    }
    quoted + "\""
}

/// What differs between a template and its twins.
fn differences(template: &Template) -> Vec<String> {
    let mut short = String::new();
    with_short_forms(&template.to_value(), 0, &mut short);
    let twins = [
        ("YAML", template.to_yaml()),
        ("JSON", template.to_json()),
        ("compact JSON", template.to_compact_json()),
        ("YAML with short forms", short),
    ];
    let mut found = Vec::new();
    for (name, text) in twins {
        match Template::parse(&text) {
            Ok(twin) if twin != *template => found.push(format!("read from {name}, it is another template:\n{text}")),
            Ok(twin) if twin.to_yaml() != template.to_yaml() => {
                found.push(format!("read from {name}, it prints other YAML"));
            }
            Ok(twin) if twin.to_json() != template.to_json() => {
                found.push(format!("read from {name}, it prints other JSON"));
            }
            Ok(_) => {}
            Err(error) => found.push(format!("its {name} cannot be read: {error}\n{text}")),
        }
    }
    found
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        let is_text = path.extension().and_then(|extension| extension.to_str());
        if path.is_dir() {
            files(&path, found);
        } else if is_text.is_some_and(|extension| ["json", "yaml", "yml", "template"].contains(&extension)) {
            found.push(path);
        }
    }
    found.sort();
}

/// Reads every template among the files; returns how many there are.
fn compare(paths: &[PathBuf]) -> usize {
    let (mut count, mut found) = (0, Vec::new());
    for path in paths {
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        let Ok(template) = Template::parse(&text) else { continue };
        count += 1;
        found.extend(differences(&template).into_iter().map(|difference| format!("{}: {difference}", path.display())));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    count
}

#[test]
fn templates_of_all_projects_have_equal_twins() {
    let mut projects = Vec::new();
    for folder in ["examples", "tests/fixtures"] {
        files(&root().join(folder), &mut projects);
    }
    let mut count = 0;
    for path in projects.iter().filter(|path| path.ends_with("stack.yaml")) {
        let text = std::fs::read_to_string(path).unwrap();
        for environment in ["dev", "prod"] {
            let context = Context {
                environment: Some(environment.to_owned()),
                env: env(&[("PR_NUMBER", "12"), ("A", "1")]),
                ..context()
            };
            // Some fixtures have faults, or no such environment.
            let Ok(plan) = check_project("stack.yaml", &text, &context) else { continue };
            let companions = plan.companions.iter().map(|companion| &companion.template);
            for template in std::iter::once(&plan.template).chain(companions) {
                assert_eq!(differences(template), Vec::<String>::new(), "{}", path.display());
                count += 1;
            }
        }
    }
    assert!(count >= 8, "only {count} templates were rendered");
}

#[test]
fn foreign_templates_have_equal_twins() {
    let mut paths = Vec::new();
    files(&root().join("tests/fixtures"), &mut paths);
    paths.retain(|path| !path.ends_with("stack.yaml"));
    assert!(compare(&paths) > 0, "no template lies among the fixtures");
    let shared = std::env::var_os("STACK_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    let reference = shared.join("spec/good30.yaml");
    if reference.is_file() {
        assert_eq!(compare(&[reference]), 1);
    } else {
        println!("skipped: there is no {}", reference.display());
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |path| root().join(path));
    let mut public = Vec::new();
    files(&target.join("oracle/packages"), &mut public);
    if public.is_empty() {
        println!("skipped: no public templates; `cargo xtask oracle` fetches them");
    } else {
        println!("{} public templates", compare(&public));
    }
}

/// Makes templates: the same ones for the same seed.
struct Generator(u64);

/// Texts that readers and writers of YAML have trouble with.
const TEXTS: [&str; 46] = [
    "",
    " ",
    "a",
    "name",
    "yes",
    "No",
    "on",
    "true",
    "FALSE",
    "null",
    "~",
    "0",
    "007",
    "1.10",
    "1e3",
    "0x1F",
    "0o17",
    "12:30:45",
    "2012-10-17",
    "1_000",
    ".inf",
    "-",
    "- a",
    "a: b",
    "a #b",
    "#",
    "!Ref A",
    "&a",
    "*a",
    "{a}",
    "[a]",
    "|",
    ">",
    "%a",
    "@a",
    "`a`",
    "'",
    "\"",
    "\\",
    "line\nbreak",
    "\n",
    "tab\there",
    "trailing ",
    "é🦀",
    "\u{85}\u{2028}",
    "${A}${!B}",
];

impl Generator {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }

    fn text(&mut self) -> String {
        let count = 1 + self.below(3);
        (0..count).map(|_| TEXTS[self.below(TEXTS.len())]).collect()
    }

    fn id(&mut self) -> String {
        let letters = ["A", "B7", "Bucket", "Null", "True", "On", "N0"];
        format!("{}{}", letters[self.below(letters.len())], self.below(40))
    }

    fn scalar(&mut self) -> Value {
        match self.below(6) {
            0 => json!(self.below(100_000)),
            1 => json!(self.below(2) == 0),
            2 => json!(-1),
            3 => json!(2.5),
            _ => json!(self.text()),
        }
    }

    fn value(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 4 } else { 12 }) {
            0..=3 => self.scalar(),
            4 => json!({"Ref": self.id()}),
            5 => json!({"Fn::GetAtt": [self.id(), self.text().replace('.', "")]}),
            6 => json!({"Fn::Sub": self.text()}),
            7 => json!({"Fn::Join": [self.text(), [self.value(depth - 1), self.value(depth - 1)]]}),
            8 => json!({"Fn::If": [self.id(), self.value(depth - 1), self.value(depth - 1)]}),
            9 => (0..self.below(4)).map(|_| self.value(depth - 1)).collect(),
            _ => self.fields(depth - 1),
        }
    }

    fn fields(&mut self, depth: usize) -> Value {
        let count = self.below(4);
        Value::Object((0..count).map(|_| (self.text(), self.value(depth))).collect())
    }

    fn template(&mut self) -> Value {
        let mut resources = Map::new();
        for _ in 0..=self.below(4) {
            let mut resource = json!({"Type": format!("Custom::{}", self.id()), "Properties": self.fields(4)});
            if self.below(3) == 0 {
                resource["Metadata"] = self.fields(2);
                resource["DependsOn"] = json!([self.id(), self.id()]);
                resource["DeletionPolicy"] = json!("Retain");
            }
            resources.insert(self.id(), resource);
        }
        let mut template = json!({"Resources": resources});
        for _ in 0..self.below(3) {
            template["Parameters"][self.id()] =
                json!({"Type": "String", "Default": self.text(), "Description": self.text()});
            template["Outputs"][self.id()] = json!({"Value": self.value(2), "Description": self.text()});
            template["Mappings"][self.id()] = json!({"eu-west-1": {"a": self.text(), "b": [self.text()]}});
            template["Conditions"][self.id()] = json!({"Fn::Equals": [self.text(), {"Ref": self.id()}]});
            template["Description"] = json!(self.text());
        }
        template
    }
}

#[test]
fn made_templates_have_equal_twins() {
    for seed in 1..=600_u64 {
        let value = Generator(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)).template();
        let template =
            Template::parse(&value.to_string()).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{value:#}"));
        assert_eq!(differences(&template), Vec::<String>::new(), "seed {seed}");
        assert_eq!(template.to_value()["Resources"].as_object().unwrap().len(), template.resources.len());
    }
}
