//! Alarms, rules, schedules, transcoders, roles; imports and other settings of buckets and topics.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::plan::{Action, NOTIFICATIONS_METADATA};

const OPERATIONS: &str = include_str!("../../../../tests/fixtures/operations/stack.yaml");
const STORAGE: &str = include_str!("../../../../tests/fixtures/buckets-and-topics/stack.yaml");
const READ_ALARMS: &str =
    r#"{"Statement": [{"Effect": "Allow", "Action": "cloudwatch:DescribeAlarms", "Resource": "*"}]}"#;

fn operations(environment: &str) -> Context {
    let policy_sources = BTreeMap::from([("read-alarms.json.hbs".to_owned(), READ_ALARMS.to_owned())]);
    Context { environment: Some(environment.to_owned()), policy_sources, ..context() }
}

fn around(plan: &Plan) -> Value {
    let mut value = serde_json::to_value(plan).unwrap();
    value.as_object_mut().unwrap().remove("template");
    value
}

#[test]
fn every_key_of_operations() {
    let plan = plan_text(OPERATIONS, &operations("dev"));
    insta::assert_snapshot!("operations_template", plan.template.to_yaml());
    insta::assert_json_snapshot!("operations_plan", around(&plan));
}

#[test]
fn every_key_of_buckets_and_topics() {
    let plan = plan_text(STORAGE, &context());
    insta::assert_snapshot!("buckets_and_topics_template", plan.template.to_yaml());
    insta::assert_json_snapshot!("buckets_and_topics_plan", around(&plan));
}

#[test]
fn the_provider_of_github_is_made_once_or_reused() {
    let providers = |plan: &Plan| {
        plan.template.resources.values().filter(|resource| resource.resource_type == "AWS::IAM::OIDCProvider").count()
    };
    let trust = |plan: &Plan, id: &str| {
        plan.template.resources[id].properties["AssumeRolePolicyDocument"]["Statement"][0].clone()
    };
    let dev = plan_text(OPERATIONS, &operations("dev"));
    assert_eq!(providers(&dev), 1);
    let made = json!({ "Federated": { "Ref": "GithubOidcProvider" } });
    assert_eq!(trust(&dev, "PublisherExternalRole")["Principal"], made);
    assert_eq!(trust(&dev, "ReleaserExternalRole")["Principal"], made);
    let prod = plan_text(OPERATIONS, &operations("prod"));
    assert_eq!(providers(&prod), 0);
    assert_eq!(
        trust(&prod, "PublisherExternalRole"),
        json!({
            "Effect": "Allow",
            "Principal": {
                "Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
            },
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": { "StringEquals": {
                "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                "token.actions.githubusercontent.com:sub": ["repo:octo-org/photos:ref:refs/heads/main"],
            } },
        })
    );
}

#[test]
fn an_imported_bucket_is_an_action_and_an_empty_import_a_bucket() {
    let imported = plan_text(STORAGE, &context());
    assert!(!imported.template.resources.contains_key("ForeignBucket"));
    assert!(!imported.template.resources.contains_key("ForeignTopic"));
    let metadata = &imported.template.metadata.clone().unwrap()[NOTIFICATIONS_METADATA];
    assert_eq!(metadata[0], json!({ "BucketName": "media.example.com", "IdPrefix": "storage-alice/foreign/" }));
    assert_eq!(metadata[1]["BucketName"], "idle-bucket");
    let own = plan_text(STORAGE, &Context { environment: Some("prod".to_owned()), ..context() });
    let events = &own.template.resources["ForeignBucket"].properties["NotificationConfiguration"];
    assert_eq!(events["LambdaConfigurations"].as_array().unwrap().len(), 2);
    assert_eq!(events["TopicConfigurations"].as_array().unwrap().len(), 2);
    assert_eq!(own.actions.len(), 1);
}

#[test]
fn notifications_keep_their_ids_and_never_share_one() {
    let entries = |text: &str| match plan_text(text, &context()).actions.first() {
        Some(Action::MergeNotifications { entries, id_prefix, .. }) => {
            assert!(entries.iter().all(|entry| entry.id.starts_with(id_prefix.as_str()) && entry.id.len() <= 255));
            entries.clone()
        }
        other => panic!("{other:?}"),
    };
    let all = entries(STORAGE);
    let ids: BTreeSet<&str> = all.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!(ids.len(), all.len());
    let fewer = entries(&STORAGE.replace("\"ObjectCreated:Put\", ", ""));
    assert_eq!(fewer, all[1..]);
}

#[test]
fn a_website_speaks_plain_http_for_reading_only() {
    let plan = plan_text(STORAGE, &context());
    let statements = |id: &str| plan.template.resources[id].properties["PolicyDocument"]["Statement"].clone();
    assert_eq!(statements("SiteBucketPolicy")[0]["NotAction"], "s3:GetObject");
    assert_eq!(statements("OpenBucketPolicy")[0]["Action"], "s3:*");
    assert_eq!(statements("OpenBucketPolicy")[1]["Principal"], "*");
    assert_eq!(statements("ImagesBucketPolicy").as_array().unwrap().len(), 1);
    let blocks = &plan.template.resources["OpenBucket"].properties["PublicAccessBlockConfiguration"];
    assert_eq!(blocks["BlockPublicAcls"], true);
    assert_eq!(blocks["RestrictPublicBuckets"], false);
}

#[test]
fn the_alarm_of_the_photo_catalog_has_its_values() {
    let plan = plan_text(OPERATIONS, &operations("dev"));
    let filter = &plan.template.resources["UnprocessableMetricFilter"].properties;
    assert_eq!(filter["FilterPattern"], "\"Unprocessable Entity: input object must be a jpg or png.\"");
    assert_eq!(
        filter["MetricTransformations"][0],
        json!({
            "MetricNamespace": "photo_namespace",
            "MetricName": "photo_metric",
            "MetricValue": "1",
            "DefaultValue": 0,
        })
    );
    let alarm = &plan.template.resources["UnprocessableAlarm"].properties;
    for (key, value) in [
        ("Statistic", json!("Maximum")),
        ("Period", json!(60)),
        ("EvaluationPeriods", json!(1)),
        ("Threshold", json!(0)),
        ("ComparisonOperator", json!("GreaterThanThreshold")),
        ("TreatMissingData", json!("notBreaching")),
        ("AlarmDescription", json!("Unprocessable Entity")),
        ("AlarmActions", json!([{ "Ref": "AlertsTopic" }])),
    ] {
        assert_eq!(alarm[key], value, "{key}");
    }
    assert!(alarm.get("Dimensions").is_none());
}

#[test]
fn each_fault_is_found() {
    const BASE: &str = "functions: { f: {} }\nbuckets: { b: {}, c: {} }\ntopics: { t: {} }\n";
    for (code, rest) in [
        // Buckets.
        ("bad-value", "buckets: { a: { import: no_bucket } }"),
        ("bad-value", "buckets: { a: { import: some-bucket, versioning: true } }"),
        ("bad-value", "buckets: { a: { public: all } }"),
        ("missing-key", "buckets: { a: { website: {} } }"),
        ("bad-value", "buckets: { a: { public: read, website: { index: a/index.html } } }"),
        ("bad-value", "buckets: { a: { key: alias/mine } }"),
        ("bad-value", "buckets: { a: { key: 1234abcd, public: read } }"),
        ("bad-value", "buckets: { a: { access_logs: bucket.a } }"),
        ("unknown-reference", "buckets: { a: { access_logs: bucket.z } }"),
        ("unknown-key", "buckets: { a: { lifecycle: [{ transitions: { COLD: 30d } }] } }"),
        ("bad-value", "buckets: { a: { lifecycle: [{ transitions: { STANDARD_IA: 29d } }] } }"),
        ("bad-value", "buckets: { a: { lifecycle: [{ transitions: { GLACIER: 30d, STANDARD_IA: 60d } }] } }"),
        ("bad-value", "buckets: { a: { lifecycle: [{ transitions: { GLACIER: 30d }, expire: 30d }] } }"),
        ("bad-value", "buckets: { a: { lifecycle: [{ expire: 30d, expire_delete_markers: true }] } }"),
        ("missing-key", "buckets: { a: { lifecycle: [{ noncurrent_expire: 3d }] } }"),
        ("missing-key", "buckets: { a: { versioning: true, lifecycle: [{ expire: 9d, noncurrent_keep: 3 }] } }"),
        ("missing-key", "buckets: { a: { lifecycle: [{ prefix: x/ }] } }"),
        ("bad-name", "buckets: { a: { tags: { 'aws:x': y } } }"),
        ("bad-value", "buckets: { a: { tags: { x: 'a#b' } } }"),
        ("bad-name", "buckets: { a: { contents: { source: s, files: { /x: { cache_control: y } } } } }"),
        ("missing-key", "buckets: { a: { contents: { source: s, files: { x: {} } } } }"),
        ("bad-value", "buckets: { a: { contents: { source: s, files: { x: { content_type: é } } } } }"),
        (
            "bad-value",
            "buckets: { a: { events: [{ on: 'ObjectCreated:*', topic: o }] } }\ntopics: { o: { fifo: true } }",
        ),
        // Topics.
        ("bad-value", "topics: { a: { import: news } }"),
        ("bad-value", "topics: { a: { import: 'arn:aws:sns:us-east-1:111122223333:x', display_name: x } }"),
        ("bad-value", "topics: { a: { fifo: true, subscriptions: [{ email: a@b }] } }"),
        ("bad-value", "topics: { a: { subscriptions: [{ email: a@b, filter: x }] } }"),
        ("bad-value", "topics: { a: { subscriptions: [{ email: a@b, filter: { x: [1] }, filter_on: head }] } }"),
        ("missing-key", "topics: { a: { subscriptions: [{ email: a@b, filter_on: body }] } }"),
        (
            "limit-exceeded",
            "topics: { a: { subscriptions: [{ email: a@b, filter: { a: [1], b: [1], c: [1], d: [1], e: [1], f: [1] } }] } }",
        ),
        // Alarms.
        ("missing-key", "alarms: { a: {} }"),
        ("missing-key", "alarms: { a: { errors_of: f, log_filter: { function: f, pattern: x } } }"),
        ("missing-key", "alarms: { a: { metric: { namespace: X, name: Y } } }"),
        ("missing-key", "alarms: { a: { metric: { name: Y }, threshold: 1 } }"),
        ("missing-key", "alarms: { a: { log_filter: { function: f, log_group: g, pattern: x } } }"),
        ("missing-key", "alarms: { a: { log_filter: { function: f } } }"),
        ("bad-name", "alarms: { a: { metric: { namespace: X, name: Y, dimensions: { ':x': y } }, threshold: 1 } }"),
        ("bad-value", "alarms: { a: { metric: { namespace: 'X:Y', name: Y }, threshold: 1 } }"),
        ("bad-value", "alarms: { a: { errors_of: f, statistic: sum } }"),
        ("bad-value", "alarms: { a: { errors_of: f, period: 90s } }"),
        ("bad-value", "alarms: { a: { errors_of: f, comparison: '=' } }"),
        ("bad-value", "alarms: { a: { errors_of: f, threshold: many } }"),
        ("bad-value", "alarms: { a: { errors_of: f, missing_data: fine } }"),
        ("bad-value", "alarms: { a: { errors_of: f, evaluation_periods: 2, datapoints: 3 } }"),
        ("bad-value", "alarms: { a: { errors_of: f, alarm_actions: bucket.b } }"),
        ("limit-exceeded", "alarms: { a: { errors_of: f, period: 1h, evaluation_periods: 200 } }"),
        ("unknown-reference", "alarms: { a: { errors_of: g } }"),
        ("unknown-reference", "alarms: { a: { errors_of: f, alarm_actions: topic.u } }"),
        // Rules and schedules.
        ("missing-key", "event_rules: { a: { targets: [{ function: f }] } }"),
        ("missing-key", "event_rules: { a: { schedule: rate(1 day) } }"),
        ("missing-key", "event_rules: { a: { schedule: rate(1 day), targets: [{ input: x }] } }"),
        ("missing-key", "event_rules: { a: { schedule: rate(1 day), targets: [{ function: f, topic: t }] } }"),
        ("wrong-type", "event_rules: { a: { pattern: { source: aws.s3 }, targets: [{ function: f }] } }"),
        ("wrong-type", "event_rules: { a: { pattern: { source: [] }, targets: [{ function: f }] } }"),
        ("wrong-type", "event_rules: { a: { pattern: [], targets: [{ function: f }] } }"),
        ("bad-value", "event_rules: { a: { pattern: { source: [null] }, targets: [{ function: f }] } }"),
        ("wrong-type", "event_rules: { a: { pattern: { source: [!Ref X] }, targets: [{ function: f }] } }"),
        ("bad-value", "event_rules: { a: { schedule: rate(1 days), targets: [{ function: f }] } }"),
        ("bad-value", "event_rules: { a: { schedule: rate(1 day), bus: x, targets: [{ function: f }] } }"),
        ("bad-value", "event_rules: { a: { schedule: rate(1 day), targets: [{ function: f }, { function: f }] } }"),
        ("bad-value", "event_rules: { a: { schedule: rate(1 day), targets: [{ function: f, input_path: detail }] } }"),
        (
            "bad-value",
            "event_rules: { a: { schedule: rate(1 day), targets: [{ function: f, input_path: $, input: x }] } }",
        ),
        ("bad-value", "event_rules: { a: { schedule: rate(1 day), targets: [{ function: f, retries: 186 }] } }"),
        ("bad-value", "event_rules: { a: { schedule: rate(1 day), targets: [{ function: f, dead_letter: q }] } }"),
        ("unknown-reference", "event_rules: { a: { schedule: rate(1 day), targets: [{ queue: q }] } }"),
        (
            "unknown-reference",
            "event_rules: { a: { schedule: rate(1 day), targets: [{ function: f, dead_letter: queue.q }] } }",
        ),
        (
            "bad-value",
            "queues: { q: { fifo: true } }\nevent_rules: { a: { schedule: rate(1 day), targets: [{ queue: q }] } }",
        ),
        ("unknown-reference", "alarms: { a: { depth_of: queue.q } }"),
        ("missing-key", "schedules: { a: { function: f } }"),
        ("bad-value", "schedules: { a: { schedule: at(noon), function: f } }"),
        ("bad-value", "schedules: { a: { schedule: rate(1 day), timezone: here, function: f } }"),
        ("bad-value", "schedules: { a: { schedule: rate(1 day), flexible_window: 30s, function: f } }"),
        ("bad-value", "schedules: { a: { schedule: rate(1 day), start: tomorrow, function: f } }"),
        ("unknown-reference", "schedules: { a: { schedule: rate(1 day), function: g } }"),
        // Transcoders.
        ("missing-key", "transcoders: { a: { input: bucket.b } }"),
        ("missing-key", "transcoders: { a: { output: bucket.b } }"),
        ("bad-value", "transcoders: { a: { input: bucket.b, output: bucket.c/out } }"),
        ("bad-value", "transcoders: { a: { input: bucket.b, output: bucket.c/*/ } }"),
        ("bad-value", "transcoders: { a: { input: topic.t, output: bucket.c } }"),
        ("bad-value", "transcoders: { a: { input: bucket.b, output: bucket.c, height: 721 } }"),
        ("bad-value", "transcoders: { a: { input: bucket.b, output: bucket.c, max_bitrate: 6m } }"),
        ("bad-value", "transcoders: { a: { input: bucket.b, output: bucket.c, quality: 11 } }"),
        ("bad-value", "transcoders: { a: { input: bucket.b, output: bucket.c, audio_bitrate: 100k } }"),
        // Roles.
        ("missing-key", "roles: { a: {} }"),
        ("missing-key", "roles: { a: { github: { repository: o/r } } }"),
        ("missing-key", "roles: { a: { github: { branches: main } } }"),
        ("missing-key", "roles: { a: { github: { repository: o/r, branches: main }, service: x.amazonaws.com } }"),
        ("bad-value", "roles: { a: { github: { repository: 'o/*', branches: main } } }"),
        ("bad-value", "roles: { a: { github: { repository: o/r, branches: 'a b' } } }"),
        ("bad-value", "roles: { a: { github: { repository: o/r, subjects: 'repo:*' } } }"),
        ("bad-value", "roles: { a: { github: { repository: o/r, branches: main, provider: maybe } } }"),
        ("bad-value", "roles: { a: { service: lambda } }"),
        ("bad-value", "roles: { a: { service: states.amazonaws.com, session: 13h } }"),
        ("bad-value", "roles: { a: { service: states.amazonaws.com, name: 'a/b' } }"),
        ("missing-policy", "roles: { a: { service: states.amazonaws.com, policies: p } }"),
    ] {
        // A section of the row replaces the one of the base.
        let base: String = BASE
            .lines()
            .filter(|line| !rest.lines().any(|row| row.split(':').next() == line.split(':').next()))
            .flat_map(|line| [line, "\n"])
            .collect();
        let text = format!("stack: s\nregion: us-east-1\n{base}{rest}\n");
        let faults = faults_of(&text, &context());
        let found: Vec<_> = faults.faults().iter().map(|fault| fault.kind.code()).collect();
        assert_eq!(found, [code], "{rest}\n{}", shown(&faults));
    }
}

#[test]
fn a_function_never_transcodes_where_it_listens() {
    let text = |output: &str| {
        format!(
            "stack: s\nregion: us-east-1
functions: {{ f: {{ access: {{ transcode: transcoder.t }} }} }}
buckets: {{ b: {{ events: [{{ on: 'ObjectCreated:*', prefix: in/, function: f }}] }} }}
transcoders: {{ t: {{ input: bucket.b/in/*, output: {output} }} }}\n"
        )
    };
    for output in ["bucket.b", "bucket.b/in/done/"] {
        assert_eq!(codes(&text(output), &context()), ["recursion"], "{output}");
    }
    plan_text(&text("bucket.b/out/"), &context());
}

#[test]
fn each_page_names_every_key() {
    let fixtures = [OPERATIONS, STORAGE].map(|text| crate::yaml::parse(text).unwrap());
    for (section, page) in [
        ("buckets", include_str!("../../../../docs/constructs/bucket.md")),
        ("topics", include_str!("../../../../docs/constructs/topic.md")),
        ("alarms", include_str!("../../../../docs/constructs/alarm.md")),
        ("event_rules", include_str!("../../../../docs/constructs/event_rule.md")),
        ("schedules", include_str!("../../../../docs/constructs/schedule.md")),
        ("transcoders", include_str!("../../../../docs/constructs/transcoder.md")),
        ("roles", include_str!("../../../../docs/constructs/role.md")),
    ] {
        let constructs = fixtures.iter().filter_map(|root| root.get(section)?.as_mapping()).flatten();
        let keys: BTreeSet<&str> =
            constructs.flat_map(|it| it.value.as_mapping().unwrap()).map(|entry| entry.key.as_str()).collect();
        assert!(!keys.is_empty(), "{section}");
        for key in keys {
            assert!(page.contains(&format!("`{key}`")), "the page of {section} lacks `{key}`");
        }
    }
}
