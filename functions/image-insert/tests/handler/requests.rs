//! The API as its clients meet it.

use http_events::Answer;
use serde_json::{Value, json};

use crate::world::{World, png, request};

async fn put(world: &World, path: &str, bytes: &[u8]) -> Answer {
    image_insert::handle(request("PUT", path, bytes), &world.inserting()).await.unwrap()
}

async fn delete(world: &World, path: &str) -> Answer {
    image_delete::handle(request("DELETE", path, b""), &world.deleting()).await.unwrap()
}

fn body(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap()
}

/// Status and code of a refusal; its shape and headers are checked by the way.
fn refusal(answer: &Answer) -> (u16, String) {
    let body = body(answer);
    let error = body["error"].as_object().unwrap();
    assert_eq!((body.as_object().unwrap().len(), error.len()), (1, 2), "{body}");
    assert!(!error["message"].as_str().unwrap().is_empty());
    assert_eq!(answer.headers["access-control-allow-origin"], "*");
    assert_eq!(answer.headers["content-type"], "application/json");
    (answer.status_code, error["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn an_image_has_a_file_and_a_row_for_each_width() {
    let world = World::new();
    let bytes = png(40, 20, 1);
    let answer = put(&world, "/images/raw/Trip%20to%20S%C3%A3o/A.PNG", &bytes).await;
    assert_eq!(answer.status_code, 200, "{}", answer.body);
    let answer = body(&answer);
    let hashed = answer["hashed"].as_str().unwrap();
    assert_eq!(
        (answer["name"].as_str(), answer["status"].as_str()),
        (Some("Trip to S\u{e3}o/A.PNG"), Some("completed"))
    );
    assert_eq!(
        answer["images"]["lg"],
        json!({
            "key": format!("lg/{hashed}"), "width": 40, "height": 20, "size": world.object(&format!("lg/{hashed}")).bytes.len()
        })
    );
    let sizes = ["raw", "sg", "md", "lg"].map(|kind| (kind, answer["images"][kind]["width"].as_u64().unwrap()));
    assert_eq!(sizes, [("raw", 40), ("sg", 4), ("md", 8), ("lg", 40)], "nothing is enlarged");

    let raw = world.object(&format!("raw/{hashed}"));
    assert_eq!(raw.bytes, bytes);
    assert_eq!(
        (raw.content_type.as_str(), raw.cache_control.as_str()),
        ("image/png", "public, max-age=31536000, immutable")
    );
    let small = image::load_from_memory(&world.object(&format!("sg/{hashed}")).bytes).unwrap();
    assert_eq!((small.width(), small.height()), (4, 2));

    let rows: Vec<Value> = world.items().into_iter().filter(|item| item["ImageType"] == "md").collect();
    let row = json!({
        "ImageType": "md", "ImageId": format!("md/Trip to S\u{e3}o/A.PNG/{hashed}"), "RegisteredFile": "Trip to S\u{e3}o/A.PNG",
        "StoredKey": format!("md/{hashed}"), "ImageSize": answer["images"]["md"]["size"].to_string(), "Resolution": "8x4",
        "Status": "completed"
    });
    assert_eq!(rows, [row]);
}

#[tokio::test]
async fn two_names_sharing_a_hash_share_the_object_and_deleting_one_keeps_it() {
    let world = World::new();
    let bytes = png(9, 9, 7);
    let first = body(&put(&world, "/images/raw/a.png", &bytes).await);
    let puts =
        |world: &World| world.state.lock().unwrap().operations.iter().filter(|done| done.starts_with("Put")).count();
    assert_eq!(puts(&world), 4);
    // The same bytes, in another case, under an extension that lies.
    let second = body(&put(&world, "/images/raw/A.jpg", &bytes).await);
    assert_eq!(first["hashed"], second["hashed"]);
    assert_eq!(puts(&world), 4, "what is stored is not stored again");
    assert_eq!((world.keys().len(), world.rows().len()), (4, 8));

    let answer = delete(&world, "/images/raw/a.png").await;
    assert_eq!(body(&answer), json!({ "name": "a.png", "status": "deleted", "rows": 4 }));
    assert_eq!(world.keys().len(), 4, "the other name means it still");
    let deleted = world.rows().into_iter().filter(|(_, status)| status == "deleted").count();
    assert_eq!(deleted, 4);

    assert_eq!(body(&delete(&world, "/images/raw/A.jpg").await)["rows"], 4);
    assert!(world.keys().is_empty(), "the last name is gone");
    let again = delete(&world, "/images/raw/A.jpg").await;
    assert_eq!((again.status_code, body(&again)["rows"].as_u64()), (200, Some(0)));
    assert_eq!(delete(&world, "/images/raw/never-was.png").await.status_code, 200);

    // A name may come back, and its rows with it.
    put(&world, "/images/raw/a.png", &bytes).await;
    assert_eq!(world.keys().len(), 4);
    assert_eq!(world.rows().values().filter(|status| *status == "completed").count(), 4);
}

#[tokio::test]
async fn new_bytes_under_a_name_replace_the_old_ones() {
    let world = World::new();
    let old = body(&put(&world, "/images/raw/a.png", &png(9, 9, 1)).await);
    let new = body(&put(&world, "/images/raw/a.png", &png(9, 9, 2)).await);
    assert_ne!(old["hashed"], new["hashed"]);
    let hashed = new["hashed"].as_str().unwrap();
    assert_eq!(world.keys(), ["lg", "md", "raw", "sg"].map(|kind| format!("{kind}/{hashed}")));
    let rows = world.rows();
    assert_eq!(rows[&format!("raw/a.png/{}", old["hashed"].as_str().unwrap())], "deleted");
    assert_eq!(rows[&format!("raw/a.png/{hashed}")], "completed");
}

#[tokio::test]
async fn what_is_no_image_is_refused_and_recorded_and_the_old_image_stays() {
    let world = World::new();
    put(&world, "/images/raw/a.png", &png(9, 9, 1)).await;
    let cut = &png(90, 90, 3)[..90];
    for (bytes, code) in [(&b"<svg onload=alert(1)>"[..], "not-an-image"), (cut, "truncated-image")] {
        assert_eq!(refusal(&put(&world, "/images/raw/a.png", bytes).await), (400, code.to_owned()));
        let rows: Vec<Value> = world.items().into_iter().filter(|item| item["Status"] == "failed").collect();
        assert_eq!(rows.len(), 4, "the last failure only: {rows:#?}");
        assert!(rows.iter().all(|row| row["ErrorMessage"].as_str().is_some_and(|message| !message.is_empty())));
        assert!(rows.iter().all(|row| row["RegisteredFile"] == "a.png" && row.get("StoredKey").is_none()));
        assert_eq!(world.rows().values().filter(|status| *status == "completed").count(), 4);
        assert_eq!(world.keys().len(), 4, "nothing is stored of it");
    }
    put(&world, "/images/raw/a.png", &png(9, 9, 2)).await;
    assert!(world.rows().values().all(|status| status == "completed" || status == "deleted"), "{:?}", world.rows());
}

#[tokio::test]
async fn requests_that_cannot_be_served_are_told_why() {
    let world = World::new();
    let put = async |path: &str, bytes: &[u8]| refusal(&put(&world, path, bytes).await);
    assert_eq!(put("/images/raw/a.svg", b"<svg/>").await, (415, "extension-refused".into()));
    assert_eq!(put("/images/raw/a.png", b"").await, (400, "body-missing".into()));
    assert_eq!(put("/images/raw/", b"x").await, (400, "name-missing".into()));
    assert_eq!(put("/elsewhere", b"x").await, (404, "not-found".into()));
    let posted = image_insert::handle(request("POST", "/images/raw/a.png", b"x"), &world.inserting()).await.unwrap();
    assert_eq!(refusal(&posted), (405, "method-not-allowed".into()));
    let got = image_delete::handle(request("GET", "/images/raw/a.png", b""), &world.deleting()).await.unwrap();
    assert_eq!(refusal(&got), (405, "method-not-allowed".into()));
    assert!(world.items().is_empty() && world.keys().is_empty());
    let preflight = request("OPTIONS", "/images/raw/a.png", b"");
    let answer = image_insert::handle(preflight, &world.inserting()).await.unwrap();
    assert_eq!(answer.headers["access-control-allow-methods"], "OPTIONS,PUT");
}

#[tokio::test(start_paused = true)]
async fn a_fault_of_s3_is_recorded_and_the_next_attempt_completes() {
    let world = World::new();
    world.state.lock().unwrap().broken = vec!["PutObject md/".into()];
    let answer = put(&world, "/images/raw/a.png", &png(9, 9, 1)).await;
    assert_eq!(refusal(&answer), (503, "storage-failed".into()));
    assert_eq!(answer.headers["retry-after"], "5");
    let attempts =
        world.state.lock().unwrap().operations.iter().filter(|done| done.starts_with("PutObject md/")).count();
    assert_eq!(attempts, 3, "two retries");
    assert!(world.rows().values().all(|status| status == "failed"), "{:?}", world.rows());
    assert!(!format!("{:?}{:?}", world.facts.all(), answer).contains("CANARY"));

    world.state.lock().unwrap().broken.clear();
    assert_eq!(put(&world, "/images/raw/a.png", &png(9, 9, 1)).await.status_code, 200);
    assert_eq!(world.rows().values().filter(|status| *status == "completed").count(), 4);
    assert_eq!((world.rows().len(), world.keys().len()), (4, 4));
}

#[tokio::test(start_paused = true)]
async fn an_object_whose_deletion_was_interrupted_is_deleted_by_the_next_attempt() {
    let world = World::new();
    put(&world, "/images/raw/a.png", &png(9, 9, 1)).await;
    world.state.lock().unwrap().broken = vec!["DeleteObject raw/".into()];
    assert_eq!(refusal(&delete(&world, "/images/raw/a.png").await), (503, "storage-failed".into()));
    world.state.lock().unwrap().broken.clear();
    // A request of the failed deletion may still be on its way: nobody stores the same bytes before the lease is over.
    assert_eq!(refusal(&put(&world, "/images/raw/b.png", &png(9, 9, 1)).await), (503, "busy".into()));
    world.clock.advance(91);
    assert_eq!(put(&world, "/images/raw/b.png", &png(9, 9, 1)).await.status_code, 200);
    assert_eq!(delete(&world, "/images/raw/a.png").await.status_code, 200);
    assert_eq!(world.keys().len(), 4);
    assert_eq!(delete(&world, "/images/raw/b.png").await.status_code, 200);
    assert!(world.keys().is_empty());
}
