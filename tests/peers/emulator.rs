//! Every function of the examples under AWS's Runtime Interface Emulator: what it answers there is what it answers in the
//! local cloud.
//!
//! Both run the same zip with the same environment and the same role, which is that of the instance in the local cloud, and
//! reach the same services. The events are those of every service that calls functions: for each function a few are of the
//! right kind, and the others of wrong ones.

mod normal;
mod process;
mod runtime;

use std::path::Path;

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::FunctionConfiguration;
use function_testing::lambda_events;
use serde_json::{Value, json};
use test_support::photo::phone_photo;
use test_support::{Clients, RunningCloud, TestProject, say, tools};

use crate::STACK;
use normal::normal;
use process::Process;
use runtime::Emulator;

const SUFFIX: &str = "rie";

/// An event, and the name of the file that it comes from.
type Event = (String, Value);

/// Key of a photo that is uploaded before its event is given to a function.
const PHOTO: &str = "phone.jpg";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn functions_of_avatars_answer_the_same_under_the_emulator() {
    let functions = ["jwt-authorizer", "migrate", "presign-upload", "process-image", "profile", "webhook"];
    compare("avatars-profile", "us-east-1", &functions).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn functions_of_attendance_answer_the_same_under_the_emulator() {
    compare("attendance", "ap-southeast-1", &["attendance", "attendance-web"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn functions_of_video_responses_answer_the_same_under_the_emulator() {
    let functions = ["basic-authorizer", "transcode-status", "transcode-video", "video-api"];
    compare("video-responses", "eu-west-1", &functions).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn functions_of_the_image_library_answer_the_same_under_the_emulator() {
    compare("image-library", "ap-northeast-2", &["image-delete", "image-ingest", "image-insert"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn functions_of_the_photo_catalog_answer_the_same_under_the_emulator() {
    compare("photo-catalog", "us-east-1", &["migrate", "photo-query", "photo-thumbnail"]).await;
}

/// Deploys an example into a local cloud, and asks each of its functions there and under the emulator.
async fn compare(example: &str, region: &str, functions: &[&str]) {
    let Some(emulator) = tools::runtime_interface_emulator() else { return };
    let Some(mut events) = lambda_events() else { return };
    let project = TestProject::example(STACK, example);
    let cloud = RunningCloud::start(&project);
    let options = ["--local", "-e", "dev", "--suffix", SUFFIX];
    project.succeed(&[&["deploy", "--yes"], &options[..]].concat());
    if functions.contains(&"migrate") {
        project.succeed(&[&["migrate", "up"], &options[..]].concat());
    }
    let clients = Clients::new(cloud.url(), region);
    let names: Vec<String> = functions.iter().map(|function| format!("{example}-{SUFFIX}-{function}")).collect();
    assert_eq!(clients.function_names().await, names, "the functions of {example}");
    events.extend(own_events(example, &clients).await);
    let mut differences = Vec::new();
    for name in &names {
        differences.extend(compare_function(&emulator, &cloud, &clients, name, &events).await);
    }
    assert!(differences.is_empty(), "{} answers differ:\n{}", differences.len(), differences.join("\n"));
}

/// Events that are of this example and no other: work for its functions, and of a wrong kind for the others.
async fn own_events(example: &str, clients: &Clients) -> Vec<Event> {
    let mut events = vec![json!({ "command": "status" }), json!({ "limit": 5 }), json!({})];
    let bucket = match example {
        "avatars-profile" => Some("uploads"),
        "photo-catalog" => Some("input"),
        _ => None,
    };
    if let Some(bucket) = bucket {
        let bucket = format!("{example}-{SUFFIX}-{bucket}-000000000000-us-east-1");
        let photo = phone_photo().into();
        clients.s3.put_object().bucket(&bucket).key(PHOTO).body(photo).send().await.unwrap();
        let s3 = json!({ "bucket": { "name": bucket }, "object": { "key": PHOTO } });
        events.push(json!({ "Records": [{ "eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": s3 }] }));
    }
    events.into_iter().map(|event| (format!("of the test: {event}"), event)).collect()
}

/// Asks one function about every event, here and there in turn. Returns in words what differs.
async fn compare_function(
    emulator: &Path,
    cloud: &RunningCloud,
    clients: &Clients,
    name: &str,
    events: &[Event],
) -> Vec<String> {
    let function = clients.lambda.get_function().function_name(name).send().await.unwrap();
    let location = function.code().and_then(|code| code.location()).unwrap();
    let timeout = function.configuration().and_then(FunctionConfiguration::timeout).unwrap();
    // The first event starts the instance whose environment the emulator gets.
    here(clients, name, &events[0].1).await;
    let instance = Process::find("the instance in the local cloud", |process| {
        process.variable("AWS_LAMBDA_FUNCTION_NAME") == name && process.variable("AWS_ENDPOINT_URL") == cloud.url()
    });
    let there = Emulator::start(emulator, location, &instance, timeout).await;
    there.ask(&events[0].1).await;
    let process = there.function();
    let (mut differences, mut failures) = (Vec::new(), 0);
    for (file, event) in events {
        let (ours, failed) = here(clients, name, event).await;
        let theirs = there.ask(event).await;
        failures += usize::from(failed);
        if normal(&ours) != normal(&theirs) || failed != is_failure(&theirs) {
            differences.push(format!("{name}: {file}\n  here ({failed}): {ours}\n  there: {theirs}"));
        }
    }
    // Nothing has ended in between: a panic ends the process.
    assert!(instance.is_alive(), "the instance of {name} has ended");
    assert!(process.is_alive(), "{name} has ended under the emulator");
    say(&format!("{name}: {} events, {failures} refused as a whole, {} differ", events.len(), differences.len()));
    differences
}

/// The answer in the local cloud, and whether it is marked as an error of the function.
async fn here(clients: &Clients, name: &str, event: &Value) -> (String, bool) {
    let payload = Blob::new(event.to_string());
    let answer = clients.lambda.invoke().function_name(name).payload(payload).send().await.unwrap();
    let text = String::from_utf8(answer.payload().unwrap().as_ref().to_vec()).unwrap();
    (text, answer.function_error().is_some())
}

/// The emulator marks no answer: an error is told by its form, which is that of no answer of these functions.
fn is_failure(answer: &str) -> bool {
    let answer: Value = serde_json::from_str(answer).unwrap_or_default();
    answer.as_object().is_some_and(|fields| fields.contains_key("errorType") && fields.contains_key("errorMessage"))
}
