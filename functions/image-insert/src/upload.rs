//! `PUT /images/raw/{object+}`.

use http_events::{Answer, EventError, Problem, Request, parse_request};
use image_library::{ImageName, Insertion, Picture, Stamp};
use serde_json::{Value, json};

use crate::Dependencies;

/// Answers one request.
///
/// # Errors
///
/// [`EventError`] when the payload is no HTTP request.
pub async fn handle(payload: Value, dependencies: &Dependencies) -> Result<Answer, EventError> {
    let request = parse_request(payload)?;
    let Dependencies { cors, log, .. } = dependencies;
    if request.method == "OPTIONS" {
        return Ok(cors.preflight(&request));
    }
    let result = insert(&request, dependencies).await;
    if let Err(problem) = &result {
        problem.record(&request, log.as_ref());
    }
    Ok(cors.answer(&request, result))
}

async fn insert(request: &Request, dependencies: &Dependencies) -> Result<Answer, Problem> {
    let Dependencies { library, log, .. } = dependencies;
    if request.method != "PUT" {
        return Err(Problem::method_not_allowed(&request.method, "OPTIONS, PUT"));
    }
    let name = ImageName::of_request(request)?;
    if request.body.is_empty() {
        return Err(Problem::new(
            400,
            "body-missing",
            "the request has no body, and the bytes of an image are expected",
        ));
    }
    let picture = Picture::new(&name, request.body.clone());
    let at = u64::try_from(library.clock.now().as_millis()).unwrap_or(u64::MAX);
    let insertion = library.insert(&name, &picture, &Stamp::Request { at }).await?;
    let about = json!({ "name": name.as_str(), "hashed": picture.hashed() });
    let answer = match insertion {
        Insertion::Completed(images) => {
            log.info("image-inserted", about, "the name means the image now");
            json!({ "name": name.as_str(), "hashed": picture.hashed(), "status": "completed", "images": images })
        }
        Insertion::Superseded => {
            log.info("image-superseded", about, "a later change of the name came first");
            json!({ "name": name.as_str(), "hashed": picture.hashed(), "status": "superseded" })
        }
    };
    Ok(Answer::json(200, &answer))
}
