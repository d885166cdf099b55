//! What an environment leaves behind and takes over again, and what somebody changed and is taken back, in the local cloud.

use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use serde_json::Value;
use test_support::{Clients, Run, RunningCloud, TestProject};

use crate::STACK;

const PROJECT: &str = "\
stack: small
region: eu-central-1
environments: { prod: { removal: retain } }
buckets:
  files: { versioning: true }
topics:
  alerts: {}
";

/// The last line of a run with `--json`.
fn report_of(run: &Run) -> Value {
    serde_json::from_str(run.stdout.lines().last().unwrap()).unwrap()
}

async fn bucket(clients: &Clients) -> String {
    clients.bucket_names().await.into_iter().find(|name| name.starts_with("small-files")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_was_kept_is_taken_over_with_what_is_in_it() {
    let project = TestProject::new(STACK, PROJECT);
    let cloud = RunningCloud::start(&project);
    project.succeed(&["deploy", "--local"]);
    let clients = Clients::new(cloud.url(), "eu-central-1");
    let name = bucket(&clients).await;
    clients.s3.put_object().bucket(&name).key("kept.txt").body(b"kept".to_vec().into()).send().await.unwrap();
    project.succeed(&["destroy", "--local", "--yes", "--confirm", "small"]);
    assert_eq!(bucket(&clients).await, name);

    let refused = project.run(&["deploy", "--local"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("stack deploy --local --import-existing"), "{}", refused.stderr);

    let taken = project.succeed(&["deploy", "--local", "--import-existing", "--json"]);
    let report = report_of(&taken);
    let changes = report["outcome"]["change_set"]["changes"].as_array().unwrap().clone();
    let of = |id: &str| changes.iter().find(|change| change["logical_id"] == id).unwrap()["action"].clone();
    assert_eq!((of("FilesBucket"), of("AlertsTopic")), ("import".into(), "add".into()), "{changes:#?}");
    let object = clients.s3.get_object().bucket(&name).key("kept.txt").send().await.unwrap();
    assert_eq!(object.body.collect().await.unwrap().to_vec(), b"kept");
    assert!(project.succeed(&["deploy", "--local"]).stderr.contains("up to date"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_changed_and_deleted_is_as_the_template_says_again() {
    let text = PROJECT.replace("removal: retain", "removal: destroy");
    let project = TestProject::new(STACK, &text);
    let cloud = RunningCloud::start(&project);
    project.succeed(&["deploy", "--local"]);
    let clients = Clients::new(cloud.url(), "eu-central-1");
    let name = bucket(&clients).await;
    let off = VersioningConfiguration::builder().status(BucketVersioningStatus::Suspended).build();
    clients.s3.put_bucket_versioning().bucket(&name).versioning_configuration(off).send().await.unwrap();

    let run = project.succeed(&["drift", "--local", "--revert"]);
    assert!(run.stderr.contains("drifted: small"), "{}", run.stderr);
    assert!(run.stderr.contains("reverted small: 1 resource"), "{}", run.stderr);
    let versioning = clients.s3.get_bucket_versioning().bucket(&name).send().await.unwrap();
    assert_eq!(versioning.status(), Some(&BucketVersioningStatus::Enabled));
    project.succeed(&["drift", "--local"]);

    clients.s3.delete_bucket_policy().bucket(&name).send().await.unwrap();
    clients.s3.delete_bucket().bucket(&name).send().await.unwrap();
    assert_eq!(project.run(&["drift", "--local"]).code, Some(2));
    project.succeed(&["drift", "--local", "--revert"]);
    assert_eq!(bucket(&clients).await, name);
    project.succeed(&["drift", "--local"]);
    // The template was never another one.
    assert!(project.succeed(&["deploy", "--local"]).stderr.contains("up to date"));
}
