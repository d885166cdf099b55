//! Two people, one local cloud.

use test_support::{RunningCloud, Subscriber, TestProject, http};

use crate::{PLACE, STACK, deploy, output};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn destroying_one_stack_leaves_the_other() {
    let project = TestProject::example(STACK, "avatars");
    let cloud = RunningCloud::start(&project);
    let subscriber = Subscriber::start().await;
    let webhook = format!("webhook_url={}", subscriber.url());
    deploy(&project, "alice", &[&webhook]);
    deploy(&project, "bob", &[&webhook]);
    let clients = cloud.clients();
    assert_eq!(clients.stack_names().await, ["avatars-alice", "avatars-bob", "stack-artifacts"]);
    let buckets = clients.bucket_names().await;
    for bucket in ["avatars-alice-assets", "avatars-alice-uploads", "avatars-bob-assets", "avatars-bob-uploads"] {
        assert!(buckets.contains(&format!("{bucket}-{PLACE}")), "no bucket {bucket} in {buckets:?}");
    }

    // An object of each: a bucket that holds something goes only with `--empty`.
    for name in ["alice", "bob"] {
        let bucket = format!("avatars-{name}-assets-{PLACE}");
        let body = name.as_bytes().to_vec();
        clients.s3.put_object().bucket(bucket).key("avatars/name.txt").body(body.into()).send().await.unwrap();
    }
    let alice = format!("{}name.txt", output(&project, "alice", "AvatarBase"));
    project.succeed(&["destroy", "--local", "-e", "dev", "--suffix", "bob", "--empty", "--yes"]);

    assert_eq!(clients.stack_names().await, ["avatars-alice", "stack-artifacts"]);
    assert_eq!(clients.function_names().await, ["avatars-alice-process-image"]);
    let left = clients.bucket_names().await;
    assert!(left.iter().all(|bucket| !bucket.contains("-bob-")), "{left:?}");
    let answer = http::get(&alice).await;
    assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, "alice"));
}
