//! The example `video-responses`: a form is handed out, a video posted and transcoded, and the row tells of it.

use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use test_support::http::Method;
use test_support::{Run, RunningCloud, TestProject, eventually, http, say, tools};

use crate::{PLACE, STACK, deploy, output};

const MAIL: &str = "eduard@orkei.com";

/// The body that a browser makes of a form: its fields, then the file.
fn multipart(fields: &Value, file: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields.as_object().unwrap() {
        let value = value.as_str().unwrap();
        body.extend(
            format!("--frontier\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes(),
        );
    }
    let head = "--frontier\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.webm\"\r\n\
        content-type: video/webm\r\n\r\n";
    body.extend(head.bytes());
    body.extend(file);
    body.extend(b"\r\n--frontier--\r\n");
    body
}

/// Two seconds of video and sound as a browser records them. `None` where there is no ffmpeg.
fn recording() -> Option<Vec<u8>> {
    let file = tempfile::Builder::new().suffix(".webm").tempfile().unwrap();
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-y", "-f", "lavfi", "-i", "testsrc=duration=2:size=640x360:rate=15"]);
    command.args([
        "-f",
        "lavfi",
        "-i",
        "sine=duration=2",
        "-c:v",
        "libvpx",
        "-deadline",
        "realtime",
        "-c:a",
        "libopus",
    ]);
    command.arg(file.path()).output().ok()?;
    let made = Run::of(&mut command);
    assert_eq!(made.code, Some(0), "{made:?}");
    Some(std::fs::read(file.path()).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_posted_video_is_transcoded_and_its_row_says_so() {
    let project = TestProject::example(STACK, "video-responses");
    let cloud = RunningCloud::start(&project);
    deploy(&project, "alice", &[]);
    let api = output(&project, "alice", "ApiUrl");
    let api = api.trim_end_matches('/');

    assert_eq!(http::get(&format!("{api}/")).await.json()["hello"], "world");
    for path in ["hello", "videos?mail=x@y.example"] {
        let wrong = format!("Basic {}", STANDARD.encode("responses:responses"));
        let answer = http::request(Method::GET, &format!("{api}/{path}"), &[("authorization", &wrong)], "").await;
        assert_eq!(answer.status, 403, "{path}: {}", answer.text());
    }
    assert_eq!(http::get(&format!("{api}/presignedurl/alba/3")).await.status, 404);

    let form = http::get(&format!("{api}/presignedurl/alba/3?mail={MAIL}")).await;
    assert_eq!(form.status, 200, "{}", form.text());
    let form = form.json();
    assert_eq!(form["fields"]["key"], "alba/3/e78b913d3d3d5eb5162a.webm");
    let url = form["url"].as_str().unwrap();
    let headers = [("content-type", "multipart/form-data; boundary=frontier")];

    let mut other = form["fields"].clone();
    other["key"] = "alba/3/other.webm".into();
    let refused = http::request(Method::POST, url, &headers, multipart(&other, b"x")).await;
    assert_eq!(refused.status, 403, "another key: {}", refused.text());

    let Some(video) = recording() else { return say("skipped: there is no ffmpeg, which MediaConvert is here") };
    let posted = http::request(Method::POST, url, &headers, multipart(&form["fields"], &video)).await;
    assert!(posted.status.is_success(), "{}", posted.text());

    let Some(password) = password(&cloud) else { return say("skipped: there is no aws-cli to read the password with") };
    let right = format!("Basic {}", STANDARD.encode(format!("responses:{password}")));
    let row = eventually("the row is complete", async || {
        let url = format!("{api}/videos?mail={MAIL}");
        let rows = http::request(Method::GET, &url, &[("authorization", &right)], "").await;
        assert_eq!(rows.status, 200, "{}", rows.text());
        let row = rows.json()[0].clone();
        assert_ne!(row["status"], "error", "{row:#}");
        (row["status"] == "complete").then_some(row)
    })
    .await;
    assert_eq!((&row["ProjectStep"], &row["Mail"]), (&Value::from("alba-3"), &Value::from(MAIL)));
    assert_eq!(row["output"], "output/web/alba/3/e78b913d3d3d5eb5162a.mp4");
    let output = format!("video-responses-alice-output-{}", PLACE.replace("us-east-1", "eu-west-1"));
    let result =
        cloud.clients().s3.get_object().bucket(output).key(row["output"].as_str().unwrap()).send().await.unwrap();
    let bytes = result.body.collect().await.unwrap().into_bytes();
    assert_eq!(&bytes[4..8], b"ftyp", "the result is MP4");
}

/// The password that the stack made, as aws-cli tells it. `None` where it is not.
fn password(cloud: &RunningCloud) -> Option<String> {
    let program = tools::python_program("aws")?;
    let ask = |arguments: &[&str]| {
        let mut command = Command::new(&program);
        command
            .arg("secretsmanager")
            .args(arguments)
            .args(["--output", "text"])
            .env("AWS_ENDPOINT_URL", cloud.url())
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_DEFAULT_REGION", "eu-west-1")
            .env("AWS_CONFIG_FILE", "/dev/null");
        let told = Run::of(&mut command);
        assert_eq!(told.code, Some(0), "{arguments:?}: {told:?}");
        told.stdout.trim().to_owned()
    };
    let secret = ask(&["list-secrets", "--query", "SecretList[0].ARN"]);
    let value = ask(&["get-secret-value", "--query", "SecretString", "--secret-id", &secret]);
    let value: Value = serde_json::from_str(&value).unwrap();
    Some(value["password"].as_str().unwrap().to_owned())
}
