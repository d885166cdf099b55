//! Links to least privilege: what each link allows, and that nothing else is allowed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::*;
use crate::policy::{Caller, Document, Request, decide};

/// A link (`read: bucket.one`), and what it is for: an action upon a resource, in which `@` stands for the target's ARN.
const LINKS: &[(&str, &str, &str, &str)] = &[
    ("read", "bucket", "s3:GetObject", "@/key"),
    ("write", "bucket", "s3:PutObject", "@/key"),
    ("delete", "bucket", "s3:DeleteObject", "@/key"),
    ("list", "bucket", "s3:ListBucket", "@"),
    ("read", "table", "dynamodb:GetItem", "@"),
    ("write", "table", "dynamodb:PutItem", "@"),
    ("delete", "table", "dynamodb:DeleteItem", "@"),
    ("query", "table", "dynamodb:Query", "@"),
    ("scan", "table", "dynamodb:Scan", "@"),
    ("publish", "topic", "sns:Publish", "@"),
    ("send", "queue", "sqs:SendMessage", "@"),
    ("consume", "queue", "sqs:ReceiveMessage", "@"),
    ("read", "secret", "secretsmanager:GetSecretValue", "@"),
    ("invoke", "function", "lambda:InvokeFunction", "@"),
    ("invoke", "http_api", "execute-api:Invoke", "@/$default/GET/x"),
    ("invoke", "rest_api", "execute-api:Invoke", "@/api/GET/x"),
    ("invalidate", "distribution", "cloudfront:CreateInvalidation", "@"),
    ("transcode", "transcoder", "iam:PassRole", "@"),
    ("pull", "repository", "ecr:BatchGetImage", "@"),
    ("push", "repository", "ecr:PutImage", "@"),
    ("connect", "database", "secretsmanager:GetSecretValue", "@"),
];

/// Links that allow what another is for: reading a table is searching it as well, and who pushes an image reads layers.
const IMPLIED: &[(&str, &str)] = &[("read table", "query table"), ("push repository", "pull repository")];

/// What of a target the action of the table above is done to.
fn attribute(verb: &str, kind: &str) -> &'static str {
    match (verb, kind) {
        ("transcode", _) => "role_arn",
        (_, "database") => "secret_arn",
        _ => "arn",
    }
}

fn section(kind: &str) -> String {
    match kind.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{kind}s"),
    }
}

/// One function for each link to `one`, and beside each `one` an `other` that nobody is linked to.
fn text() -> String {
    let mut functions = String::new();
    let mut outputs = String::new();
    for (verb, kind, ..) in LINKS {
        let network = if *kind == "database" { "network: main, " } else { "" };
        let function = format!("{verb}-{}", kind.replace('_', "-"));
        writeln!(functions, "  {function}: {{ {network}access: {{ {verb}: {kind}.one }} }}").unwrap();
        for name in ["one", "other"] {
            let id = format!("{verb}{name}{kind}").replace('_', "");
            writeln!(outputs, "  {id}: \"{{{{{kind}.{name}.{}}}}}\"", attribute(verb, kind)).unwrap();
        }
    }
    let mut sections: BTreeMap<&str, &str> = BTreeMap::new();
    for (_, kind, ..) in LINKS {
        let form = match *kind {
            "table" => "{ key: { id: S } }",
            "http_api" | "rest_api" => "{ routes: { \"GET /x\": one } }",
            "distribution" => "{ origin: bucket.one }",
            "transcoder" => "{ input: bucket.one, output: bucket.other/out/ }",
            "database" => "{ network: main }",
            _ => "{}",
        };
        sections.insert(kind, form);
    }
    let mut constructs = String::new();
    for (kind, form) in sections.iter().filter(|(kind, _)| **kind != "function") {
        writeln!(constructs, "{}: {{ one: {form}, other: {form} }}", section(kind)).unwrap();
    }
    format!(
        "stack: s\nregion: us-east-1\nfunctions:\n  one: {{}}\n  other: {{}}\n{functions}{constructs}networks: {{ main: {{ endpoints: [secretsmanager] }} }}\noutputs:\n{outputs}"
    )
}

/// Intrinsic functions as texts that are the same wherever they mean the same.
fn settled(value: &Value) -> Value {
    let text = |text: &str| {
        let text = text.replace("${AWS::Partition}", "aws").replace("${AWS::Region}", "us-east-1");
        Value::String(text.replace("${AWS::AccountId}", "111122223333"))
    };
    match value {
        Value::Object(entries) => match entries.iter().next() {
            Some((key, Value::String(id))) if key == "Ref" => text(&format!("${{{id}}}")),
            Some((key, Value::String(sub))) if key == "Fn::Sub" => text(sub),
            Some((key, Value::Array(parts))) if key == "Fn::GetAtt" => {
                let parts: Vec<&str> = parts.iter().filter_map(Value::as_str).collect();
                text(&format!("${{{}}}", parts.join(".")))
            }
            _ => Value::Object(entries.iter().map(|(key, value)| (key.clone(), settled(value))).collect()),
        },
        Value::Array(items) => Value::Array(items.iter().map(settled).collect()),
        other => other.clone(),
    }
}

/// A text in which `${` of what only AWS knows is no policy variable.
fn inert(value: &Value) -> Value {
    serde_json::from_str(&value.to_string().replace("${", "<")).unwrap()
}

fn policies_of(plan: &Plan, role: &str) -> Vec<Document> {
    let policies = plan.template.resources[role].properties["Policies"].as_array().unwrap();
    policies.iter().map(|policy| Document::parse(&inert(&settled(&policy["PolicyDocument"]))).unwrap()).collect()
}

fn is_allowed(policies: &[Document], action: &str, resource: &str) -> bool {
    let context = BTreeMap::from(
        [("iam:passedtoservice", "mediaconvert.amazonaws.com")]
            .map(|(key, value)| (key.to_owned(), vec![value.to_owned()])),
    );
    let caller = Caller::Identity { arn: "arn:aws:iam::111122223333:role/f", account: "111122223333" };
    decide(policies, None, &Request { caller, action, resource, context: &context }).is_allowed()
}

#[test]
fn each_link_is_allowed_and_nothing_else_is() {
    let plan = plan_text(&text(), &context());
    let mut asked = 0;
    for (verb, kind, ..) in LINKS {
        let holder = format!("{verb} {kind}");
        let role = crate::names::logical_id(&format!("{verb}-{}", kind.replace('_', "-")), "Role");
        let policies = policies_of(&plan, &role);
        for (asked_verb, asked_kind, action, resource) in LINKS {
            let other_link = format!("{asked_verb} {asked_kind}");
            let is_implied = IMPLIED.iter().any(|(one, other)| *one == holder && *other == other_link);
            for name in ["one", "other"] {
                let output = &plan.template.outputs[&format!("{asked_verb}{name}{asked_kind}").replace('_', "")];
                let arn = inert(&settled(&output.value));
                let resource = resource.replace('@', arn.as_str().unwrap());
                let expected = name == "one" && (holder == other_link || is_implied);
                assert_eq!(is_allowed(&policies, action, &resource), expected, "{holder}: {action} on {resource}");
                asked += 1;
            }
        }
        for (action, resource) in [
            ("iam:CreateUser", "arn:aws:iam::111122223333:user/x"),
            ("sts:AssumeRole", "arn:aws:iam::111122223333:role/x"),
            ("lambda:UpdateFunctionCode", "arn:aws:lambda:us-east-1:111122223333:function:s-alice-one"),
            ("logs:CreateLogGroup", "*"),
            ("s3:PutBucketPolicy", "arn:aws:s3:::s-alice-one-111122223333-us-east-1"),
            ("dynamodb:DeleteTable", "arn:aws:dynamodb:us-east-1:111122223333:table/s-alice-one"),
            ("secretsmanager:PutSecretValue", "<OneSecret}"),
        ] {
            assert!(!is_allowed(&policies, action, resource), "{holder}: {action}");
        }
    }
    assert_eq!(asked, LINKS.len() * LINKS.len() * 2);
}

#[test]
fn the_table_above_has_every_link_of_the_language() {
    let declared: Vec<(String, String)> = crate::construct::access::links()
        .map(|(verb, kind)| (verb.word().to_owned(), kind.word().to_owned()))
        .collect();
    let mut tested: Vec<(String, String)> =
        LINKS.iter().map(|(verb, kind, ..)| ((*verb).to_owned(), (*kind).to_owned())).collect();
    let mut missing: Vec<_> = declared.iter().filter(|link| !tested.contains(link)).collect();
    assert_eq!(missing.pop(), None);
    tested.retain(|link| !declared.contains(link));
    assert!(tested.is_empty(), "{tested:?}");
}

#[test]
fn services_act_in_the_name_of_what_is_declared_only() {
    let plan = plan_text(
        "stack: s
region: us-east-1
buckets:
  one: { events: [{ on: 'ObjectCreated:*', topic: t }, { on: 'ObjectRemoved:*', queue: q }] }
  other: {}
topics: { t: { subscriptions: [{ sqs: queue.p }] } }
queues: { q: {}, p: {} }
alarms: { a: { depth_of: queue.q, alarm_actions: topic.t } }
event_rules: { r: { schedule: rate(1 day), targets: [{ queue: p }] } }
",
        &context(),
    );
    let policy = |id: &str| {
        let document = &plan.template.resources[id].properties["PolicyDocument"];
        Document::parse(&inert(&settled(document))).unwrap()
    };
    let asks = |id: &str, service: &str, action: &str, resource: &str, source: &str, account: &str| {
        let pairs = [
            ("aws:sourcearn", source),
            ("aws:sourceaccount", account),
            ("aws:securetransport", "true"),
            ("aws:principalisawsservice", "true"),
        ];
        let context = pairs.map(|(key, value)| (key.to_owned(), vec![value.to_owned()])).into();
        let request = Request { caller: Caller::Service(service), action, resource, context: &context };
        decide(&[], Some(&policy(id)), &request).is_allowed()
    };
    let (ours, theirs) = ("111122223333", "444455556666");
    let bucket = |name: &str| format!("arn:aws:s3:::s-alice-{name}-111122223333-us-east-1");
    let arn = |service: &str, rest: &str| format!("arn:aws:{service}:us-east-1:111122223333:{rest}");
    let topic = "<TTopic}";
    let s3 = "s3.amazonaws.com";
    assert!(asks("TTopicPolicy", s3, "sns:Publish", topic, &bucket("one"), ours));
    assert!(!asks("TTopicPolicy", s3, "sns:Publish", topic, &bucket("other"), ours));
    assert!(!asks("TTopicPolicy", s3, "sns:Publish", topic, &bucket("one"), theirs));
    assert!(!asks("TTopicPolicy", s3, "sns:Subscribe", topic, &bucket("one"), ours));
    let cloudwatch = "cloudwatch.amazonaws.com";
    assert!(asks("TTopicPolicy", cloudwatch, "sns:Publish", topic, &arn("cloudwatch", "alarm:s-alice-a"), ours));
    assert!(!asks("TTopicPolicy", cloudwatch, "sns:Publish", topic, &arn("cloudwatch", "alarm:s-alice-b"), ours));
    assert!(!asks(
        "TTopicPolicy",
        "events.amazonaws.com",
        "sns:Publish",
        topic,
        &arn("events", "rule/s-alice-r"),
        ours
    ));
    let send = "sqs:SendMessage";
    assert!(asks("QQueuePolicy", s3, send, "<QQueue.Arn}", &bucket("one"), ours));
    assert!(!asks("QQueuePolicy", s3, send, "<QQueue.Arn}", &bucket("one"), theirs));
    assert!(!asks("PQueuePolicy", s3, send, "<PQueue.Arn}", &bucket("one"), ours));
    assert!(asks("PQueuePolicy", "sns.amazonaws.com", send, "<PQueue.Arn}", topic, ours));
    assert!(!asks("PQueuePolicy", "sns.amazonaws.com", send, "<PQueue.Arn}", &arn("sns", "other"), ours));
}
