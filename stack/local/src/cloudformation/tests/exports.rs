use super::*;

fn exporter(value: &str) -> String {
    format!(
        "{}Outputs:\n  O: {{Value: {value}, Export: {{Name: !Sub '${{AWS::StackName}}-o'}}}}\n",
        things(&[("A", "Properties: {Name: a}")])
    )
}

fn importer() -> String {
    things(&[("B", "Properties: {Name: b, Value: !ImportValue s-o}")])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_is_locked_while_it_is_imported() {
    let world = World::new();
    assert_eq!(world.create(&exporter("!Ref A")).await, "CREATE_COMPLETE");
    world.ok("CreateStack", &[("StackName", "user"), ("TemplateBody", &importer())]).await;
    world.settle().await;
    assert_eq!(world.value("b"), "a");
    assert_eq!(world.ok("ListExports", &[]).await.fields("Name"), ["s-o"]);
    assert_eq!(world.ok("ListImports", &[("ExportName", "s-o")]).await.fields("member"), ["user"]);
    let refusal = world.refused("DeleteStack", &[("StackName", "s")]).await;
    assert_eq!(refusal, "ValidationError: Export s-o cannot be deleted as it is in use by user");
    assert_eq!(world.update(&exporter("other")).await, "UPDATE_ROLLBACK_COMPLETE");
    let described = world.ok("DescribeStackEvents", &[("StackName", "s")]).await;
    assert!(described.body.contains("Export s-o cannot be updated as it is in use by user"), "{}", described.body);
    world.ok("DeleteStack", &[("StackName", "user")]).await;
    world.settle().await;
    let unused = world.refused("ListImports", &[("ExportName", "s-o")]).await;
    assert_eq!(unused, "ValidationError: Export 's-o' is not imported by any stack.");
    assert_eq!(world.update(&exporter("other")).await, "UPDATE_COMPLETE");
    world.ok("DeleteStack", &[("StackName", "s")]).await;
    world.settle().await;
    assert_eq!(world.things(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exports_that_do_not_exist_or_exist_twice_fail_the_stack() {
    let world = World::new();
    assert_eq!(world.create(&importer()).await, "ROLLBACK_COMPLETE");
    assert!(world.events().contains(&"B CREATE_FAILED No export named s-o found.".to_owned()));
    let twice = exporter("x").replace("${AWS::StackName}-o", "same");
    world.ok("CreateStack", &[("StackName", "one"), ("TemplateBody", &twice.replace("Name: a}", "Name: a1}"))]).await;
    world.settle().await;
    world.ok("CreateStack", &[("StackName", "two"), ("TemplateBody", &twice)]).await;
    world.settle().await;
    assert_eq!(world.status("two").await, "ROLLBACK_COMPLETE");
    assert!(
        world.events().iter().any(|event| event.contains("Export with name same is already exported by stack one"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outputs_of_other_stacks_can_be_read_without_locking_them() {
    let world = World::new();
    world.create(&exporter("!Ref A")).await;
    let reader = things(&[("B", "Properties: {Name: b, Value: !GetStackOutput {StackName: s, OutputName: O}}")]);
    world.ok("CreateStack", &[("StackName", "reader"), ("TemplateBody", &reader)]).await;
    world.settle().await;
    assert_eq!(world.value("b"), "a");
    world.ok("DeleteStack", &[("StackName", "s")]).await;
}
