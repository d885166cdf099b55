//! Queues, templates and jobs through their providers and the API.

use std::sync::Arc;

use serde_json::{Value, json};

use super::resources::{job_template, queue};
use super::settings::{Location, read as read_settings};
use crate::cloud::Cloud;
use crate::testing::{REGION, cloud, context, drifted, read, request, role};

async fn call(cloud: &Arc<Cloud>, method: &str, path: &str, body: Value) -> (u16, Value) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let request = request("mediaconvert", method, &format!("/2017-08-29/{path}"), &[], &body);
    let (status, body) = read(super::api::handle(cloud, request).await).await;
    (status, serde_json::from_str(&body).unwrap_or_default())
}

/// The settings that the construct's template renders.
fn template_settings() -> Value {
    json!({
        "TimecodeConfig": {"Source": "ZEROBASED"},
        "Inputs": [{"TimecodeSource": "ZEROBASED", "VideoSelector": {"Rotate": "AUTO"}, "AudioSelectors": {"Audio Selector 1": {"DefaultSelection": "DEFAULT"}}}],
        "OutputGroups": [{
            "Name": "File Group",
            "OutputGroupSettings": {"Type": "FILE_GROUP_SETTINGS", "FileGroupSettings": {"Destination": "s3://videos/output/web/"}},
            "Outputs": [{
                "ContainerSettings": {"Container": "MP4", "Mp4Settings": {"MoovPlacement": "PROGRESSIVE_DOWNLOAD"}},
                "VideoDescription": {
                    "Width": 1280, "Height": 720, "ScalingBehavior": "FIT_NO_UPSCALE",
                    "CodecSettings": {"Codec": "H_264", "H264Settings": {"RateControlMode": "QVBR", "MaxBitrate": 6_000_000,
                        "QvbrSettings": {"QvbrQualityLevel": 8}, "FramerateControl": "INITIALIZE_FROM_SOURCE"}},
                },
                "AudioDescriptions": [{"AudioSourceName": "Audio Selector 1", "CodecSettings": {"Codec": "AAC",
                    "AacSettings": {"Bitrate": 96000, "CodingMode": "CODING_MODE_2_0", "SampleRate": 48000}}}],
            }],
        }],
    })
}

fn with_input(mut settings: Value, file: &str) -> Value {
    settings["Inputs"][0]["FileInput"] = json!(file);
    settings
}

#[test]
fn settings_become_arguments() {
    let work = read_settings(&with_input(template_settings(), "s3://uploads/a/b/clip.final.webm")).unwrap();
    assert_eq!(work.input, Location { bucket: "uploads".to_owned(), key: "a/b/clip.final.webm".to_owned() });
    let output = &work.groups[0][0];
    assert_eq!(output.target.arn(), "arn:aws:s3:::videos/output/web/clip.final.mp4");
    assert_eq!(
        output.arguments.join(" "),
        "-map 0:v:0 -vf scale=w='min(1280,iw)':h='min(720,ih)':force_original_aspect_ratio=decrease:force_divisible_by=2,setsar=1 \
         -c:v libx264 -preset veryfast -pix_fmt yuv420p -crf 21 -maxrate 6000000 -bufsize 12000000 \
         -map 0:a:0? -c:a aac -b:a 96000 -ar 48000 -ac 2 -movflags +faststart"
    );
}

#[test]
fn names_of_outputs() {
    for (destination, modifier, expected) in [
        ("s3://videos/dir/", "_720", "dir/clip_720.mp4"),
        ("s3://videos/dir/other", "", "dir/other.mp4"),
        ("s3://videos/", "", "clip.mp4"),
    ] {
        let mut settings = with_input(template_settings(), "s3://uploads/in/clip.webm");
        settings["OutputGroups"][0]["OutputGroupSettings"]["FileGroupSettings"]["Destination"] = json!(destination);
        settings["OutputGroups"][0]["Outputs"][0]["NameModifier"] = json!(modifier);
        assert_eq!(read_settings(&settings).unwrap().groups[0][0].target.key, expected);
    }
}

#[test]
fn what_ffmpeg_is_not_told_is_refused() {
    let refused = |pointer: &str, value: Value| {
        let mut settings = with_input(template_settings(), "s3://uploads/clip.webm");
        *settings.pointer_mut(pointer).unwrap() = value;
        read_settings(&settings).unwrap_err().message
    };
    assert!(
        refused("/OutputGroups/0/OutputGroupSettings/Type", json!("HLS_GROUP_SETTINGS")).contains("HLS_GROUP_SETTINGS")
    );
    assert!(refused("/OutputGroups/0/Outputs/0/ContainerSettings/Container", json!("CMFC")).contains("CMFC"));
    assert!(refused("/OutputGroups/0/Outputs/0/VideoDescription/CodecSettings/Codec", json!("AV1")).contains("AV1"));
    assert!(refused("/OutputGroups", json!([])).contains("at least one output group"));
    assert!(refused("/Inputs/0/FileInput", json!("https://example.com/a.webm")).contains("s3://bucket/key"));
    assert!(refused("/Inputs", json!([{}, {}])).contains("several inputs"));
}

/// A queue and a template as the construct makes them; gives their ARNs.
async fn transcoder(cloud: &Arc<Cloud>) -> (String, String) {
    let context = context(cloud);
    let declared = json!({"Name": "web", "PricingPlan": "ON_DEMAND", "Status": "ACTIVE"});
    let made = queue::create(&context, &declared).await.unwrap();
    assert_eq!(queue::create(&context, &declared).await.unwrap_err().code, "AlreadyExists");
    let arn = made.attributes["Arn"].as_str().unwrap().to_owned();
    let declared = json!({"Name": "web-template", "Queue": arn, "SettingsJson": template_settings()});
    let template = job_template::create(&context, &declared).await.unwrap();
    let live = job_template::read(&context, &template.physical_id, &declared).await.unwrap();
    assert_eq!(drifted(&declared, &live), Vec::<String>::new());
    (arn, template.attributes["Arn"].as_str().unwrap().to_owned())
}

async fn ended(cloud: &Arc<Cloud>, id: &str) -> Value {
    loop {
        let (_, got) = call(cloud, "GET", &format!("jobs/{id}"), Value::Null).await;
        if !["SUBMITTED", "PROGRESSING"].contains(&got["job"]["status"].as_str().unwrap()) {
            return got["job"].clone();
        }
        tokio::task::yield_now().await;
    }
}

async fn put(cloud: &Arc<Cloud>, bucket: &str, key: &str, bytes: Vec<u8>) {
    let made = crate::s3::resources::create_bucket(&context(cloud), &json!({"BucketName": bucket})).await;
    made.unwrap();
    if !key.is_empty() {
        cloud.s3.put_object(cloud, bucket, key, None, bytes.into()).await.unwrap();
    }
}

#[tokio::test]
async fn a_job_reads_with_its_role_only() {
    let cloud = cloud();
    let (queue, template) = transcoder(&cloud).await;
    put(&cloud, "uploads", "clip.webm", b"no film".to_vec()).await;
    let reader = role(
        &cloud,
        "reader",
        "mediaconvert.amazonaws.com",
        json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::others/*"}),
    )
    .await;
    let stranger =
        role(&cloud, "stranger", "lambda.amazonaws.com", json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}))
            .await;
    let ours = role(
        &cloud,
        "ours",
        "mediaconvert.amazonaws.com",
        json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}),
    )
    .await;
    let job = |role: &str, file: &str, token: &str| {
        json!({"queue": queue, "jobTemplate": template, "role": role, "clientRequestToken": token,
            "settings": {"inputs": [{"fileInput": file}]}, "userMetadata": {"key": "k"}})
    };
    let mut ids = Vec::new();
    for (role, file, code) in [
        (&reader, "s3://uploads/clip.webm", 1403),
        (&stranger, "s3://uploads/clip.webm", 1401),
        (&ours, "s3://uploads/none.webm", 1404),
    ] {
        let (status, made) = call(&cloud, "POST", "jobs", job(role, file, &code.to_string())).await;
        assert_eq!(status, 201, "{made}");
        let id = made["job"]["id"].as_str().unwrap().to_owned();
        let job = ended(&cloud, &id).await;
        if super::transcode::find("ffmpeg").is_some() || code == 1401 {
            assert_eq!((job["status"].as_str(), job["errorCode"].as_i64()), (Some("ERROR"), Some(code)), "{job}");
        } else {
            assert!(job["errorMessage"].as_str().unwrap().contains("apt install ffmpeg"), "{job}");
        }
        assert_eq!(job["userMetadata"]["key"], "k");
        ids.push(id);
    }
    // The same token is the same job.
    let (_, again) = call(&cloud, "POST", "jobs", job(&ours, "s3://uploads/none.webm", "1404")).await;
    assert_eq!(again["job"]["id"], json!(ids[2]));
    assert_eq!(call(&cloud, "DELETE", &format!("jobs/{}", ids[2]), Value::Null).await.0, 409);
    let (_, listed) = call(&cloud, "GET", "jobs?status=ERROR&order=ASCENDING", Value::Null).await;
    assert_eq!(listed["jobs"].as_array().unwrap().len(), 3);
    let event = super::events::state_change(&cloud.mediaconvert.job(REGION, &ids[1]).unwrap(), "000000000000");
    assert_eq!(event["errorCode"], 1401);
    assert_eq!(event["queue"], json!(queue));
}

#[tokio::test]
async fn a_film_becomes_an_mp4() {
    let Some(ffmpeg) = super::transcode::find("ffmpeg") else {
        return println!("skipped: ffmpeg is not on PATH");
    };
    let cloud = cloud();
    let (queue, template) = transcoder(&cloud).await;
    let directory = tempfile::tempdir().unwrap();
    let film = directory.path().join("film.mkv");
    let made = std::process::Command::new(ffmpeg)
        .args([
            "-loglevel",
            "error",
            "-f",
            "lavfi",
            "-i",
            "testsrc=duration=1:size=321x241:rate=10",
            "-f",
            "lavfi",
            "-i",
            "sine=duration=1",
        ])
        .arg(&film)
        .status()
        .unwrap();
    assert!(made.success());
    put(&cloud, "uploads", "in/clip.mkv", std::fs::read(&film).unwrap()).await;
    put(&cloud, "videos", "", Vec::new()).await;
    let role = role(&cloud, "ours", "mediaconvert.amazonaws.com", json!({"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": ["arn:aws:s3:::uploads/*", "arn:aws:s3:::videos/output/web/*"]})).await;
    let (_, made) = call(&cloud, "POST", "jobs", json!({"queue": queue, "jobTemplate": template, "role": role, "settings": {"inputs": [{"fileInput": "s3://uploads/in/clip.mkv"}]}})).await;
    let job = ended(&cloud, made["job"]["id"].as_str().unwrap()).await;
    assert_eq!(job["status"], "COMPLETE", "{job}");
    let output = cloud.s3.object("videos", "output/web/clip.mp4").await.unwrap().unwrap();
    assert_eq!(output.content_type.as_deref(), Some("video/mp4"));
    // The index comes before the pictures.
    let position = |name: &[u8]| output.bytes.windows(4).position(|window| window == name).unwrap();
    assert!(position(b"moov") < position(b"mdat"));
    let event = super::events::state_change(
        &cloud.mediaconvert.job(REGION, made["job"]["id"].as_str().unwrap()).unwrap(),
        "000000000000",
    );
    assert_eq!(
        event["outputGroupDetails"][0]["outputDetails"][0]["outputFilePaths"][0],
        "s3://videos/output/web/clip.mp4"
    );
}

#[tokio::test]
async fn templates_presets_and_queues_through_the_api() {
    let cloud = cloud();
    let settings = super::super::wire::members::camel(&template_settings());
    let (status, made) = call(&cloud, "POST", "jobTemplates", json!({"name": "t", "settings": settings})).await;
    assert_eq!((status, made["jobTemplate"]["settings"].clone()), (201, settings.clone()));
    assert_eq!(call(&cloud, "POST", "jobTemplates", json!({"name": "t", "settings": settings})).await.0, 409);
    let (_, queues) = call(&cloud, "GET", "queues", Value::Null).await;
    assert_eq!(queues["queues"][0]["name"], "Default");
    assert_eq!(call(&cloud, "POST", "queues", json!({"name": "q", "pricingPlan": "RESERVED"})).await.0, 400);
    assert_eq!(call(&cloud, "GET", "presets/none", Value::Null).await.0, 404);
    let (_, endpoints) = call(&cloud, "POST", "endpoints", json!({})).await;
    assert_eq!(endpoints["endpoints"][0]["url"], json!(cloud.url));
}
