//! The example `attendance`: a video goes from a browser's form into the bucket, onto the page of its day, and out again.

use serde_json::{Value, json};
use test_support::http::Method;
use test_support::{RunningCloud, TestProject, http};

use crate::{STACK, deploy, output};

/// The fields of a form, encoded as a browser does.
fn form(fields: &[(&str, &str)]) -> String {
    let encode = |text: &str| {
        text.bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
                other => format!("%{other:02X}"),
            })
            .collect::<String>()
    };
    fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect::<Vec<_>>().join("&")
}

/// What lies between two texts.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    text.split_once(before)
        .and_then(|(_, rest)| rest.split_once(after))
        .map_or_else(|| panic!("`{before}` and `{after}` are not in {text}"), |(inside, _)| inside)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_video_is_uploaded_shown_edited_and_deleted() {
    let project = TestProject::example(STACK, "attendance");
    let cloud = RunningCloud::start(&project);
    deploy(&project, "alice", &[]);
    let web = output(&project, "alice", "WebUrl");
    let web = web.trim_end_matches('/');

    // The browser opens the form, asks for a URL, and puts the file into the bucket.
    let page = http::get(&format!("{web}/upload")).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let page = page.text();
    let token = between(&page, "name=\"csrf\" value=\"", "\"");
    let cookies = [format!("csrf={token}"), format!("__Host-csrf={token}")].join("; ");
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("cookie", cookies.as_str())];
    let video = vec![7; 4096];
    let opening = form(&[("csrf", token), ("name", "My lesson.mp4"), ("length", "4096")]);
    let begun = http::request(Method::POST, &format!("{web}/upload/begin"), &headers, opening).await;
    assert_eq!(begun.status, 200, "{}", begun.text());
    let upload: Value = begun.json();
    let (url, key) = (upload["url"].as_str().unwrap(), upload["object_name"].as_str().unwrap());
    assert!(key.starts_with("videos/My-lesson-") && key.strip_suffix(".mp4").is_some(), "{key}");
    let put = [("content-type", "video/mp4"), ("if-none-match", "*")];
    let stored = http::request(Method::PUT, url, &put, video.clone()).await;
    assert_eq!(stored.status, 200, "{}", stored.text());
    let again = http::request(Method::PUT, url, &put, video.clone()).await;
    assert_eq!(again.status, 412, "a key is uploaded once: {}", again.text());

    let title = "Lesson <1> & \"more\"";
    let save = form(&[("csrf", token), ("title", title), ("description", "first"), ("object_name", key)]);
    let saved = http::request(Method::POST, &format!("{web}/upload"), &headers, save).await;
    assert_eq!(saved.status, 303, "{}", saved.text());
    let day = format!("{web}/{}", saved.header("location"));

    let page = http::get(&day).await.text();
    assert!(page.contains("Lesson &lt;1&gt; &amp; &quot;more&quot;") && !page.contains("<1>"), "{page}");
    let link = between(&page, " src=\"", "\"");
    assert!(link.ends_with(key), "{link}");
    assert_eq!(http::get(link).await.body, video, "{link}");

    let place = between(&page, "/edit/", "\"").to_owned();
    let edit = form(&[("csrf", token), ("title", "Lesson 2"), ("description", "")]);
    let edited = http::request(Method::POST, &format!("{web}/edit/{place}"), &headers, edit).await;
    assert_eq!(edited.status, 303, "{}", edited.text());
    assert!(http::get(&day).await.text().contains("<h2>Lesson 2</h2>"));

    let foreign = http::request(Method::POST, &format!("{web}/delete/{place}"), &headers, form(&[("csrf", "x")])).await;
    assert_eq!(foreign.status, 403, "{}", foreign.text());
    let delete = form(&[("csrf", token)]);
    let deleted = http::request(Method::POST, &format!("{web}/delete/{place}"), &headers, delete).await;
    assert_eq!(deleted.status, 303, "{}", deleted.text());
    assert!(http::get(&day).await.text().contains("There are no videos of this day"));
    let left = cloud.clients().s3.head_object().bucket(bucket(url)).key(key).send().await;
    assert!(left.is_err(), "the object is deleted with its row");
}

/// The bucket of a URL of the local cloud: the first folder of its path.
fn bucket(url: &str) -> &str {
    url.splitn(4, '/').nth(3).and_then(|path| path.split('/').next()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_acts_without_the_shared_secret() {
    let project = TestProject::example(STACK, "attendance");
    let _cloud = RunningCloud::start(&project);
    deploy(&project, "guard", &[]);
    let api = output(&project, "guard", "ApiUrl");
    let body = json!({ "action": "get_calendar", "params": { "date": "2026-11-28" } }).to_string();
    for secret in ["", "guess"] {
        let headers = [("content-type", "application/json"), ("x-shared-secret", secret)];
        let answer = http::request(Method::POST, &api, &headers, body.clone()).await;
        assert_eq!(answer.status, 401, "{}", answer.text());
        assert_eq!(answer.json()["error"]["code"], "unauthenticated");
    }
}
