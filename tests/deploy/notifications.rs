//! Notifications of a bucket that is not ours: ours come and go, all others stay.

use serde_json::json;
use stack_aws::{Answer, Outcome, Question};
use stack_plan::plan::{Action, NOTIFICATIONS_METADATA, Notification, NotificationTarget};
use stack_plan::{Event, Plan};
use test_support::ScriptedCloud;

use crate::steps::{Recorder, STACK, connect, deploy_plan, destroy_options, destroyed, kind, plan, template};

const BUCKET: &str = "media.example.com";
const PREFIX: &str = "avatars-alice/media/";
const FUNCTION: &str = "arn:aws:lambda:eu-central-1:123456789012:function:avatars-alice-resize";
const FOREIGN: &str = "<QueueConfiguration><Id>theirs</Id>\
    <Queue>arn:aws:sqs:eu-central-1:123456789012:theirs</Queue><Event>s3:ObjectCreated:Put</Event>\
    <Event>s3:ObjectCreated:Copy</Event><Filter><S3Key><FilterRule><Name>Prefix</Name><Value>out/</Value></FilterRule>\
    </S3Key></Filter></QueueConfiguration>";

fn configuration(entries: &str) -> String {
    format!("<NotificationConfiguration>{entries}<EventBridgeConfiguration/></NotificationConfiguration>")
}

fn notification(prefix: &str) -> Notification {
    Notification {
        id: format!("{PREFIX}0"),
        events: vec!["s3:ObjectCreated:*".to_owned()],
        prefix: prefix.to_owned(),
        suffix: ".jpg".to_owned(),
        target: NotificationTarget::Function,
        target_arn: FUNCTION.to_owned(),
    }
}

fn plan_with_notifications(entries: Vec<Notification>) -> Plan {
    let mut text = template();
    text["Metadata"] = json!({NOTIFICATIONS_METADATA: [{"BucketName": BUCKET, "IdPrefix": PREFIX}]});
    let mut plan = plan(&text);
    let (bucket_name, id_prefix) = (BUCKET.to_owned(), PREFIX.to_owned());
    plan.actions.push(Action::MergeNotifications { bucket_name, id_prefix, entries });
    plan
}

async fn cloud_with(entries: &str) -> ScriptedCloud {
    let cloud = ScriptedCloud::start().await;
    let text = configuration(entries);
    cloud.world(|world| world.buckets.entry(BUCKET.to_owned()).or_default().notifications = text);
    cloud
}

fn written(cloud: &ScriptedCloud) -> String {
    cloud.world(|world| world.buckets[BUCKET].notifications.clone())
}

fn done(host: &Recorder) -> Vec<(&'static str, String)> {
    host.events
        .iter()
        .filter_map(|event| match event {
            Event::ActionFinished { action, target } => Some((*action, target.clone())),
            Event::Notice { code, detail } => Some((*code, detail.clone())),
            _ => None,
        })
        .collect()
}

async fn run(cloud: &ScriptedCloud, plan: &Plan) -> (Outcome, Recorder) {
    let mut host = Recorder::answering(Answer::Yes);
    let outcome = deploy_plan(cloud, plan, &mut host).await.unwrap();
    (outcome, host)
}

#[tokio::test]
async fn ours_are_merged_in_and_theirs_stay_as_they_were() {
    let cloud = cloud_with(FOREIGN).await;
    let plan = plan_with_notifications(vec![notification("in/")]);
    let (_, host) = run(&cloud, &plan).await;
    assert_eq!(done(&host), [("merge-notifications", BUCKET.to_owned())]);
    let text = written(&cloud);
    assert!(text.contains(FOREIGN), "{text}");
    assert!(text.contains("<EventBridgeConfiguration"), "{text}");
    assert!(text.contains(&format!("<Id>{PREFIX}0</Id>")) && text.contains(FUNCTION), "{text}");

    // The same again: one look, no write.
    cloud.take_calls().clear();
    let (outcome, host) = run(&cloud, &plan).await;
    assert_eq!((kind(&outcome).as_str(), done(&host).len()), ("no-changes", 0));
    assert_eq!(cloud.take_calls(), ["DescribeStacks", "GetTemplate", "GetBucketNotificationConfiguration"]);

    // Another filter replaces the entry.
    run(&cloud, &plan_with_notifications(vec![notification("new/")])).await;
    let text = written(&cloud);
    assert!(text.contains("<Value>new/</Value>") && !text.contains("<Value>in/</Value>"), "{text}");
    assert!(text.contains(FOREIGN), "{text}");
}

#[tokio::test]
async fn a_target_that_cannot_be_validated_yet_is_tried_again() {
    let cloud = cloud_with(FOREIGN).await;
    let refusal =
        ("InvalidArgument".to_owned(), "Unable to validate the following destination configurations".to_owned());
    cloud.world(|world| world.refused_notifications.extend([refusal.clone(), refusal]));
    let (_, host) = run(&cloud, &plan_with_notifications(vec![notification("in/")])).await;
    assert_eq!(done(&host).len(), 1);
    let puts = cloud.take_calls().iter().filter(|call| *call == "PutBucketNotificationConfiguration").count();
    assert_eq!(puts, 3);
    assert!(written(&cloud).contains(FUNCTION));
}

#[tokio::test]
async fn entries_that_overlap_are_told_by_both_ids() {
    let cloud = cloud_with(FOREIGN).await;
    let message = "Configurations overlap. Configurations on the same bucket cannot share a common event type.";
    cloud.world(|world| {
        world.refused_notifications.push_back(("InvalidArgument".to_owned(), message.to_owned()));
    });
    let mut host = Recorder::answering(Answer::Yes);
    let plan = plan_with_notifications(vec![notification("")]);
    let error = deploy_plan(&cloud, &plan, &mut host).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "notifications of bucket `media.example.com` overlap with others that it has: `avatars-alice/media/0` with `theirs`"
    );
    assert_eq!(written(&cloud), configuration(FOREIGN));
}

#[tokio::test]
async fn who_writes_at_the_same_time_keeps_what_is_written() {
    let cloud = cloud_with("").await;
    cloud.world(|world| world.overwritten_notifications = Some(configuration(FOREIGN)));
    run(&cloud, &plan_with_notifications(vec![notification("in/")])).await;
    let text = written(&cloud);
    assert!(text.contains(FOREIGN) && text.contains(FUNCTION), "{text}");
}

#[tokio::test]
async fn a_bucket_that_the_project_no_longer_names_loses_ours_after_the_deployment() {
    let cloud = cloud_with(FOREIGN).await;
    run(&cloud, &plan_with_notifications(vec![notification("in/")])).await;
    let mut text = template();
    text["Resources"]["Alerts"]["Properties"]["DisplayName"] = json!("other");
    let (outcome, host) = run(&cloud, &plan(&text)).await;
    assert_eq!(kind(&outcome), "deployed");
    assert_eq!(done(&host), [("remove-notifications", BUCKET.to_owned())]);
    let text = written(&cloud);
    assert!(text.contains(FOREIGN) && !text.contains(PREFIX), "{text}");
}

#[tokio::test]
async fn destroy_takes_ours_out_first_by_the_deployed_template_alone() {
    let cloud = cloud_with(FOREIGN).await;
    run(&cloud, &plan_with_notifications(vec![notification("in/")])).await;
    cloud.take_calls().clear();
    let (outcome, host) = destroyed(&cloud, &destroy_options()).await;
    assert_eq!(kind(&outcome), "destroyed");
    let Question::DestroyStack(plan) = &host.questions[0] else { panic!("{:?}", host.questions) };
    assert_eq!(plan.notifications[0].bucket, BUCKET);
    assert_eq!(done(&host), [("remove-notifications", BUCKET.to_owned())]);
    let calls = cloud.take_calls();
    let place = |name: &str| calls.iter().position(|call| call == name).unwrap();
    assert!(place("PutBucketNotificationConfiguration") < place("DeleteStack"), "{calls:?}");
    let text = written(&cloud);
    assert!(text.contains(FOREIGN) && !text.contains(PREFIX), "{text}");
}

#[tokio::test]
async fn a_foreign_bucket_that_is_gone_or_denied_does_not_keep_the_stack() {
    for (denies, expected) in [(false, "notifications-bucket-gone"), (true, "notifications-left")] {
        let cloud = cloud_with(FOREIGN).await;
        run(&cloud, &plan_with_notifications(vec![notification("in/")])).await;
        cloud.world(|world| {
            if denies {
                world.refused_notifications.push_back(("AccessDenied".to_owned(), "not yours".to_owned()));
            } else {
                world.buckets.remove(BUCKET);
            }
        });
        let (outcome, host) = destroyed(&cloud, &destroy_options()).await;
        assert_eq!(kind(&outcome), "destroyed");
        let told = done(&host);
        assert_eq!(told[0].0, expected);
        assert!(told[0].1.contains(BUCKET), "{told:?}");
        assert!(cloud.world(|world| world.stack(STACK).is_none()));
    }
}

#[tokio::test]
async fn a_declined_destroy_leaves_ours_in() {
    let cloud = cloud_with(FOREIGN).await;
    run(&cloud, &plan_with_notifications(vec![notification("in/")])).await;
    let before = written(&cloud);
    let mut host = Recorder::answering(Answer::No);
    let aws = connect(&cloud, 5).await;
    let outcome = stack_aws::destroy(&aws, STACK, &destroy_options(), &mut host).await.unwrap();
    assert_eq!(kind(&outcome), "declined");
    assert_eq!(written(&cloud), before);
}
