//! `stack diff --change-set`: what CloudFormation says is read, and nothing is left behind.

use serde_json::{Value, json};
use stack_aws::{CancellationToken, OperationOptions, Preview, Recreation, StackStatus, preview};
use stack_plan::Plan;
use stack_plan::diff::Action;
use test_support::{Fault, ScriptedCloud};

use crate::companions::{EDGE, plan_with_companion};
use crate::steps::{ARTIFACT_BUCKET, POLLING, STACK, connect, plan, plan_with_function, template};

fn options() -> OperationOptions {
    OperationOptions { polling: Some(POLLING), ..OperationOptions::default() }
}

async fn previews(cloud: &ScriptedCloud, plan: &Plan) -> Vec<Preview> {
    preview(&connect(cloud, 5).await, plan, &[], &options()).await.unwrap().unwrap()
}

/// The template before the one that is planned.
fn before() -> Value {
    let mut before = template();
    before["Resources"]["Alerts"]["Properties"]["DisplayName"] = json!("before");
    before
}

/// Change sets that can still be executed, and stacks that are empty shells.
fn left(cloud: &ScriptedCloud) -> (usize, usize) {
    cloud.world(|world| {
        let sets = world.stacks.iter().flat_map(|stack| &stack.change_sets);
        let shells = world.stacks.iter().filter(|stack| stack.status == "REVIEW_IN_PROGRESS");
        (sets.filter(|set| set.execution_status == "AVAILABLE").count(), shells.count())
    })
}

#[tokio::test]
async fn a_change_set_is_told_with_its_values_and_taken_away() {
    let cloud = ScriptedCloud::start().await;
    cloud.world(|world| {
        world.add_stack(STACK, "CREATE_COMPLETE", &before());
        let name = ["/Properties/DisplayName", "before", "alerts", "Never"].map(str::to_owned);
        let topic = ["/Properties/TopicName", "a", "b", "Always"].map(str::to_owned);
        world.details.insert("Alerts".to_owned(), ("True".to_owned(), vec![topic, name]));
    });
    let previews = previews(&cloud, &plan(&template())).await;
    let [Preview::Made(change_set)] = previews.as_slice() else { panic!("{previews:?}") };
    let [change] = change_set.changes.as_slice() else { panic!("{change_set:?}") };
    assert_eq!((change.logical_id.as_str(), change.action), ("Alerts", Action::Replace));
    let values: Vec<_> = change
        .values
        .iter()
        .map(|value| (value.path.as_str(), value.before.as_deref(), value.after.as_deref(), value.recreation))
        .collect();
    assert_eq!(
        values,
        [
            ("/Properties/DisplayName", Some("before"), Some("alerts"), Recreation::Never),
            ("/Properties/TopicName", Some("a"), Some("b"), Recreation::Always),
        ]
    );
    assert_eq!(left(&cloud), (0, 0));
    assert_eq!(cloud.world(|world| world.executions), 0);
}

#[tokio::test]
async fn a_stack_that_does_not_exist_stays_so_and_nothing_is_uploaded() {
    let cloud = ScriptedCloud::start().await;
    let directory = tempfile::tempdir().unwrap();
    let (plan, built) = plan_with_function(directory.path());
    let previews = preview(&connect(&cloud, 5).await, &plan, &built, &options()).await.unwrap().unwrap();
    let [Preview::Made(change_set)] = previews.as_slice() else { panic!("{previews:?}") };
    assert!(change_set.changes.iter().all(|change| change.action == Action::Add));
    assert!(cloud.world(|world| world.stack(STACK).is_none() && world.buckets.is_empty()));
}

#[tokio::test]
async fn the_shell_of_somebody_else_stays() {
    let cloud = ScriptedCloud::start().await;
    cloud.world(|world| world.add_stack(STACK, "REVIEW_IN_PROGRESS", &json!({})));
    assert!(matches!(previews(&cloud, &plan(&template())).await.as_slice(), [Preview::Made(_)]));
    assert_eq!(left(&cloud), (0, 1));
}

#[tokio::test]
async fn an_interrupt_leaves_nothing_behind() {
    for existing in [false, true] {
        let cloud = ScriptedCloud::start().await;
        if existing {
            cloud.world(|world| world.add_stack(STACK, "CREATE_COMPLETE", &before()));
        }
        // The change set never gets ready, so that only the interrupt ends the wait for it.
        cloud.world(|world| world.change_sets_pend = true);
        let interrupt = CancellationToken::new();
        let options = OperationOptions { interrupt: interrupt.clone(), ..options() };
        let aws = connect(&cloud, 5).await;
        let plan = plan(&template());
        let when_it_waits = async {
            while !cloud.take_calls().contains(&"DescribeChangeSet".to_owned()) {
                tokio::task::yield_now().await;
            }
            interrupt.cancel();
        };
        let (previews, ()) = tokio::join!(preview(&aws, &plan, &[], &options), when_it_waits);
        assert_eq!(previews.unwrap(), None);
        assert_eq!(left(&cloud), (0, 0));
        let sets = cloud.world(|world| world.stacks.iter().map(|stack| stack.change_sets.len()).sum::<usize>());
        assert_eq!(sets, 0);
        assert_eq!(cloud.world(|world| world.stack(STACK).is_some()), existing);
    }
}

#[tokio::test]
async fn a_failed_look_leaves_nothing_behind() {
    // 1 DescribeStacks, 2 CreateChangeSet, 3 DescribeChangeSet.
    let cloud = ScriptedCloud::start().await;
    cloud.fault(3, Fault::ServerError);
    let plan = plan(&template());
    let error = preview(&connect(&cloud, 1).await, &plan, &[], &options()).await.unwrap_err();
    assert_eq!(error.call().unwrap().operation, "DescribeChangeSet");
    assert_eq!(left(&cloud), (0, 0));
}

#[tokio::test]
async fn states_that_take_no_change_set_are_told() {
    for (status, expected) in [
        ("UPDATE_IN_PROGRESS", Preview::Busy { status: StackStatus::UpdateInProgress }),
        ("ROLLBACK_COMPLETE", Preview::Stuck { status: StackStatus::RollbackComplete }),
        ("UPDATE_ROLLBACK_FAILED", Preview::Stuck { status: StackStatus::UpdateRollbackFailed }),
    ] {
        let cloud = ScriptedCloud::start().await;
        cloud.world(|world| world.add_stack(STACK, status, &before()));
        assert_eq!(previews(&cloud, &plan(&template())).await, [expected]);
        assert_eq!(cloud.take_calls(), ["DescribeStacks"]);
    }
}

#[tokio::test]
async fn nothing_to_change_is_empty_and_a_refusal_has_its_reason() {
    let cloud = ScriptedCloud::start().await;
    cloud.world(|world| world.add_stack(STACK, "CREATE_COMPLETE", &template()));
    assert_eq!(previews(&cloud, &plan(&template())).await, [Preview::Empty]);

    cloud.world(|world| {
        world.add_stack(STACK, "CREATE_COMPLETE", &before());
        world.change_sets_fail = Some("AWS::EarlyValidation::PropertyValidation".to_owned());
    });
    let refused =
        Preview::Refused { reason: "AWS::EarlyValidation::PropertyValidation".to_owned(), findings: Vec::new() };
    assert_eq!(previews(&cloud, &plan(&template())).await, [refused]);
    assert_eq!(left(&cloud), (0, 0));
}

#[tokio::test]
async fn what_a_companion_gives_is_waited_for() {
    let cloud = ScriptedCloud::start().await;
    let plan = plan_with_companion();
    let seen = previews(&cloud, &plan).await;
    let [Preview::Waits { companion }, Preview::Made(edge)] = seen.as_slice() else { panic!("{seen:?}") };
    assert_eq!((companion.as_str(), edge.stack_name.as_str()), (EDGE, EDGE));
    assert_eq!(left(&cloud), (0, 0));
}

#[tokio::test]
async fn a_long_template_needs_the_bucket_and_does_not_make_it() {
    let cloud = ScriptedCloud::start().await;
    let mut long = template();
    long["Metadata"] = json!({"Text": "x".repeat(60_000)});
    let seen = previews(&cloud, &plan(&long)).await;
    assert_eq!(seen, [Preview::NeedsBucket { bucket: ARTIFACT_BUCKET.to_owned() }]);
    assert!(cloud.world(|world| world.buckets.is_empty() && world.stacks.is_empty()));
}
