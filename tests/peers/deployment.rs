//! The same `stack deploy`, against somebody else's AWS.
//!
//! ministack runs function packages as child processes, as we do. It has no data plane of CloudFront, so the thumbnail is
//! read from its bucket.

use std::process::Command;

use test_support::photo::{assert_upright_thumbnail, phone_photo};
use test_support::{Clients, Ministack, Run, Subscriber, TestProject, eventually, tools};

use crate::STACK;

const UPLOADS: &str = "avatars-peer-uploads-000000000000-us-east-1";
const ASSETS: &str = "avatars-peer-assets-000000000000-us-east-1";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn avatars_deploys_works_and_goes_on_ministack() {
    let Some(program) = tools::python_program("ministack") else { return };
    let project = TestProject::example(STACK, "avatars");
    let peer = Ministack::start(&program).await;
    let subscriber = Subscriber::start().await;
    let webhook = format!("webhook_url={}", subscriber.url());
    stack(&project, &peer, &["deploy", "--parameter", &webhook]);
    let clients = peer.clients();
    assert_eq!(clients.stack_names().await, ["avatars-peer", "stack-artifacts"]);
    put_photo(&clients).await;
    thumbnail_appears(&clients).await;
    destroy(&project, &peer, &clients).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_functions_role_is_enough_where_iam_is_enforced() {
    let Some(program) = tools::python_program("ministack") else { return };
    let project = TestProject::example(STACK, "avatars");
    project.write("templates/bucket.yaml.hbs", bucket_source_for_plain_http());
    let peer = Ministack::start_with_iam(&program).await;
    stack(&project, &peer, &["deploy"]);
    let clients = peer.clients();
    put_photo(&clients).await;
    thumbnail_appears(&clients).await;
    destroy(&project, &peer, &clients).await;
}

/// The control of the test above: what it proves hangs on one grant.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn without_its_grant_the_function_cannot_read_the_photo() {
    let Some(program) = tools::python_program("ministack") else { return };
    let project = TestProject::example(STACK, "avatars");
    project.write("templates/bucket.yaml.hbs", bucket_source_for_plain_http());
    let text = std::fs::read_to_string(project.directory().join("stack.yaml")).unwrap();
    let granted = "read: [bucket.uploads, ";
    assert!(text.contains(granted), "`{granted}` in\n{text}");
    project.write("stack.yaml", text.replace(granted, "read: ["));
    let peer = Ministack::start_with_iam(&program).await;
    stack(&project, &peer, &["deploy"]);
    let clients = peer.clients();
    put_photo(&clients).await;
    eventually("the function says that it may not read", async || {
        let group = "/aws/lambda/avatars-peer-process-image";
        let answer = clients.logs.filter_log_events().log_group_name(group).send().await.ok()?;
        let said = |message: &str| message.contains("GetObject failed") && message.contains("AccessDenied");
        answer.events().iter().filter_map(|event| event.message()).any(said).then_some(())
    })
    .await;
    let listed = clients.s3.list_objects_v2().bucket(ASSETS).prefix("avatars/").send().await.unwrap();
    assert_eq!(listed.contents().len(), 0, "{listed:?}");
    destroy(&project, &peer, &clients).await;
}

/// Our bucket source without the statement that denies plain HTTP, which is all that the peer speaks. A policy whose only
/// statement that was is left out.
fn bucket_source_for_plain_http() -> String {
    let path = test_support::corpora::workspace_root().join("templates").join("bucket.yaml.hbs");
    let text = std::fs::read_to_string(path).unwrap();
    let (condition, policy) = ("{{#if distribution_arns}}\n", "  {{policy_id}}:\n");
    let begin = text.find("          - Sid: DenyPlainText\n").expect("the statement");
    let end = begin + text[begin..].find(condition).expect("the statement that follows");
    let denied = format!("{}{}", &text[..begin], &text[end..]);
    without(&denied, condition).replacen(policy, &format!("{condition}{policy}"), 1)
}

/// The text without a part that it must have.
fn without(text: &str, part: &str) -> String {
    assert_eq!(text.matches(part).count(), 1, "`{part}` once in\n{text}");
    text.replace(part, "")
}

async fn put_photo(clients: &Clients) {
    let photo = phone_photo().into();
    clients.s3.put_object().bucket(UPLOADS).key("phone.jpg").body(photo).send().await.unwrap();
}

async fn thumbnail_appears(clients: &Clients) {
    let thumbnail = eventually("the thumbnail is in the assets bucket", async || {
        let answer = clients.s3.get_object().bucket(ASSETS).key("avatars/phone.jpg").send().await.ok()?;
        Some(answer.body.collect().await.unwrap().into_bytes())
    })
    .await;
    assert_upright_thumbnail(&thumbnail);
}

/// Destroys the stack; nothing of it is left.
async fn destroy(project: &TestProject, peer: &Ministack, clients: &Clients) {
    stack(project, peer, &["destroy", "--empty"]);
    assert_eq!(clients.stack_names().await, ["stack-artifacts"]);
    assert_eq!(clients.function_names().await, [""; 0]);
    let left = clients.bucket_names().await;
    assert!(left.iter().all(|bucket| !bucket.starts_with("avatars-")), "{left:?}");
}

/// Runs a verb against the peer, with the credentials that any AWS client would use.
fn stack(project: &TestProject, peer: &Ministack, arguments: &[&str]) {
    let mut command: Command = project.command(arguments);
    let run = Run::of(
        command
            .args(["--endpoint-url", peer.url(), "-e", "dev", "--suffix", "peer", "--yes"])
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test"),
    );
    assert_eq!(run.code, Some(0), "{arguments:?}\n-- stdout\n{}\n-- stderr\n{}", run.stdout, run.stderr);
}
