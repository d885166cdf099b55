//! Tables, queues, and the functions that read them.

use serde_json::{Value, json};

use super::hostile::HOSTILE;
use super::*;

const TABLES_AND_QUEUES: &str = include_str!("../../../../tests/fixtures/tables-and-queues/stack.yaml");

fn project(rest: &str) -> String {
    format!("stack: s\nregion: us-east-1\n{rest}\n")
}

fn production() -> Context {
    Context { environment: Some("prod".to_owned()), ..context() }
}

#[test]
fn every_key_of_tables_and_queues() {
    let plan = plan_text(TABLES_AND_QUEUES, &context());
    insta::assert_snapshot!("tables_and_queues", plan.template.to_yaml());
    assert_eq!(crate::Template::parse(&plan.template.to_yaml()).unwrap(), plan.template);
}

#[test]
fn production_keeps_and_guards_tables_and_queues() {
    let template = plan_text(TABLES_AND_QUEUES, &production()).template;
    let plain = &template.resources["PlainTable"];
    assert_eq!(plain.deletion_policy.as_deref(), Some("RetainExceptOnCreate"));
    assert_eq!(plain.properties["DeletionProtectionEnabled"], true);
    assert_eq!(plain.properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true);
    // What the file says of the table itself wins over the environment.
    let orders = &template.resources["OrdersTable"].properties;
    assert_eq!(orders["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], false);
    assert_eq!(template.resources["JobsQueue"].update_replace_policy.as_deref(), Some("Retain"));
    let developer = plan_text(TABLES_AND_QUEUES, &context()).template;
    assert_eq!(developer.resources["PlainTable"].properties["DeletionProtectionEnabled"], false);
    assert_eq!(developer.resources["PlainTable"].deletion_policy.as_deref(), Some("Delete"));
}

#[test]
fn a_queue_waits_for_its_slowest_consumer() {
    let visibility = |rest: &str| {
        let text = project(&format!(
            "functions: {{ f: {{ timeout: 40s, events: [{{ queue: q, batch: 20, window: 9s }}] }}, g: {{ timeout: 20s, events: [{{ queue: q }}] }} }}\nqueues: {{ q: {{ {rest} }} }}"
        ));
        plan_text(&text, &context()).template.resources["QQueue"].properties["VisibilityTimeout"].clone()
    };
    assert_eq!(visibility(""), 249);
    assert_eq!(visibility("visibility_timeout: 5m"), 300);
    let alone = plan_text(&project("queues: { q: {} }"), &context());
    assert_eq!(alone.template.resources["QQueue"].properties["VisibilityTimeout"], 30);
}

#[test]
fn what_failed_is_kept_longer() {
    let text = project(
        "functions: { f: { on_failure: queue.a, events: [{ table: t, on_failure: queue.b }] } }
queues: { a: {}, b: {}, c: {}, d: { dead_letter: queue.c }, e: {} }
tables: { t: { key: { id: S }, stream: keys-only } }",
    );
    let template = plan_text(&text, &context()).template;
    for (queue, seconds) in [("A", 1_209_600), ("B", 1_209_600), ("C", 1_209_600), ("D", 345_600), ("E", 345_600)] {
        let properties = &template.resources[&format!("{queue}Queue")].properties;
        assert_eq!(properties["MessageRetentionPeriod"], seconds, "{queue}");
    }
}

#[test]
fn each_fault_of_tables_and_queues_is_found() {
    const STREAM: &str = "tables: { t: { key: { id: S }, stream: new-image } }\n";
    for (code, rest) in [
        ("missing-key", "tables: { t: {} }"),
        ("missing-key", "tables: { t: { key: { id: S }, indexes: { abc: {} } } }"),
        ("missing-key", "tables: { t: { key: { id: S }, capacity: { read: 5 } } }"),
        ("unknown-key", "tables: { t: { key: { id: S }, billing: on-demand } }"),
        ("limit-exceeded", "tables: { t: { key: { a: S, b: S, c: S } } }"),
        ("bad-value", "tables: { t: { key: { a: string } } }"),
        ("bad-name", "tables: { t: { key: { '': S } } }"),
        ("bad-name", "tables: { t: { key: { id: S }, indexes: { a: { key: { b: S } } } } }"),
        ("bad-value", "tables: { t: { key: { a: S }, indexes: { abc: { key: { a: N } } } } }"),
        ("bad-value", "tables: { t: { key: { a: S }, indexes: { abc: { key: { b: S }, projection: some } } } }"),
        ("bad-value", "tables: { t: { key: { a: S }, indexes: { abc: { key: { a: S, b: S }, local: true } } } }"),
        ("bad-value", "tables: { t: { key: { a: S, b: S }, indexes: { abc: { key: { c: S, d: S }, local: true } } } }"),
        ("bad-value", "tables: { t: { key: { a: S }, capacity: { read: 0, write: 1 } } }"),
        ("bad-value", "tables: { t: { key: { a: S }, stream: all } }"),
        ("bad-value", "tables: { t: { key: { a: S } } }\noutputs: { A: '{{table.t.stream_arn}}' }"),
        ("bad-value", "functions: { f: { access: { read: table.t/index/abc } } }\ntables: { t: { key: { a: S } } }"),
        ("bad-value", "functions: { f: { access: { query: table.t/abc } } }\ntables: { t: { key: { a: S } } }"),
        (
            "unknown-reference",
            "functions: { f: { access: { query: table.t/index/abc } } }\ntables: { t: { key: { a: S } } }",
        ),
        ("bad-value", "queues: { q: { retention: 15d } }"),
        ("bad-value", "queues: { q: { visibility_timeout: 13h } }"),
        ("bad-value", "queues: { q: { delay: 16m } }"),
        ("bad-value", "queues: { q: { long_polling: 21s } }"),
        ("bad-value", "queues: { q: { max_message_size: 1 } }"),
        ("bad-value", "queues: { q: { content_deduplication: true } }"),
        ("bad-value", "queues: { q: { dead_letter: maybe } }"),
        ("bad-value", "queues: { q: { dead_letter: queue.q } }"),
        ("bad-value", "queues: { q: { fifo: true, dead_letter: queue.d }, d: {} }"),
        ("bad-value", "queues: { q: { dead_letter: true, max_receives: 0 } }"),
        ("missing-key", "queues: { q: { max_receives: 3 } }"),
        ("name-collision", "queues: { q: { dead_letter: true }, q-dead-letter: {} }"),
        ("unknown-reference", "queues: { q: { dead_letter: queue.d } }"),
        (
            "bad-value",
            "functions: { f: { timeout: 60s, events: [{ queue: q }] } }\nqueues: { q: { visibility_timeout: 2m } }",
        ),
        ("missing-key", "functions: { f: { events: [{ batch: 3 }] } }"),
        (
            "missing-key",
            "functions: { f: { events: [{ queue: q, table: t }] } }\nqueues: { q: {} }\ntables: { t: { key: { a: S } } }",
        ),
        ("unknown-reference", "functions: { f: { events: [{ queue: q }] } }"),
        ("unknown-key", "functions: { f: { events: [{ queue: q, bisect: true }] } }\nqueues: { q: {} }"),
        (
            "unknown-key",
            "functions: { f: { events: [{ table: t, max_concurrency: 2 }] } }\ntables: { t: { key: { a: S }, stream: keys-only } }",
        ),
        ("bad-value", "functions: { f: { events: [{ queue: q, max_concurrency: 1 }] } }\nqueues: { q: {} }"),
        ("bad-value", "functions: { f: { events: [{ queue: q, batch: 11, window: 0s }] } }\nqueues: { q: {} }"),
        ("bad-value", "functions: { f: { events: [{ queue: q }, { queue: q }] } }\nqueues: { q: {} }"),
        ("limit-exceeded", "functions: { f: { events: [{ queue: q, batch: 11 }] } }\nqueues: { q: { fifo: true } }"),
        ("bad-value", "functions: { f: { events: [{ queue: q, window: 1s }] } }\nqueues: { q: { fifo: true } }"),
        ("bad-value", "functions: { f: { events: [{ table: t }] } }\ntables: { t: { key: { a: S } } }"),
        (
            "bad-value",
            "functions: { f: { events: [{ table: t, from: now }] } }\ntables: { t: { key: { a: S }, stream: keys-only } }",
        ),
        ("wrong-type", "functions: { f: { events: [{ queue: q, filters: [x] }] } }\nqueues: { q: {} }"),
        ("wrong-type", "functions: { f: { events: [{ queue: q, filters: [{ a: !Ref x }] }] } }\nqueues: { q: {} }"),
        ("bad-value", "functions: { f: { on_failure: bucket.b } }\nbuckets: { b: {} }"),
        ("bad-value", "functions: { f: { on_failure: queue.q } }\nqueues: { q: { fifo: true } }"),
        (
            "bad-value",
            "buckets: { b: { events: [{ on: 'ObjectCreated:*', queue: q }] } }\nqueues: { q: { fifo: true } }",
        ),
        ("bad-value", "topics: { t: { subscriptions: [{ sqs: queue.q }] } }\nqueues: { q: { fifo: true } }"),
        ("bad-value", "topics: { t: { subscriptions: [{ sqs: q }] } }\nqueues: { q: {} }"),
        ("unknown-reference", "topics: { t: { subscriptions: [{ sqs: queue.q }] } }"),
        ("bad-value", "functions: { f: { url: public } }"),
        ("bad-value", "functions: { f: { url: { invoke_mode: stream } } }"),
        ("bad-value", "functions: { f: { url: { cors: { origins: 'https://*.example.com' } } } }"),
        ("bad-value", "functions: { f: { url: { cors: { origins: '*', methods: OPTIONS } } } }"),
        ("bad-value", "functions: { f: { url: { cors: { origins: '*', credentials: true } } } }"),
        ("missing-key", "functions: { f: { url: { cors: {} } } }"),
        ("bad-value", "functions: { f: {} }\noutputs: { A: '{{function.f.url}}' }"),
        ("bad-value", "functions: { f: { concurrency: -1 } }"),
        ("recursion", "functions: { f: { access: { send: queue.q }, events: [{ queue: q }] } }\nqueues: { q: {} }"),
        (
            "recursion",
            "functions: { f: { access: { publish: topic.t }, events: [{ queue: q }] } }\nqueues: { q: {} }\ntopics: { t: { subscriptions: [{ sqs: queue.q }] } }",
        ),
        (
            "recursion",
            "functions: { f: { access: { write: bucket.b }, events: [{ queue: q }] } }\nqueues: { q: {} }\nbuckets: { b: { events: [{ on: 'ObjectCreated:*', queue: q }] } }",
        ),
        (
            "recursion",
            &format!("functions: {{ f: {{ access: {{ write: table.t }}, events: [{{ table: t }}] }} }}\n{STREAM}"),
        ),
        ("invalid-template", "functions: { f: { url: iam, environment: { ME: '{{function.f.url}}' } } }"),
    ] {
        let text = project(rest);
        let faults = faults_of(&text, &context());
        let found: Vec<_> = faults.faults().iter().map(|fault| fault.kind.code()).collect();
        assert_eq!(found, [code], "{rest}\n{}", shown(&faults));
    }
}

#[test]
fn filters_let_a_function_write_what_it_reads() {
    let text = project(
        "functions: { f: { access: { write: table.t }, events: [{ table: t, filters: [{ eventName: [INSERT] }] }] } }
tables: { t: { key: { id: S }, stream: new-image } }",
    );
    plan_text(&text, &context());
}

#[test]
fn names_of_environments_meet_only_in_a_fault() {
    let text = project("environments: { dev: { suffix: '{{user}}' }, prod: {} }\nqueues: { jobs: {}, alice-jobs: {} }");
    let faults = faults_of(&text, &context());
    assert_eq!(codes(&text, &context()), ["name-collision"], "{}", shown(&faults));
    assert!(faults.faults()[0].to_string().contains("`s-alice-jobs`"), "{}", shown(&faults));
    for fine in [Context { user: "bob".to_owned(), ..context() }, production()] {
        plan_text(&text, &fine);
    }
    // Nobody else can have the name when every environment has a suffix.
    let text = project("environments: { dev: { suffix: '{{user}}' } }\nqueues: { jobs: {}, alice-jobs: {} }");
    plan_text(&text, &context());
    let long = Context { suffix: Some("pr-12".to_owned()), ..context() };
    let template = plan_text(&text, &long).template;
    assert_eq!(template.resources["JobsQueue"].properties["QueueName"], "s-pr-12--jobs");
}

/// A text as it arrives in the template when it may hold parts that only AWS knows.
fn text_of(value: &Value) -> String {
    let text = value.as_str().or_else(|| value["Fn::Sub"].as_str()).unwrap();
    if value.is_string() { text.to_owned() } else { text.replace("${!", "${") }
}

#[test]
fn hostile_texts_of_tables_and_filters_arrive_as_they_are() {
    let text = "stack: s\nregion: us-east-1\nparameters: { hostile: '' }
functions: { f: { events: [{ queue: q, filters: [{ body: { a: ['{{hostile}}', '{{hostile}}{{queue.q.url}}'] } }] }] } }
queues: { q: {} }
tables:
  t:
    key: { id: S }
    ttl: '{{hostile}}'
    indexes: { abc: { key: { b: S }, projection: ['{{hostile}}'] } }
";
    for hostile in HOSTILE {
        let context = Context { parameters: env(&[("hostile", hostile)]), ..context() };
        if hostile.contains(char::is_control) {
            assert!(codes(text, &context).iter().all(|code| *code == "bad-value"), "{hostile:?}");
            continue;
        }
        let template = plan_text(text, &context).template;
        let table = &template.resources["TTable"].properties;
        assert_eq!(table["TimeToLiveSpecification"]["AttributeName"], json!(hostile));
        assert_eq!(table["GlobalSecondaryIndexes"][0]["Projection"]["NonKeyAttributes"], json!([hostile]));
        let source = &template.resources["FFunctionQQueueSource"].properties;
        let pattern = text_of(&source["FilterCriteria"]["Filters"][0]["Pattern"]);
        let pattern: Value =
            serde_json::from_str(&pattern).unwrap_or_else(|error| panic!("{hostile:?} {pattern} {error}"));
        assert_eq!(pattern["body"]["a"], json!([hostile, format!("{hostile}${{QQueue}}")]), "{hostile:?}");
        assert_eq!(crate::Template::parse(&template.to_yaml()).unwrap(), template, "{hostile:?}");
    }
}

#[test]
fn hostile_names_of_attributes_arrive_as_they_are() {
    for hostile in HOSTILE.iter().filter(|hostile| !hostile.is_empty() && !hostile.contains(char::is_control)) {
        let quoted = serde_json::to_string(hostile).unwrap();
        let text = project(&format!(
            "functions: {{ f: {{ events: [{{ queue: q, filters: [{{ {quoted}: [a] }}] }}] }} }}\nqueues: {{ q: {{}} }}\ntables: {{ t: {{ key: {{ {quoted}: S }} }} }}"
        ));
        let template = plan_text(&text, &context()).template;
        let table = &template.resources["TTable"].properties;
        assert_eq!(table["KeySchema"][0]["AttributeName"], json!(hostile));
        assert_eq!(table["AttributeDefinitions"][0]["AttributeName"], json!(hostile));
        let source = &template.resources["FFunctionQQueueSource"].properties;
        let pattern = source["FilterCriteria"]["Filters"][0]["Pattern"].as_str().unwrap();
        assert_eq!(serde_json::from_str::<Value>(pattern).unwrap()[*hostile], json!(["a"]));
    }
}
