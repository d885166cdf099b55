use super::*;

const AVATARS: &str = include_str!("../../../../examples/avatars/stack.yaml");
const EVERY_KEY: &str = include_str!("../../../../tests/fixtures/every-key/stack.yaml");
const INVALIDATE: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Allow", "Action": "cloudfront:CreateInvalidation", "Resource": "{{distribution.cdn.arn}}" }
  ]
}"#;

fn every_key() -> Context {
    let policy_sources = BTreeMap::from([("invalidate-cdn.json.hbs".to_owned(), INVALIDATE.to_owned())]);
    Context { policy_sources, env: env(&[("STAGE", "blue")]), ..context() }
}

#[test]
fn avatars() {
    let plan = plan_text(AVATARS, &context());
    insta::assert_snapshot!("avatars_template", plan.template.to_yaml());
    insta::assert_json_snapshot!("avatars_plan", around(&plan));
    assert!(plan.template.to_yaml().len() <= 25 * 1024);
}

#[test]
fn avatars_in_production_keeps_what_it_holds() {
    let context = Context { environment: Some("prod".to_owned()), ..context() };
    let plan = plan_text(AVATARS, &context);
    assert_eq!(plan.stack_name, "avatars");
    assert!(plan.environment.protect);
    assert_eq!(plan.artifacts[0].features, ["turbojpeg"]);
    let bucket = &plan.template.resources["UploadsBucket"];
    assert_eq!(bucket.properties["BucketName"], "avatars-uploads-111122223333-us-east-1");
    assert_eq!(bucket.deletion_policy.as_deref(), Some("RetainExceptOnCreate"));
    assert_eq!(bucket.update_replace_policy.as_deref(), Some("Retain"));
}

#[test]
fn a_webhook_on_this_machine_may_be_plain() {
    let subscription = |url: &str| {
        let parameters = env(&[("webhook_url", url)]);
        let plan = plan_text(AVATARS, &Context { parameters, ..context() });
        let resources = plan.template.resources.values();
        let found: Vec<_> = resources
            .filter(|resource| resource.resource_type == "AWS::SNS::Subscription")
            .map(|resource| (resource.properties["Protocol"].clone(), resource.properties["Endpoint"].clone()))
            .collect();
        found
    };
    assert_eq!(subscription(""), []);
    assert_eq!(subscription("http://127.0.0.1:9/x"), [("http".into(), "http://127.0.0.1:9/x".into())]);
    assert_eq!(subscription("https://example.com/x"), [("https".into(), "https://example.com/x".into())]);
    let parameters = env(&[("webhook_url", "http://example.com/x")]);
    assert_eq!(codes(AVATARS, &Context { parameters, ..context() }), ["bad-value"]);
}

#[test]
fn every_key_of_the_language() {
    let plan = plan_text(EVERY_KEY, &every_key());
    insta::assert_snapshot!("every_key_template", plan.template.to_yaml());
    insta::assert_json_snapshot!("every_key_plan", around(&plan));
}

#[test]
fn environments_differ_in_what_they_declare() {
    let stage = plan_text(EVERY_KEY, &Context { environment: Some("stage".to_owned()), ..every_key() });
    assert_eq!((stage.stack_name.as_str(), stage.region.as_str()), ("every-blue", "us-east-1"));
    let prod = plan_text(EVERY_KEY, &Context { environment: Some("prod".to_owned()), ..every_key() });
    assert_eq!(prod.stack_name, "every");
    assert_eq!(prod.artifacts[0].features, ["a", "all", "b"]);
    let override_all = Context {
        suffix: Some("bob".to_owned()),
        region: Some("eu-west-1".to_owned()),
        parameters: env(&[("extra", "mine")]),
        ..every_key()
    };
    let plan = plan_text(EVERY_KEY, &override_all);
    assert_eq!((plan.stack_name.as_str(), plan.region.as_str()), ("every-bob", "eu-west-1"));
}

#[test]
fn options_of_a_stack_are_evaluated_and_what_it_makes_itself_is_known() {
    let prod = plan_text(EVERY_KEY, &Context { environment: Some("prod".to_owned()), ..every_key() });
    let watchers = |list: &[crate::Watcher]| -> Vec<(String, Option<String>)> {
        list.iter().map(|watcher| (watcher.arn.clone(), watcher.logical_id.clone())).collect()
    };
    assert_eq!(prod.options.role_arn.as_deref(), Some("arn:aws:iam::111122223333:role/deployer"));
    assert_eq!(
        watchers(&prod.options.notifications),
        [
            ("arn:aws:sns:eu-central-1:111122223333:every-news".to_owned(), Some("NewsTopic".to_owned())),
            ("arn:aws:sns:eu-central-1:111122223333:deployments".to_owned(), None),
        ]
    );
    assert_eq!(
        watchers(&prod.options.rollback_alarms),
        ["latency", "errors"].map(|name| (format!("arn:aws:cloudwatch:eu-central-1:111122223333:alarm:{name}"), None))
    );
    assert_eq!(prod.options.monitoring_minutes, 10);
    let dev = plan_text(EVERY_KEY, &every_key());
    assert!(dev.options.is_default());
    let own = |plan: &crate::Plan| [plan.tags["team"].clone(), plan.tags["cost:center"].clone()];
    assert_eq!(
        (own(&prod), own(&dev)),
        (["operations", "prod-all"].map(str::to_owned), ["pictures", "dev-"].map(str::to_owned))
    );
    // Nothing of it is part of the template.
    assert!(!prod.template.to_yaml().contains("deployer"));
}

#[test]
fn arns_are_of_the_partition_of_the_region() {
    let text = "stack: every\nregion: cn-north-1\nfunctions: { convert: { access: { read: bucket.store } } }\nbuckets: { store: {} }\n";
    let context = Context { suffix: Some("bob".to_owned()), ..context() };
    let role = plan_text(text, &context).template.resources["ConvertRole"].properties.to_string();
    assert!(role.contains("arn:aws-cn:s3:::every-bob-store-111122223333-cn-north-1"), "{role}");
}

#[test]
fn suffixes_never_share_a_name() {
    let names = |suffix: &str| {
        let plan = plan_text(EVERY_KEY, &Context { suffix: Some(suffix.to_owned()), ..every_key() });
        let of = |id: &str, key: &str| plan.template.resources[id].properties[key].as_str().unwrap().to_owned();
        [
            plan.stack_name.clone(),
            of("StoreBucket", "BucketName"),
            of("ConvertFunction", "FunctionName"),
            of("NewsTopic", "TopicName"),
            of("ConvertLogGroup", "LogGroupName"),
        ]
    };
    for (one, other) in names("alice").iter().zip(names("bob")) {
        assert_ne!(*one, other);
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let one = plan_text(EVERY_KEY, &every_key());
    let other = plan_text(EVERY_KEY, &every_key());
    assert_eq!(one.template.to_json(), other.template.to_json());
    assert_eq!(around(&one), around(&other));
}

#[test]
fn every_resource_knows_where_it_comes_from() {
    let plan = plan_text(EVERY_KEY, &every_key());
    for id in plan.template.resources.keys() {
        let origin = &plan.origins[id];
        let line = EVERY_KEY.lines().nth(origin.line - 1).unwrap();
        let name = origin.key_path.split('.').next_back().unwrap();
        assert!(line.trim().starts_with(&format!("{name}:")), "{id}: {origin:?} {line}");
    }
}

#[test]
fn a_source_of_the_project_replaces_ours() {
    let text = "stack: s\nregion: us-east-1\ntopics: { t: {} }\n";
    let source = "Resources:\n  {{id}}:\n    Type: AWS::SNS::Topic\n    Properties: { TopicName: {{topic_name}}, DisplayName: shown }\n";
    let template_sources = BTreeMap::from([("topic.yaml.hbs".to_owned(), source.to_owned())]);
    let plan = plan_text(text, &Context { template_sources, ..context() });
    assert_eq!(plan.template.resources.len(), 1);
    assert_eq!(plan.template.resources["TTopic"].properties["DisplayName"], "shown");

    let template_sources = BTreeMap::from([("topic.yaml.hbs".to_owned(), source.replace("shown", "!Ref Nothing"))]);
    let faults = faults_of(text, &Context { template_sources, ..context() });
    assert_eq!(faults.faults()[0].kind.code(), "unknown-resource");
    assert_eq!(faults.faults()[0].place.line(), 3);
}

#[test]
fn a_policy_source_of_the_project_replaces_ours() {
    let source = r#"{"Statement": [{"Effect": "Allow", "Action": "s3:GetObjectVersion", "Resource": "{{target.arn}}/{{keys}}"}]}"#;
    let mut context = every_key();
    context.policy_sources.insert("bucket-read.json.hbs".to_owned(), source.to_owned());
    let role = plan_text(EVERY_KEY, &context).template.resources["ConvertRole"].properties.to_string();
    assert!(role.contains("s3:GetObjectVersion") && !role.contains("s3:GetObject\""), "{role}");
}

#[test]
fn the_manual_begins_with_a_project_that_plans() {
    let manual = include_str!("../../../../docs/project-file.md");
    let example = manual.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    let plan = plan_text(example, &context());
    assert_eq!(plan.stack_name, "hello-alice");
    assert_eq!(plan.artifacts[0].package, "greet");
}

#[test]
fn the_manual_names_every_key() {
    let manual = include_str!("../../../../docs/project-file.md");
    let keys = EVERY_KEY.split(|character: char| !character.is_ascii_lowercase() && character != '_');
    let known = [
        "suffix",
        "removal",
        "protect",
        "temporary_storage",
        "max_event_age",
        "log_retention",
        "versioning",
        "lifecycle",
        "expire",
        "abort_uploads",
        "cors",
        "expose",
        "max_age",
        "cache_control",
        "display_name",
        "raw",
        "origin_request",
        "response_headers",
        "default_root_object",
        "price_class",
        "invalidate",
        "description",
        "features",
        "architecture",
    ];
    let used: std::collections::BTreeSet<&str> = keys.collect();
    for key in known {
        assert!(used.contains(key), "the fixture lacks `{key}`");
        assert!(manual.contains(key), "the manual lacks `{key}`");
    }
}
