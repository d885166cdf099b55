use super::*;

/// C needs B needs A; D needs nothing.
fn chain() -> String {
    things(&[
        ("C", "Properties: {Name: c, Value: !GetAtt B.Arn}"),
        ("B", "Properties: {Name: b, Value: !Ref A}"),
        ("A", "Properties: {Name: a, Value: x}"),
        ("D", "Properties: {Name: d}, DependsOn: [C]"),
    ])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resources_are_made_in_order_with_the_events_of_aws() {
    let world = World::new();
    assert_eq!(world.create(&chain()).await, "CREATE_COMPLETE");
    assert_eq!(world.calls(), ["create A", "create B", "create C", "create D"]);
    assert_eq!(world.value("c"), "arn:test:b");
    let expected: Vec<String> = ["A", "B", "C", "D"]
        .iter()
        .flat_map(|id| {
            [
                format!("{id} CREATE_IN_PROGRESS"),
                format!("{id} CREATE_IN_PROGRESS Resource creation Initiated"),
                format!("{id} CREATE_COMPLETE"),
            ]
        })
        .collect();
    let events = world.events();
    assert_eq!(events[0], "s CREATE_IN_PROGRESS User Initiated");
    assert_eq!(events[1..events.len() - 1], expected);
    assert_eq!(events.last().unwrap(), "s CREATE_COMPLETE");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn independent_resources_are_made_side_by_side() {
    let world = World::new();
    let template =
        things(&[("A", "Properties: {Gated: true}"), ("B", "Properties: {Gated: true}"), ("C", "DependsOn: [A, B]")]);
    world.ok("CreateStack", &[("StackName", "s"), ("TemplateBody", &template)]).await;
    // Both wait at the gate at the same time.
    while world.events().len() < 3 {
        tokio::task::yield_now().await;
    }
    assert!(world.calls().is_empty());
    assert_eq!(world.status("s").await, "CREATE_IN_PROGRESS");
    world.cloud.cloudformation.things.gate.add_permits(2);
    world.settle().await;
    assert_eq!(world.status("s").await, "CREATE_COMPLETE");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_at_any_resource_rolls_everything_back() {
    for failing in ["A", "B", "C", "D"] {
        let world = World::new();
        world.fail(&format!("create {failing}"));
        assert_eq!(world.create(&chain()).await, "ROLLBACK_COMPLETE", "{failing}");
        assert_eq!(world.things(), Vec::<String>::new(), "{failing}");
        let events = world.events();
        let failed = format!(
            "{failing} CREATE_FAILED Resource handler returned message: \"cannot create {failing}\" (RequestToken: X, HandlerErrorCode: GeneralServiceException)"
        );
        assert!(events.contains(&failed), "{events:#?}");
        let stack = format!(
            "s ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [{failing}]. Rollback requested by user."
        );
        assert!(events.contains(&stack), "{events:#?}");
        // What was made goes in the reverse order.
        let deletions: Vec<String> =
            world.calls().into_iter().filter_map(|call| call.strip_prefix("delete ").map(str::to_owned)).collect();
        let mut made: Vec<&str> = ["A", "B", "C", "D"].into_iter().take_while(|id| *id != failing).collect();
        made.reverse();
        assert_eq!(deletions, made);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_on_their_way_are_cancelled_and_removed() {
    let world = World::new();
    world.fail("create A");
    let template = things(&[("B", "Properties: {Name: b, Gated: true}"), ("A", ""), ("C", "DependsOn: B")]);
    world.ok("CreateStack", &[("StackName", "s"), ("TemplateBody", &template)]).await;
    while !world.events().iter().any(|event| event.starts_with("A CREATE_FAILED")) {
        tokio::task::yield_now().await;
    }
    world.cloud.cloudformation.things.gate.add_permits(1);
    world.settle().await;
    let events = world.events();
    assert!(events.contains(&"B CREATE_FAILED Resource creation cancelled".to_owned()), "{events:#?}");
    assert!(!events.iter().any(|event| event.starts_with("C ")), "{events:#?}");
    assert_eq!(world.things(), Vec::<String>::new());
    assert_eq!(world.status("s").await, "ROLLBACK_COMPLETE");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_failure_decides_what_becomes_of_the_stack() {
    for (field, value, status, left) in [
        ("OnFailure", "DO_NOTHING", "CREATE_FAILED", vec!["a".to_owned()]),
        ("DisableRollback", "true", "CREATE_FAILED", vec!["a".to_owned()]),
        ("OnFailure", "DELETE", "DELETE_COMPLETE", vec![]),
        ("OnFailure", "ROLLBACK", "ROLLBACK_COMPLETE", vec![]),
    ] {
        let world = World::new();
        world.fail("create B");
        let body = chain();
        let created = world.ok("CreateStack", &[("StackName", "s"), ("TemplateBody", &body), (field, value)]).await;
        world.settle().await;
        assert_eq!(world.status(&created.field("StackId")).await, status, "{field} {value}");
        assert_eq!(world.things(), left);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_property_that_cannot_be_evaluated_fails_its_resource() {
    let world = World::new();
    let template = things(&[("A", ""), ("B", "Properties: {Value: !GetAtt A.Nope}")]);
    assert_eq!(world.create(&template).await, "ROLLBACK_COMPLETE");
    let reason = "B CREATE_FAILED Template error: resource A does not support attribute type Nope in Fn::GetAtt";
    assert!(world.events().contains(&reason.to_owned()), "{:#?}", world.events());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_panics_fails_the_stack_only() {
    let world = World::new();
    world.fail("panic B");
    assert_eq!(world.create(&chain()).await, "ROLLBACK_COMPLETE");
    assert_eq!(world.things(), Vec::<String>::new());
    world.heal();
    world.ok("DeleteStack", &[("StackName", "s")]).await;
    world.settle().await;
    assert_eq!(world.create(&chain()).await, "CREATE_COMPLETE");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn conditions_decide_what_exists() {
    let world = World::new();
    let template = format!(
        "Parameters: {{Stage: {{Type: String, Default: dev}}}}\nConditions: {{Prod: !Equals [!Ref Stage, prod]}}\n{}Outputs:\n  \
         O: {{Condition: Prod, Value: !Ref P}}\n  Q: {{Value: !Sub '${{A}} in ${{AWS::Region}} of ${{AWS::StackName}}'}}\n",
        things(&[
            ("P", "Condition: Prod"),
            (
                "A",
                "DependsOn: P, Properties: {Name: !If [Prod, prod-a, dev-a], Value: !If [Prod, !Ref P, !Ref 'AWS::NoValue']}"
            ),
        ])
    );
    assert_eq!(world.create(&template).await, "CREATE_COMPLETE");
    assert_eq!(world.things(), ["dev-a"]);
    let described = world.ok("DescribeStacks", &[("StackName", "s")]).await;
    assert_eq!(described.fields("OutputKey"), ["Q"]);
    assert_eq!(described.field("OutputValue"), "dev-a in eu-central-1 of s");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retained_resources_survive_a_rollback_unless_they_are_only_just_made() {
    let world = World::new();
    world.fail("create C");
    let template = things(&[
        ("A", "DeletionPolicy: Retain, Properties: {Name: a}"),
        ("B", "DeletionPolicy: RetainExceptOnCreate, Properties: {Name: b}, DependsOn: A"),
        ("C", "DependsOn: B"),
    ]);
    assert_eq!(world.create(&template).await, "ROLLBACK_COMPLETE");
    assert_eq!(world.things(), ["a"]);
    assert!(world.events().contains(&"A DELETE_SKIPPED".to_owned()));
}
