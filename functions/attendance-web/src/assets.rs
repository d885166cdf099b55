//! The files that pages load. They are the same for everybody.

use http_events::Answer;

const STYLE: &str = include_str!("../assets/style.css");
const SCRIPT: &str = include_str!("../assets/upload.js");

/// The file at a path.
pub(crate) fn asset(path: &str) -> Option<Answer> {
    let (content_type, text) = match path {
        "/style.css" => ("text/css; charset=utf-8", STYLE),
        "/upload.js" => ("text/javascript; charset=utf-8", SCRIPT),
        _ => return None,
    };
    let answer = Answer { body: text.to_owned(), ..Answer::empty(200) };
    Some(
        answer
            .with_header("content-type", content_type)
            .with_header("cache-control", "public, max-age=300")
            .with_header("x-content-type-options", "nosniff"),
    )
}
