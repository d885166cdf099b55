//! Change sets that look at drift, and bring resources back to the template.

use serde_json::json;

use super::*;

fn template() -> String {
    things(&[
        ("A", "Properties: {Name: a, Value: x, Labels: [red]}"),
        ("B", "Properties: {Value: !GetAtt A.Arn}"),
        ("C", "Properties: {Name: c, Value: !Ref B}"),
    ])
}

impl World {
    /// Changes a property of a thing behind the back of its stack.
    fn drift(&self, physical_id: &str, property: &str, value: serde_json::Value) {
        self.cloud.cloudformation.things.existing.lock().unwrap().get_mut(physical_id).unwrap()[property] = value;
    }

    fn remove(&self, physical_id: &str) {
        self.cloud.cloudformation.things.existing.lock().unwrap().remove(physical_id);
    }

    async fn reverting(&self, name: &str, template: Option<&str>) -> Answered {
        let mut fields = vec![("StackName", "s"), ("ChangeSetName", name), ("DeploymentMode", "REVERT_DRIFT")];
        match template {
            Some(template) => fields.push(("TemplateBody", template)),
            None => fields.push(("UsePreviousTemplate", "true")),
        }
        self.ok("CreateChangeSet", &fields).await;
        let fields = [("StackName", "s"), ("ChangeSetName", name), ("IncludePropertyValues", "true")];
        self.ok("DescribeChangeSet", &fields).await
    }

    async fn execute(&self, name: &str) -> String {
        self.ok("ExecuteChangeSet", &[("StackName", "s"), ("ChangeSetName", name)]).await;
        self.settle().await;
        self.status("s").await
    }

    async fn physical_id(&self, logical_id: &str) -> String {
        let fields = [("StackName", "s"), ("LogicalResourceId", logical_id)];
        self.ok("DescribeStackResource", &fields).await.field("PhysicalResourceId")
    }

    fn changes_of(&self, name: &str) -> serde_json::Value {
        self.cloud.cloudformation.store.read(|state| {
            let stack = state.stacks.values().next().unwrap();
            let set = stack.change_sets.iter().find(|set| set.name == name).unwrap();
            let mut changes = serde_json::to_value(&set.changes).unwrap();
            for detail in changes
                .as_array_mut()
                .unwrap()
                .iter_mut()
                .flat_map(|change| change["details"].as_array_mut().into_iter().flatten().collect::<Vec<_>>())
            {
                if let Some(property) = detail.pointer_mut("/drift/property").filter(|property| !property.is_null()) {
                    property["at"] = json!(0);
                }
            }
            changes
        })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stack_that_did_not_drift_has_no_changes() {
    let world = World::new();
    world.create(&template()).await;
    let described = world.reverting("none", None).await;
    assert_eq!([described.field("Status"), described.field("StackDriftStatus")], ["FAILED", "IN_SYNC"]);
    assert!(described.field("StatusReason").starts_with("The submitted information didn't contain changes."));
    assert_eq!(described.field("DeploymentMode"), "REVERT_DRIFT");
    let refusals = [
        world
            .refused(
                "CreateChangeSet",
                &[
                    ("StackName", "n"),
                    ("ChangeSetName", "c"),
                    ("ChangeSetType", "CREATE"),
                    ("TemplateBody", &template()),
                    ("DeploymentMode", "REVERT_DRIFT"),
                ],
            )
            .await,
        world
            .refused(
                "CreateChangeSet",
                &[
                    ("StackName", "s"),
                    ("ChangeSetName", "c"),
                    ("UsePreviousTemplate", "true"),
                    ("DeploymentMode", "REVERT_DRIFT"),
                    ("IncludeNestedStacks", "true"),
                ],
            )
            .await,
        world
            .refused(
                "CreateChangeSet",
                &[
                    ("StackName", "s"),
                    ("ChangeSetName", "c"),
                    ("UsePreviousTemplate", "true"),
                    ("DeploymentMode", "FORWARD"),
                ],
            )
            .await,
    ];
    insta::assert_snapshot!(refusals.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drifted_properties_are_told_and_brought_back() {
    let world = World::new();
    world.create(&template()).await;
    world.drift("a", "Value", json!("y"));
    world.drift("a", "Labels", json!(["red", "blue"]));
    let described = world.reverting("back", None).await;
    assert_eq!([described.field("Status"), described.field("StackDriftStatus")], ["CREATE_COMPLETE", "DRIFTED"]);
    assert_eq!(described.fields("Action"), ["Modify"]);
    assert_eq!(described.fields("ResourceDriftStatus"), ["MODIFIED"]);
    assert_eq!(described.fields("BeforeValueFrom"), ["ACTUAL_STATE", "ACTUAL_STATE"]);
    assert_eq!(described.fields("AfterValueFrom"), ["TEMPLATE", "TEMPLATE"]);
    insta::assert_json_snapshot!(world.changes_of("back"));
    // An ordinary change set sees none of it.
    let fields = [("StackName", "s"), ("ChangeSetName", "plain"), ("UsePreviousTemplate", "true")];
    world.ok("CreateChangeSet", &fields).await;
    let plain = world.ok("DescribeChangeSet", &[("StackName", "s"), ("ChangeSetName", "plain")]).await;
    assert_eq!(plain.field("Status"), "FAILED");
    assert!(!plain.body.contains("Drift") && !plain.body.contains("DeploymentMode"), "{}", plain.body);

    world.calls();
    assert_eq!(world.execute("back").await, "UPDATE_COMPLETE");
    assert_eq!(world.calls(), ["update A"]);
    assert_eq!(world.value("a"), "x");
    assert_eq!(world.cloud.cloudformation.things.existing.lock().unwrap()["a"]["Labels"], json!(["red"]));
    assert_eq!(world.reverting("again", None).await.field("StackDriftStatus"), "IN_SYNC");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removed_resource_is_made_again_and_what_depends_on_it_follows() {
    let world = World::new();
    world.create(&template()).await;
    let old = world.physical_id("B").await;
    world.remove(&old);
    let described = world.reverting("again", None).await;
    assert_eq!(described.fields("Action"), ["Add", "Modify"]);
    assert_eq!(described.fields("ResourceDriftStatus"), ["DELETED", "IN_SYNC"]);
    assert_eq!(described.field("CausingEntity"), "B");
    world.calls();
    assert_eq!(world.execute("again").await, "UPDATE_COMPLETE");
    assert_eq!(world.calls(), ["create B", "update C"]);
    let new = world.physical_id("B").await;
    assert!(new != old && world.things().contains(&new), "{old} {new}");
    assert_eq!(world.value("c"), new);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_leads_back_to_what_really_was() {
    let world = World::new();
    world.create(&template()).await;
    let removed = world.physical_id("B").await;
    world.drift("a", "Value", json!("y"));
    world.remove(&removed);
    world.fail("create D");
    let more = format!("{}  D: {{Type: 'Test::Fault::Thing', Properties: {{Value: !Ref C}}}}\n", template());
    let described = world.reverting("fails", Some(&more)).await;
    assert_eq!(described.fields("Action"), ["Modify", "Add", "Modify", "Add"]);
    assert_eq!(described.fields("ResourceDriftStatus"), ["MODIFIED", "DELETED", "IN_SYNC"]);
    assert_eq!(world.execute("fails").await, "UPDATE_ROLLBACK_COMPLETE", "{:#?}", world.events());
    assert_eq!([world.value("a"), world.value("c")], ["y".to_owned(), removed.clone()]);
    // What was made again is taken away again, and the stack still has the one that is gone.
    assert_eq!(world.things(), ["a", "c"]);
    assert_eq!(world.physical_id("B").await, removed);
    world.heal();
    let described = world.reverting("next", None).await;
    assert_eq!(described.fields("ResourceDriftStatus"), ["MODIFIED", "DELETED", "IN_SYNC"]);
    assert_eq!(world.execute("next").await, "UPDATE_COMPLETE");
    assert_eq!(world.value("a"), "x");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_template_that_says_what_is_changes_nothing() {
    let world = World::new();
    let deployed = template().replace("{Name: c, Value: !Ref B}", "{Name: c, Value: v}");
    world.create(&deployed).await;
    world.drift("a", "Value", json!("y"));
    world.drift("c", "Value", json!("z"));
    let adopted = deployed.replace("Value: x", "Value: y").replace("Value: v", "Value: w");
    let described = world.reverting("adopt", Some(&adopted)).await;
    assert_eq!(described.fields("Action"), ["SyncWithActual", "Modify"]);
    insta::assert_json_snapshot!(world.changes_of("adopt"));
    world.calls();
    assert_eq!(world.execute("adopt").await, "UPDATE_COMPLETE");
    assert_eq!(world.calls(), ["update C"]);
    assert_eq!([world.value("a"), world.value("c")], ["y", "w"]);
    assert_eq!(world.reverting("none", None).await.field("StackDriftStatus"), "IN_SYNC");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_is_compared_with_what_was_deployed() {
    let world = World::new();
    world.create(&template()).await;
    world.fail("read A");
    let described = world.reverting("unknown", Some(&template().replace("Value: x", "Value: y"))).await;
    assert_eq!([described.field("Status"), described.field("StackDriftStatus")], ["CREATE_COMPLETE", "UNKNOWN"]);
    assert_eq!([described.field("ResourceDriftStatus"), described.field("BeforeValue")], ["UNKNOWN", "x"]);
    assert_eq!(described.field("BeforeValueFrom"), "PREVIOUS_DEPLOYMENT_STATE");
    world.heal();
    assert_eq!(world.execute("unknown").await, "UPDATE_COMPLETE");
    assert_eq!(world.value("a"), "y");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_gone_and_no_longer_wanted_is_not_made_again() {
    let world = World::new();
    world.create(&template()).await;
    world.drift("a", "Value", json!("y"));
    world.remove("c");
    let without =
        things(&[("A", "Properties: {Name: a, Value: x, Labels: [red]}"), ("B", "Properties: {Value: !GetAtt A.Arn}")]);
    let described = world.reverting("less", Some(&without)).await;
    assert_eq!(described.fields("Action"), ["Modify", "Remove"]);
    assert_eq!(described.fields("ResourceDriftStatus"), ["MODIFIED", "DELETED"]);
    world.calls();
    assert_eq!(world.execute("less").await, "UPDATE_COMPLETE", "{:#?}", world.events());
    assert_eq!(world.calls(), ["update A", "delete C"]);
    assert_eq!(world.value("a"), "x");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_attempt_that_is_not_taken_back_can_be_repeated_or_taken_back_later() {
    for takes_back in [false, true] {
        let world = World::new();
        world.create(&template()).await;
        world.drift("a", "Value", json!("y"));
        world.drift("c", "Value", json!("z"));
        world.reverting("first", None).await;
        world.fail("update C");
        let fields = [("StackName", "s"), ("ChangeSetName", "first"), ("DisableRollback", "true")];
        world.ok("ExecuteChangeSet", &fields).await;
        world.settle().await;
        assert_eq!(world.status("s").await, "UPDATE_FAILED");
        assert_eq!([world.value("a"), world.value("c")], ["x", "z"]);
        world.heal();
        if takes_back {
            world.ok("RollbackStack", &[("StackName", "s")]).await;
            world.settle().await;
            assert_eq!(world.status("s").await, "UPDATE_ROLLBACK_COMPLETE", "{:#?}", world.events());
            assert_eq!([world.value("a"), world.value("c")], ["y", "z"]);
            assert_eq!(world.reverting("again", None).await.fields("ResourceDriftStatus"), ["MODIFIED", "MODIFIED"]);
        } else {
            world.reverting("again", None).await;
            assert_eq!(world.execute("again").await, "UPDATE_COMPLETE", "{:#?}", world.events());
            assert_eq!(world.value("a"), "x");
            assert_eq!(world.value("c"), world.physical_id("B").await);
            assert_eq!(world.reverting("none", None).await.field("Status"), "FAILED");
        }
    }
}

const SERVICES: &str = r"
Parameters: {Days: {Type: Number, Default: 7}}
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: t, DisplayName: Topic, Tags: [{Key: team, Value: a}]}}
  Logs: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: /l, RetentionInDays: !Ref Days}}
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: reverting
      VersioningConfiguration: {Status: Enabled}
      CorsConfiguration: {CorsRules: [{AllowedMethods: [GET, PUT], AllowedOrigins: ['*']}]}
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: q, VisibilityTimeout: 45}}
  QueuePolicy: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [!Ref Queue], PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: sns.amazonaws.com}, Action: 'sqs:SendMessage', Resource: !GetAtt Queue.Arn}]}}}
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resources_of_services_are_brought_back() {
    let world = World::new();
    let fields = [
        ("StackName", "s"),
        ("TemplateBody", SERVICES),
        ("Parameters.member.1.ParameterKey", "Days"),
        ("Parameters.member.1.ParameterValue", "14"),
        ("Tags.member.1.Key", "of-the-stack"),
        ("Tags.member.1.Value", "x"),
    ];
    world.ok("CreateStack", &fields).await;
    world.settle().await;
    let topic = "arn:aws:sns:eu-central-1:000000000000:t";
    let named = |name: &str| json!({"TopicName": "t", "DisplayName": name});
    world.put_by_service("AWS::SNS::Topic", topic, &named("Topic"), &named("Changed")).await;
    let kept = |days: u32| json!({"LogGroupName": "/l", "RetentionInDays": days});
    world.put_by_service("AWS::Logs::LogGroup", "/l", &kept(14), &kept(1)).await;
    let bucket = json!({"BucketName": "reverting", "VersioningConfiguration": {"Status": "Suspended"}});
    world.put_by_service("AWS::S3::Bucket", "reverting", &json!({"BucketName": "reverting"}), &bucket).await;
    let queue = world.physical_id("Queue").await;
    let context = crate::cloudformation::provider::ResourceContext {
        cloud: Arc::clone(&world.cloud),
        account: world.cloud.account.clone(),
        region: "eu-central-1".to_owned(),
        stack_name: "elsewhere".to_owned(),
        logical_id: "Other".to_owned(),
        tags: std::collections::BTreeMap::new(),
    };
    crate::sqs::resources::delete_queue(&context, &queue, &json!({"QueueName": "q"})).await.unwrap();

    let fields = [
        ("StackName", "s"),
        ("ChangeSetName", "back"),
        ("DeploymentMode", "REVERT_DRIFT"),
        ("UsePreviousTemplate", "true"),
        ("Parameters.member.1.ParameterKey", "Days"),
        ("Parameters.member.1.UsePreviousValue", "true"),
    ];
    world.ok("CreateChangeSet", &fields).await;
    let described = world
        .ok("DescribeChangeSet", &[("StackName", "s"), ("ChangeSetName", "back"), ("IncludePropertyValues", "true")])
        .await;
    let lines: Vec<String> =
        ["Action", "LogicalResourceId", "ResourceDriftStatus", "Path", "ActualValue", "AfterValue"]
            .iter()
            .map(|name| format!("{name}: {}", described.fields(name).join(" | ")))
            .collect();
    insta::assert_snapshot!(lines.join("\n"));
    assert_eq!(world.execute("back").await, "UPDATE_COMPLETE", "{:#?}", world.events());
    let lines = super::drift::found(&world, "s").await;
    assert_eq!(lines[0], "IN_SYNC 0", "{lines:#?}");
}
