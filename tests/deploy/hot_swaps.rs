//! Hot swap: what it may do, and that the next deployment mends what the stack does not know.

use std::path::Path;

use stack_aws::{Answer, DeployOptions, Outcome, deploy};
use stack_plan::{Built, Plan};
use test_support::ScriptedCloud;

use crate::steps::{ARTIFACT_BUCKET, Recorder, STACK, connect, deploy_options, kind, plan_with_function};

const FUNCTION: &str = "avatars-alice-resize";

async fn run(cloud: &ScriptedCloud, (plan, built): (&Plan, &[Built]), hot_swap: bool) -> Outcome {
    let aws = connect(cloud, 5).await;
    let options = DeployOptions { hot_swap, ..deploy_options() };
    let mut host = Recorder::answering(Answer::Yes);
    deploy(&aws, plan, built, Path::new("."), &options, &mut host).await.unwrap()
}

/// The same function with other code.
fn rebuilt(built: &[Built], directory: &Path, bytes: &[u8]) -> Vec<Built> {
    let file = directory.join("resize-2.zip");
    std::fs::write(&file, bytes).unwrap();
    let sha256 = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(bytes));
    vec![Built { file, sha256, size: bytes.len() as u64, ..built[0].clone() }]
}

fn swapped(cloud: &ScriptedCloud) -> Option<String> {
    cloud.world(|world| world.swapped.get(FUNCTION).cloned())
}

fn has_note(cloud: &ScriptedCloud) -> bool {
    cloud.world(|world| world.buckets[ARTIFACT_BUCKET].objects.contains_key(".hot-swapped/avatars-alice.json"))
}

#[tokio::test]
async fn code_alone_is_swapped_and_the_same_code_deployed_later_is_known() {
    let cloud = ScriptedCloud::start().await;
    let directory = tempfile::tempdir().unwrap();
    let (plan, built) = plan_with_function(directory.path());
    run(&cloud, (&plan, &built), false).await;
    let new = rebuilt(&built, directory.path(), b"b zip");
    let executions = cloud.world(|world| world.executions);

    let outcome = run(&cloud, (&plan, &new), true).await;
    let Outcome::HotSwapped { functions, next, .. } = &outcome else { panic!("{outcome:?}") };
    assert_eq!(functions, &["resize"]);
    assert_eq!(next, &["stack deploy -e dev --suffix alice"]);
    assert_eq!(swapped(&cloud), Some(new[0].key()));
    assert_eq!(cloud.world(|world| world.executions), executions, "CloudFormation has no part in it");
    assert!(has_note(&cloud));

    assert_eq!(kind(&run(&cloud, (&plan, &new), false).await), "deployed");
    assert_eq!(cloud.world(|world| world.stack(STACK).unwrap().parameters["ResizeCodeKey"].clone()), new[0].key());
    assert!(!has_note(&cloud));
}

#[tokio::test]
async fn code_that_was_swapped_and_taken_back_is_mended_although_the_stack_sees_no_change() {
    let cloud = ScriptedCloud::start().await;
    let directory = tempfile::tempdir().unwrap();
    let (plan, built) = plan_with_function(directory.path());
    run(&cloud, (&plan, &built), false).await;
    run(&cloud, (&plan, &rebuilt(&built, directory.path(), b"b zip")), true).await;

    assert_eq!(kind(&run(&cloud, (&plan, &built), false).await), "no-changes");
    assert_eq!(swapped(&cloud), Some(built[0].key()));
    assert!(!has_note(&cloud));
}

#[tokio::test]
async fn what_is_more_than_code_is_deployed() {
    let cloud = ScriptedCloud::start().await;
    let directory = tempfile::tempdir().unwrap();
    let (mut plan, built) = plan_with_function(directory.path());
    // There is nothing yet.
    assert_eq!(kind(&run(&cloud, (&plan, &built), true).await), "deployed");
    let new = rebuilt(&built, directory.path(), b"b zip");
    plan.template.resources["Alerts"].properties["DisplayName"] = "other".into();
    assert_eq!(kind(&run(&cloud, (&plan, &new), true).await), "deployed");
    assert_eq!(swapped(&cloud), None);
    // Nothing differs.
    assert_eq!(kind(&run(&cloud, (&plan, &new), true).await), "no-changes");
}

#[tokio::test]
async fn a_protected_stack_is_deployed() {
    let cloud = ScriptedCloud::start().await;
    let directory = tempfile::tempdir().unwrap();
    let (mut plan, built) = plan_with_function(directory.path());
    plan.environment.protect = true;
    run(&cloud, (&plan, &built), false).await;
    let new = rebuilt(&built, directory.path(), b"b zip");
    assert_eq!(kind(&run(&cloud, (&plan, &new), true).await), "deployed");
    assert_eq!(swapped(&cloud), None);
}
