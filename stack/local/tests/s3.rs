//! S3 of the local cloud over HTTP, by the AWS SDK and by hand.
#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    BucketVersioningStatus, CompletedMultipartUpload, CompletedPart, CorsConfiguration, CorsRule, Delete,
    ObjectIdentifier, VersioningConfiguration,
};
use stack_local::{LocalCloud, Settings, Storage};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

async fn start(storage: Storage) -> LocalCloud {
    let settings = Settings { address: ([127, 0, 0, 1], 0).into(), storage, ..Settings::default() };
    LocalCloud::start(settings).await.unwrap()
}

fn client_of(cloud: &LocalCloud, access_key: &str, secret: &str, host: Option<&str>) -> Client {
    let url = host.map_or_else(|| cloud.url(), |host| format!("http://{host}:{}", cloud.address().port()));
    let configuration = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::new(access_key, secret, None, None, "test"))
        .region(Region::new("us-east-1"))
        .endpoint_url(url)
        .force_path_style(host.is_none())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(configuration)
}

fn client(cloud: &LocalCloud) -> Client {
    client_of(cloud, "test", "test", None)
}

/// One request by hand: what a browser or another foreign client sends. Gives status, head and body.
async fn send(cloud: &LocalCloud, head: &str, body: &[u8]) -> (u16, String, Vec<u8>) {
    let mut stream = tokio::net::TcpStream::connect(cloud.address()).await.unwrap();
    let head = head.trim().replace('\n', "\r\n");
    let request = format!("{head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let split = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..split].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_ascii_lowercase(), answer[split + 4..].to_vec())
}

/// The path and query of a presigned URL.
fn target(url: &str) -> &str {
    let rest = url.strip_prefix("http://").unwrap();
    &rest[rest.find('/').unwrap()..]
}

#[tokio::test]
async fn objects_come_back_as_they_went() {
    let cloud = start(Storage::Memory).await;
    let s3 = client(&cloud);
    s3.create_bucket().bucket("photos").send().await.unwrap();
    let key = "a b/ü+%2F//..\u{1f600}.jpg";
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|number| (number % 251) as u8).collect();
    let put = s3
        .put_object()
        .bucket("photos")
        .key(key)
        .content_type("image/jpeg")
        .cache_control("max-age=60")
        .metadata("name", "value")
        .body(ByteStream::from(bytes.clone()))
        .send()
        .await
        .unwrap();
    let got = s3.get_object().bucket("photos").key(key).send().await.unwrap();
    assert_eq!(got.e_tag(), put.e_tag());
    assert_eq!(got.content_type(), Some("image/jpeg"));
    assert_eq!(got.cache_control(), Some("max-age=60"));
    assert_eq!(got.metadata().unwrap()["name"], "value");
    assert_eq!(got.content_length(), Some(3_000_000));
    assert_eq!(got.body.collect().await.unwrap().to_vec(), bytes);

    let part = s3.get_object().bucket("photos").key(key).range("bytes=1048570-1048585").send().await.unwrap();
    assert_eq!(part.content_range(), Some("bytes 1048570-1048585/3000000"));
    assert_eq!(part.body.collect().await.unwrap().to_vec(), bytes[1_048_570..=1_048_585]);
    let last = s3.get_object().bucket("photos").key(key).range("bytes=-3").send().await.unwrap();
    assert_eq!(last.body.collect().await.unwrap().to_vec(), bytes[2_999_997..]);
    let beyond = s3.get_object().bucket("photos").key(key).range("bytes=3000000-").send().await.unwrap_err();
    assert_eq!(beyond.code(), Some("InvalidRange"));

    let head = s3.head_object().bucket("photos").key(key).send().await.unwrap();
    assert_eq!(head.content_length(), Some(3_000_000));
    let listed = s3.list_objects_v2().bucket("photos").send().await.unwrap();
    assert_eq!(listed.contents()[0].key(), Some(key));

    s3.copy_object()
        .bucket("photos")
        .key("copy")
        .copy_source("photos/a%20b/%C3%BC%2B%252F//..%F0%9F%98%80.jpg")
        .send()
        .await
        .unwrap();
    s3.delete_object().bucket("photos").key(key).send().await.unwrap();
    let copy = s3.get_object().bucket("photos").key("copy").send().await.unwrap();
    assert_eq!(copy.content_type(), Some("image/jpeg"));
    assert_eq!(copy.body.collect().await.unwrap().to_vec(), bytes);
    let gone = s3.get_object().bucket("photos").key(key).send().await.unwrap_err();
    assert_eq!(gone.code(), Some("NoSuchKey"));
    cloud.stop().await;
}

#[tokio::test]
async fn conditions_and_buckets_are_respected() {
    let cloud = start(Storage::Memory).await;
    let s3 = client(&cloud);
    let missing = s3.put_object().bucket("photos").key("a").body(ByteStream::from_static(b"1")).send().await;
    assert_eq!(missing.unwrap_err().code(), Some("NoSuchBucket"));
    s3.create_bucket().bucket("photos").send().await.unwrap();
    let put = || s3.put_object().bucket("photos").key("a").body(ByteStream::from_static(b"1"));
    let first = put().if_none_match("*").send().await.unwrap();
    let second = put().if_none_match("*").send().await.unwrap_err();
    assert_eq!(second.code(), Some("PreconditionFailed"));
    assert_eq!(put().if_match("\"wrong\"").send().await.unwrap_err().code(), Some("PreconditionFailed"));
    put().if_match(first.e_tag().unwrap()).send().await.unwrap();
    let unchanged = s3.get_object().bucket("photos").key("a").if_none_match(first.e_tag().unwrap()).send().await;
    assert_eq!(unchanged.unwrap_err().raw_response().unwrap().status().as_u16(), 304);
    let wrong =
        s3.put_object().bucket("photos").key("b").checksum_crc32("AAAAAA==").body(ByteStream::from_static(b"1"));
    assert_eq!(wrong.send().await.unwrap_err().code(), Some("BadDigest"));

    let full = s3.delete_bucket().bucket("photos").send().await.unwrap_err();
    assert_eq!(full.code(), Some("BucketNotEmpty"));
    let delete = Delete::builder()
        .objects(ObjectIdentifier::builder().key("a").build().unwrap())
        .objects(ObjectIdentifier::builder().key("never there").build().unwrap())
        .build()
        .unwrap();
    let deleted = s3.delete_objects().bucket("photos").delete(delete).send().await.unwrap();
    assert_eq!(deleted.deleted().len(), 2);
    s3.delete_bucket().bucket("photos").send().await.unwrap();
    cloud.stop().await;
}

#[tokio::test]
async fn uploads_in_parts_add_up() {
    let cloud = start(Storage::Memory).await;
    let s3 = client(&cloud);
    s3.create_bucket().bucket("videos").send().await.unwrap();
    let upload = s3.create_multipart_upload().bucket("videos").key("v").content_type("video/mp4").send().await.unwrap();
    let id = upload.upload_id().unwrap();
    let parts = [vec![b'a'; 5 * 1024 * 1024], vec![b'b'; 5 * 1024 * 1024 + 1], vec![b'c'; 10]];
    let mut completed = Vec::new();
    for (number, bytes) in (1..).zip(&parts) {
        let part = s3
            .upload_part()
            .bucket("videos")
            .key("v")
            .upload_id(id)
            .part_number(number)
            .body(ByteStream::from(bytes.clone()))
            .send()
            .await
            .unwrap();
        completed.push(CompletedPart::builder().part_number(number).e_tag(part.e_tag().unwrap()).build());
    }
    let listed = s3.list_parts().bucket("videos").key("v").upload_id(id).max_parts(2).send().await.unwrap();
    assert_eq!((listed.parts().len(), listed.is_truncated()), (2, Some(true)));
    let complete = |parts: Vec<CompletedPart>| {
        s3.complete_multipart_upload()
            .bucket("videos")
            .key("v")
            .upload_id(id)
            .multipart_upload(CompletedMultipartUpload::builder().set_parts(Some(parts)).build())
            .send()
    };
    let turned: Vec<_> = completed.iter().rev().cloned().collect();
    assert_eq!(complete(turned).await.unwrap_err().code(), Some("InvalidPartOrder"));
    let mut unknown = completed.clone();
    unknown[1] = CompletedPart::builder().part_number(2).e_tag("\"0\"").build();
    assert_eq!(complete(unknown).await.unwrap_err().code(), Some("InvalidPart"));
    let done = complete(completed).await.unwrap();
    assert!(done.e_tag().unwrap().ends_with("-3\""));
    let got = s3.get_object().bucket("videos").key("v").send().await.unwrap();
    assert_eq!(got.content_type(), Some("video/mp4"));
    assert_eq!(got.body.collect().await.unwrap().to_vec(), parts.concat());
    let second = s3.get_object().bucket("videos").key("v").part_number(2).send().await.unwrap();
    assert_eq!(second.body.collect().await.unwrap().to_vec(), parts[1]);
    assert!(s3.list_multipart_uploads().bucket("videos").send().await.unwrap().uploads().is_empty());
    cloud.stop().await;
}

#[tokio::test]
async fn listings_page_through_prefixes_and_versions() {
    let cloud = start(Storage::Memory).await;
    let s3 = client(&cloud);
    s3.create_bucket().bucket("photos").send().await.unwrap();
    for key in ["a", "b/1", "b/2", "c d", "e/1"] {
        s3.put_object().bucket("photos").key(key).body(ByteStream::from_static(b"x")).send().await.unwrap();
    }
    let mut names = Vec::new();
    let mut token = None;
    loop {
        let page = s3
            .list_objects_v2()
            .bucket("photos")
            .delimiter("/")
            .max_keys(2)
            .set_continuation_token(token)
            .send()
            .await
            .unwrap();
        names.extend(page.contents().iter().map(|object| object.key().unwrap().to_owned()));
        names.extend(page.common_prefixes().iter().map(|prefix| prefix.prefix().unwrap().to_owned()));
        token = page.next_continuation_token().map(str::to_owned);
        if token.is_none() {
            break;
        }
    }
    names.sort();
    assert_eq!(names, ["a", "b/", "c d", "e/"]);
    let after = s3.list_objects_v2().bucket("photos").start_after("b/2").send().await.unwrap();
    assert_eq!(after.contents().iter().filter_map(|object| object.key()).collect::<Vec<_>>(), ["c d", "e/1"]);

    let on = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    s3.put_bucket_versioning().bucket("photos").versioning_configuration(on).send().await.unwrap();
    let newer = s3.put_object().bucket("photos").key("a").body(ByteStream::from_static(b"yy")).send().await.unwrap();
    let marker = s3.delete_object().bucket("photos").key("a").send().await.unwrap();
    assert_eq!(marker.delete_marker(), Some(true));
    assert_eq!(s3.get_object().bucket("photos").key("a").send().await.unwrap_err().code(), Some("NoSuchKey"));
    let old = s3.get_object().bucket("photos").key("a").version_id("null").send().await.unwrap();
    assert_eq!(old.body.collect().await.unwrap().to_vec(), b"x");
    let versions = s3.list_object_versions().bucket("photos").prefix("a").send().await.unwrap();
    assert_eq!(versions.delete_markers().len(), 1);
    let ids: Vec<_> = versions.versions().iter().filter_map(|version| version.version_id()).collect();
    assert_eq!(ids, [newer.version_id().unwrap(), "null"]);
    s3.delete_object().bucket("photos").key("a").version_id(marker.version_id().unwrap()).send().await.unwrap();
    let back = s3.get_object().bucket("photos").key("a").send().await.unwrap();
    assert_eq!(back.body.collect().await.unwrap().to_vec(), b"yy");
    cloud.stop().await;
}

#[tokio::test]
async fn only_known_keys_get_in_and_hosts_name_buckets() {
    let cloud = start(Storage::Memory).await;
    client(&cloud).create_bucket().bucket("photos").send().await.unwrap();
    let wrong = client_of(&cloud, "test", "guess", None).list_buckets().send().await.unwrap_err();
    assert_eq!(wrong.code(), Some("SignatureDoesNotMatch"));
    let unknown = client_of(&cloud, "nobody", "test", None).list_buckets().send().await.unwrap_err();
    assert_eq!(unknown.code(), Some("InvalidAccessKeyId"));
    let (status, _, body) = send(&cloud, "GET /photos/a HTTP/1.1\nHost: 127.0.0.1", b"").await;
    assert_eq!(status, 403);
    assert!(String::from_utf8_lossy(&body).contains("AccessDenied"));

    // By Host: signed for the path style, so a presigned URL cannot be used; the refusal shows who the bucket is.
    let presigned = client(&cloud)
        .put_object()
        .bucket("photos")
        .key("by host")
        .presigned(PresigningConfig::expires_in(Duration::from_mins(1)).unwrap())
        .await
        .unwrap();
    let head = format!("PUT {} HTTP/1.1\nHost: {}", target(presigned.uri()), cloud.address());
    assert_eq!(send(&cloud, &head, b"hello").await.0, 200);
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*"}]}"#;
    let s3 = client(&cloud);
    let blocked = s3.put_bucket_policy().bucket("photos").policy(policy).send().await.unwrap_err();
    assert_eq!(blocked.code(), Some("AccessDenied"));
    s3.delete_public_access_block().bucket("photos").send().await.unwrap();
    s3.put_bucket_policy().bucket("photos").policy(policy).send().await.unwrap();
    for host in ["photos.s3.localhost:4566", "photos.s3.us-east-1.amazonaws.com", "photos.localhost"] {
        let (status, _, body) = send(&cloud, &format!("GET /by%20host HTTP/1.1\nHost: {host}"), b"").await;
        assert_eq!((status, body.as_slice()), (200, b"hello".as_slice()), "{host}");
    }
    cloud.stop().await;
}

#[tokio::test]
async fn a_browser_uploads_by_a_presigned_url() {
    let cloud = start(Storage::Memory).await;
    let s3 = client(&cloud);
    s3.create_bucket().bucket("photos").send().await.unwrap();
    let preflight = |origin: &str| {
        format!(
            "OPTIONS /photos/a HTTP/1.1\nHost: {}\nOrigin: {origin}\nAccess-Control-Request-Method: PUT\nAccess-Control-Request-Headers: content-type",
            cloud.address()
        )
    };
    assert_eq!(send(&cloud, &preflight("https://app.test"), b"").await.0, 403);
    let rule = CorsRule::builder()
        .allowed_origins("https://app.test")
        .allowed_methods("PUT")
        .allowed_headers("*")
        .expose_headers("ETag")
        .build()
        .unwrap();
    let cors = CorsConfiguration::builder().cors_rules(rule).build().unwrap();
    s3.put_bucket_cors().bucket("photos").cors_configuration(cors).send().await.unwrap();
    let (status, head, _) = send(&cloud, &preflight("https://app.test"), b"").await;
    assert_eq!(status, 200);
    assert!(head.contains("access-control-allow-origin: https://app.test"), "{head}");
    assert!(head.contains("access-control-allow-headers: content-type"), "{head}");
    assert_eq!(send(&cloud, &preflight("https://other.test"), b"").await.0, 403);

    let presigned = s3
        .put_object()
        .bucket("photos")
        .key("a")
        .content_type("image/png")
        .presigned(PresigningConfig::expires_in(Duration::from_mins(1)).unwrap())
        .await
        .unwrap();
    let upload = |content_type: &str| {
        format!(
            "PUT {} HTTP/1.1\nHost: {}\nOrigin: https://app.test\nContent-Type: {content_type}",
            target(presigned.uri()),
            cloud.address()
        )
    };
    assert_eq!(send(&cloud, &upload("text/html"), b"bytes").await.0, 403, "the signed content type is binding");
    let (status, head, _) = send(&cloud, &upload("image/png"), b"bytes").await;
    assert_eq!(status, 200, "{head}");
    assert!(head.contains("access-control-allow-origin: https://app.test"), "{head}");
    assert!(head.contains("access-control-expose-headers: etag"), "{head}");
    let got = s3.get_object().bucket("photos").key("a").send().await.unwrap();
    assert_eq!(got.content_type(), Some("image/png"));
    cloud.stop().await;
}

#[tokio::test]
async fn a_store_on_disk_survives_and_keys_never_become_paths() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let cloud = start(Storage::Directory(data.clone())).await;
    let s3 = client(&cloud);
    s3.create_bucket().bucket("photos").send().await.unwrap();
    let long = "x".repeat(1024);
    let keys = ["../../escape", "a/../../../b", "/etc/passwd", "A", "a", "nul\u{7f}", long.as_str()];
    for key in keys {
        let body = ByteStream::from(key.as_bytes().to_vec());
        s3.put_object().bucket("photos").key(key).body(body).send().await.unwrap();
    }
    s3.put_object().bucket("photos").key("a").body(ByteStream::from_static(b"newer")).send().await.unwrap();
    cloud.stop().await;
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1, "nothing outside the data directory");

    let cloud = start(Storage::Directory(data)).await;
    let s3 = client(&cloud);
    for key in keys {
        let got = s3.get_object().bucket("photos").key(key).send().await.unwrap();
        let expected = if key == "a" { b"newer".as_slice() } else { key.as_bytes() };
        assert_eq!(got.body.collect().await.unwrap().to_vec(), expected, "{key}");
    }
    cloud.stop().await;
}
