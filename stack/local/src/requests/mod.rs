//! What was asked of the local cloud lately, for the console page: names, figures and who asked; no bodies, no headers, no
//! queries, because those hold keys, signatures and what users say.
//!
//! The router begins a [`Recording`] and ends it with the answer. What only a service learns on the way (who signed, which
//! operation a body or a path means) it leaves in the request's [`Note`].

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use http::{HeaderMap, Method, StatusCode, header};
use http_body::Body as _;

use crate::http_types::{Request, Response};
use crate::persist::lock;

mod show;

/// Requests that are remembered.
const LIMIT: usize = 500;

/// Bytes of a path that are remembered.
const PATH_BYTES: usize = 200;

/// Bytes of an operation's name or of a caller's ARN that are remembered.
const NAME_BYTES: usize = 160;

/// What a service learns about the request that it answers. Whatever is told first stays.
#[derive(Debug, Clone, Default)]
pub(crate) struct Note(Arc<Noted>);

#[derive(Debug, Default)]
struct Noted {
    operation: OnceLock<Box<str>>,
    caller: OnceLock<Box<str>>,
}

impl Note {
    /// Notes the name of the operation (`PutObject`).
    pub(crate) fn operation(&self, name: &str) {
        self.0.operation.get_or_init(|| cut(name, NAME_BYTES));
    }

    /// Notes the ARN of the one whose signature was found right.
    pub(crate) fn caller(&self, arn: &str) {
        self.0.caller.get_or_init(|| cut(arn, NAME_BYTES));
    }

    /// Notes the operation of a Query request: the field `Action` of its body, or of its address.
    pub(crate) fn action(&self, query: Option<&str>, body: &[u8]) {
        let name = |text: &[u8]| {
            // Clients write it among the first fields.
            let action = text.split(|byte| *byte == b'&').take(64).find_map(|field| field.strip_prefix(b"Action="))?;
            let is_name = !action.is_empty() && action.iter().all(u8::is_ascii_alphanumeric);
            is_name.then(|| std::str::from_utf8(action).ok()).flatten().map(str::to_owned)
        };
        if let Some(name) = name(body).or_else(|| name(query.unwrap_or_default().as_bytes())) {
            self.operation(&name);
        }
    }
}

/// A request that was answered.
#[derive(Debug, Clone)]
struct Entry {
    /// Counts up from 1.
    id: u64,
    /// Milliseconds since 1970 when it came in.
    time: i64,
    service: &'static str,
    method: Method,
    path: Box<str>,
    operation: Option<Box<str>>,
    /// ARN; absent for who did not sign.
    caller: Option<Box<str>>,
    status: StatusCode,
    /// Until the head of the answer was there.
    duration: Duration,
    /// Bytes of the request's body, where it says so.
    received: Option<u64>,
    /// Bytes of the answer's body, where they are known beforehand.
    sent: Option<u64>,
}

/// A request on its way.
#[derive(Debug)]
pub(crate) struct Recording {
    time: i64,
    began: Instant,
    service: &'static str,
    method: Method,
    path: Box<str>,
    received: Option<u64>,
    note: Note,
}

impl Recording {
    /// Begins, and gives the request a [`Note`]. A path that is a secret in itself is not remembered beyond its first part.
    pub(crate) fn begin(service: &'static str, is_secret: bool, request: &mut Request) -> Self {
        let note = Note::default();
        if let Some(operation) = operation_of_head(request) {
            note.operation(operation);
        }
        let path = request.uri().path();
        let path = if is_secret { path.match_indices('/').nth(2).map_or(path, |(end, _)| &path[..end]) } else { path };
        let recording = Self {
            time: crate::logs::now(),
            began: Instant::now(),
            service,
            method: request.method().clone(),
            path: cut(path, PATH_BYTES),
            received: length(request.headers()),
            note: note.clone(),
        };
        request.extensions_mut().insert(note);
        recording
    }
}

/// The newest requests.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    last_id: u64,
    newest: VecDeque<Entry>,
}

impl Requests {
    /// Remembers a request with its answer, and forgets the oldest one.
    pub(crate) fn end(&self, recording: Recording, response: &Response) {
        let noted = &recording.note.0;
        let mut entry = Entry {
            id: 0,
            time: recording.time,
            service: recording.service,
            method: recording.method,
            path: recording.path,
            operation: noted.operation.get().cloned(),
            caller: noted.caller.get().cloned(),
            status: response.status(),
            duration: recording.began.elapsed(),
            received: recording.received,
            sent: response.body().size_hint().exact().or_else(|| length(response.headers())),
        };
        let mut entries = lock(&self.entries);
        entries.last_id += 1;
        entry.id = entries.last_id;
        if entries.newest.len() == LIMIT {
            entries.newest.pop_front();
        }
        entries.newest.push_back(entry);
    }
}

/// The operation that the head of a request names: the target of the JSON protocols, the path of the CBOR protocol.
fn operation_of_head(request: &Request) -> Option<&str> {
    let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok());
    let of_path = || {
        let (_, operation) = request.uri().path().strip_prefix("/service/")?.split_once("/operation/")?;
        Some(operation)
    };
    target.and_then(|target| target.rsplit('.').next()).or_else(of_path)
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The beginning of a text.
fn cut(text: &str, bytes: usize) -> Box<str> {
    text[..text.floor_char_boundary(bytes)].into()
}
