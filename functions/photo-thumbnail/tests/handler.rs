//! The whole handler: events of S3 in; thumbnails, rows, the list and records of failures out. S3 is a server of the test, the
//! database a real one of this machine.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::path::Path;
use std::sync::Arc;

use aws_sdk_s3::{Client, config};
use clients::{CloudSettings, sdk_config};
use database::{Command, Database, MySql, Secret, Session, migrate, parse_migrations};
use function_testing::{DatabaseServer, Facts, Reply, Server, Storage, lambda_events, wrong_types};
use lambda_runtime::Diagnostic;
use photo_thumbnail::{Dependencies, HandlerError, Outcome, PHRASE, Settings, handle};
use serde_json::{Value, json};
use wiring::{Credentials, Environment};

/// The migrations of the example whose function this is.
const MIGRATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/photo-catalog/migrations");

struct World {
    storage: Storage,
    secrets: Server,
    facts: Facts,
    dependencies: Dependencies,
}

impl World {
    /// `database`: where the secret leads to, nowhere without one.
    async fn new(database: Option<&DatabaseServer>) -> Self {
        let (storage, facts) = (Storage::start().await, Facts::default());
        let secret = database.map(|server| server.secret_answer(DatabaseServer::PASSWORD));
        let secrets = Server::start(secret.map_or(Reply::Refuse, |secret| Reply::Body(200, secret))).await;
        let cloud = CloudSettings {
            region: "us-east-1".into(),
            credentials: Credentials {
                access_key: "AKID".into(),
                secret_key: "SECRETCANARY".into(),
                session_token: None,
            },
            endpoint: Some(secrets.url().to_owned()),
            storage_endpoint: Some(storage.url().to_owned()),
        };
        let sdk = sdk_config(&cloud).into_builder();
        let sdk = sdk.retry_config(aws_sdk_s3::config::retry::RetryConfig::disabled()).build();
        let mut client = config::Builder::from(&sdk);
        client.set_endpoint_url(Some(storage.url().to_owned()));
        client.set_force_path_style(Some(true));
        let variable = |name: &str| match name {
            "WEBSITE_BUCKET" => Some("website".to_owned()),
            "LOG_BUCKET" => Some("logs".to_owned()),
            "LIST_LENGTH" => Some("3".to_owned()),
            _ => None,
        };
        let session = || Session::new(Secret::new(aws_sdk_secretsmanager::Client::new(&sdk), "database"), None);
        let dependencies = Dependencies {
            s3: Client::from_conf(client.build()),
            database: Database::<MySql>::new(session()),
            settings: Settings::read(&mut Environment::new(&variable)),
            log: Arc::new(facts.clone()),
        };
        if database.is_some() {
            migrate(&session(), &parse_migrations(migration_files()).unwrap(), Command::Up {}).await.unwrap();
        }
        Self { storage, secrets, facts, dependencies }
    }

    /// Keeps photos and handles the event that tells of all of them.
    async fn upload(&self, photos: &[(&str, Vec<u8>)]) -> Result<Outcome, HandlerError> {
        let records: Vec<Value> = photos.iter().map(|(key, bytes)| self.record(key, bytes.clone())).collect();
        handle(json!({ "Records": records }), &self.dependencies).await
    }

    /// Keeps a photo; the record of S3 that tells of it. `key` as S3 writes it.
    fn record(&self, key: &str, bytes: Vec<u8>) -> Value {
        let size = bytes.len();
        let etag = self.storage.put(&format!("/input/{}", key.replace('+', "%20")), bytes);
        json!({
            "eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "eventTime": "2026-01-02T03:04:05.678Z",
            "s3": { "bucket": { "name": "input" }, "object": { "key": key, "size": size, "eTag": etag } }
        })
    }

    fn list(&self) -> Value {
        serde_json::from_slice(&self.storage.get("/website/newest.json").unwrap().bytes).unwrap()
    }

    /// Names in the website's list.
    fn listed(&self) -> Vec<String> {
        let list = self.list();
        let names = list["thumbnails"].as_array().unwrap().iter();
        names.map(|entry| entry["name"].as_str().unwrap().to_owned()).collect()
    }

    async fn rows(&self) -> Vec<(String, i64, i64)> {
        let mut connection = self.dependencies.database.connection().await.unwrap();
        let rows = "SELECT file_name, original_file_size, thumbnail_size FROM file_upload_catalog ORDER BY id";
        sqlx::query_as(rows).fetch_all(&mut *connection).await.unwrap()
    }
}

fn migration_files() -> Vec<(String, Vec<u8>)> {
    let files = std::fs::read_dir(Path::new(MIGRATIONS)).unwrap().map(Result::unwrap);
    files.map(|file| (file.file_name().into_string().unwrap(), std::fs::read(file.path()).unwrap())).collect()
}

fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = Vec::new();
    let pixels = vec![90; usize::from(width) * usize::from(height) * 3];
    jpeg_encoder::Encoder::new(&mut bytes, 90).encode(&pixels, width, height, jpeg_encoder::ColorType::Rgb).unwrap();
    bytes
}

/// A gray picture in a format of the `image` crate.
fn picture(width: u32, height: u32, format: image::ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(width, height, image::Rgb([9, 9, 9])).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

#[tokio::test]
async fn photos_are_cataloged_once_and_listed() {
    let Some(server) = DatabaseServer::mysql() else { return };
    let world = World::new(Some(&server)).await;
    // The content decides: the PNG has the name of a text, the GIF that of a PNG.
    let photos = [
        ("a+b%2Bc/%E2%98%83.jpg", jpeg(100, 50)),
        ("notes.txt", picture(90, 30, image::ImageFormat::Png)),
        ("anim.png", picture(2, 2, image::ImageFormat::Gif)),
    ];
    let outcome = world.upload(&photos).await.unwrap();
    assert_eq!(outcome.cataloged, ["thumbnails/a b+c/\u{2603}.jpg", "thumbnails/notes.txt", "thumbnails/anim.png"]);
    assert_eq!((outcome.rejected, outcome.skipped), (vec![], vec![]));
    for (path, content_type, size) in [
        ("/website/thumbnails/a%20b%2Bc/%E2%98%83.jpg", "image/jpeg", (32, 16)),
        ("/website/thumbnails/notes.txt", "image/png", (30, 10)),
        ("/website/thumbnails/anim.png", "image/jpeg", (1, 1)),
    ] {
        let thumbnail = world.storage.get(path).unwrap();
        assert_eq!(
            (thumbnail.content_type.as_str(), thumbnail.cache_control.as_str()),
            (content_type, "public, max-age=60")
        );
        let found = media::inspect(&thumbnail.bytes, &media::Limits::default()).unwrap();
        assert_eq!((found.width, found.height), size, "{path}");
    }
    let rows = world.rows().await;
    let size_of = |path: &str| i64::try_from(world.storage.get(path).unwrap().bytes.len()).unwrap();
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[1].1, size_of("/input/notes.txt"));
    assert_eq!(rows[1].2, size_of("/website/thumbnails/notes.txt"));
    let newest = world.storage.get("/website/newest.json").unwrap();
    assert_eq!((newest.content_type.as_str(), newest.cache_control.as_str()), ("application/json", "no-cache"));
    let list = world.list();
    assert_eq!(list["prefix"], "thumbnails/");
    let first = json!({ "name": "anim.png", "uploaded": "2026-01-02T03:04:05.678Z", "width": 1, "height": 1 });
    assert_eq!(list["thumbnails"][0], first);

    // Events come twice; the same bytes again are the same photo, others are another one, and each name is listed once.
    world.upload(&photos).await.unwrap();
    assert_eq!(world.rows().await, rows);
    world.upload(&[("notes.txt", jpeg(30, 30))]).await.unwrap();
    assert_eq!(world.rows().await.len(), 4);
    world.upload(&[("new.jpg", jpeg(60, 60))]).await.unwrap();
    assert_eq!(world.listed(), ["new.jpg", "notes.txt", "anim.png"]);

    // Many at once: the list has them all, whoever writes it last.
    let several = ["1.jpg", "2.jpg", "3.jpg"].map(|key| [(key, jpeg(9, 9))]);
    let other = World::new(Some(&server)).await;
    let dependencies = Dependencies {
        s3: world.dependencies.s3.clone(),
        settings: world.dependencies.settings.clone(),
        log: Arc::new(Facts::default()),
        database: other.dependencies.database,
    };
    let event = |photo: &[(&str, Vec<u8>); 1]| json!({ "Records": [world.record(photo[0].0, photo[0].1.clone())] });
    let (one, two, three) = tokio::join!(
        handle(event(&several[0]), &world.dependencies),
        handle(event(&several[1]), &dependencies),
        handle(event(&several[2]), &world.dependencies),
    );
    assert!(one.is_ok() && two.is_ok() && three.is_ok());
    let mut listed = world.listed();
    listed.sort();
    assert_eq!(listed, ["1.jpg", "2.jpg", "3.jpg"]);
    drop(other.secrets);
}

#[tokio::test]
async fn a_failure_between_thumbnail_and_row_is_made_good_by_the_retry() {
    let Some(server) = DatabaseServer::mysql() else { return };
    let world = World::new(Some(&server)).await;
    // A database where nobody listens: the thumbnail is written, the row is not.
    let World { secrets: elsewhere, dependencies: Dependencies { database, .. }, .. } = World::new(None).await;
    let mut secret = server.secret(DatabaseServer::PASSWORD);
    secret["port"] = 1.into();
    let answer = json!({ "SecretString": secret.to_string() });
    elsewhere.reply(Reply::Body(200, answer.to_string().into_bytes()));
    let dependencies = Dependencies {
        s3: world.dependencies.s3.clone(),
        settings: world.dependencies.settings.clone(),
        log: Arc::new(world.facts.clone()),
        database,
    };
    let event = json!({ "Records": [world.record("one.jpg", jpeg(30, 30)), world.record("bad.jpg", Vec::new())] });
    let error = handle(event.clone(), &dependencies).await.unwrap_err();
    assert!(error.to_string().starts_with("1 of 2 records failed and may succeed when tried again; "), "{error}");
    assert_eq!(Diagnostic::from(error).error_type, "retry");
    assert!(world.storage.get("/website/thumbnails/one.jpg").is_some(), "the thumbnail was there before the row");
    assert!(world.storage.get("/logs/failure-bad.jpg.txt").is_some(), "the rest of the batch went on");
    assert!(!format!("{:?}", world.facts.all()).contains("CANARY"));

    for _ in 0..2 {
        let outcome = handle(event.clone(), &world.dependencies).await.unwrap();
        assert_eq!(outcome.cataloged, ["thumbnails/one.jpg"]);
    }
    assert_eq!(world.rows().await.len(), 1);

    // Nor does a list that cannot be written lose the row.
    world.storage.break_paths(&["/website/newest.json"]);
    let error = world.upload(&[("two.jpg", jpeg(30, 30))]).await.unwrap_err();
    assert!(error.to_string().contains("GetObject failed: SlowDown"), "{error}");
    world.storage.break_paths(&[]);
    world.upload(&[("two.jpg", jpeg(30, 30))]).await.unwrap();
    assert_eq!((world.rows().await.len(), world.listed()), (2, vec!["two.jpg".to_owned(), "one.jpg".to_owned()]));
}

#[tokio::test]
async fn what_is_no_photo_leaves_a_record_and_the_line_that_the_alarm_counts() {
    let world = World::new(None).await;
    let cut = jpeg(90, 90)[..600].to_vec();
    let longest = "x".repeat(1020);
    let photos =
        [("empty.jpg", Vec::new()), ("in/JSON.json", b"{}".to_vec()), ("cut.jpg", cut), (longest.as_str(), jpeg(9, 9))];
    let outcome = world.upload(&photos).await.unwrap();
    let codes: Vec<_> = outcome.rejected.iter().map(|rejected| rejected.code).collect();
    assert_eq!(codes, ["empty", "not-an-image", "truncated-image", "key-too-long"]);
    assert_eq!(outcome.cataloged, Vec::<String>::new());
    let record = world.storage.get("/logs/failure-in/JSON.json.txt").unwrap();
    assert_eq!(record.content_type, "text/plain; charset=utf-8");
    assert_eq!(
        String::from_utf8(record.bytes.to_vec()).unwrap(),
        "Unprocessable Entity: input object must be a jpg or png.\n\n\
         reason: the content is not a picture: it looks like plain text\ncode: not-an-image\nbucket: input\n\
         key: in/JSON.json\nsize: 2 bytes\nuploaded: 2026-01-02T03:04:05.678Z\nsequencer: unknown\n"
    );
    let records: Vec<_> = world.storage.paths().into_iter().filter(|path| path.starts_with("/logs/")).collect();
    assert_eq!(records.len(), 4, "{records:?}");
    assert!(world.facts.all().iter().all(|fact| fact["message"] == PHRASE && fact["level"] == "ERROR"));
    assert_eq!(PHRASE, "Unprocessable Entity: input object must be a jpg or png.");

    // A record that cannot be kept is tried again, and the alarm counts the file once.
    world.storage.break_paths(&["/logs/failure-empty.jpg.txt"]);
    world.upload(&photos[..1]).await.unwrap_err();
    world.storage.break_paths(&[]);
    world.upload(&photos[..1]).await.unwrap();
    let counted = world.facts.all().iter().filter(|fact| fact["message"] == PHRASE).count();
    assert_eq!(counted, 5);
}

#[tokio::test]
async fn there_is_nothing_to_do_for_folders_and_for_what_is_gone() {
    let world = World::new(None).await;
    let mut replaced = world.record("replaced.jpg", jpeg(9, 9));
    world.storage.put("/input/replaced.jpg", "another photo, with an event of its own");
    let mut deleted = replaced.clone();
    deleted["s3"]["object"]["key"] = "deleted.jpg".into();
    let mut own = replaced.clone();
    own["s3"]["bucket"]["name"] = "website".into();
    replaced["s3"]["object"]["versionId"] = "null".into();
    let event = json!({ "Records": [replaced, deleted, own, world.record("folder/", Vec::new())] });
    let outcome = handle(event, &world.dependencies).await.unwrap();
    let codes: Vec<_> = outcome.skipped.iter().map(|skipped| skipped.code).collect();
    assert_eq!(codes, ["gone", "gone", "own-object", "folder"]);
    assert_eq!(world.storage.paths(), ["/input/folder/", "/input/replaced.jpg"]);
    assert!(world.facts.all().iter().all(|fact| fact["level"] == "INFO"));
}

#[tokio::test]
async fn events_of_every_service_are_answered_or_refused() {
    let Some(events) = lambda_events() else { return };
    assert_eq!(events.len(), 211);
    let world = World::new(None).await;
    let mut answered = 0;
    for (name, event) in events {
        match handle(event, &world.dependencies).await {
            Ok(outcome) => {
                answered += 1;
                assert!(outcome.cataloged.is_empty() && outcome.rejected.is_empty(), "{name}: {outcome:?}");
            }
            Err(error) => assert_eq!(Diagnostic::from(error).error_type, "unsupported-event", "{name}"),
        }
    }
    assert!(answered >= 1, "{answered} events of created objects are among them");
}

#[tokio::test]
async fn wrong_types_are_refused() {
    let world = World::new(None).await;
    let event = json!({ "Records": [world.record("page.jpg", b"no photo".to_vec())] });
    for event in wrong_types(&event) {
        match handle(event.clone(), &world.dependencies).await {
            Ok(outcome) => assert!(outcome.cataloged.is_empty(), "{event}"),
            Err(error) => {
                let told = Diagnostic::from(error).error_type;
                assert!(["unsupported-event", "retry"].contains(&told.as_str()), "{told}: {event}");
            }
        }
    }
}
