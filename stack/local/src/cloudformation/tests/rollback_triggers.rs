//! `RollbackConfiguration`: alarms that end an operation.

use super::*;

const ALARM: &str = "arn:aws:cloudwatch:eu-central-1:000000000000:alarm:wrong";
const BOTH: &str = "arn:aws:cloudwatch:eu-central-1:000000000000:alarm:both";
const METRIC: &str = "AWS::CloudWatch::Alarm";
const COMPOSITE: &str = "AWS::CloudWatch::CompositeAlarm";

const ALARMS: &str = r"
Resources:
  Wrong: {Type: AWS::CloudWatch::Alarm, Properties: {AlarmName: wrong, Namespace: app, MetricName: errors, Statistic: Sum, Period: 60, EvaluationPeriods: 1, Threshold: 0, ComparisonOperator: GreaterThanThreshold}}
  Both: {Type: AWS::CloudWatch::CompositeAlarm, DependsOn: Wrong, Properties: {AlarmName: both, AlarmRule: ALARM(wrong)}}
";

const ONE_TRIGGER: [(&str, &str); 2] = [
    ("RollbackConfiguration.RollbackTriggers.member.1.Arn", ALARM),
    ("RollbackConfiguration.RollbackTriggers.member.1.Type", METRIC),
];

impl World {
    /// With alarms that a metric sets off.
    async fn with_alarms() -> Self {
        let world = Self::new();
        world.cloud.cloudwatch.resume(&world.cloud);
        world.ok("CreateStack", &[("StackName", "alarms"), ("TemplateBody", ALARMS)]).await;
        world.settle().await;
        world
    }

    fn go_wrong(&self) {
        self.cloud.cloudwatch.record("app", "errors", &[], 1.0, "Count");
    }

    async fn with_trigger(&self, action: &str, template: &str, more: &[(&str, &str)]) {
        let fields = [&[("StackName", "s"), ("TemplateBody", template)], &ONE_TRIGGER[..], more].concat();
        self.ok(action, &fields).await;
    }

    /// Waits until an event begins so.
    async fn until(&self, start: &str) {
        while !self.events().iter().any(|event| event.starts_with(start)) {
            tokio::task::yield_now().await;
        }
    }

    async fn configuration(&self, action: &str, fields: &[(&str, &str)]) -> String {
        self.ok(action, fields).await.field("RollbackConfiguration")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn triggers_are_shown_stay_and_are_removed() {
    let world = World::with_alarms().await;
    let template = things(&[("A", "")]);
    let stack = [("StackName", "s")];
    world.with_trigger("CreateStack", &template, &[("RollbackConfiguration.MonitoringTimeInMinutes", "0")]).await;
    world.settle().await;
    assert_eq!(world.status("s").await, "CREATE_COMPLETE");
    let first = format!(
        "<RollbackTriggers><member><Arn>{ALARM}</Arn><Type>{METRIC}</Type></member></RollbackTriggers><MonitoringTimeInMinutes>0</MonitoringTimeInMinutes>"
    );
    assert_eq!(world.configuration("DescribeStacks", &stack).await, first);
    world.update(&things(&[("A", "Properties: {Value: y}")])).await;
    assert_eq!(world.configuration("DescribeStacks", &stack).await, first);
    // Another trigger alone is a change that can be executed, without a change of a resource.
    let fields = [
        ("StackName", "s"),
        ("ChangeSetName", "other"),
        ("UsePreviousTemplate", "true"),
        ("RollbackConfiguration.RollbackTriggers.member.1.Arn", BOTH),
        ("RollbackConfiguration.RollbackTriggers.member.1.Type", COMPOSITE),
    ];
    world.ok("CreateChangeSet", &fields).await;
    let set = [("StackName", "s"), ("ChangeSetName", "other")];
    let described = world.ok("DescribeChangeSet", &set).await;
    assert_eq!([described.field("Status"), described.field("ExecutionStatus")], ["CREATE_COMPLETE", "AVAILABLE"]);
    let second = first.replace(ALARM, BOTH).replace(METRIC, COMPOSITE);
    assert_eq!(described.field("RollbackConfiguration"), second);
    world.ok("ExecuteChangeSet", &set).await;
    world.settle().await;
    assert_eq!(world.configuration("DescribeStacks", &stack).await, second);
    let fields = [("StackName", "s"), ("UsePreviousTemplate", "true"), ("RollbackConfiguration.RollbackTriggers", "")];
    world.ok("UpdateStack", &fields).await;
    world.settle().await;
    assert_eq!(
        world.configuration("DescribeStacks", &stack).await,
        "<MonitoringTimeInMinutes>0</MonitoringTimeInMinutes>"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faulty_triggers_are_refused() {
    let world = World::with_alarms().await;
    let template = things(&[("A", "")]);
    let mut refusals = Vec::new();
    let cases: [&[(&str, &str)]; 4] = [
        &[
            ("RollbackConfiguration.RollbackTriggers.member.1.Arn", ALARM),
            ("RollbackConfiguration.RollbackTriggers.member.1.Type", "AWS::SNS::Topic"),
        ],
        &[
            ("RollbackConfiguration.RollbackTriggers.member.1.Arn", "arn:aws:sns:eu-central-1:000000000000:t"),
            ("RollbackConfiguration.RollbackTriggers.member.1.Type", METRIC),
        ],
        &[("RollbackConfiguration.MonitoringTimeInMinutes", "181")],
        &[("RollbackConfiguration.RollbackTriggers.member.1.Arn", ALARM)],
    ];
    for case in cases {
        let fields = [&[("StackName", "s"), ("TemplateBody", template.as_str())], case].concat();
        refusals.push(world.refused("CreateStack", &fields).await);
    }
    let names: Vec<[String; 2]> = (1..=6)
        .map(|index| {
            ["Arn", "Type"].map(|name| format!("RollbackConfiguration.RollbackTriggers.member.{index}.{name}"))
        })
        .collect();
    let mut fields = vec![("StackName", "s"), ("TemplateBody", template.as_str())];
    fields.extend(names.iter().flat_map(|[arn, kind]| [(arn.as_str(), ALARM), (kind.as_str(), METRIC)]));
    refusals.push(world.refused("CreateStack", &fields).await);
    insta::assert_snapshot!(refusals.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alarm_during_the_operation_rolls_it_back() {
    let world = World::with_alarms().await;
    world.create(&things(&[("A", "Properties: {Value: x}")])).await;
    let template =
        things(&[("A", "Properties: {Value: y}"), ("Slow", "Properties: {Name: slow, Gated: true, Value: !Ref A}")]);
    world.with_trigger("UpdateStack", &template, &[]).await;
    world.until("Slow CREATE_IN_PROGRESS").await;
    world.go_wrong();
    world.cloud.cloudformation.things.gate.add_permits(10);
    world.settle().await;
    assert_eq!(world.status("s").await, "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(world.things().len(), 1);
    assert_eq!(world.value(&world.things()[0]), "x");
    let reason = format!("The following rollback trigger(s) are in ALARM state: [{ALARM}].");
    let events = world.events();
    assert!(events.contains(&format!("s UPDATE_ROLLBACK_IN_PROGRESS {reason}")), "{events:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alarm_that_is_there_already_or_missing_lets_nothing_begin() {
    let world = World::with_alarms().await;
    world.go_wrong();
    let template = things(&[("A", "")]);
    world.with_trigger("CreateStack", &template, &[]).await;
    world.settle().await;
    assert_eq!(world.status("s").await, "ROLLBACK_COMPLETE");
    assert!(world.calls().is_empty());

    let world = World::new();
    world.with_trigger("CreateStack", &template, &[]).await;
    world.settle().await;
    assert_eq!(world.status("s").await, "ROLLBACK_COMPLETE");
    let reason = format!("The following rollback trigger(s) do not exist: [{ALARM}]. Rollback requested by user.");
    assert!(world.events().contains(&format!("s ROLLBACK_IN_PROGRESS {reason}")), "{:#?}", world.events());
    assert!(world.calls().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_monitoring_time_keeps_the_stack_busy_and_alarms_still_count() {
    let monitored = [("RollbackConfiguration.MonitoringTimeInMinutes", "30")];
    let template = things(&[("A", "Properties: {Name: a2}")]);
    for goes_wrong in [false, true] {
        let world = World::with_alarms().await;
        world.create(&things(&[("A", "Properties: {Name: a1}")])).await;
        world.with_trigger("UpdateStack", &template, &monitored).await;
        world.until("A UPDATE_COMPLETE").await;
        world.cloud.cloudformation.minutes.0.add_permits(29);
        for _ in 0..1000 {
            tokio::task::yield_now().await;
        }
        assert_eq!(world.status("s").await, "UPDATE_IN_PROGRESS");
        assert_eq!(world.things(), ["a1", "a2"]);
        let (status, things) = if goes_wrong {
            world.go_wrong();
            ("UPDATE_ROLLBACK_COMPLETE", ["a1"])
        } else {
            world.cloud.cloudformation.minutes.0.add_permits(1);
            ("UPDATE_COMPLETE", ["a2"])
        };
        world.settle().await;
        assert_eq!(world.status("s").await, status, "{:#?}", world.events());
        assert_eq!(world.things(), things);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_monitoring_time_can_be_ended_by_hand() {
    let world = World::new();
    let template = things(&[("A", "Properties: {Name: a2}")]);
    world.create(&things(&[("A", "Properties: {Name: a1}")])).await;
    let fields = [
        ("StackName", "s"),
        ("TemplateBody", template.as_str()),
        ("RollbackConfiguration.MonitoringTimeInMinutes", "180"),
    ];
    world.ok("UpdateStack", &fields).await;
    world.until("A UPDATE_COMPLETE").await;
    world.ok("CancelUpdateStack", &[("StackName", "s")]).await;
    world.settle().await;
    assert_eq!(world.status("s").await, "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(world.things(), ["a1"]);
}
