//! The main job: a phone's photo goes into one bucket, its thumbnail is served by the distribution, a subscriber is told.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use test_support::photo::{assert_upright_thumbnail, phone_photo};
use test_support::{Run, RunningCloud, Subscriber, TestProject, corpora, eventually, http, say, tools, within};

use crate::{PLACE, STACK, deploy, output};

/// A generous bound for a loaded machine; `cargo xtask bench` prints the figure that the goal of two seconds is about.
const SERVED_WITHIN: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_phone_photo_is_served_upright_and_the_subscriber_is_told() {
    let project = TestProject::example(STACK, "avatars");
    let cloud = RunningCloud::start(&project);
    let subscriber = Subscriber::start().await;
    let webhook = format!("webhook_url={}", subscriber.url());
    deploy(&project, "alice", &[&webhook]);
    eventually("the subscription is confirmed", async || subscriber.messages("SubscriptionConfirmation").pop()).await;

    let uploads = format!("avatars-alice-uploads-{PLACE}");
    put_photo(&cloud, &uploads, "phone.jpg", &phone_photo()).await;
    let base = output(&project, "alice", "AvatarBase");
    let thumbnail = served(&cloud, &format!("{base}phone.jpg")).await;
    assert_eq!(thumbnail.header("content-type"), "image/jpeg");
    assert_upright_thumbnail(&thumbnail.body);

    let told = eventually("the subscriber is told", async || subscriber.messages("Notification").pop()).await;
    for field in
        ["MessageId", "TopicArn", "Timestamp", "SignatureVersion", "Signature", "SigningCertURL", "UnsubscribeURL"]
    {
        assert!(told[field].as_str().is_some_and(|value| !value.is_empty()), "{field} is missing in {told:#}");
    }
    assert_eq!(told["TopicArn"], "arn:aws:sns:us-east-1:000000000000:avatars-alice-assets");
    let message: Value = serde_json::from_str(told["Message"].as_str().unwrap()).unwrap();
    let record = &message["Records"][0];
    assert_eq!(record["s3"]["object"]["key"], "avatars/phone.jpg");
    assert_eq!(record["s3"]["bucket"]["name"], format!("avatars-alice-assets-{PLACE}"));
    assert_eq!(record["eventName"], "ObjectCreated:Put");

    // Nothing has changed, so nothing is done.
    let arguments = ["deploy", "--local", "-e", "dev", "--suffix", "alice", "--yes", "--json", "--parameter", &webhook];
    let again = project.succeed(&arguments);
    assert!(again.stdout.contains("no-changes"), "{again:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_exif_orientation_gives_the_same_thumbnail() {
    let Some(corpus) = corpora::find("exif_orientation") else { return };
    let project = TestProject::example(STACK, "avatars");
    let cloud = RunningCloud::start(&project);
    let subscriber = Subscriber::start().await;
    deploy(&project, "exif", &[&format!("webhook_url={}", subscriber.url())]);
    let base = output(&project, "exif", "AvatarBase");
    let uploads = format!("avatars-exif-uploads-{PLACE}");
    let s3 = cloud.clients().s3;
    let mut thumbnails = Vec::new();
    for orientation in 1..=8 {
        let name = format!("Landscape_{orientation}.jpg");
        let photo = std::fs::read(corpus.join(&name)).unwrap();
        s3.put_object().bucket(&uploads).key(&name).body(photo.into()).send().await.unwrap();
        let thumbnail = served(&cloud, &format!("{base}{name}")).await;
        thumbnails.push((name, image::load_from_memory(&thumbnail.body).unwrap().to_rgb8()));
    }
    let (_, upright) = &thumbnails[0];
    for (name, thumbnail) in &thumbnails[1..] {
        assert_eq!(thumbnail.dimensions(), (512, 512), "{name}");
        let difference: u64 = thumbnail.iter().zip(upright.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        // The corpus writes the orientation's number into the picture, which is a small part of it.
        let mean = difference / u64::from(512_u32 * 512 * 3);
        assert!(mean < 8, "{name} differs from the upright one by {mean} on average");
    }
}

/// With aws-cli where it is, as a person would; else with the SDK.
async fn put_photo(cloud: &RunningCloud, bucket: &str, key: &str, photo: &[u8]) {
    let Some(aws) = tools::python_program("aws") else {
        cloud.clients().s3.put_object().bucket(bucket).key(key).body(photo.to_vec().into()).send().await.unwrap();
        return;
    };
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), photo).unwrap();
    let copied = Run::of(
        Command::new(aws)
            .args(["s3", "cp", "--no-progress", file.path().to_str().unwrap(), &format!("s3://{bucket}/{key}")])
            .env("AWS_ENDPOINT_URL", cloud.url())
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_CONFIG_FILE", "/dev/null"),
    );
    assert_eq!(copied.code, Some(0), "aws s3 cp: {copied:?}");
}

/// Asks the distribution until it serves the object, and says how long that took.
async fn served(cloud: &RunningCloud, url: &str) -> http::Answer {
    let began = Instant::now();
    let answer = within(SERVED_WITHIN, url, async || {
        let answer = http::get_from(cloud.url(), url).await;
        (answer.status == 200).then_some(answer)
    })
    .await;
    say(&format!("{url} was served {} ms after the photo was stored", began.elapsed().as_millis()));
    answer
}
