//! `NotificationARNs`: topics that get the events of a stack.

use super::nested::{child, put_child};
use super::*;
use crate::sqs::Wanted;

const TOPICS: &str = r"
Resources:
  One: {Type: AWS::SNS::Topic, Properties: {TopicName: one}}
  Two: {Type: AWS::SNS::Topic, Properties: {TopicName: two}}
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: told}}
  Policy: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [!Ref Queue], PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: sns.amazonaws.com}, Action: 'sqs:SendMessage', Resource: !GetAtt Queue.Arn}]}}}
  Subscription: {Type: AWS::SNS::Subscription, DependsOn: Policy, Properties: {TopicArn: !Ref One, Protocol: sqs, Endpoint: !GetAtt Queue.Arn}}
";

const ONE: &str = "arn:aws:sns:eu-central-1:000000000000:one";
const TWO: &str = "arn:aws:sns:eu-central-1:000000000000:two";

impl World {
    /// `Subject: LogicalResourceId ResourceStatus` of so many messages that the queue got, sorted, once all are there.
    async fn told(&self, count: usize) -> Vec<String> {
        while self.cloud.sqs.counts("told").0 < count {
            tokio::task::yield_now().await;
        }
        let mut lines = Vec::new();
        while lines.len() < count {
            let wanted = Wanted { limit: 10, visibility: None };
            for message in self.cloud.sqs.receive("told", wanted, crate::logs::now()).unwrap() {
                let envelope: serde_json::Value = serde_json::from_str(&message.body).unwrap();
                let text = envelope["Message"].as_str().unwrap();
                let field = |name: &str| {
                    let start = format!("{name}='");
                    let line = text.lines().find_map(|line| line.strip_prefix(&start)).unwrap();
                    line.trim_end_matches('\'').to_owned()
                };
                lines.push(format!(
                    "{}: {} {}",
                    envelope["Subject"].as_str().unwrap(),
                    field("LogicalResourceId"),
                    field("ResourceStatus")
                ));
            }
        }
        lines.sort();
        lines
    }

    async fn topics(&self) -> Vec<String> {
        let described = self.ok("DescribeStacks", &[("StackName", "s")]).await;
        let list = described.field("NotificationARNs");
        Answered { status: 200, body: list }.fields("member")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_is_published() {
    let world = World::new();
    world.ok("CreateStack", &[("StackName", "topics"), ("TemplateBody", TOPICS)]).await;
    world.settle().await;
    let template = things(&[("A", "Properties: {Value: !Select [0, !Ref 'AWS::NotificationARNs']}")]);
    let fields = [("StackName", "s"), ("TemplateBody", template.as_str()), ("NotificationARNs.member.1", ONE)];
    world.ok("CreateStack", &fields).await;
    world.settle().await;
    assert_eq!(world.topics().await, [ONE]);
    assert_eq!(world.value(&world.things()[0]), ONE);
    let mut events: Vec<String> = world.cloud.cloudformation.store.read(|state| {
        let stack = state.find("s", "eu-central-1").unwrap();
        let line = |event: &crate::cloudformation::model::StackEvent| {
            format!("AWS CloudFormation Notification: {} {}", event.logical_id, event.status)
        };
        stack.events.iter().map(line).collect()
    });
    events.sort();
    assert_eq!(events.len(), 5);
    assert_eq!(world.told(5).await, events);
    // The topics stay until others are given, and a deletion is told, too.
    world.ok("UpdateStack", &[("StackName", "s"), ("TemplateBody", &things(&[("A", "Properties: {Value: y}")]))]).await;
    world.settle().await;
    assert_eq!(world.topics().await, [ONE]);
    assert_eq!(world.told(5).await.last().unwrap(), "AWS CloudFormation Notification: s UPDATE_IN_PROGRESS");
    world.ok("DeleteStack", &[("StackName", "s")]).await;
    world.settle().await;
    assert!(world.told(4).await.contains(&"AWS CloudFormation Notification: s DELETE_COMPLETE".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn topics_change_alone_and_an_empty_list_removes_them() {
    let world = World::new();
    world.ok("CreateStack", &[("StackName", "topics"), ("TemplateBody", TOPICS)]).await;
    world.settle().await;
    let template = things(&[("A", "")]);
    world.create(&template).await;
    let set = |name: &'static str, topics: Vec<(&'static str, &'static str)>| {
        let fields = vec![("StackName", "s"), ("ChangeSetName", name), ("UsePreviousTemplate", "true")];
        [fields, topics].concat()
    };
    let two = set("two", vec![("NotificationARNs.member.1", ONE), ("NotificationARNs.member.2", TWO)]);
    world.ok("CreateChangeSet", &two).await;
    let described = world.ok("DescribeChangeSet", &[("StackName", "s"), ("ChangeSetName", "two")]).await;
    assert_eq!([described.field("Status"), described.field("ExecutionStatus")], ["CREATE_COMPLETE", "AVAILABLE"]);
    assert!(described.fields("Action").is_empty() && described.body.contains(TWO), "{}", described.body);
    world.calls();
    world.ok("ExecuteChangeSet", &[("StackName", "s"), ("ChangeSetName", "two")]).await;
    world.settle().await;
    assert_eq!(
        (world.status("s").await, world.topics().await),
        ("UPDATE_COMPLETE".to_owned(), vec![ONE.to_owned(), TWO.to_owned()])
    );
    assert!(world.calls().is_empty());
    world.ok("CreateChangeSet", &set("same", vec![])).await;
    let described = world.ok("DescribeChangeSet", &[("StackName", "s"), ("ChangeSetName", "same")]).await;
    assert_eq!(described.field("Status"), "FAILED");
    let fields = [("StackName", "s"), ("UsePreviousTemplate", "true"), ("NotificationARNs", "")];
    world.ok("UpdateStack", &fields).await;
    world.settle().await;
    assert!(world.topics().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn topics_that_do_not_exist_and_too_many_are_refused() {
    let world = World::new();
    let template = things(&[("A", "")]);
    let fields = [("StackName", "s"), ("TemplateBody", template.as_str()), ("NotificationARNs.member.1", ONE)];
    assert_eq!(
        world.refused("CreateStack", &fields).await,
        format!("ValidationError: Invalid notification ARN {ONE}: the topic does not exist")
    );
    let names: Vec<String> = (1..=6).map(|index| format!("NotificationARNs.member.{index}")).collect();
    let mut fields = vec![("StackName", "s"), ("TemplateBody", template.as_str())];
    fields.extend(names.iter().map(|name| (name.as_str(), ONE)));
    let refusal = world.refused("CreateStack", &fields).await;
    assert!(refusal.ends_with("Member must have length less than or equal to 5"), "{refusal}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollback_brings_the_topics_back() {
    let world = World::new();
    world.ok("CreateStack", &[("StackName", "topics"), ("TemplateBody", TOPICS)]).await;
    world.settle().await;
    world.create(&things(&[("A", "Properties: {Value: x}")])).await;
    world.fail("create B");
    let template = things(&[("A", "Properties: {Value: x}"), ("B", "")]);
    let fields = [("StackName", "s"), ("TemplateBody", template.as_str()), ("NotificationARNs.member.1", ONE)];
    world.ok("UpdateStack", &fields).await;
    world.settle().await;
    assert_eq!(world.status("s").await, "UPDATE_ROLLBACK_COMPLETE");
    assert!(world.topics().await.is_empty());
    let told = world.told(4).await;
    assert!(told.contains(&"AWS CloudFormation Notification: B CREATE_FAILED".to_owned()), "{told:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_nested_stack_has_topics_of_its_own() {
    let world = World::new();
    world.ok("CreateStack", &[("StackName", "topics"), ("TemplateBody", TOPICS)]).await;
    world.settle().await;
    put_child(&world, &things(&[("Inner", "")])).await;
    let parent = format!(
        "Resources: {{Child: {{Type: 'AWS::CloudFormation::Stack', Properties: {{TemplateURL: 'https://s3.eu-central-1.amazonaws.com/templates/child.yaml', NotificationARNs: ['{ONE}']}}}}}}"
    );
    world.ok("CreateStack", &[("StackName", "s"), ("TemplateBody", &parent)]).await;
    world.settle().await;
    assert_eq!(world.status("s").await, "CREATE_COMPLETE", "{:#?}", world.events());
    assert!(world.topics().await.is_empty());
    let told = world.told(5).await;
    assert!(told.iter().any(|line| line.ends_with("Inner CREATE_COMPLETE")), "{told:#?}");
    let nested = world.ok("DescribeStacks", &[("StackName", &child(&world).await)]).await;
    assert!(nested.field("NotificationARNs").contains(ONE), "{}", nested.body);
}
