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
    let thumbnail = served(&format!("{base}phone.jpg")).await;
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
    let report: Value = serde_json::from_str(again.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(report["outcome"]["outcome"], "no-changes", "{report:#}");
    assert_eq!(report["outcome"]["outputs"]["AvatarBase"], base.as_str(), "the address that answers");
    addresses_agree(&project, &cloud, &base).await;
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
        let thumbnail = served(&format!("{base}{name}")).await;
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

/// Every voice that tells an output tells the address that answers; CloudFormation's own answer stays what AWS would say.
async fn addresses_agree(project: &TestProject, cloud: &RunningCloud, base: &str) {
    let arguments = ["outputs", "--local", "-e", "dev", "--suffix", "alice"];
    let text = project.succeed(&arguments).stdout;
    assert!(text.contains(&format!("AvatarBase = {base}\n")), "{text}");
    let report = project.succeed(&[&arguments[..], &["--json"]].concat()).json();
    assert_eq!(report["outputs"]["AvatarBase"], base);

    let overview = http::get(&format!("{}/_stack/api/overview", cloud.url())).await.json();
    let stacks = overview["stacks"].as_array().unwrap();
    let stack = stacks.iter().find(|stack| stack["name"] == "avatars-alice").unwrap();
    assert_eq!(stack["outputs"]["AvatarBase"], base, "the console page");

    let answer = cloud.clients().cloudformation.describe_stacks().stack_name("avatars-alice").send().await.unwrap();
    let output = answer.stacks()[0].outputs().iter().find(|output| output.output_key() == Some("AvatarBase"));
    let public = output.and_then(|output| output.output_value()).unwrap();
    assert!(public.starts_with("https://") && public.ends_with(".cloudfront.localhost/avatars/"), "{public}");
    // By its own name, told the port, it answers too.
    let named =
        public.replacen("https://", "http://", 1).replace(".localhost/", &format!(".localhost:{}/", cloud.port()));
    assert_eq!(http::get_from(cloud.url(), &format!("{named}phone.jpg")).await.status, 200, "{named}");
}

/// Asks the distribution until it serves the object, and says how long that took.
async fn served(url: &str) -> http::Answer {
    let began = Instant::now();
    let answer = within(SERVED_WITHIN, url, async || {
        let answer = http::get(url).await;
        (answer.status == 200).then_some(answer)
    })
    .await;
    say(&format!("{url} was served {} ms after the photo was stored", began.elapsed().as_millis()));
    answer
}
