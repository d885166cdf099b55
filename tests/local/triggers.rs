//! Every trigger of the examples, fired as its users and AWS would: uploads, requests, messages, alarms, job events; then an
//! update and the end of the stack.

use ::http::Method;
use serde_json::{Value, json};
use test_support::{Subscriber, eventually, http};

use crate::links::database_server_is_there;
use crate::stub::{Deployed, json_call};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everything_of_attendance_fires() {
    let Some(mut deployed) = Deployed::start("attendance", &[]).await else { return };
    for (output, function) in [("ApiUrl", "attendance"), ("WebUrl", "attendance-web")] {
        let answer = http::request(Method::POST, &deployed.output(output), &[], "{}").await;
        assert_eq!((answer.status.as_u16(), named(&answer)), (200, format!("{}-{function}", deployed.stack)));
    }
    deployed.put("videos", "videos/a.mp4").await;
    let video = format!("{}videos/a.mp4", deployed.output("VideoBase"));
    assert_eq!(http::get(&video).await.text(), "content");
    ends(&mut deployed, "timeout: 10s", "timeout: 11s", "attendance", 11).await;
    deployed.destroy().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everything_of_avatars_fires() {
    let subscriber = Subscriber::start().await;
    let webhook = format!("webhook_url={}", subscriber.url());
    let Some(mut deployed) = Deployed::start("avatars", &[&webhook]).await else { return };
    eventually("the subscription is confirmed", async || subscriber.messages("SubscriptionConfirmation").pop()).await;
    deployed.put("uploads", "alice.png").await;
    deployed.was_called("process-image", "alice.png").await;
    deployed.put("assets", "avatars/alice.jpg").await;
    deployed.put("assets", "elsewhere.jpg").await;
    let told = eventually("the subscriber is told", async || subscriber.messages("Notification").pop()).await;
    assert!(told["Message"].as_str().unwrap().contains("avatars/alice.jpg"), "{told}");
    assert_eq!(http::get(&format!("{}alice.jpg", deployed.output("AvatarBase"))).await.text(), "content");
    assert_eq!(subscriber.messages("Notification").len(), 1, "only what lies under the prefix is told");
    ends(&mut deployed, "timeout: 30s", "timeout: 31s", "process-image", 31).await;
    deployed.destroy().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everything_of_image_library_fires() {
    let Some(mut deployed) = Deployed::start("image-library", &[]).await else { return };
    let api = deployed.output("ApiUrl");
    let api = api.trim_end_matches('/');
    let key = deployed.physical_ids().await["ImagesRestApiCiApiKey"].clone();
    let call = json!({
        "service": "apigateway", "method": "GET", "url": format!("/apikeys/{key}?includeValue=true"),
    });
    let answer = deployed.as_owner(call).await;
    let key: Value = serde_json::from_str(answer["text"].as_str().unwrap()).unwrap();
    let key = key["value"].as_str().unwrap();

    for (method, function) in [("PUT", "image-insert"), ("DELETE", "image-delete")] {
        let url = format!("{api}/images/raw/folder/{method}.png");
        let call = json!({ "service": "execute-api", "method": method, "url": url, "headers": { "x-api-key": key } });
        let answer = deployed.as_owner(call.clone()).await;
        assert_eq!(answer["status"], 200, "{answer}");
        let event = deployed.was_called(function, &format!("folder/{method}.png")).await;
        assert_eq!(event["pathParameters"]["object"], format!("folder/{method}.png"));

        let mut without_key = call.clone();
        without_key["headers"] = json!({});
        assert_eq!(deployed.as_owner(without_key).await["status"], 403, "no API key");
        assert_eq!(deployed.calls(function, &[call]).await[0]["status"], 403, "a role without the link");
        let headers = [("x-api-key", key)];
        let unsigned = http::request(Method::from_bytes(method.as_bytes()).unwrap(), &url, &headers, "").await;
        assert_eq!(unsigned.status, 403, "no signature");
    }
    deployed.put("images", "raw/folder/a b.png").await;
    deployed.put("images", "sg/a.png").await;
    for path in ["raw/folder/a%20b.png", "sg/a.png"] {
        let answer = http::get(&format!("{api}/images/{path}")).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (200, "content".to_owned()), "{path}");
    }
    deployed.put("incoming", "images/large.png").await;
    deployed.was_called("image-ingest", "images/large.png").await;
    // A message that fails three times is put aside.
    deployed.put("incoming", "images/this-fails.png").await;
    deployed.was_called("image-ingest", "this-fails.png").await;
    ends(&mut deployed, "timeout: 60s", "timeout: 61s", "image-ingest", 61).await;
    deployed.destroy().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everything_of_photo_catalog_fires() {
    if !database_server_is_there() {
        test_support::skipped("there is no mariadbd or mysqld for the database of photo-catalog");
        return;
    }
    let Some(mut deployed) = Deployed::start("photo-catalog", &["mail=operator@example.com"]).await else { return };
    deployed.put("input", "Unprocessable Entity: input object must be a jpg or png.").await;
    deployed.was_called("photo-thumbnail", "Unprocessable").await;
    deployed.put("input", "this-fails.jpg").await;
    deployed.waits_in("failed", "this-fails.jpg").await;

    let url = format!("{}smallest?limit=5", deployed.output("QueryUrl"));
    assert_eq!(http::get(&url).await.status, 403, "no signature");
    let answer = deployed.as_owner(json!({ "service": "lambda", "method": "GET", "url": url })).await;
    assert_eq!(answer["status"], 200, "{answer}");
    deployed.was_called("photo-query", "limit=5").await;

    deployed.put("website", "index.html").await;
    assert_eq!(http::get(&deployed.output("Website")).await.text(), "content");

    // The address is confirmed by a click, then the file that is no photo has raised the alarm, or does so at its next.
    let mailbox = format!("{}/_stack/mailbox.json", deployed.cloud.url());
    let confirm = eventually("the operator is asked to confirm", async || {
        let mails = http::get(&mailbox).await.json();
        mails["mails"].as_array().unwrap().iter().find_map(|mail| mail["confirmUrl"].as_str().map(str::to_owned))
    })
    .await;
    assert_eq!(http::get(&confirm).await.status, 200);
    let alarm = json!({
        "AlarmName": format!("{}-unprocessable", deployed.stack), "StateValue": "ALARM", "StateReason": "asked for by a test",
    });
    let call = json_call("monitoring", "GraniteServiceVersion20100801.SetAlarmState", &alarm);
    let answer = deployed.as_owner(call).await;
    assert_eq!(answer["status"], 200, "{answer}");
    eventually("the operator gets a mail of the alarm", async || {
        let mails = http::get(&mailbox).await.text();
        (mails.contains("operator@example.com") && mails.contains("photo-catalog-stubs-unprocessable")).then_some(())
    })
    .await;
    ends(&mut deployed, "timeout: 2m", "timeout: 61s", "migrate", 61).await;
    deployed.destroy().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everything_of_video_responses_fires() {
    let Some(mut deployed) = Deployed::start("video-responses", &[]).await else { return };
    let api = deployed.output("ApiUrl");
    let api = api.trim_end_matches('/');
    let function = format!("{}-video-api", deployed.stack);
    for path in ["/", "/presignedurl/project/step"] {
        let answer = http::get(&format!("{api}{path}")).await;
        assert_eq!((answer.status.as_u16(), named(&answer)), (200, function.clone()), "{path}");
    }
    for path in ["/hello", "/videos?mail=a@example.com"] {
        let url = format!("{api}{path}");
        assert_eq!(http::get(&url).await.status, 401, "{path} without credentials");
        let asked = async |token: &str| http::request(Method::GET, &url, &[("authorization", token)], "").await;
        assert_eq!(asked("let me not").await.status, 403, "{path}");
        let answer = asked("let me in").await;
        assert_eq!((answer.status.as_u16(), named(&answer)), (200, function.clone()), "{path}");
    }
    deployed.put("videos", "project/step/a.webm").await;
    deployed.was_called("transcode-video", "a.webm").await;
    deployed.put("videos", "this-fails.webm").await;
    deployed.waits_in("failed", "this-fails.webm").await;

    // What is no video ends its job in ERROR, which the rule tells.
    let ids = deployed.physical_ids().await;
    let name = format!("{}-web", deployed.stack);
    let job = json!({
        "queue": format!("arn:aws:mediaconvert:{}:000000000000:queues/{name}", deployed.region),
        "jobTemplate": name,
        "role": format!("arn:aws:iam::000000000000:role/{}", ids["WebTranscoderRole"]),
        "settings": { "inputs": [{ "fileInput": format!("s3://{}/project/step/a.webm", deployed.bucket("videos")) }] },
    });
    let headers = json!({ "content-type": "application/json" });
    let call = json!({
        "service": "mediaconvert", "method": "POST", "url": "/2017-08-29/jobs", "headers": headers, "body": job.to_string(),
    });
    let answer = deployed.as_owner(call).await;
    assert_eq!(answer["status"], 201, "{answer}");
    let event = deployed.was_called("transcode-status", "MediaConvert Job State Change").await;
    assert_eq!(event["detail"]["status"], "ERROR", "{event}");
    ends(&mut deployed, "timeout: 5s", "timeout: 6s", "basic-authorizer", 6).await;
    deployed.destroy().await;
}

/// Changes a line of the project, updates the stack, and sees the change in the function.
async fn ends(deployed: &mut Deployed, old: &str, new: &str, function: &str, timeout: i32) {
    let file = deployed.project.directory().join("stack.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains(old), "{old}");
    std::fs::write(&file, text.replace(old, new)).unwrap();
    deployed.update().await;
    let name = format!("{}-{function}", deployed.stack);
    let configuration = deployed.clients.lambda.get_function_configuration().function_name(name).send().await.unwrap();
    assert_eq!(configuration.timeout(), Some(timeout));
}

/// The function that gave an answer.
fn named(answer: &http::Answer) -> String {
    answer.json()["function"].as_str().unwrap_or_else(|| panic!("{}", answer.text())).to_owned()
}
