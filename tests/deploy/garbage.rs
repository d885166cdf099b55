//! Artifacts that no stack refers to: what stays, what goes, and when nothing is touched.

use stack_aws::{Answer, GarbageOutcome, collect_garbage};
use test_support::scripted_cloudformation::{ACCOUNT, Bucket, Object};
use test_support::{Fault, ScriptedCloud};

use crate::steps::{ARTIFACT_BUCKET, Recorder, STACK, connect, template};

/// Later than anything in the scripted cloud.
const LATER: i64 = 4_000_000_000;

/// A cloud whose stack names one of three packages.
async fn cloud() -> ScriptedCloud {
    let cloud = ScriptedCloud::start().await;
    cloud.world(|world| {
        let mut bucket = Bucket::default();
        for key in ["resize/new.zip", "resize/old.zip", "templates/large.json"] {
            bucket.objects.insert(key.to_owned(), Object { bytes: b"12345".to_vec(), ..Object::default() });
        }
        world.buckets.insert(ARTIFACT_BUCKET.to_owned(), bucket);
        world.add_stack(STACK, "UPDATE_COMPLETE", &template());
        let stack = world.stack(STACK).unwrap();
        stack.parameters.insert("ArtifactBucket".to_owned(), ARTIFACT_BUCKET.to_owned());
        stack.parameters.insert("ResizeCodeKey".to_owned(), "resize/new.zip".to_owned());
    });
    cloud
}

fn keys(cloud: &ScriptedCloud) -> Vec<String> {
    cloud.world(|world| world.buckets[ARTIFACT_BUCKET].objects.keys().cloned().collect())
}

async fn collected(cloud: &ScriptedCloud, before: i64, answer: Answer) -> GarbageOutcome {
    let mut host = Recorder::answering(answer);
    collect_garbage(&connect(cloud, 5).await, ACCOUNT, before, &mut host).await.unwrap()
}

#[tokio::test]
async fn what_a_stack_names_stays() {
    let cloud = cloud().await;
    let GarbageOutcome::Deleted { objects, kept, .. } = collected(&cloud, LATER, Answer::Yes).await else { panic!() };
    let gone: Vec<(&str, u64)> = objects.iter().map(|object| (object.key.as_str(), object.size)).collect();
    assert_eq!((gone, kept), (vec![("resize/old.zip", 5), ("templates/large.json", 5)], 1));
    assert_eq!(keys(&cloud), ["resize/new.zip"]);
}

#[tokio::test]
async fn what_is_young_stays_and_so_does_all_without_a_yes() {
    let cloud = cloud().await;
    assert!(matches!(collected(&cloud, 0, Answer::Yes).await, GarbageOutcome::Deleted { kept: 3, .. }));
    assert!(
        matches!(collected(&cloud, LATER, Answer::No).await, GarbageOutcome::Declined { objects } if objects.len() == 2)
    );
    assert!(matches!(collected(&cloud, LATER, Answer::CannotAsk).await, GarbageOutcome::ApprovalNeeded { .. }));
    assert_eq!(keys(&cloud).len(), 3);
}

#[tokio::test]
async fn nothing_goes_while_a_rollback_may_need_it() {
    for status in ["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED", "UPDATE_FAILED"] {
        let cloud = cloud().await;
        cloud.world(|world| status.clone_into(&mut world.stack(STACK).unwrap().status));
        assert!(matches!(collected(&cloud, LATER, Answer::Yes).await, GarbageOutcome::Busy { .. }), "{status}");
        assert_eq!(keys(&cloud).len(), 3, "{status}");
    }
}

#[tokio::test]
async fn a_fault_at_any_call_deletes_nothing_that_is_named() {
    for at in 1..6 {
        let cloud = cloud().await;
        cloud.fault(at, Fault::CutInTheMiddle);
        collected(&cloud, LATER, Answer::Yes).await;
        assert_eq!(keys(&cloud), ["resize/new.zip"], "{at}");
    }
    let nothing = ScriptedCloud::start().await;
    assert!(matches!(collected(&nothing, LATER, Answer::Yes).await, GarbageOutcome::NoBucket { .. }));
}
