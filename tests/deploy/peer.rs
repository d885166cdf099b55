//! The same deployer against an endpoint that it was not written with: `STACK_PEER_ENDPOINT=http://127.0.0.1:4566`.

use std::path::Path;

use serde_json::json;
use stack_aws::{Answer, Aws, CallLimits, DestroyOptions, Outcome, Target, deploy, destroy, outputs};

use crate::steps::{Recorder, deploy_options, kind, plan};

#[tokio::test]
async fn a_peer_deploys_updates_rests_and_destroys() {
    let Ok(endpoint) = std::env::var("STACK_PEER_ENDPOINT") else {
        test_support::skipped("STACK_PEER_ENDPOINT names no endpoint");
        return;
    };
    let target = Target { region: "us-east-1".to_owned(), profile: None, endpoint_url: Some(endpoint), local: true };
    let aws = Aws::connect_with(&target, CallLimits::default()).await.unwrap();
    let template = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {
            "Alerts": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "alerts"}},
            "Site": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "stack-peer-site"}}
        },
        "Outputs": {"Topic": {"Value": {"Ref": "Alerts"}}}
    });
    let mut plan = plan(&template);
    plan.stack_name = "stack-peer".to_owned();
    plan.account = aws.account().await.unwrap();
    let run = async |plan: &stack_plan::Plan| {
        let mut host = Recorder::answering(Answer::Yes);
        let outcome = deploy(&aws, plan, &[], Path::new("."), &deploy_options(), &mut host).await.unwrap();
        (outcome, host.stack_events())
    };

    let (outcome, events) = run(&plan).await;
    assert_eq!(kind(&outcome), "deployed", "{outcome:?}");
    assert!(events.contains(&"stack-peer CREATE_COMPLETE".to_owned()), "{events:?}");
    assert!(outputs(&aws, "stack-peer").await.unwrap()["Topic"].starts_with("arn:aws:sns:"));

    let (outcome, _) = run(&plan).await;
    assert_eq!(kind(&outcome), "no-changes", "{outcome:?}");

    plan.template.resources["Alerts"].properties["DisplayName"] = json!("other");
    let (outcome, _) = run(&plan).await;
    assert_eq!(kind(&outcome), "deployed", "{outcome:?}");

    let options = DestroyOptions { empty: true, ..DestroyOptions::default() };
    let mut host = Recorder::answering(Answer::Yes);
    let outcome = destroy(&aws, "stack-peer", &options, &mut host).await.unwrap();
    assert!(matches!(outcome, Outcome::Destroyed { .. }), "{outcome:?}");
    let outcome = destroy(&aws, "stack-peer", &options, &mut host).await.unwrap();
    assert_eq!(kind(&outcome), "absent");
}
