//! The image library as its users meet it: a git repository is pushed by the workflow's own script, images are fetched from the
//! API, and the table says what became of them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use image::{Rgb, RgbImage};
use serde_json::Value;
use test_support::photo::{encode, phone_photo};
use test_support::{Run, RunningCloud, TestProject, eventually, http, tools};

use crate::{STACK, deploy, output};

/// Region of the example.
const REGION: &str = "ap-northeast-2";

/// A deployed library, and a repository that is pushed to it.
struct Library {
    project: TestProject,
    cloud: RunningCloud,
    repository: TestProject,
    aws: PathBuf,
    api: String,
    key: String,
}

impl Library {
    /// `None` after saying what this machine lacks.
    fn deploy() -> Option<Self> {
        let aws = tools::python_program("aws")?;
        let project = TestProject::example(STACK, "image-library");
        let cloud = RunningCloud::start(&project);
        deploy(&project, "snail", &[]);
        let mut api = output(&project, "snail", "ApiUrl");
        api.truncate(api.trim_end_matches('/').len());
        let repository = TestProject::empty(STACK);
        let mut library = Self { project, cloud, repository, aws, api, key: String::new() };
        let keys = library.aws(&["apigateway", "get-api-keys", "--include-values"]);
        keys["items"][0]["value"].as_str().unwrap().clone_into(&mut library.key);
        library.git(&["init", "--quiet", "--initial-branch", "main"]);
        Some(library)
    }

    fn credentials<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("AWS_ENDPOINT_URL", self.cloud.url())
            .env("AWS_ENDPOINT_URL_S3", self.cloud.url())
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_DEFAULT_REGION", REGION)
            .env("AWS_REGION", REGION)
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env_remove("AWS_SESSION_TOKEN")
    }

    fn aws(&self, arguments: &[&str]) -> Value {
        let mut command = Command::new(&self.aws);
        command.args(arguments).args(["--output", "json"]);
        let run = Run::of(self.credentials(&mut command));
        assert_eq!(run.code, Some(0), "aws {arguments:?}: {run:?}");
        run.json()
    }

    fn git(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=Ann", "-c", "user.email=ann@example.com"]).args(arguments);
        let run = Run::of(command.current_dir(self.repository.directory()));
        assert_eq!(run.code, Some(0), "git {arguments:?}: {run:?}");
        run.stdout.trim().to_owned()
    }

    fn commit(&self) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "a change"]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Runs the workflow's script, which signs its requests.
    fn push(&self, before: &str) -> Run {
        let script = self.project.directory().join("github/push-images.py");
        let mut command = Command::new(self.aws.with_file_name("python"));
        command
            .arg(script)
            .current_dir(self.repository.directory())
            .env("API_URL", &self.api)
            .env("API_KEY", &self.key)
            .env("INCOMING_BUCKET", output(&self.project, "snail", "IncomingBucket"))
            .env("BEFORE", before)
            .env("WAIT_FACTOR", "0.1");
        Run::of(self.credentials(&mut command))
    }

    fn pushed(&self, before: &str) -> String {
        let run = self.push(before);
        assert_eq!(run.code, Some(0), "{run:?}");
        run.stdout.lines().last().unwrap().to_owned()
    }

    /// Status and key of the raw rows that are not deleted, by name.
    fn rows(&self) -> BTreeMap<String, (String, String)> {
        let scan = self.aws(&["dynamodb", "scan", "--consistent-read", "--table-name", "image-library-snail-images"]);
        let text = |row: &Value, name: &str| row[name]["S"].as_str().unwrap_or_default().to_owned();
        let rows = scan["Items"].as_array().unwrap().iter().filter(|row| row["ImageType"]["S"] == "raw");
        let rows = rows.map(|row| (text(row, "RegisteredFile"), (text(row, "Status"), text(row, "StoredKey"))));
        rows.filter(|(_, (status, _))| status != "deleted").collect()
    }

    async fn image(&self, key: &str) -> http::Answer {
        http::get(&format!("{}/images/{key}", self.api)).await
    }
}

fn picture(width: u32, height: u32, shade: u8) -> Vec<u8> {
    encode(&RgbImage::from_pixel(width, height, Rgb([shade, 80, 160])))
}

/// The photo with comments that make it larger than a request may be.
fn large_photo() -> Vec<u8> {
    let photo = phone_photo();
    let comment = [&[0xff, 0xfe, 0xff, 0xff][..], &b" ".repeat(65_533)].concat();
    [&photo[..2], &comment.repeat(65), &photo[2..]].concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_repository_is_pushed_renamed_and_emptied() {
    let Some(library) = Library::deploy() else { return };
    let photo = picture(2000, 1000, 30);
    library.repository.write("Trip to Oslo/A.jpg", &photo).write("Trip to Oslo/a.JPG", picture(50, 40, 200));
    library.repository.write("copy \u{2603}.jpeg", &photo).write("readme.md", "pictures");
    let first = library.commit();
    assert_eq!(library.pushed(""), "3 images sent, 0 deleted");

    let rows = library.rows();
    assert_eq!(rows.len(), 3, "{rows:?}");
    assert!(rows.values().all(|(status, _)| status == "completed"), "{rows:?}");
    let key = rows["Trip to Oslo/A.jpg"].1.clone();
    assert_eq!(rows["copy \u{2603}.jpeg"].1, key, "the same bytes are one object");
    let raw = library.image(&key).await;
    assert_eq!((raw.status.as_u16(), raw.header("content-type"), &raw.body[..]), (200, "image/jpeg", &photo[..]));
    let hashed = key.strip_prefix("raw/").unwrap();
    for (kind, size) in [("sg", (320, 160)), ("md", (800, 400)), ("lg", (1600, 800))] {
        let variant = library.image(&format!("{kind}/{hashed}")).await;
        assert_eq!((variant.status.as_u16(), variant.header("content-type")), (200, "image/jpeg"), "{kind}");
        let seen = image::load_from_memory(&variant.body).unwrap();
        assert_eq!((seen.width(), seen.height()), size, "{kind}");
    }

    // One of two names goes, the other is renamed: the object stays. A text that calls itself an image is refused.
    std::fs::create_dir(library.repository.directory().join("moved")).unwrap();
    library.git(&["mv", "copy \u{2603}.jpeg", "moved/1 + 1.jpg"]);
    library.git(&["rm", "--quiet", "Trip to Oslo/A.jpg"]);
    let second = library.commit();
    assert_eq!(library.pushed(&first), "1 images sent, 2 deleted");
    assert_eq!(library.rows().keys().collect::<Vec<_>>(), ["Trip to Oslo/a.JPG", "moved/1 + 1.jpg"]);
    assert_eq!(library.image(&key).await.status, 200);
    library.repository.write("false.png", "not an image at all");
    library.commit();
    let run = library.push(&second);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stdout.contains("PUT false.png failed: HTTP 400") && run.stdout.contains("not-an-image"), "{run:?}");
    assert_eq!(library.rows()["false.png"].0, "failed");

    // Nothing is left of the last name.
    library.git(&["rm", "--quiet", "-r", "."]);
    library.repository.write("readme.md", "no pictures");
    library.commit();
    assert_eq!(library.pushed(&second), "0 images sent, 2 deleted");
    assert_eq!(library.image(&key).await.status, 404);
    let bucket = output(&library.project, "snail", "ImagesBucket");
    let listed = library.cloud.clients().s3.list_objects_v2().bucket(bucket).send().await.unwrap();
    assert!(listed.contents().is_empty(), "{:?}", listed.contents());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_large_image_comes_through_the_bucket_and_unsigned_requests_are_refused() {
    let Some(library) = Library::deploy() else { return };
    let photo = large_photo();
    assert!(photo.len() > 4 << 20);
    library.repository.write("Big one.jpg", &photo);
    library.commit();
    assert_eq!(library.pushed(""), "1 images sent, 0 deleted");
    let key = eventually("the large image is in the library", async || {
        let (status, key) = library.rows().remove("Big one.jpg")?;
        (status == "completed").then_some(key)
    });
    let key = key.await;
    let small = library.image(&key.replacen("raw/", "sg/", 1)).await;
    let seen = image::load_from_memory(&small.body).unwrap();
    assert_eq!((seen.width(), seen.height()), (320, 427), "upright");
    let incoming = output(&library.project, "snail", "IncomingBucket");
    eventually("the incoming bucket is empty", async || {
        let versions = library.cloud.clients().s3.list_object_versions().bucket(&incoming).send().await.unwrap();
        (versions.versions().is_empty() && versions.delete_markers().is_empty()).then_some(())
    })
    .await;

    let url = format!("{}/images/raw/x.png", library.api);
    let refused = http::request("PUT".parse().unwrap(), &url, &[("x-api-key", &library.key)], "bytes").await;
    assert_eq!(refused.status, 403, "{}", refused.text());
}
