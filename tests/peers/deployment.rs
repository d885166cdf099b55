//! The same `stack deploy`, against somebody else's AWS.
//!
//! ministack runs function packages as child processes, as we do. It has no data plane of CloudFront, so the thumbnail is
//! read from its bucket.

use std::process::Command;

use test_support::photo::{assert_upright_thumbnail, phone_photo};
use test_support::{Ministack, Run, Subscriber, TestProject, eventually, tools};

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
    let clients = peer.clients();

    stack(&project, &peer, &["deploy", "--parameter", &webhook]);
    assert_eq!(clients.stack_names().await, ["avatars-peer", "stack-artifacts"]);

    let photo = phone_photo();
    clients.s3.put_object().bucket(UPLOADS).key("phone.jpg").body(photo.into()).send().await.unwrap();
    let thumbnail = eventually("the thumbnail is in the assets bucket", async || {
        let answer = clients.s3.get_object().bucket(ASSETS).key("avatars/phone.jpg").send().await.ok()?;
        Some(answer.body.collect().await.unwrap().into_bytes())
    })
    .await;
    assert_upright_thumbnail(&thumbnail);

    stack(&project, &peer, &["destroy", "--empty"]);
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
