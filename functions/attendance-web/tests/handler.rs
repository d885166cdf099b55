//! The pages, against actions and a Secrets Manager over real HTTP.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::sync::{Arc, Mutex};

use attendance_web::{Actions, Dependencies, handle};
use clients::{CloudSettings, sdk_config};
use fetch::Address;
use function_testing::{Call, Facts, ManualClock, Service, lambda_events, wrong_types};
use http_events::Answer;
use lambda_runtime::Diagnostic;
use secrets::KeptSecret;
use serde_json::{Value, json};
use wiring::{Clock, Credentials};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// Texts that end tags, attributes, scripts and comments where they are not escaped.
const NAUGHTY: [&str; 6] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</textarea></title><svg/onload=alert(1)>",
    "-->&lt;b&gt;<!--",
    "javascript:alert(1)//\u{202e}\0",
];

struct World {
    service: Service,
    answer: Arc<Mutex<(u16, Value)>>,
    facts: Facts,
    dependencies: Dependencies,
}

impl World {
    async fn new(status: u16, body: Value) -> Self {
        let answer = Arc::new(Mutex::new((status, body)));
        let told = Arc::clone(&answer);
        let service = Service::start(move |call| {
            if call.operation() == "GetSecretValue" {
                return (200, json!({ "SecretString": "CANARY" }).to_string());
            }
            let (status, body) = told.lock().unwrap().clone();
            (status, body.to_string())
        })
        .await;
        let cloud = CloudSettings {
            region: "eu-west-1".into(),
            credentials: Credentials { access_key: "AKID".into(), ..Credentials::default() },
            endpoint: Some(service.url().to_owned()),
            storage_endpoint: None,
        };
        let clock = Arc::new(ManualClock::at(1_795_832_645));
        let client = aws_sdk_secretsmanager::Client::new(&sdk_config(&cloud));
        let secret = KeptSecret::new(client, "an-arn", Arc::clone(&clock) as Arc<dyn Clock>);
        let address = Address::parse(&format!("{}/actions", service.url())).unwrap();
        let facts = Facts::default();
        let dependencies = Dependencies { actions: Actions::new(address, secret), clock, log: Arc::new(facts.clone()) };
        Self { service, answer, facts, dependencies }
    }

    async fn get(&self, path: &str) -> Answer {
        handle(event("GET", path, ""), &self.dependencies).await.unwrap()
    }

    async fn post(&self, path: &str, body: &str) -> Answer {
        let body = format!("csrf={TOKEN}&{body}");
        handle(event("POST", path, &body), &self.dependencies).await.unwrap()
    }

    /// What the actions were asked.
    fn asked(&self) -> Vec<Value> {
        let to_actions = |call: &Call| (call.line == "POST /actions").then(|| call.json());
        self.service.calls().iter().filter_map(to_actions).collect()
    }
}

fn event(method: &str, path: &str, body: &str) -> Value {
    json!({
        "version": "2.0", "rawPath": path, "body": body, "cookies": [format!("__Host-csrf={TOKEN}")],
        "headers": { "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin", "x-forwarded-proto": "https" },
        "requestContext": { "stage": "$default", "http": { "method": method } }
    })
}

fn entry(text: &str) -> Value {
    json!({
        "submission_id": 7, "timestamp": "2026-11-28T02:24:05", "title": text, "description": text,
        "video_link": format!("https://cdn.example/videos/{text}"), "object_name": "videos/a.mp4"
    })
}

/// The status, after what every page must have was checked.
fn page(answer: &Answer) -> (u16, &str) {
    assert_eq!(answer.headers["content-type"], "text/html; charset=utf-8");
    assert!(answer.headers["content-security-policy"].starts_with("default-src 'none'"));
    assert_eq!(answer.headers["cache-control"], "no-store");
    let text = answer.body.as_str();
    assert!(text.starts_with("<!doctype html>\n<html lang=\"en\">") && text.ends_with("</html>\n"), "{text}");
    assert!(text.contains("<main id=\"main\">\n<h1>") && text.matches("<h1>").count() == 1, "{text}");
    (answer.status_code, text)
}

#[tokio::test]
async fn the_root_leads_to_the_form_which_asks_nobody() {
    let world = World::new(500, json!({})).await;
    let root = world.get("/").await;
    assert_eq!((root.status_code, root.headers["location"].as_str()), (303, "upload"));
    let upload = world.get("/upload").await;
    let (status, text) = page(&upload);
    assert_eq!(status, 200);
    assert!(text.contains(&format!("name=\"csrf\" value=\"{TOKEN}\"")), "{text}");
    for name in ["title", "description", "video"] {
        assert!(text.contains(&format!("<label for=\"{name}\">")), "{name} has no label");
    }
    assert!(world.service.calls().is_empty());
    for (path, content_type) in [("/style.css", "text/css"), ("/upload.js", "text/javascript")] {
        let file = world.get(path).await;
        assert!(file.status_code == 200 && file.headers["content-type"].starts_with(content_type), "{path}");
    }
}

#[tokio::test]
async fn a_browser_without_cookie_gets_one() {
    let world = World::new(200, json!({})).await;
    let cookie = |scheme: &str| {
        let mut event = event("GET", "/upload", "");
        event["cookies"] = json!([]);
        event["headers"]["x-forwarded-proto"] = scheme.into();
        event
    };
    let answer = handle(cookie("https"), &world.dependencies).await.unwrap();
    let set = &answer.headers["set-cookie"];
    let (name, rest) = set.split_once('=').unwrap();
    let (token, attributes) = rest.split_once("; ").unwrap();
    assert_eq!((name, attributes), ("__Host-csrf", "Path=/; HttpOnly; SameSite=Strict; Secure"));
    assert!(token.len() == 32 && answer.body.contains(&format!("value=\"{token}\"")), "{set}");
    let plain = handle(cookie("http"), &world.dependencies).await.unwrap();
    assert!(plain.headers["set-cookie"].starts_with("csrf="), "{:?}", plain.headers);
    assert!(!world.get("/upload").await.headers.contains_key("set-cookie"));
}

#[tokio::test]
async fn a_video_is_uploaded_by_the_browser_and_its_row_written_here() {
    let world = World::new(200, json!({ "url": "https://s3.example/x", "object_name": "videos/x.mp4" })).await;
    let begun = world.post("/upload/begin", "name=My+film.mp4&length=12345").await;
    assert_eq!(begun.status_code, 200);
    assert_eq!(serde_json::from_str::<Value>(&begun.body).unwrap()["url"], "https://s3.example/x");
    let asked = json!({ "action": "upload", "params": { "object_name": "My film.mp4", "length": 12345 } });
    assert_eq!(world.asked(), [asked]);
    let call = world.service.calls().into_iter().find(|call| call.line == "POST /actions").unwrap();
    assert_eq!(call.headers["x-shared-secret"], "CANARY");

    *world.answer.lock().unwrap() = (200, json!("DDB table insert success"));
    let saved = world.post("/upload", "title=A+%26+B&description=C&object_name=videos%2Fx.mp4").await;
    assert_eq!((saved.status_code, saved.headers["location"].as_str()), (303, "view/2026-11-28"));
    let mut asked = world.asked()[1].clone();
    let id = asked["params"]["submission_id"].take().as_u64().unwrap();
    assert!(id < 1 << 53);
    let expected = json!({ "action": "write_to_db", "params": {
        "submission_id": null, "timestamp": "2026-11-28T02:24:05", "user_id": 1, "object_name": "videos/x.mp4",
        "title": "A & B", "description": "C"
    } });
    assert_eq!(asked, expected);
    assert_eq!(page(&world.post("/upload", "title=A").await).0, 400, "no video");
    assert_eq!(world.post("/upload/begin", "name=a.mp4&length=x").await.status_code, 400);
}

#[tokio::test]
async fn the_calendar_links_every_day() {
    let world = World::new(200, json!([])).await;
    let answer = world.get("/calendar").await;
    let (_, text) = page(&answer);
    assert_eq!(text.matches("/view/2026-11-").count(), 30);
    assert!(text.contains("<td aria-current=\"date\"><a href=\"./view/2026-11-28\""), "{text}");
    assert!(text.contains("href=\"./calendar/2026-10\"") && text.contains("href=\"./calendar/2026-12\""));
    let answer = world.get("/calendar/2024-02").await;
    let (_, text) = page(&answer);
    assert_eq!(text.matches("href=\"../view/2024-02-").count(), 29);
    for path in ["/calendar/x", "/calendar/2026-13", "/view/2026-02-30", "/view/x", "/edit/x/y", "/edit/-1/y", "/a"] {
        assert_eq!(page(&world.get(path).await).0, 404, "{path}");
    }
}

#[tokio::test]
async fn a_day_an_edit_and_a_deletion_go_through_the_actions() {
    let world = World::new(200, json!([entry("Lesson")])).await;
    let day = world.get("/view/2026-11-28").await;
    let (_, text) = page(&day);
    assert!(text.contains("<h2>Lesson</h2>") && text.contains("src=\"https://cdn.example/videos/Lesson\""), "{text}");
    assert!(text.contains("href=\"../edit/7/2026-11-28T02:24:05\""), "{text}");

    *world.answer.lock().unwrap() = (200, entry("Lesson"));
    for path in ["/edit/7/2026-11-28T02:24:05", "/delete/7/2026-11-28T02%3A24%3A05"] {
        let answer = world.get(path).await;
        assert!(page(&answer).1.contains(TOKEN), "{path}");
    }
    *world.answer.lock().unwrap() = (200, json!("Entry updated successfully"));
    let edited = world.post("/edit/7/2026-11-28T02:24:05", "title=New&description=").await;
    assert_eq!((edited.status_code, edited.headers["location"].as_str()), (303, "../../view/2026-11-28"));
    let deleted = world.post("/delete/7/2026-11-28T02:24:05", "").await;
    assert_eq!((deleted.status_code, deleted.headers["location"].as_str()), (303, "../../view/2026-11-28"));
    let key = json!({ "submission_id": 7, "timestamp": "2026-11-28T02:24:05" });
    let update = json!({ "submission_id": 7, "timestamp": "2026-11-28T02:24:05", "title": "New", "description": "" });
    let expected = [
        json!({ "action": "get_calendar", "params": { "date": "2026-11-28" } }),
        json!({ "action": "get_single_entry", "params": key }),
        json!({ "action": "get_single_entry", "params": key }),
        json!({ "action": "update_entry", "params": update }),
        json!({ "action": "delete", "params": key }),
    ];
    assert_eq!(world.asked(), expected);
}

#[tokio::test]
async fn naughty_texts_stay_texts() {
    for text in NAUGHTY {
        let world = World::new(200, json!([entry(text)])).await;
        let mut pages = vec![world.get("/view/2026-11-28").await];
        *world.answer.lock().unwrap() = (200, entry(text));
        pages.push(world.get("/edit/7/2026-11-28T02:24:05").await);
        pages.push(world.get("/delete/7/2026-11-28T02:24:05").await);
        *world.answer.lock().unwrap() = (404, json!({ "error": { "code": "x", "message": text } }));
        pages.push(world.get("/edit/7/2026-11-28T02:24:05").await);
        let plain = World::new(200, json!([entry("x")])).await.get("/view/2026-11-28").await.body;
        for answer in &pages {
            let (_, page) = page(answer);
            assert!(!page.contains(text), "{text} is in {page}");
            for opened in ["<img", "<svg", "<b>", "<!--", "\0", "<script>"] {
                assert!(!page.contains(opened), "{text} opens {opened} in {page}");
            }
        }
        let quotes = |page: &str| page.matches('"').count() + page.matches('\'').count();
        assert_eq!(quotes(&pages[0].body), quotes(&plain), "{text} ends no attribute");
    }
}

#[tokio::test]
async fn forms_from_elsewhere_are_refused_and_do_nothing() {
    let world = World::new(200, json!("done")).await;
    let path = "/delete/7/2026-11-28T02:24:05";
    let good = event("POST", path, &format!("csrf={TOKEN}"));
    let changes: [(&str, Value); 5] = [
        ("/body", json!("")),
        ("/body", json!("csrf=ffffffffffffffffffffffffffffffff")),
        ("/cookies", json!([])),
        ("/cookies", json!(["csrf=0123456789abcdef0123456789abcdef"])),
        ("/headers/sec-fetch-site", json!("cross-site")),
    ];
    for (pointer, value) in changes {
        let mut event = good.clone();
        *event.pointer_mut(pointer).unwrap() = value;
        let answer = handle(event, &world.dependencies).await.unwrap();
        assert_eq!(page(&answer).0, 403, "{pointer}");
    }
    let mut empty = event("POST", path, "csrf=");
    empty["cookies"] = json!(["__Host-csrf="]);
    assert_eq!(handle(empty, &world.dependencies).await.unwrap().status_code, 403);
    assert!(world.service.calls().is_empty());
    assert_eq!(handle(good, &world.dependencies).await.unwrap().status_code, 303);
}

#[tokio::test]
async fn no_page_has_the_secret_or_what_is_wrong_inside() {
    let world = World::new(503, json!({ "error": { "code": "table-unavailable", "message": "INSIDE" } })).await;
    let answer = world.get("/view/2026-11-28").await;
    assert_eq!(page(&answer).0, 502);
    assert!(!answer.body.contains("INSIDE"));
    *world.answer.lock().unwrap() = (401, json!({ "error": { "code": "unauthenticated", "message": "x" } }));
    let answer = world.get("/view/2026-11-28").await;
    assert_eq!(page(&answer).0, 502);
    let told = format!("{:?} {:?}", answer, world.facts.all());
    assert!(told.contains("INSIDE") && !told.contains("CANARY"), "{told}");
}

#[tokio::test]
async fn every_event_and_every_type_is_answered_or_refused() {
    let world = World::new(200, json!([])).await;
    let changed = wrong_types(&event("POST", "/edit/7/2026-11-28T02:24:05", &format!("csrf={TOKEN}&title=x")));
    let changed = changed.into_iter().map(|event| ("changed".to_owned(), event));
    for (name, event) in changed.chain(lambda_events().unwrap_or_default()) {
        match handle(event.clone(), &world.dependencies).await {
            Ok(answer) => assert!((200..500).contains(&answer.status_code), "{name}: {event}"),
            Err(error) => assert_eq!(Diagnostic::from(error).error_type, "unsupported-event", "{name}: {event}"),
        }
    }
}
