//! What is fed, and what must hold for every input.

use std::collections::BTreeMap;

use clap::ValueEnum;
use stack_plan::template::{TemplateFindings, check_text};
use stack_plan::{Context, Template, check_project, included_files};

use super::mutate::{Corpus, Random};

#[derive(Debug, Clone, Copy, PartialEq, ValueEnum)]
pub(super) enum Target {
    /// Project files
    Project,
    /// Expressions, in every place that takes one
    Expression,
    /// CloudFormation templates
    Template,
}

/// Parts of expressions.
const WORDS: [&str; 34] = [
    "{{",
    "}}",
    "{{user}}",
    "{{environment}}",
    "{{bucket.b.name}}",
    "{{bucket.b.arn}}",
    "{{param.a}}",
    "{{env.A}}",
    "{{resource.T.ref}}",
    "{{resource.T.TopicArn}}",
    "{{resource.",
    "{{#if param.x}}",
    "{{else}}",
    "{{/if}}",
    "{{~",
    "~}}",
    "{{{",
    "}}}",
    "{{>x}}",
    "{{!--",
    "--}}",
    "{{&",
    "(",
    ")",
    ".",
    " ",
    "\\{{",
    "{{resolve:ssm:/x}}",
    "${AWS::Region}",
    "${",
    "as |x|",
    "\"",
    "'",
    "a",
];

impl Target {
    pub(super) const ALL: [Self; 3] = [Self::Project, Self::Expression, Self::Template];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Expression => "expression",
            Self::Template => "template",
        }
    }

    /// The next input.
    pub(super) fn input(self, corpus: &Corpus, random: &mut Random) -> String {
        match self {
            Self::Project => corpus.mutated(&corpus.projects, random),
            Self::Template => corpus.mutated(&corpus.templates, random),
            Self::Expression => expressions(corpus, random),
        }
    }

    /// Reads the input; true when it is accepted.
    ///
    /// # Errors
    /// What did not hold.
    pub(super) fn run(self, input: &str) -> Result<bool, String> {
        match self {
            Self::Project | Self::Expression => project(input),
            Self::Template => template(input),
        }
    }
}

/// A project with one made-up text in every place that takes expressions.
fn expressions(corpus: &Corpus, random: &mut Random) -> String {
    let mut text = String::new();
    for _ in 0..=random.below(12) {
        match random.below(8) {
            0 => text.push_str(corpus.string(random)),
            1 => text.push(random.letter()),
            _ => text.push_str(WORDS[random.below(WORDS.len())]),
        }
    }
    let mut quoted = String::new();
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            ' '..='~' => quoted.push(letter),
            other => quoted.extend([format!("\\U{:08x}", u32::from(other))]),
        }
    }
    format!(
        "stack: s\nregion: us-east-1\nenv: [A]\nparameters: {{ a: \"v{{{{user}}}}\", x: '' }}\nbuckets: {{ b: {{}} }}\n\
         resources:\n  T:\n    Type: AWS::SNS::Topic\n    Properties: {{ DisplayName: \"{quoted}\", TopicName: !Sub \"{quoted}\" }}\n\
         outputs: {{ O: \"{quoted}\" }}\noverrides: {{ BBucket: {{ Properties.BucketName: \"{quoted}\" }} }}\n"
    )
}

fn project(text: &str) -> Result<bool, String> {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let legacy = "Resources: {Old: {Type: AWS::SNS::Topic}}\n";
    let context = Context {
        user: "alice".to_owned(),
        env: BTreeMap::from([pair("A", "1"), pair("PR_NUMBER", "1"), pair("STAGE", "x")]),
        includes: BTreeMap::from([pair("cloudformation/legacy.yaml", legacy), pair("a.yaml", text)]),
        ..Context::default()
    };
    // What it gives or says does not matter here.
    let _ = included_files(text);
    match check_project("stack.yaml", text, &context) {
        Ok(plan) => {
            same_when_read_again(&plan.template)?;
            let _ = plan.graph.to_mermaid();
            if plan.graph.to_svg().contains("NaN") {
                return Err("a coordinate of the graph is no number".to_owned());
            }
            Ok(true)
        }
        Err(faults) => {
            for fault in faults.faults() {
                let _ = (fault.to_string(), fault.kind.help());
            }
            let _ = faults.to_string();
            Ok(false)
        }
    }
}

fn template(text: &str) -> Result<bool, String> {
    let findings = check_text(text, &["eu-west-1"]);
    let is_fine = findings.is_empty();
    let findings = TemplateFindings::new("template.yaml", text, findings);
    let _ = findings.to_string();
    for finding in findings.iter() {
        let _ = (finding.to_string(), miette::Diagnostic::help(finding).map(|help| help.to_string()));
    }
    if let Ok(template) = Template::parse(text) {
        same_when_read_again(&template)?;
    }
    Ok(is_fine)
}

fn same_when_read_again(template: &Template) -> Result<(), String> {
    for (name, text) in [("YAML", template.to_yaml()), ("JSON", template.to_json())] {
        match Template::parse(&text) {
            Ok(again) if again == *template => {}
            Ok(_) => return Err(format!("read again from its {name}, the template differs")),
            Err(error) => return Err(format!("the template's {name} cannot be read: {error}")),
        }
    }
    Ok(())
}
