//! Destroy: what goes, what stays, what is in the way.

use serde_json::{Value, json};
use stack_aws::{Answer, DestroyOptions, Outcome, Question, destroy};
use test_support::ScriptedCloud;
use test_support::scripted_cloudformation::Object;

use crate::steps::{Recorder, STACK, connect, destroy_options, destroyed, kind, template};

async fn cloud_with(template: &Value) -> ScriptedCloud {
    let cloud = ScriptedCloud::start().await;
    cloud.world(|world| world.add_stack(STACK, "CREATE_COMPLETE", template));
    cloud
}

fn fill(cloud: &ScriptedCloud, bucket: &str) {
    cloud.world(|world| {
        world.buckets.entry(bucket.to_owned()).or_default().objects.insert("a.jpg".to_owned(), Object::default());
    });
}

#[tokio::test]
async fn what_stays_is_listed_before_and_after() {
    let mut text = template();
    text["Resources"]["Uploads"]["DeletionPolicy"] = json!("Retain");
    let cloud = cloud_with(&text).await;
    fill(&cloud, "avatars-alice-uploads");
    let (outcome, host) = destroyed(&cloud, &destroy_options()).await;
    let Outcome::Destroyed { retained, .. } = &outcome else { panic!("{outcome:?}") };
    assert_eq!(retained.len(), 1);
    assert_eq!(retained[0].physical_id, "avatars-alice-uploads");
    let Question::DestroyStack(plan) = &host.questions[0] else { panic!("{:?}", host.questions) };
    let goes: Vec<&str> = plan.goes.iter().map(|resource| resource.logical_id.as_str()).collect();
    assert_eq!(goes, ["Alerts", "Site"]);
    assert!(cloud.world(|world| world.buckets.contains_key("avatars-alice-uploads")));
}

#[tokio::test]
async fn a_bucket_that_holds_something_stops_everything_unless_it_may_be_emptied() {
    let cloud = cloud_with(&template()).await;
    fill(&cloud, "avatars-alice-uploads");
    fill(&cloud, "somebody-elses");
    let (outcome, host) = destroyed(&cloud, &destroy_options()).await;
    let Outcome::BucketsNotEmpty { buckets, next, .. } = &outcome else { panic!("{outcome:?}") };
    assert_eq!(buckets[0].bucket, "avatars-alice-uploads");
    assert_eq!(next, &["stack destroy --empty"]);
    assert!(host.questions.is_empty());
    assert!(cloud.world(|world| world.stack(STACK).is_some()));

    let options = DestroyOptions { empty: true, ..destroy_options() };
    let (outcome, _) = destroyed(&cloud, &options).await;
    let Outcome::Destroyed { emptied, .. } = &outcome else { panic!("{outcome:?}") };
    assert_eq!(emptied["avatars-alice-uploads"], 1);
    assert!(cloud.world(|world| !world.buckets.contains_key("avatars-alice-uploads")));
    assert_eq!(cloud.world(|world| world.buckets["somebody-elses"].objects.len()), 1);
}

#[tokio::test]
async fn a_bucket_that_fills_up_while_the_stack_goes_is_a_failure_with_its_reason() {
    struct Filler<'a>(&'a ScriptedCloud);
    impl stack_aws::Host for Filler<'_> {
        fn event(&mut self, _event: stack_plan::Event) {}
        fn approve(&mut self, _question: &Question) -> Answer {
            fill(self.0, "avatars-alice-uploads");
            Answer::Yes
        }
    }
    let cloud = cloud_with(&template()).await;
    let aws = connect(&cloud, 5).await;
    let outcome = destroy(&aws, STACK, &destroy_options(), &mut Filler(&cloud)).await.unwrap();
    let Outcome::DestroyFailed { failures, .. } = &outcome else { panic!("{outcome:?}") };
    assert_eq!(failures.len(), 1);
    assert_eq!((failures[0].logical_id.as_str(), failures[0].code.as_deref()), ("Uploads", Some("InvalidRequest")));
}

#[tokio::test]
async fn a_protected_stack_stays_unless_the_protection_may_be_taken_off() {
    let cloud = cloud_with(&template()).await;
    cloud.world(|world| world.stack(STACK).unwrap().protected = true);
    let (outcome, _) = destroyed(&cloud, &destroy_options()).await;
    assert_eq!(kind(&outcome), "protected");
    assert!(cloud.world(|world| world.stack(STACK).is_some()));
    let options = DestroyOptions { unprotect: true, ..destroy_options() };
    assert_eq!(kind(&destroyed(&cloud, &options).await.0), "destroyed");
}

#[tokio::test]
async fn a_declined_destroy_changes_nothing() {
    let cloud = cloud_with(&template()).await;
    let mut host = Recorder::answering(Answer::No);
    let outcome = destroy(&connect(&cloud, 5).await, STACK, &destroy_options(), &mut host).await.unwrap();
    assert_eq!(kind(&outcome), "declined");
    assert!(cloud.world(|world| world.stack(STACK).is_some()));
    let calls = cloud.take_calls();
    assert!(calls.iter().all(|call| call.starts_with("Describe") || call.starts_with("List") || call == "GetTemplate"));
}
