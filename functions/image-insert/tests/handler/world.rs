//! Below the SDK: requests to S3 and DynamoDB, answered here, each when the test lets it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clients::{CloudSettings, sdk_config};
use dynoxide::{Database, DynoxideError};
use function_testing::{Facts, ManualClock};
use http_events::Cors;
use image_library::{Library, Settings, Timer, Widths};
use serde_json::{Value, json};
use tokio::sync::oneshot;

/// What the images bucket is called.
pub(crate) const BUCKET: &str = "images";

/// What the bucket is called that large images come through.
pub(crate) const INCOMING: &str = "incoming";

/// A moment in 2026, in seconds since 1970.
pub(crate) const NOW: u64 = 1_795_832_645;

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is done, and the client is told.
    Serve,
    /// It is not done, and the client is told.
    Refuse,
    /// It is done, and the client is not told.
    LoseAnswer,
}

/// An object as the fake holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) content_type: String,
    pub(crate) cache_control: String,
    pub(crate) bytes: Vec<u8>,
}

/// S3 and DynamoDB.
#[derive(Default)]
pub(crate) struct State {
    /// Objects by bucket, key and version; `images` keeps none, so that what is there is what is shown.
    pub(crate) objects: BTreeMap<(String, String, String), Object>,
    /// Requests that wait for a verdict; `None` when all are served at once.
    gate: Option<Vec<oneshot::Sender<Verdict>>>,
    /// Operations so far: `PutObject raw/x.png`, `UpdateItem`.
    pub(crate) operations: Vec<String>,
    /// Starts of operations that are refused.
    pub(crate) broken: Vec<String>,
}

/// The fake service.
#[derive(Clone)]
struct Service {
    state: Arc<Mutex<State>>,
    database: Arc<Database>,
}

/// The fake service, and what handlers need to reach it.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) state: Arc<Mutex<State>>,
    database: Arc<Database>,
    dynamodb: aws_sdk_dynamodb::Client,
    s3: aws_sdk_s3::Client,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) facts: Facts,
    /// Processes so far: each invocation is one of its own.
    instances: Arc<AtomicU64>,
}

impl World {
    pub(crate) fn new() -> Self {
        let database = Database::memory().unwrap();
        let key = |name: &str, kind: &str| json!({ "AttributeName": name, "KeyType": kind });
        let attribute = |name: &str| json!({ "AttributeName": name, "AttributeType": "S" });
        let index = |name: &str, keys: Vec<Value>| json!({ "IndexName": name, "KeySchema": keys, "Projection": { "ProjectionType": "ALL" } });
        let attributes = ["ImageType", "ImageId", "RegisteredFile", "Status", "StoredKey"].map(attribute);
        let table = json!({
            "TableName": "images",
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": attributes,
            "KeySchema": [key("ImageType", "HASH"), key("ImageId", "RANGE")],
            "GlobalSecondaryIndexes": [
                index("by-file", vec![key("RegisteredFile", "HASH"), key("Status", "RANGE")]),
                index("by-key", vec![key("StoredKey", "HASH")]),
            ],
        });
        database.create_table(serde_json::from_value(table).unwrap()).unwrap();
        let service = Service { state: Arc::default(), database: Arc::new(database) };
        let (dynamodb, s3) = service.clients();
        Self {
            state: service.state,
            database: service.database,
            dynamodb,
            s3,
            clock: Arc::new(ManualClock::at(NOW)),
            facts: Facts::default(),
            instances: Arc::default(),
        }
    }

    /// From now on every request waits for a verdict.
    pub(crate) fn close_gate(&self) {
        self.state.lock().unwrap().gate = Some(Vec::new());
    }

    /// Requests that wait for a verdict.
    pub(crate) fn waiting(&self) -> usize {
        let mut state = self.state.lock().unwrap();
        let gate = state.gate.as_mut().unwrap();
        gate.retain(|request| !request.is_closed());
        gate.len()
    }

    /// Lets one of them go on.
    pub(crate) fn decide(&self, index: usize, verdict: Verdict) {
        let request = self.state.lock().unwrap().gate.as_mut().unwrap().remove(index);
        // Whoever asked may have been killed.
        let _gone = request.send(verdict);
    }

    fn library(&self) -> Library {
        let widths = Widths::parse("sg:4,md:8,lg:100").unwrap();
        Library {
            settings: Settings { table: "images".into(), bucket: BUCKET.into(), widths },
            dynamodb: self.dynamodb.clone(),
            s3: self.s3.clone(),
            clock: Arc::clone(&self.clock) as Arc<dyn wiring::Clock>,
            pause: Arc::new(Timer),
            instance: self.instances.fetch_add(1, Ordering::Relaxed).to_string(),
            tokens: AtomicU64::new(0),
        }
    }

    pub(crate) fn inserting(&self) -> image_insert::Dependencies {
        image_insert::Dependencies {
            library: self.library(),
            cors: Cors::new(vec!["*".into()], "OPTIONS,PUT", "authorization").unwrap(),
            incoming_bucket: INCOMING.into(),
            log: Arc::new(self.facts.clone()),
        }
    }

    pub(crate) fn deleting(&self) -> image_delete::Dependencies {
        image_delete::Dependencies {
            library: self.library(),
            cors: Cors::new(vec!["*".into()], "DELETE,OPTIONS", "authorization").unwrap(),
            log: Arc::new(self.facts.clone()),
        }
    }

    /// All items of the table, without the moments in them.
    pub(crate) fn items(&self) -> Vec<Value> {
        let scan = self.database.scan(serde_json::from_value(json!({ "TableName": "images" })).unwrap()).unwrap();
        let answer = serde_json::to_value(scan).unwrap();
        let mut items: Vec<Value> = answer["Items"].as_array().unwrap().iter().map(plain).collect();
        items.sort_by_key(|item| item["ImageId"].to_string() + &item["ImageType"].to_string());
        items
    }

    /// Rows by id: status and key.
    pub(crate) fn rows(&self) -> BTreeMap<String, String> {
        let rows = self.items().into_iter().filter(|item| item.get("Status").is_some());
        rows.map(|row| (row["ImageId"].as_str().unwrap().to_owned(), row["Status"].as_str().unwrap().to_owned()))
            .collect()
    }

    /// Keys in the images bucket.
    pub(crate) fn keys(&self) -> Vec<String> {
        let state = self.state.lock().unwrap();
        state.objects.keys().filter(|(bucket, ..)| bucket == BUCKET).map(|(_, key, _)| key.clone()).collect()
    }

    pub(crate) fn object(&self, key: &str) -> Object {
        self.state.lock().unwrap().objects[&(BUCKET.to_owned(), key.to_owned(), String::new())].clone()
    }
}

impl Service {
    fn clients(&self) -> (aws_sdk_dynamodb::Client, aws_sdk_s3::Client) {
        let settings = CloudSettings {
            region: "ap-northeast-2".into(),
            credentials: wiring::Credentials {
                access_key: "AKID".into(),
                secret_key: "CANARY".into(),
                session_token: None,
            },
            endpoint: Some("http://cloud.invalid".into()),
            storage_endpoint: None,
        };
        let connector = SharedHttpConnector::new(Connector(self.clone()));
        let config =
            sdk_config(&settings).into_builder().http_client(http_client_fn(move |_, _| connector.clone())).build();
        let storage = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
        (aws_sdk_dynamodb::Client::new(&config), aws_sdk_s3::Client::from_conf(storage))
    }

    async fn answer(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let verdict = {
            let mut state = self.state.lock().unwrap();
            state.gate.as_mut().map(|gate| {
                let (sender, receiver) = oneshot::channel();
                gate.push(sender);
                receiver
            })
        };
        let verdict = match verdict {
            Some(verdict) => verdict.await.unwrap_or(Verdict::Refuse),
            None => Verdict::Serve,
        };
        let unavailable = || respond(503, "<Error><Code>SlowDown</Code><Message>slow down</Message></Error>".into());
        if verdict == Verdict::Refuse {
            return Ok(unavailable());
        }
        let response = match request.headers().get("x-amz-target") {
            Some(target) => self.table(target.rsplit('.').next().unwrap(), request.body().bytes().unwrap()),
            None => self.storage(&request),
        };
        match verdict {
            Verdict::LoseAnswer => Err(ConnectorError::io("the connection was cut".into())),
            _ => Ok(response),
        }
    }

    fn begin(&self, operation: String) -> bool {
        let mut state = self.state.lock().unwrap();
        let is_broken = state.broken.iter().any(|start| operation.starts_with(start.as_str()));
        state.operations.push(operation);
        is_broken
    }

    fn table(&self, operation: &str, body: &[u8]) -> HttpResponse {
        if self.begin(operation.to_owned()) {
            return respond(500, r#"{"__type":"InternalServerError","message":"try again"}"#.into());
        }
        match run(&self.database, operation, body) {
            Ok(answer) => respond(200, answer.to_string()),
            Err(error) => respond(error.status_code(), error.to_json()),
        }
    }

    fn storage(&self, request: &HttpRequest) -> HttpResponse {
        let uri = request.uri().strip_prefix("http://cloud.invalid/").unwrap();
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let (bucket, key) = path.split_once('/').unwrap();
        let version = query.split('&').find_map(|pair| pair.strip_prefix("versionId=")).unwrap_or_default();
        let place = (bucket.to_owned(), decoded(key), version.to_owned());
        let operation = match request.method() {
            "PUT" => "PutObject",
            "DELETE" => "DeleteObject",
            _ => "GetObject",
        };
        if self.begin(format!("{operation} {}", place.1)) {
            return respond(503, "<Error><Code>SlowDown</Code><Message>slow down</Message></Error>".into());
        }
        let mut state = self.state.lock().unwrap();
        match operation {
            "PutObject" => {
                let header = |name| request.headers().get(name).unwrap_or_default().to_owned();
                let (content_type, cache_control) = (header("content-type"), header("cache-control"));
                let bytes = request.body().bytes().unwrap().to_vec();
                state.objects.insert(place, Object { content_type, cache_control, bytes });
                respond(200, String::new())
            }
            "DeleteObject" => {
                state.objects.remove(&place);
                respond(204, String::new())
            }
            _ => match state.objects.get(&place) {
                Some(object) => {
                    HttpResponse::new(StatusCode::try_from(200).unwrap(), SdkBody::from(object.bytes.clone()))
                }
                None => respond(404, "<Error><Code>NoSuchVersion</Code><Message>gone</Message></Error>".into()),
            },
        }
    }
}

#[derive(Clone)]
struct Connector(Service);

impl std::fmt::Debug for Connector {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Connector")
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let service = self.0.clone();
        HttpConnectorFuture::new(async move { service.answer(request).await })
    }
}

fn respond(status: u16, body: String) -> HttpResponse {
    HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body))
}

fn run(database: &Database, operation: &str, body: &[u8]) -> Result<Value, DynoxideError> {
    fn read<T: serde::de::DeserializeOwned>(body: &[u8]) -> T {
        serde_json::from_slice(body).unwrap()
    }
    fn write<T: serde::Serialize>(answer: &T) -> Value {
        serde_json::to_value(answer).unwrap()
    }
    Ok(match operation {
        "UpdateItem" => write(&database.update_item(read(body))?),
        "DeleteItem" => write(&database.delete_item(read(body))?),
        "BatchGetItem" => write(&database.batch_get_item(read(body))?),
        "TransactWriteItems" => write(&database.transact_write_items(read(body))?),
        other => panic!("{other} is not expected"),
    })
}

/// An item without types, sets in order, and without its moments.
fn plain(item: &Value) -> Value {
    let fields = item.as_object().unwrap().iter().filter(|(name, _)| !name.ends_with("Date"));
    let value = |value: &Value| {
        let (kind, value) = value.as_object().unwrap().iter().next().unwrap();
        let mut value = value.clone();
        if kind == "SS" {
            value.as_array_mut().unwrap().sort_by_key(ToString::to_string);
        }
        value
    };
    Value::Object(fields.map(|(name, typed)| (name.clone(), value(typed))).collect())
}

fn decoded(key: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = key.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first == b'%' {
            bytes.push(u8::from_str_radix(std::str::from_utf8(&after[..2]).unwrap(), 16).unwrap());
            rest = &after[2..];
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// A request as a REST API with binary media types hands it over.
pub(crate) fn request(method: &str, path: &str, body: &[u8]) -> Value {
    json!({
        "resource": "/images/raw/{object+}", "path": path, "httpMethod": method, "headers": {},
        "requestContext": { "stage": "v0", "requestTimeEpoch": NOW * 1000 },
        "body": STANDARD.encode(body), "isBase64Encoded": true,
    })
}

/// A small image of one color, different for each shade.
pub(crate) fn png(width: u32, height: u32, shade: u8) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let picture = image::RgbImage::from_pixel(width, height, image::Rgb([shade, 90, 200]));
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}
