use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stacks_survive_and_cut_off_operations_are_shown_as_failed() {
    let directory = tempfile::tempdir().unwrap();
    let storage = || Storage::Directory(directory.path().to_owned());
    let template = things(&[("A", "Properties: {Name: a}"), ("B", "Properties: {Gated: true}, DependsOn: A")]);
    {
        let world = World::with(storage());
        world.ok("CreateStack", &[("StackName", "whole"), ("TemplateBody", &things(&[("A", "")]))]).await;
        world.settle().await;
        world.ok("CreateStack", &[("StackName", "s"), ("TemplateBody", &template)]).await;
        while !world.events().iter().any(|event| event == "A CREATE_COMPLETE") {
            tokio::task::yield_now().await;
        }
    }
    let world = World::with(storage());
    assert_eq!(world.status("whole").await, "CREATE_COMPLETE");
    let described = world.ok("DescribeStacks", &[("StackName", "s")]).await;
    assert_eq!(described.field("StackStatus"), "CREATE_FAILED");
    assert_eq!(described.field("StackStatusReason"), "The local cloud stopped while the operation was running");
    // What was made is known, so that deleting the stack removes it.
    let resources = world.ok("DescribeStackResources", &[("StackName", "s")]).await;
    assert_eq!(resources.field("PhysicalResourceId"), "a");
    world.ok("DeleteStack", &[("StackName", "s")]).await;
    world.settle().await;
    assert!(world.calls().contains(&"delete A".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_file_is_named_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("cloudformation").join("x.json");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, "{").unwrap();
    let error = super::super::store::Store::open(Some(directory.path())).unwrap_err();
    assert!(error.to_string().contains("x.json"), "{error}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "{");
}
