use super::*;

const PARENT: &str = r"
Parameters: {Value: {Type: String, Default: one}}
Resources:
  First: {Type: 'Test::Fault::Thing', Properties: {Name: first}}
  Child:
    Type: AWS::CloudFormation::Stack
    DependsOn: First
    Properties: {TemplateURL: 'https://s3.eu-central-1.amazonaws.com/templates/child.yaml', Parameters: {Value: !Ref Value, List: 'a,b'}}
  Last: {Type: 'Test::Fault::Thing', Properties: {Name: last, Value: !GetAtt Child.Outputs.Thing}}
Outputs: {Of: {Value: !GetAtt Child.Outputs.Thing}}
";

const CHILD: &str = r"
Parameters: {Value: {Type: String}, List: {Type: CommaDelimitedList}}
Resources:
  Inner: {Type: 'Test::Fault::Thing', Properties: {Name: inner, Value: !Ref Value}}
Outputs: {Thing: {Value: !Sub '${Inner}-${Value}'}}
";

pub(super) async fn put_child(world: &World, text: &str) {
    if world.cloud.s3.list_bucket_names().is_empty() {
        let bucket = "Resources: {B: {Type: 'AWS::S3::Bucket', Properties: {BucketName: templates}}}";
        world.ok("CreateStack", &[("StackName", "templates"), ("TemplateBody", bucket)]).await;
        world.settle().await;
    }
    let body = bytes::Bytes::from(text.to_owned());
    world.cloud.s3.put_object(&world.cloud, "templates", "child.yaml", None, body).await.unwrap();
}

/// Physical id of the nested stack.
pub(super) async fn child(world: &World) -> String {
    let fields = [("StackName", "s"), ("LogicalResourceId", "Child")];
    world.ok("DescribeStackResource", &fields).await.field("PhysicalResourceId")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_nested_stack_lives_and_dies_with_its_parent() {
    let world = World::new();
    put_child(&world, CHILD).await;
    assert_eq!(world.create(PARENT).await, "CREATE_COMPLETE");
    assert_eq!(world.things(), ["first", "inner", "last"]);
    assert_eq!(world.value("last"), "inner-one");
    let parent = world.ok("DescribeStacks", &[("StackName", "s")]).await;
    assert_eq!(parent.field("OutputValue"), "inner-one");
    let id = child(&world).await;
    let nested = world.ok("DescribeStacks", &[("StackName", &id)]).await;
    assert_eq!(nested.field("StackStatus"), "CREATE_COMPLETE");
    assert!(nested.field("StackName").starts_with("s-Child-"));
    assert_eq!(nested.field("ParentId"), parent.field("StackId"));
    assert_eq!(nested.field("RootId"), parent.field("StackId"));

    // Its template changes at its address: the parent cannot tell until it is updated.
    put_child(&world, &CHILD.replace("${Inner}-${Value}", "${Inner}+${Value}")).await;
    assert_eq!(world.update(PARENT).await, "UPDATE_COMPLETE");
    assert_eq!((child(&world).await, world.value("last")), (id.clone(), "inner+one".to_owned()));
    world.ok("DeleteStack", &[("StackName", "s")]).await;
    world.settle().await;
    assert_eq!(world.things(), Vec::<String>::new());
    assert_eq!(world.status(&id).await, "DELETE_COMPLETE");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_inside_rolls_the_parent_back() {
    let world = World::new();
    put_child(&world, CHILD).await;
    world.fail("create Inner");
    assert_eq!(world.create(PARENT).await, "ROLLBACK_COMPLETE");
    assert_eq!(world.things(), Vec::<String>::new());
    let failed = world.cloud.cloudformation.store.read(|state| {
        let parent = state.find("s", "eu-central-1").unwrap();
        let event = parent.events.iter().find(|event| event.status == "CREATE_FAILED").unwrap();
        (event.logical_id.clone(), event.reason.clone().unwrap())
    });
    assert_eq!(failed.0, "Child");
    assert!(
        failed.1.starts_with("Embedded stack arn:aws:cloudformation:eu-central-1:000000000000:stack/s-Child-"),
        "{failed:?}"
    );
    assert!(
        failed.1.ends_with("was not successfully created: The following resource(s) failed to create: [Inner]. "),
        "{failed:?}"
    );
    // What was made of it went with the parent.
    assert_eq!(world.cloud.cloudformation.store.read(|state| state.live("eu-central-1").count()), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_that_fails_outside_takes_the_nested_stack_back() {
    let world = World::new();
    put_child(&world, CHILD).await;
    world.create(PARENT).await;
    let id = child(&world).await;
    world.fail("update Last");
    put_child(&world, &CHILD.replace("${Inner}-${Value}", "${Inner}+${Value}")).await;
    let value = [("Parameters.member.1.ParameterKey", "Value"), ("Parameters.member.1.ParameterValue", "two")];
    world.ok("UpdateStack", &[&[("StackName", "s"), ("TemplateBody", PARENT)][..], &value[..]].concat()).await;
    world.settle().await;
    assert_eq!(world.status("s").await, "UPDATE_ROLLBACK_FAILED", "the fault holds for the way back, too");
    world.heal();
    world.ok("ContinueUpdateRollback", &[("StackName", "s")]).await;
    world.settle().await;
    assert_eq!(world.status("s").await, "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!((world.value("inner"), world.value("last")), ("one".to_owned(), "inner-one".to_owned()));
    let nested = world.ok("DescribeStacks", &[("StackName", &id)]).await;
    assert_eq!(nested.field("OutputValue"), "inner-one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_template_that_is_not_there_fails_the_nested_stack() {
    let world = World::new();
    assert_eq!(world.create(PARENT).await, "ROLLBACK_COMPLETE");
    let events = world.events();
    assert!(
        events.contains(
            &"Child CREATE_FAILED S3 error: The specified key does not exist (templates/child.yaml)".to_owned()
        ),
        "{events:#?}"
    );
}
