//! Values that look like something else, in every free text of alarms, rules, schedules, transcoders and subscriptions.

use serde_json::{Value, json};

use super::*;

const TEXT: &str = r#"
stack: s
region: us-east-1
parameters: { hostile: "" }
functions: { f: {} }
buckets: { b: { website: { error: "e{{hostile}}" }, public: read, access_logs: "bucket.c/{{hostile}}" }, c: {} }
topics:
  t: { display_name: "{{hostile}}", subscriptions: [{ lambda: function.f, filter: { k: ["{{hostile}}", { prefix: "<{{hostile}}|{{distribution.d.id}}>" }] } }] }
distributions: { d: { origin: bucket.b } }
alarms:
  a:
    description: "{{hostile}}"
    metric: { namespace: N, name: M, dimensions: { D: "x{{hostile}}", J: "<{{hostile}}|{{distribution.d.id}}>" } }
    threshold: 1
  l: { log_filter: { function: f, pattern: "{{hostile}}" } }
event_rules:
  r:
    description: "{{hostile}}"
    pattern: { k: ["{{hostile}}", { prefix: "<{{hostile}}|{{distribution.d.id}}>" }] }
    targets: [{ function: f, input: { k: "{{hostile}}" } }]
schedules:
  s: { description: "{{hostile}}", schedule: rate(1 day), function: f, input: ["{{hostile}}"] }
transcoders: { v: { description: "{{hostile}}", input: bucket.b, output: bucket.c } }
"#;

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        _ => value["Fn::Sub"].as_str().unwrap_or_default().replace("${!", "${"),
    }
}

#[test]
fn hostile_texts_arrive_as_they_are() {
    for hostile in [
        "\"",
        "'",
        "\\",
        "a\nb",
        "a\r\nb",
        "\t",
        " x ",
        "#",
        "a: b",
        "- a",
        "{a: b}",
        "[a]",
        "&a",
        "!Ref X",
        "|",
        ">",
        "%",
        "@",
        "`",
        "{{",
        "{{hostile}}",
        "{{{x}}}",
        "${",
        "${x}",
        "${!x}",
        "${AWS::Region}",
        "null",
        "~",
        "true",
        "no",
        "OFF",
        "010",
        "1e3",
        "0x1f",
        ".inf",
        "2012-10-17",
        "12:30",
        "---",
        "\u{0}",
        "\u{7f}",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "ünï",
        "🦀",
        "\"}]}, {\"Effect\": \"Allow\"",
        "\n  Evil:\n    Type: AWS::IAM::User\n",
        "\\u0001",
        "__single_quote__",
    ] {
        let has_control = hostile.chars().any(char::is_control);
        let text =
            if has_control { TEXT.replace("website: { error: \"e{{hostile}}\" }, ", "") } else { TEXT.to_owned() };
        let template = plan_text(&text, &Context { parameters: env(&[("hostile", hostile)]), ..context() }).template;
        let of = |id: &str| &template.resources[id].properties;
        let joined = format!("<{hostile}|${{DDistribution}}>");
        for (id, pointer) in [
            ("TTopic", "/DisplayName"),
            ("AAlarm", "/AlarmDescription"),
            ("LMetricFilter", "/FilterPattern"),
            ("REventRule", "/Description"),
            ("REventRule", "/EventPattern/k/0"),
            ("SSchedule", "/Description"),
            ("VTranscoderQueue", "/Description"),
            ("VTranscoderTemplate", "/Description"),
            ("BBucket", "/LoggingConfiguration/LogFilePrefix"),
        ] {
            assert_eq!(of(id).pointer(pointer), Some(&json!(hostile)), "{id}{pointer} {hostile:?}");
        }
        assert_eq!(of("AAlarm")["Dimensions"][0]["Value"], json!(format!("x{hostile}")));
        assert_eq!(text_of(&of("AAlarm")["Dimensions"][1]["Value"]), joined);
        assert_eq!(text_of(&of("REventRule")["EventPattern"]["k"][1]["prefix"]), joined);
        let input = |value: &Value| serde_json::from_str::<Value>(value.as_str().unwrap()).unwrap();
        assert_eq!(input(&of("REventRule")["Targets"][0]["Input"]), json!({ "k": hostile }));
        assert_eq!(input(&of("SSchedule")["Target"]["Input"]), json!([hostile]));
        if !has_control {
            assert_eq!(of("BBucket")["WebsiteConfiguration"]["ErrorDocument"], json!(format!("e{hostile}")));
        }
        let filters = template.resources.values().filter_map(|resource| resource.properties.get("FilterPolicy"));
        let filters: Vec<&Value> = filters.collect();
        assert_eq!(filters[0]["k"][0], json!(hostile));
        assert_eq!(text_of(&filters[0]["k"][1]["prefix"]), joined);
        assert_eq!(crate::Template::parse(&template.to_yaml()).unwrap(), template, "{hostile:?}");
        assert_eq!(crate::Template::parse(&template.to_json()).unwrap(), template, "{hostile:?}");
    }
}
