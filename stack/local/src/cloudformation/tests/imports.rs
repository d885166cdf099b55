//! `ImportExistingResources`: what exists already becomes the stack's.

use super::services::artifact_bucket;
use super::*;

impl World {
    /// Makes a change set that may import, and tells `Action LogicalResourceId PhysicalResourceId` of what it would do.
    async fn importing(&self, stack: &str, kind: &str, template: &str) -> Vec<String> {
        let fields = [
            ("StackName", stack),
            ("ChangeSetName", "import"),
            ("ChangeSetType", kind),
            ("TemplateBody", template),
            ("ImportExistingResources", "true"),
            ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
        ];
        self.ok("CreateChangeSet", &fields).await;
        let described = self.ok("DescribeChangeSet", &[("StackName", stack), ("ChangeSetName", "import")]).await;
        assert_eq!(described.field("ImportExistingResources"), "true");
        let changes = described.body.split("<ResourceChange>").skip(1).map(|change| {
            let change = Answered { status: 200, body: change.to_owned() };
            let line = ["Action", "LogicalResourceId", "PhysicalResourceId"].map(|name| change.field(name)).join(" ");
            line.trim_end().to_owned()
        });
        changes.collect()
    }

    async fn execute_import(&self, stack: &str) -> String {
        self.ok("ExecuteChangeSet", &[("StackName", stack), ("ChangeSetName", "import")]).await;
        self.settle().await;
        self.status(stack).await
    }

    async fn deploy(&self, stack: &str, template: &str) {
        let fields =
            [("StackName", stack), ("TemplateBody", template), ("Capabilities.member.1", "CAPABILITY_NAMED_IAM")];
        self.ok("CreateStack", &fields).await;
        self.settle().await;
        assert_eq!(self.status(stack).await, "CREATE_COMPLETE", "{:#?}", self.events());
    }

    /// Deploys a template of which everything is retained, and deletes the stack.
    async fn leave_behind(&self, template: &str) {
        self.deploy("old", template).await;
        self.ok("DeleteStack", &[("StackName", "old")]).await;
        self.settle().await;
    }
}

fn left() -> String {
    things(&[("A", "DeletionPolicy: Retain, Properties: {Name: a, Value: x}")])
}

fn wanted() -> String {
    things(&[
        ("A", "DeletionPolicy: RetainExceptOnCreate, Properties: {Name: a, Value: y}"),
        ("B", "Properties: {Name: b, Value: !GetAtt A.Arn}"),
    ])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_exists_is_imported_as_it_is() {
    let world = World::new();
    world.leave_behind(&left()).await;
    assert_eq!(world.importing("s", "CREATE", &wanted()).await, ["Import A a", "Add B"]);
    world.calls();
    assert_eq!(world.execute_import("s").await, "CREATE_COMPLETE");
    assert_eq!(world.calls(), ["create B"]);
    assert_eq!([world.value("a"), world.value("b")], ["x", "arn:test:a"]);
    let events = world.events();
    let of_a: Vec<&String> = events.iter().filter(|event| event.starts_with("A ")).collect();
    assert_eq!(of_a, ["A IMPORT_IN_PROGRESS Resource import started.", "A IMPORT_COMPLETE Resource import completed."]);
    // How it differs from the template is drift, which the next change does not see.
    assert_eq!(super::drift::found(&world, "s").await[..2], ["DRIFTED 1", "A MODIFIED"]);
    let fields = [("StackName", "s"), ("TemplateBody", &wanted())];
    assert_eq!(world.refused("UpdateStack", &fields).await, "ValidationError: No updates are to be performed.");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stack_that_exists_imports_too() {
    let world = World::new();
    world.leave_behind(&left()).await;
    world.deploy("s", &things(&[("B", "Properties: {Name: b, Value: x}")])).await;
    assert_eq!(world.importing("s", "UPDATE", &wanted()).await, ["Import A a", "Modify B b"]);
    assert_eq!(world.execute_import("s").await, "UPDATE_COMPLETE");
    assert_eq!(world.value("b"), "arn:test:a");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollback_leaves_what_was_imported() {
    for (kind, status) in [("CREATE", "ROLLBACK_COMPLETE"), ("UPDATE", "UPDATE_ROLLBACK_COMPLETE")] {
        let world = World::new();
        world.leave_behind(&left()).await;
        if kind == "UPDATE" {
            world.deploy("s", &things(&[("C", "")])).await;
        }
        world.importing("s", kind, &wanted()).await;
        world.fail("create B");
        world.calls();
        assert_eq!(world.execute_import("s").await, status, "{:#?}", world.events());
        assert_eq!(world.value("a"), "x");
        assert!(!world.calls().contains(&"delete A".to_owned()), "{kind}");
        // It is nobody's again.
        world.heal();
        world.ok("DeleteStack", &[("StackName", "s")]).await;
        world.settle().await;
        assert_eq!(world.importing("next", "CREATE", &wanted()).await, ["Import A a", "Add B"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_to_be_imported_stands_in_the_way() {
    let cases = [
        // Another stack owns it.
        (true, wanted()),
        // Nothing would keep it.
        (false, things(&[("A", "Properties: {Name: a}")])),
        (false, things(&[("A", "DeletionPolicy: Delete, Properties: {Name: a}")])),
        // The name is not written in the template.
        (false, things(&[("A", "DeletionPolicy: Retain, Properties: {Name: !Sub 'a'}")])),
    ];
    for (is_owned, template) in cases {
        let world = World::new();
        if is_owned {
            world.deploy("old", &left()).await;
        } else {
            world.leave_behind(&left()).await;
        }
        assert_eq!(world.importing("s", "CREATE", &template).await[0], "Add A", "{template}");
        assert_eq!(world.execute_import("s").await, "ROLLBACK_COMPLETE", "{template}");
        assert!(world.events().iter().any(|event| event.contains("a already exists")), "{:#?}", world.events());
        assert_eq!(world.value("a"), "x");
    }
    // Nor is anything imported that was not asked for.
    let world = World::new();
    world.leave_behind(&left()).await;
    world.ok("CreateStack", &[("StackName", "s"), ("TemplateBody", &wanted())]).await;
    world.settle().await;
    assert_eq!(world.status("s").await, "ROLLBACK_COMPLETE");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_gone_or_taken_when_the_set_is_executed_fails() {
    let world = World::new();
    world.leave_behind(&left()).await;
    world.importing("s", "CREATE", &wanted()).await;
    world.importing("t", "CREATE", &wanted().replace("Name: b", "Name: c")).await;
    assert_eq!(world.execute_import("t").await, "CREATE_COMPLETE");
    assert_eq!(world.execute_import("s").await, "ROLLBACK_COMPLETE");
    let reasons = world.ok("DescribeStackEvents", &[("StackName", "s")]).await.fields("ResourceStatusReason");
    assert!(reasons.contains(&"Resource a already exists in stack t".to_owned()), "{reasons:#?}");
    let world = World::new();
    world.leave_behind(&left()).await;
    world.importing("s", "CREATE", &wanted()).await;
    world.cloud.cloudformation.things.existing.lock().unwrap().clear();
    assert_eq!(world.execute_import("s").await, "ROLLBACK_COMPLETE");
    assert!(world.events().iter().any(|event| event.starts_with("A IMPORT_FAILED")), "{:#?}", world.events());
}

const SERVICES: &str = r"
Resources:
  Bucket: {Type: AWS::S3::Bucket, DeletionPolicy: Retain, Properties: {BucketName: kept}}
  Table: {Type: AWS::DynamoDB::Table, DeletionPolicy: Retain, Properties: {TableName: kept, AttributeDefinitions: [{AttributeName: id, AttributeType: S}], KeySchema: [{AttributeName: id, KeyType: HASH}], BillingMode: PAY_PER_REQUEST, StreamSpecification: {StreamViewType: NEW_IMAGE}}}
  Logs: {Type: AWS::Logs::LogGroup, DeletionPolicy: Retain, Properties: {LogGroupName: /kept, RetentionInDays: 7}}
  Role: {Type: AWS::IAM::Role, DeletionPolicy: Retain, Properties: {RoleName: kept, AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]}}}
  Function: {Type: AWS::Lambda::Function, DeletionPolicy: Retain, Properties: {FunctionName: kept, Runtime: provided.al2023, Handler: bootstrap, Role: !GetAtt Role.Arn, Code: {S3Bucket: artifacts, S3Key: f.zip}}}
  Parameter: {Type: AWS::SSM::Parameter, DeletionPolicy: Retain, Properties: {Name: /kept, Type: String, Value: one}}
  Bus: {Type: AWS::Events::EventBus, DeletionPolicy: Retain, Properties: {Name: kept}}
  Alarm: {Type: AWS::CloudWatch::Alarm, DeletionPolicy: Retain, Properties: {AlarmName: kept, Namespace: n, MetricName: m, Statistic: Sum, Period: 60, EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: GreaterThanThreshold}}
  Repository: {Type: AWS::ECR::Repository, DeletionPolicy: Retain, Properties: {RepositoryName: kept}}
  Schedules: {Type: AWS::Scheduler::ScheduleGroup, DeletionPolicy: Retain, Properties: {Name: kept}}
  User: {Type: AWS::IAM::User, DeletionPolicy: Retain, Properties: {UserName: kept}}
  Group: {Type: AWS::IAM::Group, DeletionPolicy: Retain, Properties: {GroupName: kept}}
  Profile: {Type: AWS::IAM::InstanceProfile, DeletionPolicy: Retain, Properties: {InstanceProfileName: kept, Roles: [!Ref Role]}}
  BucketPolicy: {Type: AWS::S3::BucketPolicy, DependsOn: Bucket, DeletionPolicy: Retain, Properties: {Bucket: kept, PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Deny, Principal: '*', Action: 's3:DeleteBucket', Resource: 'arn:aws:s3:::kept'}]}}}
  Cluster: {Type: AWS::ECS::Cluster, DeletionPolicy: Retain, Properties: {ClusterName: kept}}
  Settings: {Type: AWS::RDS::DBParameterGroup, DeletionPolicy: Retain, Properties: {DBParameterGroupName: kept, Description: d, Family: postgres17}}
";

/// Types whose identifier only the service gives.
const OTHERS: &str = r"
  Queue: {Type: AWS::SQS::Queue, DeletionPolicy: Retain, Properties: {QueueName: kept}}
  Topic: {Type: AWS::SNS::Topic, DeletionPolicy: Retain, Properties: {TopicName: kept}}
  Secret: {Type: AWS::SecretsManager::Secret, DeletionPolicy: Retain, Properties: {Name: kept, SecretString: x}}
";

const OUTPUTS: &str = r"
Outputs:
  Bucket: {Value: !GetAtt Bucket.Arn}
  Table: {Value: !GetAtt Table.StreamArn}
  Logs: {Value: !GetAtt Logs.Arn}
  Role: {Value: !GetAtt Role.RoleId}
  Function: {Value: !GetAtt Function.Arn}
  Parameter: {Value: !GetAtt Parameter.Value}
  Bus: {Value: !GetAtt Bus.Arn}
  Alarm: {Value: !GetAtt Alarm.Arn}
  Repository: {Value: !GetAtt Repository.RepositoryUri}
  Schedules: {Value: !GetAtt Schedules.Arn}
  User: {Value: !GetAtt User.Arn}
  Group: {Value: !GetAtt Group.Arn}
  Profile: {Value: !GetAtt Profile.Arn}
  BucketPolicy: {Value: !Ref BucketPolicy}
  Cluster: {Value: !GetAtt Cluster.Arn}
  Settings: {Value: !Ref Settings}
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resources_of_services_are_imported_with_their_attributes() {
    let world = World::new();
    artifact_bucket(&world).await;
    world.deploy("old", &format!("{SERVICES}{OTHERS}{OUTPUTS}")).await;
    let before = world.ok("DescribeStacks", &[("StackName", "old")]).await.fields("OutputValue");
    world.ok("DeleteStack", &[("StackName", "old")]).await;
    world.settle().await;

    let template = format!("{SERVICES}{OUTPUTS}").replace("RetentionInDays: 7", "RetentionInDays: 14");
    let all = world.importing("other", "CREATE", &format!("{SERVICES}{OTHERS}")).await;
    insta::assert_snapshot!(all.join("\n"));
    let lines = world.importing("s", "CREATE", &template).await;
    assert!(lines.iter().all(|line| line.starts_with("Import ")), "{lines:#?}");
    assert_eq!(world.execute_import("s").await, "CREATE_COMPLETE", "{:#?}", world.events());
    let after = world.ok("DescribeStacks", &[("StackName", "s")]).await.fields("OutputValue");
    assert_eq!(after, before);
    let drift = super::drift::found(&world, "s").await;
    assert_eq!(drift[0], "DRIFTED 1", "{drift:#?}");
    assert!(drift.contains(&"  NOT_EQUAL /RetentionInDays 14 -> 7".to_owned()), "{drift:#?}");
}
