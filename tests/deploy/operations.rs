//! Operations that somebody else began: taken up, stopped, taken back.

use serde_json::json;
use stack_aws::{
    Answer, AwsError, OperationOptions, Outcome, RollbackDecision, StackStatus, attach, cancel, roll_back,
};
use test_support::{Fault, ScriptedCloud};

use crate::steps::{POLLING, Recorder, STACK, connect, deploy_plan, kind, plan, template};

fn options() -> OperationOptions {
    OperationOptions {
        polling: Some(POLLING),
        attempt: Some("one".to_owned()),
        arguments: "-e dev".to_owned(),
        ..OperationOptions::default()
    }
}

/// A cloud in which an update of the stack runs, of which nobody has seen an event.
async fn updating(failing: bool) -> ScriptedCloud {
    let cloud = ScriptedCloud::start().await;
    let mut before = template();
    before["Resources"]["Alerts"]["Properties"]["DisplayName"] = "before".into();
    cloud.world(|world| {
        world.add_stack(STACK, "CREATE_COMPLETE", &before);
        world.slowness = 40;
        if failing {
            world.failing.insert("Alerts".to_owned(), "the name is taken".to_owned());
        }
    });
    let mut plan = plan(&template());
    // A deployment whose watching ends at once.
    let interrupt = stack_aws::CancellationToken::new();
    let mut host = Recorder::answering(Answer::Yes);
    plan.tags.clear();
    let options = stack_aws::DeployOptions {
        polling: Some(POLLING),
        interrupt: interrupt.clone(),
        ..stack_aws::DeployOptions::default()
    };
    let aws = connect(&cloud, 5).await;
    let mut leaving = Leaving(&mut host, interrupt);
    let outcome = stack_aws::deploy(&aws, &plan, &[], ".".as_ref(), &options, &mut leaving).await.unwrap();
    assert_eq!(kind(&outcome), "detached");
    cloud.take_calls().clear();
    cloud
}

/// Says yes, and leaves at the first event of the operation.
struct Leaving<'a>(&'a mut Recorder, stack_aws::CancellationToken);

impl stack_aws::Host for Leaving<'_> {
    fn event(&mut self, event: stack_plan::Event) {
        if matches!(event, stack_plan::Event::Stack(_)) {
            self.1.cancel();
        }
        self.0.event(event);
    }

    fn approve(&mut self, question: &stack_aws::Question) -> Answer {
        self.0.approve(question)
    }
}

#[tokio::test]
async fn an_operation_is_taken_up_from_its_beginning() {
    let cloud = updating(false).await;
    let mut host = Recorder::answering(Answer::No);
    let outcome = attach(&connect(&cloud, 5).await, STACK, &options(), &mut host).await.unwrap();
    let Outcome::Settled { status, outputs, next, .. } = &outcome else { panic!("{outcome:?}") };
    assert_eq!(*status, StackStatus::UpdateComplete);
    assert_eq!(outputs["SiteUrl"], "https://site.example");
    assert_eq!(next, &["stack deploy -e dev"], "contents are still to be brought");
    let events = host.stack_events();
    assert_eq!(events[0], format!("{STACK} UPDATE_IN_PROGRESS"), "not what was before: {events:?}");
    assert_eq!(events.last().unwrap(), &format!("{STACK} UPDATE_COMPLETE"));
    assert_eq!(events.len(), events.iter().collect::<std::collections::HashSet<_>>().len(), "each once: {events:?}");
}

#[tokio::test]
async fn an_operation_that_fails_is_told_with_its_cause() {
    let cloud = updating(true).await;
    let mut host = Recorder::answering(Answer::No);
    let outcome = attach(&connect(&cloud, 5).await, STACK, &options(), &mut host).await.unwrap();
    let Outcome::RolledBack { status, cause, next, .. } = &outcome else { panic!("{outcome:?}") };
    assert_eq!(*status, StackStatus::UpdateRollbackComplete);
    assert_eq!(cause.as_ref().unwrap().logical_id, "Alerts");
    assert_eq!(next, &["stack deploy -e dev"]);
}

#[tokio::test]
async fn a_deletion_is_taken_up_and_tells_what_stays() {
    let cloud = ScriptedCloud::start().await;
    let mut kept = template();
    kept["Resources"]["Site"]["DeletionPolicy"] = json!("Retain");
    cloud.world(|world| {
        world.slowness = 40;
        world.add_stack(STACK, "CREATE_COMPLETE", &kept);
    });
    let aws = connect(&cloud, 5).await;
    let stack = stack_aws::status(&aws, STACK).await.unwrap().unwrap();
    let mut host = Recorder::answering(Answer::Yes);
    let interrupt = stack_aws::CancellationToken::new();
    let destroy = stack_aws::DestroyOptions {
        polling: Some(POLLING),
        interrupt: interrupt.clone(),
        ..stack_aws::DestroyOptions::default()
    };
    let mut leaving = Leaving(&mut host, interrupt);
    let outcome = stack_aws::destroy(&aws, STACK, &destroy, &mut leaving).await.unwrap();
    let Outcome::Detached { next, .. } = &outcome else { panic!("{outcome:?}") };
    assert_eq!(next, &["stack attach"]);
    let outcome = attach(&aws, &stack.reference.id, &options(), &mut host).await.unwrap();
    let Outcome::Destroyed { retained, .. } = &outcome else { panic!("{outcome:?}") };
    assert_eq!(retained.len(), 1);
    assert_eq!(retained[0].logical_id, "Site");
}

#[tokio::test]
async fn every_state_has_its_attach_cancel_and_rollback() {
    for status in StackStatus::ALL.iter().copied().filter(|status| *status != StackStatus::DeleteComplete) {
        let cloud = ScriptedCloud::start().await;
        cloud.world(|world| world.add_stack(STACK, status.as_str(), &template()));
        let aws = connect(&cloud, 5).await;
        let mut host = Recorder::answering(Answer::No);
        // What runs here has no events to come, so only what stands still is attached to.
        if !status.is_in_progress() {
            let outcome = attach(&aws, STACK, &options(), &mut host).await.unwrap();
            assert_eq!(kind(&outcome), "idle", "{status}");
        }
        let cancelled = kind(&cancel(&aws, STACK, &options(), &mut host).await.unwrap());
        let expected = match status {
            StackStatus::UpdateInProgress => "settled",
            status if status.is_in_progress() => "not-cancelled",
            _ => "idle",
        };
        assert_eq!(cancelled, expected, "{status}");
        if status == StackStatus::UpdateInProgress {
            continue;
        }
        let decision = StackStatus::rollback_decision(status);
        let rolled_back = kind(&roll_back(&aws, STACK, &[], &options(), &mut host).await.unwrap());
        let expected = match decision {
            RollbackDecision::RollBack | RollbackDecision::Continue => "settled",
            RollbackDecision::Busy => "busy",
            RollbackDecision::Idle | RollbackDecision::Refuse => "idle",
        };
        assert_eq!(rolled_back, expected, "{status}");
    }
    let cloud = ScriptedCloud::start().await;
    let aws = connect(&cloud, 5).await;
    let mut host = Recorder::answering(Answer::No);
    assert_eq!(kind(&attach(&aws, STACK, &options(), &mut host).await.unwrap()), "absent");
    assert_eq!(kind(&cancel(&aws, STACK, &options(), &mut host).await.unwrap()), "absent");
    assert_eq!(kind(&roll_back(&aws, STACK, &[], &options(), &mut host).await.unwrap()), "absent");
}

#[tokio::test]
async fn an_update_is_cancelled_once_whatever_is_lost() {
    for at in 1..12 {
        let cloud = updating(false).await;
        cloud.fault(at, Fault::CutInTheMiddle);
        let mut host = Recorder::answering(Answer::No);
        let outcome = cancel(&connect(&cloud, 5).await, STACK, &options(), &mut host).await.unwrap();
        match &outcome {
            Outcome::Settled { status, .. } => assert_eq!(*status, StackStatus::UpdateRollbackComplete, "{at}"),
            // Each look lets the update go on: with more looks it is over first.
            Outcome::NotCancelled { status, .. } | Outcome::Idle { status, .. } => {
                assert_ne!(*status, StackStatus::UpdateInProgress, "{at}");
            }
            _ => panic!("{at}: {outcome:?}"),
        }
    }
}

#[tokio::test]
async fn a_rollback_that_failed_goes_on_without_what_it_skips() {
    let cloud = ScriptedCloud::start().await;
    cloud.world(|world| {
        world.add_stack(STACK, "UPDATE_ROLLBACK_FAILED", &template());
        world.rollback_fails = true;
    });
    let aws = connect(&cloud, 5).await;
    let mut host = Recorder::answering(Answer::No);
    let outcome = roll_back(&aws, STACK, &[], &options(), &mut host).await.unwrap();
    let Outcome::NeedsRollback { status, cause, next, .. } = &outcome else { panic!("{outcome:?}") };
    assert_eq!(*status, StackStatus::UpdateRollbackFailed);
    assert_eq!(cause.as_ref().unwrap().logical_id, "Alerts");
    assert_eq!(next[0], "stack rollback -e dev");
    let again = OperationOptions { attempt: Some("two".to_owned()), ..options() };
    let outcome = roll_back(&aws, STACK, &["Alerts".to_owned()], &again, &mut host).await.unwrap();
    assert_eq!(kind(&outcome), "settled");
    // And a deployment goes on from there.
    let outcome = deploy_plan(&cloud, &plan(&template()), &mut Recorder::answering(Answer::Yes)).await.unwrap();
    assert_eq!(kind(&outcome), "no-changes");
}

#[tokio::test]
async fn there_is_nothing_to_skip_where_no_rollback_failed() {
    let cloud = ScriptedCloud::start().await;
    cloud.world(|world| world.add_stack(STACK, "UPDATE_FAILED", &template()));
    let aws = connect(&cloud, 5).await;
    let mut host = Recorder::answering(Answer::No);
    let refused = roll_back(&aws, STACK, &["Alerts".to_owned()], &options(), &mut host).await.unwrap_err();
    assert!(matches!(refused, AwsError::NothingToSkip { .. }), "{refused:?}");
    assert_eq!(cloud.take_calls(), ["DescribeStacks"]);
}
