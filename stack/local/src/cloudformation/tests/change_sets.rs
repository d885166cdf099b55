use super::*;

fn template(name: &str, value: &str) -> String {
    format!(
        "Parameters: {{V: {{Type: String, Default: p}}, S: {{Type: String, Default: top-secret, NoEcho: true}}}}\n{}",
        things(&[
            ("A", &format!("Properties: {{Name: {name}, Value: x}}")),
            (
                "B",
                &format!(
                    "Properties: {{Name: b, Value: !Ref A, Other: {{Deep: [{value}]}}, P: !Ref V, Secret: !Ref S}}"
                )
            ),
        ])
    )
}

async fn change_set(world: &World, name: &str, kind: &str, template: &str) -> Answered {
    let fields = [("StackName", "s"), ("ChangeSetName", name), ("ChangeSetType", kind), ("TemplateBody", template)];
    world.ok("CreateChangeSet", &fields).await
}

async fn describe(world: &World, name: &str) -> Answered {
    world
        .ok("DescribeChangeSet", &[("StackName", "s"), ("ChangeSetName", name), ("IncludePropertyValues", "true")])
        .await
}

async fn execute(world: &World, name: &str) -> String {
    world
        .ok("ExecuteChangeSet", &[("StackName", "s"), ("ChangeSetName", name), ("ClientRequestToken", "exec-1")])
        .await;
    world.settle().await;
    world.status("s").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_set_creates_a_stack_as_it_said() {
    let world = World::new();
    let made = change_set(&world, "first", "CREATE", &template("a", "1")).await;
    assert_eq!(world.status("s").await, "REVIEW_IN_PROGRESS");
    let described = describe(&world, "first").await;
    assert_eq!([described.field("Status"), described.field("ExecutionStatus")], ["CREATE_COMPLETE", "AVAILABLE"]);
    assert_eq!(described.fields("Action"), ["Add", "Add"]);
    assert_eq!(
        described.fields("AfterContext"),
        [
            r#"{"Properties":{"Name":"a","Value":"x"}}"#,
            r#"{"Properties":{"Name":"b","Value":"{{changeSet:KNOWN_AFTER_APPLY}}","Other":{"Deep":[1]},"P":"p","Secret":"****"}}"#,
        ]
    );
    assert!(world.things().is_empty());
    assert_eq!(execute(&world, &made.field("Id")).await, "CREATE_COMPLETE");
    assert_eq!(world.things(), ["a", "b"]);
    let events = world.ok("DescribeStackEvents", &[("StackName", "s")]).await;
    assert!(!events.body.contains("top-secret"), "{}", events.body);
    assert_eq!(events.fields("ClientRequestToken").len(), events.fields("EventId").len() - 1);
    assert_eq!(events.fields("ResourceStatus").last().unwrap(), "REVIEW_IN_PROGRESS");
    let stack = world.ok("DescribeStacks", &[("StackName", "s")]).await;
    assert_eq!(stack.field("ChangeSetId"), made.field("Id"));
    assert!(!stack.body.contains("top-secret"));
    // A retry of the same request finds it done; anybody else is refused.
    assert_eq!(execute(&world, &made.field("Id")).await, "CREATE_COMPLETE");
    let refusal = world.refused("ExecuteChangeSet", &[("ChangeSetName", &made.field("Id"))]).await;
    assert!(refusal.starts_with("InvalidChangeSetStatus: ") && refusal.ends_with("[EXECUTE_COMPLETE]"), "{refusal}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_set_without_changes_is_failed_in_the_words_of_aws() {
    let world = World::new();
    world.create(&template("a", "1")).await;
    change_set(&world, "none", "UPDATE", &template("a", "1")).await;
    let described = describe(&world, "none").await;
    assert_eq!(
        [described.field("Status"), described.field("ExecutionStatus"), described.field("StatusReason")],
        [
            "FAILED",
            "UNAVAILABLE",
            "The submitted information didn't contain changes. Submit different information to create a change set."
        ]
    );
    let refusal = world.refused("ExecuteChangeSet", &[("StackName", "s"), ("ChangeSetName", "none")]).await;
    assert!(refusal.ends_with("cannot be executed in its current status of [FAILED]"), "{refusal}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_are_told_with_cause_place_and_values() {
    let world = World::new();
    world.create(&template("a", "1")).await;
    let fields = [
        ("StackName", "s"),
        ("ChangeSetName", "second"),
        ("TemplateBody", &template("a2", "2")),
        ("Parameters.member.1.ParameterKey", "V"),
        ("Parameters.member.1.ParameterValue", "q"),
    ];
    world.ok("CreateChangeSet", &fields).await;
    let changes = world.cloud.cloudformation.store.read(|state| {
        let stack = state.stacks.values().next().unwrap();
        serde_json::to_value(&stack.change_sets[0].changes).unwrap()
    });
    insta::assert_json_snapshot!(changes);
    let described = describe(&world, "second").await;
    assert_eq!(described.fields("Replacement"), ["True", "False"]);
    assert_eq!(described.fields("PolicyAction"), ["ReplaceAndDelete"]);
    assert_eq!(execute(&world, "second").await, "UPDATE_COMPLETE");
    assert_eq!(world.things(), ["a2", "b"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn removals_policies_metadata_tags_and_outputs_are_changes() {
    let world = World::new();
    world.create(&things(&[("A", ""), ("B", "DeletionPolicy: Retain")])).await;
    let cases = [
        (things(&[("A", "")]), vec!["Remove"], vec![]),
        (
            things(&[("A", "DeletionPolicy: Retain"), ("B", "DeletionPolicy: Retain")]),
            vec!["Modify"],
            vec!["DeletionPolicy"],
        ),
        (things(&[("A", "Metadata: {a: b}"), ("B", "DeletionPolicy: Retain")]), vec!["Modify"], vec!["Metadata"]),
        (
            format!("{}Outputs: {{O: {{Value: 1}}}}\n", things(&[("A", ""), ("B", "DeletionPolicy: Retain")])),
            vec![],
            vec![],
        ),
    ];
    for (index, (template, actions, scope)) in cases.iter().enumerate() {
        let name = format!("c{index}");
        change_set(&world, &name, "UPDATE", template).await;
        let described = describe(&world, &name).await;
        assert_eq!(described.field("Status"), "CREATE_COMPLETE", "{template}");
        assert_eq!(&described.fields("Action"), actions, "{template}");
        assert_eq!(&described.fields("Attribute"), scope, "{template}");
    }
    assert_eq!(describe(&world, "c0").await.field("PolicyAction"), "Retain");
    assert_eq!(
        world.ok("ListChangeSets", &[("StackName", "s")]).await.fields("ChangeSetName"),
        ["c0", "c1", "c2", "c3"]
    );
    // Executing one deletes the others.
    assert_eq!(execute(&world, "c3").await, "UPDATE_COMPLETE");
    assert!(world.ok("ListChangeSets", &[("StackName", "s")]).await.fields("ChangeSetName").is_empty());
    let refusal = world.refused("DescribeChangeSet", &[("StackName", "s"), ("ChangeSetName", "c1")]).await;
    assert_eq!(refusal, "ChangeSetNotFound: ChangeSet [c1] does not exist");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_direct_update_makes_change_sets_obsolete() {
    let world = World::new();
    world.create(&template("a", "1")).await;
    change_set(&world, "old", "UPDATE", &template("a", "2")).await;
    world.update(&template("a", "3")).await;
    assert_eq!(describe(&world, "old").await.field("ExecutionStatus"), "OBSOLETE");
    let refusal = world.refused("ExecuteChangeSet", &[("StackName", "s"), ("ChangeSetName", "old")]).await;
    assert!(refusal.ends_with("cannot be executed in its current execution status of [OBSOLETE]"), "{refusal}");
    world.ok("DeleteChangeSet", &[("StackName", "s"), ("ChangeSetName", "old")]).await;
    world.ok("DeleteChangeSet", &[("StackName", "s"), ("ChangeSetName", "old")]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_types_and_tokens_are_checked() {
    let world = World::new();
    let body = template("a", "1");
    let with = |extra: &[(&'static str, &'static str)]| {
        let mut fields = vec![("StackName", "s"), ("ChangeSetName", "c"), ("TemplateBody", body.as_str())];
        fields.extend_from_slice(extra);
        fields
    };
    assert_eq!(world.refused("CreateChangeSet", &with(&[])).await, "ValidationError: Stack [s] does not exist");
    let import = world.refused("CreateChangeSet", &with(&[("ChangeSetType", "IMPORT")])).await;
    assert_eq!(import, "ValidationError: the local cloud does not serve change sets of type IMPORT");
    let create = with(&[("ChangeSetType", "CREATE"), ("ClientToken", "t")]);
    let first = world.ok("CreateChangeSet", &create).await;
    assert_eq!(world.ok("CreateChangeSet", &create).await.field("Id"), first.field("Id"));
    let other = world.refused("CreateChangeSet", &with(&[("ChangeSetType", "CREATE")])).await;
    assert!(other.starts_with("AlreadyExistsException: "), "{other}");
    world.ok("ExecuteChangeSet", &[("StackName", "s"), ("ChangeSetName", "c")]).await;
    world.settle().await;
    let again =
        [("StackName", "s"), ("ChangeSetName", "d"), ("ChangeSetType", "CREATE"), ("TemplateBody", body.as_str())];
    let refusal = world.refused("CreateChangeSet", &again).await;
    assert_eq!(
        refusal,
        "ValidationError: Stack [s] already exists and cannot be created again with the changeSet [d]."
    );
    let other_type = "Resources: {A: {Type: 'AWS::CDK::Metadata'}}";
    let refusal = world.refused("UpdateStack", &[("StackName", "s"), ("TemplateBody", other_type)]).await;
    assert!(refusal.contains("Update of resource type is not permitted") && refusal.ends_with("[A]"), "{refusal}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_stack_failure_of_the_change_set_holds() {
    let world = World::new();
    world.fail("create B");
    let body = template("a", "1");
    let fields = [
        ("StackName", "s"),
        ("ChangeSetName", "c"),
        ("ChangeSetType", "CREATE"),
        ("TemplateBody", &body),
        ("OnStackFailure", "DO_NOTHING"),
    ];
    world.ok("CreateChangeSet", &fields).await;
    let both = world
        .refused("ExecuteChangeSet", &[("StackName", "s"), ("ChangeSetName", "c"), ("DisableRollback", "true")])
        .await;
    assert!(both.contains("but not both"), "{both}");
    assert_eq!(execute(&world, "c").await, "CREATE_FAILED");
    assert_eq!(describe(&world, "c").await.field("ExecutionStatus"), "EXECUTE_FAILED");
    assert_eq!(world.things(), ["a"]);
}
