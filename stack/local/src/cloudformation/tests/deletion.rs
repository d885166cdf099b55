use super::*;

fn template() -> String {
    things(&[
        ("A", "Properties: {Name: a}"),
        ("B", "Properties: {Name: b, Value: !Ref A}"),
        ("Kept", "DeletionPolicy: Retain, Properties: {Name: kept}"),
        ("KeptToo", "DeletionPolicy: RetainExceptOnCreate, Properties: {Name: kept-too}"),
    ])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_stack_is_gone_by_name_and_known_by_id() {
    let world = World::new();
    let id = world.ok("CreateStack", &[("StackName", "s"), ("TemplateBody", &template())]).await.field("StackId");
    world.settle().await;
    world.calls();
    world.ok("DeleteStack", &[("StackName", "s"), ("ClientRequestToken", "t-1")]).await;
    world.settle().await;
    assert_eq!(world.things(), ["kept", "kept-too"]);
    assert_eq!(world.calls(), ["delete B", "delete A"]);
    assert_eq!(world.status(&id).await, "DELETE_COMPLETE");
    let refusal = world.refused("DescribeStacks", &[("StackName", "s")]).await;
    assert_eq!(refusal, "ValidationError: Stack with id s does not exist");
    let refusal = world.refused("DescribeStackEvents", &[("StackName", "s")]).await;
    assert_eq!(refusal, "ValidationError: Stack [s] does not exist");
    let events = world.ok("DescribeStackEvents", &[("StackName", &id)]).await;
    assert_eq!(events.fields("ResourceStatus")[0], "DELETE_COMPLETE");
    assert!(events.fields("ClientRequestToken").contains(&"t-1".to_owned()));
    // Deleting again, by either, is done.
    world.ok("DeleteStack", &[("StackName", "s")]).await;
    world.ok("DeleteStack", &[("StackName", &id)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resource_that_cannot_be_deleted_fails_the_deletion() {
    let world = World::new();
    world.create(&template()).await;
    let early = world.refused("DeleteStack", &[("StackName", "s"), ("RetainResources.member.1", "B")]).await;
    assert!(early.contains("only when the stack is in the DELETE_FAILED state"), "{early}");
    world.fail("delete B");
    world.ok("DeleteStack", &[("StackName", "s")]).await;
    world.settle().await;
    let described = world.ok("DescribeStacks", &[("StackName", "s")]).await;
    assert_eq!(described.field("StackStatus"), "DELETE_FAILED");
    assert_eq!(described.field("StackStatusReason"), "The following resource(s) failed to delete: [B]. ");
    // What it depends on is left alone.
    assert_eq!(world.things(), ["a", "b", "kept", "kept-too"]);
    let unknown = world.refused("DeleteStack", &[("StackName", "s"), ("RetainResources.member.1", "Z")]).await;
    assert!(unknown.contains("Resource Z does not exist"), "{unknown}");
    world.ok("DeleteStack", &[("StackName", "s"), ("RetainResources.member.1", "B")]).await;
    world.settle().await;
    assert_eq!(world.things(), ["b", "kept", "kept-too"]);
    assert!(world.events().contains(&"B DELETE_SKIPPED".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_protected_stack_is_not_deleted() {
    let world = World::new();
    world.create(&template()).await;
    world.ok("UpdateTerminationProtection", &[("StackName", "s"), ("EnableTerminationProtection", "true")]).await;
    let refusal = world.refused("DeleteStack", &[("StackName", "s")]).await;
    assert_eq!(refusal, "ValidationError: Stack [s] cannot be deleted while TerminationProtection is enabled");
    world.ok("UpdateTerminationProtection", &[("StackName", "s"), ("EnableTerminationProtection", "false")]).await;
    world.ok("DeleteStack", &[("StackName", "s")]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stack_can_be_deleted_while_it_is_created() {
    let world = World::new();
    let template = things(&[("A", "Properties: {Name: a, Gated: true}"), ("B", "DependsOn: A")]);
    let id = world.ok("CreateStack", &[("StackName", "s"), ("TemplateBody", &template)]).await.field("StackId");
    world.ok("DeleteStack", &[("StackName", "s")]).await;
    world.cloud.cloudformation.things.gate.add_permits(1);
    world.settle().await;
    assert_eq!(world.status(&id).await, "DELETE_COMPLETE");
    assert_eq!(world.things(), Vec::<String>::new());
    assert!(!world.calls().contains(&"create B".to_owned()));
}
