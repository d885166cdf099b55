//! The photo catalog: photos become thumbnails and rows, what is no photo becomes a record and a mail, the smallest are told.

use std::fmt::Write as _;

use serde_json::{Value, json};
use test_support::photo::phone_photo;
use test_support::{Clients, RunningCloud, TestProject, eventually, http, skipped};

use crate::{PLACE, STACK, deploy, output};

const SUFFIX: &str = "photos";

/// Who hears of files that are no photos.
const MAIL: &str = "ops@example.com";

/// Whether this machine has a server that the local RDS can start; that it has not is said.
fn has_database() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<_> = std::env::split_paths(&path).collect();
    places.extend(["/usr/sbin", "/usr/libexec", "/usr/local/mysql/bin", "/opt/homebrew/bin"].map(Into::into));
    let found = places.iter().any(|place| ["mysqld", "mariadbd"].iter().any(|name| place.join(name).is_file()));
    if !found {
        skipped("no `mysqld` or `mariadbd` on this machine");
    }
    found
}

/// Invokes a function and returns its answer, which must not be an error.
fn invoke(project: &TestProject, function: &str, event: &Value) -> Value {
    let event = event.to_string();
    let run = project.succeed(&["invoke", function, &event, "--local", "--suffix", SUFFIX]);
    serde_json::from_str(&run.stdout).unwrap()
}

/// Runs a command about migrations and returns its report.
fn migrate(project: &TestProject, command: &[&str]) -> Value {
    let arguments: Vec<&str> =
        ["migrate", "--local", "--suffix", SUFFIX, "--json"].iter().chain(command).copied().collect();
    let run = project.succeed(&arguments);
    // Facts come before the report.
    serde_json::from_str(run.stdout.lines().last().unwrap()).unwrap()
}

/// Puts an object into one of the stack's buckets.
async fn put(clients: &Clients, bucket: &str, key: &str, bytes: Vec<u8>) {
    let bucket = format!("photo-catalog-{SUFFIX}-{bucket}-{PLACE}");
    clients.s3.put_object().bucket(bucket).key(key).body(bytes.into()).send().await.unwrap();
}

/// Mails that somebody got.
async fn mails(cloud: &RunningCloud, to: &str) -> Vec<Value> {
    let mailbox = http::get(&format!("{}/_stack/mailbox.json", cloud.url())).await.json();
    let mails = mailbox["mails"].as_array().unwrap().iter();
    mails.filter(|mail| mail["to"] == to).cloned().collect()
}

/// A key as the path of an address.
fn encoded(key: &str) -> String {
    let mut path = String::new();
    for byte in key.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/' => path.push(char::from(byte)),
            other => write!(path, "%{other:02X}").unwrap(),
        }
    }
    path
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn photos_are_cataloged_and_failures_are_told() {
    if !has_database() {
        return;
    }
    let project = TestProject::example(STACK, "photo-catalog");
    let cloud = RunningCloud::start(&project);
    let clients = cloud.clients();
    deploy(&project, SUFFIX, &[&format!("mail={MAIL}")]);
    let website = output(&project, SUFFIX, "Website");
    let website = website.trim_end_matches('/');

    // The address must agree first, by the link in its first mail.
    let link = eventually("the mail that asks", async || {
        let found = mails(&cloud, MAIL).await;
        found.iter().find_map(|mail| mail["confirmUrl"].as_str().map(str::to_owned))
    })
    .await;
    assert_eq!(http::get(&link).await.status, 200, "{link}");

    let pending = migrate(&project, &["status"]);
    assert_eq!(pending["migrations"][0]["state"], "pending", "{pending:#}");
    let refused = project.run(&["invoke", "photo-query", "--local", "--suffix", SUFFIX]);
    assert_eq!(refused.code, Some(1), "there is no table yet: {refused:?}");
    let report = migrate(&project, &["up"]);
    assert_eq!(report["migrations"][0]["state"], "applied", "{report:#}");
    let new = project.succeed(&["migrate", "new", "names", "--suffix", SUFFIX]);
    assert!(new.stdout.contains("migrations/0002_names.up.sql"), "{new:?}");
    let status = project.succeed(&["migrate", "status", "--local", "--suffix", SUFFIX]);
    assert!(status.stdout.starts_with("0001 applied "), "{status:?}");
    assert!(status.stderr.contains("0002 of the project are not deployed"), "{status:?}");

    // The page is there before the first photo.
    assert_eq!(http::get_from(cloud.url(), &format!("{website}/index.html")).await.status, 200);

    let key = "in the sun/a+b \u{2603}.jpg";
    put(&clients, "input", key, phone_photo()).await;
    let thumbnail = eventually("the thumbnail", async || {
        let answer = http::get_from(cloud.url(), &format!("{website}/thumbnails/{}", encoded(key))).await;
        (answer.status == 200).then_some(answer)
    })
    .await;
    assert_eq!(thumbnail.header("content-type"), "image/jpeg");
    let size = image::load_from_memory(&thumbnail.body).unwrap().to_rgb8().dimensions();
    assert_eq!(size, (1008, 1344), "a third of each side, upright");

    // The row comes after the thumbnail, the list after the row.
    let list = eventually("the list of the newest", async || {
        let answer = http::get_from(cloud.url(), &format!("{website}/newest.json")).await;
        (answer.status == 200).then(|| answer.json())
    })
    .await;
    assert_eq!((&list["prefix"], &list["thumbnails"][0]["name"]), (&json!("thumbnails/"), &json!(key)));
    let told = invoke(&project, "photo-query", &json!({}));
    let photo = &told["photos"][0];
    assert_eq!((&photo["file_name"], told["photos"].as_array().unwrap().len()), (&json!(key), 1), "{told:#}");
    assert_eq!(photo["original_file_size"], phone_photo().len());
    assert_eq!(photo["thumbnail_size"], thumbnail.body.len());

    // Neither an empty file with the name of a photo nor a text is one: both leave a record, and somebody hears of it.
    for (name, bytes) in [("empty.jpg", Vec::new()), ("TEXT.txt", b"hello world".to_vec())] {
        put(&clients, "input", name, bytes).await;
        let record = eventually("the record of the failure", async || {
            let get = clients.s3.get_object().bucket(format!("photo-catalog-{SUFFIX}-logs-{PLACE}"));
            get.key(format!("failure-{name}.txt")).send().await.ok()
        })
        .await;
        let record = record.body.collect().await.unwrap().into_bytes();
        let record = String::from_utf8(record.to_vec()).unwrap();
        assert!(record.starts_with("Unprocessable Entity: input object must be a jpg or png.\n"), "{record}");
    }
    let wanted = format!("ALARM: \"photo-catalog-{SUFFIX}-unprocessable\"");
    eventually("the mail of the alarm", async || {
        let found = mails(&cloud, MAIL).await;
        found.into_iter().find(|mail| mail["subject"].as_str().is_some_and(|subject| subject.starts_with(&wanted)))
    })
    .await;
    assert_eq!(invoke(&project, "photo-query", &json!({ "limit": 100 }))["photos"].as_array().unwrap().len(), 1);

    let report = migrate(&project, &["down"]);
    assert_eq!(report["steps"][0]["direction"], "down", "{report:#}");
}
