//! Deploy: what is asked, what is called, what is told.

use std::path::Path;

use serde_json::json;
use stack_aws::{Answer, CancellationToken, DeployOptions, Operation, Outcome, Question, StackStatus, deploy};
use stack_plan::diff::Action;
use test_support::ScriptedCloud;

use crate::steps::{
    ARTIFACT_BUCKET, Recorder, STACK, connect, deploy_options, deploy_plan, deployed, kind, plan, plan_with_function,
    template,
};

#[tokio::test]
async fn a_first_deploy_makes_the_artifact_bucket_uploads_and_tells_the_outputs() {
    let cloud = ScriptedCloud::start().await;
    let directory = tempfile::tempdir().unwrap();
    let (plan, built) = plan_with_function(directory.path());
    let aws = connect(&cloud, 5).await;
    let mut host = Recorder::answering(Answer::Yes);
    let outcome = deploy(&aws, &plan, &built, directory.path(), &deploy_options(), &mut host).await.unwrap();
    let Outcome::Deployed { operation, outputs, change_set, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(operation, Operation::Created);
    assert_eq!(outputs["SiteUrl"], "https://site.example");
    assert!(change_set.changes.iter().all(|change| change.action == Action::Add));
    assert_eq!(
        host.questions[0],
        Question::CreateArtifactBucket {
            bucket: ARTIFACT_BUCKET.to_owned(),
            account: "123456789012".to_owned(),
            region: "eu-central-1".to_owned(),
        }
    );
    assert_eq!(host.questions[1], Question::ExecuteChangeSet(change_set.clone()));
    // The set that was shown is the one that ran.
    assert_eq!(cloud.world(|world| world.executed.clone()), [change_set.id]);
    let stored = cloud.world(|world| world.buckets[ARTIFACT_BUCKET].objects[&built[0].key()].bytes.clone());
    assert_eq!(stored, b"a zip");
    let parameters = cloud.world(|world| world.stack(STACK).unwrap().parameters.clone());
    assert_eq!(parameters["ResizeCodeKey"], built[0].key());

    let calls = cloud.take_calls();
    let is_watching = |call: &&String| *call == "DescribeStackEvents" || *call == "DescribeStacks";
    let upload = |call: &&String| *call == "HeadObject" || *call == "PutObject";
    let others = calls.iter().filter(|call| !is_watching(call) && !upload(call)).count();
    assert!(others <= 10, "{calls:?}");

    // Once more: nothing to do, and hardly a call.
    let mut host = Recorder::answering(Answer::No);
    let again = deploy(&aws, &plan, &built, directory.path(), &deploy_options(), &mut host).await.unwrap();
    assert_eq!(kind(&again), "no-changes");
    assert_eq!(cloud.take_calls(), ["DescribeStacks", "GetTemplate", "GetObject"]);
    assert!(host.questions.is_empty());
}

#[tokio::test]
async fn a_changed_zip_is_an_update_that_uploads_only_the_zip() {
    let cloud = ScriptedCloud::start().await;
    let directory = tempfile::tempdir().unwrap();
    let (plan, mut built) = plan_with_function(directory.path());
    let aws = connect(&cloud, 5).await;
    let mut host = Recorder::answering(Answer::Yes);
    deploy(&aws, &plan, &built, directory.path(), &deploy_options(), &mut host).await.unwrap();
    std::fs::write(&built[0].file, b"b zip").unwrap();
    built[0].sha256 = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(b"b zip"));
    let outcome = deploy(&aws, &plan, &built, directory.path(), &deploy_options(), &mut host).await.unwrap();
    let Outcome::Deployed { operation, change_set, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(operation, Operation::Updated);
    let changed: Vec<&str> = change_set.changes.iter().map(|change| change.logical_id.as_str()).collect();
    assert_eq!(changed, ["Resize"]);
    assert_eq!(cloud.world(|world| world.buckets[ARTIFACT_BUCKET].objects.len()), 2);
}

#[tokio::test]
async fn a_declined_first_deploy_leaves_nothing() {
    for (answer, expected) in [(Answer::No, "declined"), (Answer::CannotAsk, "approval-needed")] {
        let cloud = ScriptedCloud::start().await;
        let mut host = Recorder::answering(answer);
        let outcome = deploy_plan(&cloud, &plan(&template()), &mut host).await.unwrap();
        assert_eq!(kind(&outcome), expected);
        assert!(cloud.world(|world| world.stack(STACK).is_none()));
        assert_eq!(cloud.world(|world| world.executions), 0);
    }
}

#[tokio::test]
async fn a_declined_update_leaves_the_stack_without_a_change_set() {
    let cloud = ScriptedCloud::start().await;
    cloud.world(|world| world.add_stack(STACK, "UPDATE_COMPLETE", &json!({"Resources": {}})));
    let mut host = Recorder::answering(Answer::No);
    let outcome = deploy_plan(&cloud, &plan(&template()), &mut host).await.unwrap();
    assert_eq!(kind(&outcome), "declined");
    let left = cloud.world(|world| world.stack(STACK).unwrap().change_sets.len());
    assert_eq!(left, 0);
}

#[tokio::test]
async fn an_empty_change_set_is_no_change_and_is_deleted() {
    let cloud = ScriptedCloud::start().await;
    // A description alone is a difference of the text that changes no resource.
    let mut before = template();
    before["Description"] = json!("before");
    cloud.world(|world| world.add_stack(STACK, "CREATE_COMPLETE", &before));
    let (outcome, _) = deployed(&cloud, &template()).await;
    assert_eq!(kind(&outcome), "no-changes");
    assert!(cloud.take_calls().contains(&"DeleteChangeSet".to_owned()));
    assert_eq!(cloud.world(|world| world.stack(STACK).unwrap().change_sets.len()), 0);
}

#[tokio::test]
async fn a_refused_change_set_is_an_outcome_with_its_reason() {
    let cloud = ScriptedCloud::start().await;
    cloud.world(|world| world.change_sets_fail = Some("AWS::EarlyValidation::PropertyValidation".to_owned()));
    let (outcome, _) = deployed(&cloud, &template()).await;
    let Outcome::ChangeSetRefused { reason, .. } = &outcome else { panic!("{outcome:?}") };
    assert_eq!(reason, "AWS::EarlyValidation::PropertyValidation");
    assert!(cloud.world(|world| world.stack(STACK).is_none()), "the shell stays behind");
}

#[tokio::test]
async fn a_failed_creation_names_its_cause_and_the_next_deploy_starts_afresh() {
    let cloud = ScriptedCloud::start().await;
    cloud.world(|world| {
        let reason = "taken (RequestToken: x, HandlerErrorCode: AlreadyExists)";
        world.failing.insert("Site".to_owned(), reason.to_owned());
    });
    let (outcome, host) = deployed(&cloud, &template()).await;
    let Outcome::RolledBack { status, cause, others, next, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(status, StackStatus::RollbackComplete);
    let cause = cause.unwrap();
    assert_eq!((cause.logical_id.as_str(), cause.code.as_deref()), ("Site", Some("AlreadyExists")));
    assert!(others.is_empty(), "cancelled resources are no failures: {others:?}");
    assert_eq!(next, ["stack deploy -e dev --suffix alice"]);
    assert_eq!(
        host.stack_events(),
        [
            "avatars-alice CREATE_IN_PROGRESS",
            "Alerts CREATE_IN_PROGRESS",
            "Alerts CREATE_COMPLETE",
            "Site CREATE_FAILED",
            "Uploads CREATE_FAILED",
            "avatars-alice ROLLBACK_IN_PROGRESS",
            "avatars-alice ROLLBACK_COMPLETE",
        ]
    );
    cloud.world(|world| world.failing.clear());
    let (outcome, _) = deployed(&cloud, &template()).await;
    assert_eq!(kind(&outcome), "deployed");
}

#[tokio::test]
async fn a_failed_update_is_rolled_back_or_stuck() {
    for (rollback_fails, expected) in [(false, "rolled-back"), (true, "needs-rollback")] {
        let cloud = ScriptedCloud::start().await;
        cloud.world(|world| {
            world.add_stack(STACK, "CREATE_COMPLETE", &json!({"Resources": {}}));
            world.failing.insert("Uploads".to_owned(), "no".to_owned());
            world.rollback_fails = rollback_fails;
        });
        let (outcome, _) = deployed(&cloud, &template()).await;
        assert_eq!(kind(&outcome), expected);
        match outcome {
            Outcome::RolledBack { cause, .. } | Outcome::NeedsRollback { cause, .. } => {
                assert_eq!(cause.unwrap().logical_id, "Uploads");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn what_an_update_could_not_clean_up_is_told() {
    let cloud = ScriptedCloud::start().await;
    let mut before = template();
    before["Resources"]["Old"] = json!({"Type": "AWS::SNS::Topic"});
    cloud.world(|world| {
        world.add_stack(STACK, "CREATE_COMPLETE", &before);
        world.cleanup_fails.push("Old".to_owned());
    });
    let (outcome, _) = deployed(&cloud, &template()).await;
    let Outcome::Deployed { orphans, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(orphans.len(), 1);
    assert_eq!((orphans[0].logical_id.as_str(), orphans[0].physical_id.as_str()), ("Old", "avatars-alice-Old"));
}

#[tokio::test]
async fn an_interrupt_leaves_the_operation_running_and_says_so() {
    /// Interrupts when the change set is approved and its first event is told.
    struct Impatient(Recorder, CancellationToken);
    impl stack_aws::Host for Impatient {
        fn event(&mut self, event: stack_plan::Event) {
            if matches!(event, stack_plan::Event::Stack(_)) {
                self.1.cancel();
            }
            self.0.event(event);
        }
        fn approve(&mut self, question: &Question) -> Answer {
            self.0.approve(question)
        }
    }
    let cloud = ScriptedCloud::start().await;
    let interrupt = CancellationToken::new();
    let mut host = Impatient(Recorder::answering(Answer::Yes), interrupt.clone());
    let options = DeployOptions { interrupt, ..deploy_options() };
    let aws = connect(&cloud, 5).await;
    let outcome = deploy(&aws, &plan(&template()), &[], Path::new("."), &options, &mut host).await.unwrap();
    let Outcome::Detached { status, next, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(status, StackStatus::CreateInProgress);
    assert_eq!(next, ["stack attach -e dev --suffix alice"]);
    assert_eq!(cloud.world(|world| world.executions), 1);
}

#[tokio::test]
async fn an_interrupt_before_the_execution_takes_everything_back() {
    let cloud = ScriptedCloud::start().await;
    let interrupt = CancellationToken::new();
    interrupt.cancel();
    let mut host = Recorder::answering(Answer::Yes);
    let options = DeployOptions { interrupt, ..deploy_options() };
    let aws = connect(&cloud, 5).await;
    let outcome = deploy(&aws, &plan(&template()), &[], Path::new("."), &options, &mut host).await.unwrap();
    assert_eq!(kind(&outcome), "interrupted");
    assert!(cloud.world(|world| world.stack(STACK).is_none()));
}

#[tokio::test]
async fn protection_is_put_on_and_never_taken_off() {
    let cloud = ScriptedCloud::start().await;
    let mut plan = plan(&template());
    plan.environment.protect = true;
    deploy_plan(&cloud, &plan, &mut Recorder::answering(Answer::Yes)).await.unwrap();
    assert!(cloud.world(|world| world.stack(STACK).unwrap().protected));
    plan.environment.protect = false;
    deploy_plan(&cloud, &plan, &mut Recorder::answering(Answer::Yes)).await.unwrap();
    assert!(cloud.world(|world| world.stack(STACK).unwrap().protected));
}

#[tokio::test]
async fn a_function_without_a_zip_is_told_before_the_first_call() {
    let cloud = ScriptedCloud::start().await;
    let directory = tempfile::tempdir().unwrap();
    let (plan, _) = plan_with_function(directory.path());
    let aws = connect(&cloud, 5).await;
    let mut host = Recorder::answering(Answer::Yes);
    let error = deploy(&aws, &plan, &[], directory.path(), &deploy_options(), &mut host).await.unwrap_err();
    assert_eq!(error.to_string(), "function `resize` has no built zip");
    assert!(cloud.take_calls().is_empty());
}
