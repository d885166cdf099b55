use super::*;

fn before() -> String {
    things(&[
        ("A", "Properties: {Name: a1, Value: old}"),
        ("B", "Properties: {Name: b, Value: !Ref A}"),
        ("C", "Properties: {Name: c, Value: !Ref B}"),
        ("Gone", "Properties: {Name: gone, Value: !Ref A}"),
    ])
}

/// A is replaced, B changed for it, C changed in place, Gone removed, New made.
fn after() -> String {
    things(&[
        ("A", "Properties: {Name: a2, Value: new}"),
        ("B", "Properties: {Name: b, Value: !Ref A}"),
        ("C", "Properties: {Name: c, Value: !Sub '${B}-2'}"),
        ("New", "Properties: {Name: new, Value: !Ref C}"),
    ])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_changes_replaces_adds_and_removes() {
    let world = World::new();
    world.create(&before()).await;
    world.calls();
    assert_eq!(world.update(&after()).await, "UPDATE_COMPLETE");
    assert_eq!(world.things(), ["a2", "b", "c", "new"]);
    assert_eq!([world.value("b"), world.value("c"), world.value("new")], ["a2", "b-2", "c"]);
    // The old ones go last, those first that others depended on last.
    assert_eq!(world.calls(), ["create A", "update B", "update C", "create New", "delete Gone", "delete A"]);
    let events = world.events();
    let start = events.iter().position(|event| event.starts_with("s UPDATE_IN_PROGRESS")).unwrap();
    insta::assert_snapshot!(events[start..].join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_that_changes_nothing_is_refused() {
    let world = World::new();
    world.create(&before()).await;
    let refusal = world.refused("UpdateStack", &[("StackName", "s"), ("TemplateBody", &before())]).await;
    assert_eq!(refusal, "ValidationError: No updates are to be performed.");
    assert_eq!(world.status("s").await, "CREATE_COMPLETE");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_at_any_resource_rolls_the_update_back() {
    for failing in ["create A", "update B", "update C", "create New"] {
        let world = World::new();
        world.create(&before()).await;
        let untouched = world.ok("GetTemplate", &[("StackName", "s")]).await.field("TemplateBody");
        // The way back may update the same resource again, which must not fail.
        world.ok("UpdateStack", &[("StackName", "s"), ("TemplateBody", &gated(&world, failing))]).await;
        while !world.events().iter().any(|event| event.contains("_FAILED")) {
            tokio::task::yield_now().await;
        }
        world.heal();
        world.cloud.cloudformation.things.gate.add_permits(10);
        world.settle().await;
        assert_eq!(world.status("s").await, "UPDATE_ROLLBACK_COMPLETE", "{failing} {:#?}", world.events());
        assert_eq!(world.things(), ["a1", "b", "c", "gone"], "{failing}");
        assert_eq!([world.value("a1"), world.value("b"), world.value("c")], ["old", "a1", "b"], "{failing}");
        assert_eq!(world.ok("GetTemplate", &[("StackName", "s")]).await.field("TemplateBody"), untouched);
        // And the stack can be updated afterwards.
        assert_eq!(world.update(&after()).await, "UPDATE_COMPLETE", "{failing}");
        assert_eq!(world.things(), ["a2", "b", "c", "new"], "{failing}");
    }
}

/// `after`, with one more resource that keeps the operation busy until its failure was seen.
fn gated(world: &World, failing: &str) -> String {
    world.fail(failing);
    format!("{}  Slow: {{Type: 'Test::Fault::Thing', Properties: {{Name: slow, Gated: true}}}}\n", after())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollback_that_fails_can_be_continued() {
    let world = World::new();
    world.create(&before()).await;
    world.fail("update B");
    assert_eq!(world.update(&after()).await, "UPDATE_ROLLBACK_FAILED");
    let described = world.ok("DescribeStacks", &[("StackName", "s")]).await;
    assert_eq!(described.field("StackStatusReason"), "The following resource(s) failed to update: [B]. ");
    let refusal = world.refused("UpdateStack", &[("StackName", "s"), ("TemplateBody", &after())]).await;
    assert!(refusal.contains("is in UPDATE_ROLLBACK_FAILED state and can not be updated."), "{refusal}");
    world.heal();
    world.ok("ContinueUpdateRollback", &[("StackName", "s")]).await;
    world.settle().await;
    assert_eq!(world.status("s").await, "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(world.things(), ["a1", "b", "c", "gone"]);
    assert_eq!(world.value("b"), "a1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollback_can_skip_what_cannot_be_restored() {
    let world = World::new();
    world.create(&before()).await;
    world.fail("update B");
    world.update(&after()).await;
    let refusal =
        world.refused("ContinueUpdateRollback", &[("StackName", "s"), ("ResourcesToSkip.member.1", "Zed")]).await;
    assert!(refusal.contains("Resource Zed does not exist"), "{refusal}");
    world.ok("ContinueUpdateRollback", &[("StackName", "s"), ("ResourcesToSkip.member.1", "B")]).await;
    world.settle().await;
    assert_eq!(world.status("s").await, "UPDATE_ROLLBACK_COMPLETE");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_rollback_a_failed_update_stays_and_can_be_repaired_or_rolled_back() {
    for repair in [true, false] {
        let world = World::new();
        world.create(&before()).await;
        world.fail("update C");
        let body = after();
        world.ok("UpdateStack", &[("StackName", "s"), ("TemplateBody", &body), ("DisableRollback", "true")]).await;
        world.settle().await;
        assert_eq!(world.status("s").await, "UPDATE_FAILED");
        world.heal();
        if repair {
            assert_eq!(world.update(&body).await, "UPDATE_COMPLETE");
            assert_eq!(world.things(), ["a2", "b", "c", "new"]);
            assert_eq!(world.value("c"), "b-2");
        } else {
            world.ok("RollbackStack", &[("StackName", "s")]).await;
            world.settle().await;
            assert_eq!(world.status("s").await, "UPDATE_ROLLBACK_COMPLETE");
            assert_eq!(world.things(), ["a1", "b", "c", "gone"]);
            assert_eq!(world.value("c"), "b");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_can_be_cancelled() {
    let world = World::new();
    world.create(&before()).await;
    let refusal = world.refused("CancelUpdateStack", &[("StackName", "s")]).await;
    assert_eq!(refusal, "ValidationError: CancelUpdateStack cannot be called from current stack status");
    let template = gated(&world, "nothing");
    world.ok("UpdateStack", &[("StackName", "s"), ("TemplateBody", &template)]).await;
    world.ok("CancelUpdateStack", &[("StackName", "s")]).await;
    world.cloud.cloudformation.things.gate.add_permits(10);
    world.settle().await;
    assert_eq!(world.status("s").await, "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(world.things(), ["a1", "b", "c", "gone"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_cleaned_up_is_logged_and_left() {
    let world = World::new();
    world.create(&before()).await;
    world.fail("delete Gone");
    assert_eq!(world.update(&after()).await, "UPDATE_COMPLETE");
    assert!(world.events().iter().any(|event| event.starts_with("Gone DELETE_FAILED")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn policies_decide_what_becomes_of_replaced_and_removed_resources() {
    let world = World::new();
    world
        .create(&things(&[
            ("A", "UpdateReplacePolicy: Retain, Properties: {Name: a1}"),
            ("B", "DeletionPolicy: Retain, Properties: {Name: b}"),
            ("C", "DeletionPolicy: Retain, Properties: {Name: c1}"),
        ]))
        .await;
    let template = things(&[
        ("A", "UpdateReplacePolicy: Retain, Properties: {Name: a2}"),
        ("C", "DeletionPolicy: Retain, Properties: {Name: c2}"),
    ]);
    assert_eq!(world.update(&template).await, "UPDATE_COMPLETE");
    // DeletionPolicy says nothing about replacement.
    assert_eq!(world.things(), ["a1", "a2", "b", "c2"]);
    let events = world.events();
    assert!(events.contains(&"A DELETE_SKIPPED".to_owned()) && events.contains(&"B DELETE_SKIPPED".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_operation_at_a_time_runs_on_a_stack() {
    let world = World::new();
    world.create(&before()).await;
    let template = gated(&world, "nothing");
    world.ok("UpdateStack", &[("StackName", "s"), ("TemplateBody", &template)]).await;
    let update = world.refused("UpdateStack", &[("StackName", "s"), ("TemplateBody", &after())]).await;
    assert!(update.ends_with("is in UPDATE_IN_PROGRESS state and can not be updated."), "{update}");
    let change_set = [("StackName", "s"), ("ChangeSetName", "c"), ("TemplateBody", &template)];
    let refusal = world.refused("CreateChangeSet", &change_set).await;
    assert!(refusal.ends_with("is in UPDATE_IN_PROGRESS state and can not be updated."), "{refusal}");
    let delete = world.refused("DeleteStack", &[("StackName", "s")]).await;
    assert!(delete.ends_with("cannot be deleted while in status UPDATE_IN_PROGRESS"), "{delete}");
    world.cloud.cloudformation.things.gate.add_permits(1);
    world.settle().await;
    assert_eq!(world.status("s").await, "UPDATE_COMPLETE");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parameter_may_keep_its_value() {
    let world = World::new();
    let template = format!(
        "Parameters: {{V: {{Type: String}}, W: {{Type: String, Default: w}}}}\n{}",
        things(&[("A", "Properties: {Name: a, Value: !Sub '${V}${W}'}")])
    );
    let parameter = |value: &'static str| {
        [("StackName", "s"), ("Parameters.member.1.ParameterKey", "V"), ("Parameters.member.1.ParameterValue", value)]
    };
    let mut create = parameter("1").to_vec();
    create.push(("TemplateBody", &template));
    world.ok("CreateStack", &create).await;
    world.settle().await;
    let keep = [
        ("StackName", "s"),
        ("UsePreviousTemplate", "true"),
        ("Parameters.member.1.ParameterKey", "V"),
        ("Parameters.member.1.UsePreviousValue", "true"),
        ("Parameters.member.2.ParameterKey", "W"),
        ("Parameters.member.2.ParameterValue", "2"),
    ];
    world.ok("UpdateStack", &keep).await;
    world.settle().await;
    assert_eq!(world.value("a"), "12");
    let missing = world.refused("UpdateStack", &[("StackName", "s"), ("UsePreviousTemplate", "true")]).await;
    assert_eq!(missing, "ValidationError: Parameters: [V] must have values");
}
