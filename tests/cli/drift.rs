//! `stack drift` against a local cloud in which somebody changes things beside CloudFormation.

use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use test_support::{Clients, RunningCloud, TestProject};

use crate::{STACK, assert_run};

const PROJECT: &str = "\
stack: small
region: eu-central-1
environments: { dev: { suffix: one, removal: destroy } }
buckets:
  files: { versioning: true }
topics:
  alerts: {}
";

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_beside_cloudformation_is_told() {
    let project = TestProject::new(STACK, PROJECT);
    let cloud = RunningCloud::start(&project);
    assert_run!("drift_absent", &project, &["drift", "--local"]);
    project.succeed(&["deploy", "--local"]);
    assert_run!("drift_in_sync", &project, &["drift", "--local"]);

    let clients = Clients::new(cloud.url(), "eu-central-1");
    let bucket = clients.bucket_names().await.into_iter().find(|name| name.starts_with("small-one-files")).unwrap();
    let off = VersioningConfiguration::builder().status(BucketVersioningStatus::Suspended).build();
    clients.s3.put_bucket_versioning().bucket(&bucket).versioning_configuration(off).send().await.unwrap();
    assert_run!("drift_modified", &project, &["drift", "--local"]);
    assert_run!("drift_markdown", &project, &["drift", "--local", "--markdown"]);

    clients.s3.delete_bucket().bucket(&bucket).send().await.unwrap();
    let run = project.run(&["drift", "--local", "--json"]);
    assert_eq!(run.code, Some(2), "{run:?}");
    let report = run.json();
    let stack = &report["stacks"][0];
    assert_eq!((&report["report"], &stack["drift"]), (&"drift".into(), &"detected".into()), "{report:#}");
    let resources = stack["resources"].as_array().unwrap();
    let deleted = resources.iter().find(|resource| resource["status"] == "deleted").unwrap();
    assert_eq!(deleted["physical_id"], bucket.as_str());
    let declared = &stack["declared"][deleted["logical_id"].as_str().unwrap()];
    assert_eq!((&declared["line"], &declared["key_path"]), (&5.into(), &"buckets.files".into()));
}
