//! Requests as the console page gets them.

use serde_json::{Value, json};

use super::{Entry, Requests};
use crate::cloud::Cloud;
use crate::persist::lock;

impl Requests {
    /// The requests with an id above `after`, oldest first.
    pub(crate) fn show(&self, cloud: &Cloud, after: u64) -> Value {
        // Copied, so that nobody who is answered waits until callers are looked up.
        let newer: Vec<Entry> =
            lock(&self.entries).newest.iter().skip_while(|entry| entry.id <= after).cloned().collect();
        json!({"requests": newer.iter().map(|entry| show(cloud, entry)).collect::<Vec<_>>()})
    }
}

fn show(cloud: &Cloud, entry: &Entry) -> Value {
    json!({
        "id": entry.id,
        "time": entry.time,
        "service": entry.service,
        "operation": entry.operation,
        "method": entry.method.as_str(),
        "path": entry.path,
        "status": entry.status.as_u16(),
        "milliseconds": (entry.duration.as_secs_f64() * 10_000.0).round() / 10.0,
        "received": entry.received,
        "sent": entry.sent,
        "caller": caller(entry.caller.as_deref(), |name| cloud.lambda.has(name)),
    })
}

/// Who asked, in a word of what it is and its name.
fn caller(arn: Option<&str>, is_function: impl Fn(&str) -> bool) -> Value {
    let Some(arn) = arn else { return json!({"kind": "anonymous", "name": ""}) };
    if let Some((_, role)) = arn.split_once(":assumed-role/") {
        let (role, session) = role.split_once('/').unwrap_or((role, ""));
        // The keys of a function come in a session of its name.
        return if is_function(session) {
            json!({"kind": "function", "name": session})
        } else {
            json!({"kind": "role", "name": role})
        };
    }
    match arn.split_once(":user/") {
        Some((_, user)) => json!({"kind": "user", "name": user}),
        None => json!({"kind": "operator", "name": ""}),
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::super::{LIMIT, Note, PATH_BYTES, Recording};
    use super::*;
    use crate::http_types::{Request, full, respond};
    use crate::testing::cloud;

    fn request(method: &str, address: &str) -> Request {
        let builder = http::Request::builder().method(method).uri(address).header("content-length", "7");
        builder.header("authorization", "SECRET-HEADER").body(full("SECRET-BODY")).unwrap()
    }

    fn answer(cloud: &Cloud, service: &'static str, mut request: Request, noting: impl Fn(&Note)) {
        let recording = Recording::begin(service, service == "signals", &mut request);
        noting(request.extensions().get::<Note>().unwrap());
        cloud.requests.end(recording, &respond(StatusCode::FORBIDDEN, "text/plain", "four"));
    }

    #[test]
    fn a_request_is_shown_without_its_secrets() {
        let cloud = cloud();
        answer(&cloud, "s3", request("PUT", "/photos/a.jpg?X-Amz-Signature=SECRET-QUERY"), |note| {
            note.operation("PutObject");
            note.caller("arn:aws:iam::000000000000:user/alice");
        });
        answer(&cloud, "signals", request("PUT", "/_stack/cloudformation/response/SECRET-PATH"), |_| {});
        let mut target = request("POST", "/");
        target.headers_mut().insert("x-amz-target", "DynamoDB_20120810.GetItem".parse().unwrap());
        answer(&cloud, "dynamodb", target, |_| {});
        let shown = cloud.requests.show(&cloud, 0);
        assert!(!shown.to_string().contains("SECRET"), "{shown}");
        let first = &shown["requests"][0];
        assert_eq!(
            (&first["operation"], &first["path"], &first["status"], &first["received"], &first["sent"]),
            (&json!("PutObject"), &json!("/photos/a.jpg"), &json!(403), &json!(7), &json!(4))
        );
        assert_eq!(first["caller"], json!({"kind": "user", "name": "alice"}));
        assert_eq!(shown["requests"][1]["path"], "/_stack/cloudformation");
        assert_eq!(shown["requests"][2]["operation"], "GetItem");
        assert_eq!(cloud.requests.show(&cloud, 2)["requests"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn only_the_newest_are_kept_and_none_is_large() {
        let cloud = cloud();
        let path = format!("/{}", "é".repeat(400).replace('é', "%C3%A9"));
        for _ in 0..LIMIT + 3 {
            answer(&cloud, "s3", request("GET", &path), |note| note.operation(&"x".repeat(4000)));
        }
        let shown = cloud.requests.show(&cloud, 0);
        let requests = shown["requests"].as_array().unwrap();
        assert_eq!((requests.len(), &requests[0]["id"]), (LIMIT, &json!(4)));
        assert_eq!(requests[0]["path"].as_str().unwrap().len(), PATH_BYTES);
        assert_eq!(requests[0]["operation"].as_str().unwrap().len(), 160);
    }

    #[test]
    fn the_operation_of_a_form_is_its_action() {
        for (query, body, expected) in [
            (None, "Action=CreateStack&Version=1", Some("CreateStack")),
            (None, "Version=1&Action=ListUsers", Some("ListUsers")),
            (Some("Action=Publish&X=1"), "", Some("Publish")),
            (None, "Action=%3Cscript%3E", None),
            (None, "TheAction=No", None),
        ] {
            let note = Note::default();
            note.action(query, body.as_bytes());
            assert_eq!(note.0.operation.get().map(|name| &**name), expected, "{body}");
        }
    }

    #[test]
    fn callers_are_told_in_words() {
        let is_function = |name: &str| name == "resize";
        for (arn, kind, name) in [
            (None, "anonymous", ""),
            (Some("arn:aws:iam::000000000000:root"), "operator", ""),
            (Some("arn:aws:iam::000000000000:user/team/alice"), "user", "team/alice"),
            (Some("arn:aws:sts::000000000000:assumed-role/resize-role/resize"), "function", "resize"),
            (Some("arn:aws:sts::000000000000:assumed-role/deploy/ci"), "role", "deploy"),
        ] {
            assert_eq!(caller(arn, is_function), json!({"kind": kind, "name": name}), "{arn:?}");
        }
    }
}
