//! Protected stacks in the local cloud, which obeys stack policies as CloudFormation does.

use serde_json::Value;
use test_support::{Clients, RunningCloud, TestProject};

use crate::STACK;

const PROJECT: &str = "\
stack: small
region: eu-central-1
environments: { prod: { removal: destroy, protect: true } }
buckets:
  files: {}
  other: {}
topics:
  alerts: {}
";

async fn policy(clients: &Clients) -> Value {
    let answer = clients.cloudformation.get_stack_policy().stack_name("small").send().await.unwrap();
    serde_json::from_str(answer.stack_policy_body().unwrap_or("null")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_client_takes_data_away_and_a_deployment_does_when_told_so() {
    let project = TestProject::new(STACK, PROJECT);
    let cloud = RunningCloud::start(&project);
    project.succeed(&["deploy", "--local"]);
    let clients = Clients::new(cloud.url(), "eu-central-1");
    let guard = policy(&clients).await["Statement"][1].clone();
    assert_eq!((&guard["Effect"], &guard["Resource"]), (&"Deny".into(), &"*".into()));

    // Somebody updates the stack beside us, with a template that has no bucket `other`.
    let without = PROJECT.replace("  other: {}\n", "");
    project.write("stack.yaml", &without);
    let template = project.run(&["render", "--format", "json"]).stdout;
    let tags = clients.cloudformation.describe_stacks().stack_name("small").send().await.unwrap();
    let tags = tags.stacks()[0].tags().to_vec();
    clients
        .cloudformation
        .update_stack()
        .stack_name("small")
        .template_body(&template)
        .set_tags(Some(tags))
        .send()
        .await
        .unwrap();
    let status = test_support::eventually("the update to end", async || {
        let answer = clients.cloudformation.describe_stacks().stack_name("small").send().await.unwrap();
        let status = answer.stacks()[0].stack_status().unwrap().as_str().to_owned();
        (!status.ends_with("_IN_PROGRESS")).then_some(status)
    })
    .await;
    assert_eq!(status, "UPDATE_ROLLBACK_COMPLETE");

    // The local cloud is not asked about risks: its deployments are agreed to.
    project.succeed(&["deploy", "--local"]);
    assert_eq!(clients.bucket_names().await.iter().filter(|name| name.starts_with("small-other")).count(), 0);
    assert_eq!(policy(&clients).await["Statement"][1], guard);
}
