use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_properties_fail_the_resource_before_anything_is_made_of_it() {
    let world = World::new();
    let template = "Resources:\n  T: {Type: AWS::SNS::Topic, Properties: {TopicName: t, Colour: red}}\n";
    assert_eq!(world.create(template).await, "ROLLBACK_COMPLETE");
    let events = world.events();
    let reason = "T CREATE_FAILED Properties validation failed for resource T with message: #: extraneous key [Colour] is not permitted";
    assert!(events.contains(&reason.to_owned()), "{events:#?}");
    assert!(!events.iter().any(|event| event.starts_with("T CREATE_IN_PROGRESS")), "{events:#?}");
    assert!(world.cloud.sns.topics().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_types_are_refused_by_name() {
    let world = World::new();
    for (resource_type, refusal) in [
        ("AWS::No::Thing", "ValidationError: Template format error: Unrecognized resource types: [AWS::No::Thing]"),
        (
            "AWS::Kendra::Index",
            "ValidationError: Template format error: Unrecognized resource types: [AWS::Kendra::Index] (types of AWS that the local cloud does not make: AWS::Kendra::Index)",
        ),
    ] {
        let template = format!("Resources: {{A: {{Type: '{resource_type}'}}}}");
        let refused = world.refused("CreateStack", &[("StackName", "s"), ("TemplateBody", &template)]).await;
        assert_eq!(refused, refusal);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_create_only_property_replaces_as_the_specification_says() {
    let world = World::new();
    let named = |name: &str| format!("Resources: {{T: {{Type: AWS::SNS::Topic, Properties: {{TopicName: {name}}}}}}}");
    world.create(&named("one")).await;
    let fields = [("StackName", "s"), ("ChangeSetName", "c"), ("TemplateBody", &named("two"))];
    world.ok("CreateChangeSet", &fields).await;
    let set = world.ok("DescribeChangeSet", &[("StackName", "s"), ("ChangeSetName", "c")]).await;
    assert_eq!((set.field("Replacement"), set.field("RequiresRecreation")), ("True".to_owned(), "Always".to_owned()));
    assert_eq!(world.update(&named("two")).await, "UPDATE_COMPLETE");
    let topics: Vec<String> = world.cloud.sns.topics().into_iter().map(|topic| topic.name).collect();
    assert_eq!(topics, ["two"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reference_that_leads_nowhere_fails_its_resource() {
    let world = World::new();
    let template = things(&[("A", "Properties: {Value: '{{resolve:secretsmanager:nope:SecretString:key}}'}")]);
    assert_eq!(world.create(&template).await, "ROLLBACK_COMPLETE");
    let events = world.events();
    assert!(
        events
            .iter()
            .any(|event| event.starts_with("A CREATE_FAILED Could not find a value associated with the secret nope")),
        "{events:#?}"
    );
    let body = "Parameters: {P: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /nope}}\nResources: {A: {Type: Test::Fault::Thing}}";
    let refused = world.refused("CreateStack", &[("StackName", "p"), ("TemplateBody", body)]).await;
    assert!(refused.contains("Unable to fetch parameters [/nope]"), "{refused}");
}
