//! Values that look like something else: they must arrive as they are, wherever they stand.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::*;

/// Intrinsic functions evaluated far enough to see a text: `${!` is `${`, attributes are as written.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        _ => value["Fn::Sub"].as_str().unwrap_or_default().replace("${!", "${"),
    }
}

/// Texts that look like something else.
pub(super) const HOSTILE: &[&str] = &[
    "\"",
    "'",
    "\\",
    "\\\"",
    "a\nb",
    "a\r\nb",
    "\n",
    "\t",
    " ",
    "  x  ",
    "#",
    "a: b",
    "- a",
    "{a: b}",
    "[a]",
    "*a",
    "&a",
    "!Ref X",
    "!!binary x",
    "|",
    ">",
    "%",
    "@",
    "`",
    "{{",
    "}}",
    "{{hostile}}",
    "{{{x}}}",
    "{{#if",
    "\\{{x}}",
    "${",
    "${x}",
    "${!x}",
    "$",
    "${AWS::Region}",
    "null",
    "~",
    "true",
    "no",
    "010",
    "1e3",
    "0x1f",
    "1.0",
    ".inf",
    "2012-10-17",
    "---",
    "...",
    "\u{0}",
    "\u{1}",
    "\u{2}",
    "\u{3}",
    "\u{7f}",
    "\u{85}",
    "\u{2028}",
    "\u{feff}",
    "ünï",
    "🦀",
    "\u{202e}rtl",
    "<script>",
    "&amp;",
    "=",
    "<<",
    "x\u{0}y",
    "\"}]}, {\"Effect\": \"Allow\"",
    "\n  Evil:\n    Type: AWS::IAM::User\n",
];

const TEXT: &str = r#"
stack: s
region: us-east-1
parameters: { hostile: "" }
functions:
  f:
    description: "{{#if hostile}}d{{/if}}"
    environment: { PLAIN: "{{hostile}}", JOINED: "<{{hostile}}|{{distribution.d.id}}>" }
    policies: [p]
buckets: { b: {} }
distributions: { d: { origin: bucket.b } }
outputs: { Joined: "<{{hostile}}|{{distribution.d.id}}>" }
"#;

fn check(hostile: &str) {
    let policy = r#"{"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::b{{hostile}}", "arn:aws:s3:::b{{hostile}}/{{distribution.d.id}}"]}]}"#;
    let context = Context {
        parameters: env(&[("hostile", hostile)]),
        policy_sources: BTreeMap::from([("p.json.hbs".to_owned(), policy.to_owned())]),
        ..context()
    };
    if hostile.contains(['\u{1}', '\u{2}']) {
        assert_eq!(codes(TEXT, &context), ["bad-value"], "{hostile:?}");
        return;
    }
    let template = plan_text(TEXT, &context).template;
    let variables = &template.resources["FFunction"].properties["Environment"]["Variables"];
    assert_eq!(variables["PLAIN"], json!(hostile));
    assert_eq!(text_of(&variables["JOINED"]), format!("<{hostile}|${{DDistribution}}>"));
    assert_eq!(text_of(&template.outputs["Joined"].value), format!("<{hostile}|${{DDistribution}}>"));
    let resources =
        &template.resources["FRole"].properties["Policies"][1]["PolicyDocument"]["Statement"][0]["Resource"];
    assert_eq!(resources[0], json!(format!("arn:aws:s3:::b{hostile}")));
    assert_eq!(text_of(&resources[1]), format!("arn:aws:s3:::b{hostile}/${{DDistribution}}"));
    // Printed and read again it is the same.
    assert_eq!(crate::Template::parse(&template.to_yaml()).unwrap(), template, "{hostile:?}");
    assert_eq!(crate::Template::parse(&template.to_json()).unwrap(), template, "{hostile:?}");
}

#[test]
fn hostile_texts_arrive_as_they_are() {
    for hostile in HOSTILE {
        check(hostile);
    }
}

#[test]
fn naughty_strings_arrive_as_they_are() {
    let shared = std::env::var_os("STACK_SHARED")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")), PathBuf::from);
    let file = shared.join("data/naughty_strings/blns.json");
    let Ok(text) = std::fs::read_to_string(&file) else {
        eprintln!("skipped: {} is not there", file.display());
        return;
    };
    let strings: Vec<String> = serde_json::from_str(&text).unwrap();
    assert!(strings.len() > 400);
    for string in strings.iter().filter(|string| string.len() < 1500) {
        check(string);
    }
}
