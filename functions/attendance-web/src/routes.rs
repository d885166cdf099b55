//! Which page is asked for.

use std::collections::BTreeMap;

use http_events::{Answer, Problem, Request};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::actions::{Entry, read};
use crate::forgery::{self, FIELD, Token};
use crate::{Dependencies, assets, calendar, pages};

/// Longest form in bytes: a description whose every letter is encoded.
const LONGEST_FORM: usize = 64 << 10;

/// Whose videos these are: the pages do not tell users apart.
const USER_ID: u64 = 1;

/// Greatest id that numbers of browsers hold exactly, plus one.
const IDS: u64 = 1 << 53;

pub(crate) async fn route(request: &Request, dependencies: &Dependencies) -> Result<Answer, Problem> {
    if let Some(asset) = assets::asset(&request.path) {
        return only(request, &["GET"]).map(|()| asset);
    }
    let path = request.path.strip_prefix('/').unwrap_or(&request.path);
    let segments: Vec<String> = path.split('/').map(plain).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let method = request.method.as_str();
    match segments.as_slice() {
        [""] => only(request, &["GET"]).map(|()| Answer::see_other("upload")),
        ["upload"] => {
            only(request, &["GET", "POST"])?;
            if method == "POST" { save(request, dependencies).await } else { Ok(form(request)) }
        }
        ["upload", "begin"] => {
            only(request, &["POST"])?;
            // The script reads this one, so that it is JSON whatever comes.
            Ok(begin(request, dependencies).await.unwrap_or_else(Answer::from))
        }
        ["calendar"] => {
            only(request, &["GET"])?;
            Ok(pages::month(request, calendar::day_of(dependencies.clock.now()), dependencies))
        }
        ["calendar", month] => {
            only(request, &["GET"])?;
            let first = calendar::parse_month(month).ok_or_else(|| Problem::not_found(&request.path))?;
            Ok(pages::month(request, first, dependencies))
        }
        ["view", day] => {
            only(request, &["GET"])?;
            let day = calendar::parse_day(day).ok_or_else(|| Problem::not_found(&request.path))?;
            let entries = dependencies.actions.call("get_calendar", json!({ "date": calendar::iso(day) })).await?;
            Ok(pages::day(request, day, &read::<Vec<Entry>>(entries)?))
        }
        ["edit", id, timestamp] => {
            only(request, &["GET", "POST"])?;
            edit(request, key(request, id, timestamp)?, dependencies).await
        }
        ["delete", id, timestamp] => {
            only(request, &["GET", "POST"])?;
            delete(request, key(request, id, timestamp)?, dependencies).await
        }
        _ => Err(Problem::not_found(&request.path)),
    }
}

/// A segment of a path: what timestamps have and clients may encode is decoded.
fn plain(segment: &str) -> String {
    [("%3A", ":"), ("%3a", ":"), ("%2B", "+"), ("%2b", "+")]
        .iter()
        .fold(segment.to_owned(), |text, (encoded, letter)| text.replace(encoded, letter))
}

fn only(request: &Request, allowed: &[&str]) -> Result<(), Problem> {
    if allowed.contains(&request.method.as_str()) {
        return Ok(());
    }
    Err(Problem::method_not_allowed(&request.method, &allowed.join(", ")))
}

/// The parameters that name an entry.
fn key(request: &Request, id: &str, timestamp: &str) -> Result<Value, Problem> {
    let id: u64 = id.parse().ok().filter(|id| *id < IDS).ok_or_else(|| Problem::not_found(&request.path))?;
    Ok(json!({ "submission_id": id, "timestamp": timestamp }))
}

fn form(request: &Request) -> Answer {
    let token = Token::of(request);
    token.keep(request, pages::upload(request, &token))
}

/// The fields of a form that comes from one of our pages.
fn fields(request: &Request) -> Result<BTreeMap<String, String>, Problem> {
    let fields = request.form(LONGEST_FORM)?;
    forgery::check(request, fields.get(FIELD).map(String::as_str))?;
    Ok(fields)
}

fn taken(fields: &mut BTreeMap<String, String>, name: &str) -> String {
    fields.remove(name).unwrap_or_default()
}

/// Asks for a URL for a file of this name and size.
async fn begin(request: &Request, dependencies: &Dependencies) -> Result<Answer, Problem> {
    let mut fields = fields(request)?;
    let length: u64 = taken(&mut fields, "length")
        .parse()
        .map_err(|_| Problem::new(400, "length-refused", "`length` must be the size of the file in bytes"))?;
    let params = json!({ "object_name": taken(&mut fields, "name"), "length": length });
    let upload = dependencies.actions.call("upload", params).await?;
    Ok(Answer::json(200, &upload))
}

/// Writes the row of an uploaded video.
async fn save(request: &Request, dependencies: &Dependencies) -> Result<Answer, Problem> {
    let mut fields = fields(request)?;
    let object_name = taken(&mut fields, "object_name");
    if object_name.is_empty() {
        let message = "no video was uploaded: the page needs its script for that";
        return Err(Problem::new(400, "video-missing", message));
    }
    let now = dependencies.clock.now();
    let id = u64::try_from(Uuid::new_v4().as_u128() % u128::from(IDS)).unwrap_or_default();
    let params = json!({
        "submission_id": id,
        "timestamp": calendar::timestamp(now),
        "user_id": USER_ID,
        "object_name": object_name,
        "title": taken(&mut fields, "title"),
        "description": taken(&mut fields, "description"),
    });
    dependencies.actions.call("write_to_db", params).await?;
    Ok(Answer::see_other(&format!("view/{}", calendar::iso(calendar::day_of(now)))))
}

async fn edit(request: &Request, key: Value, dependencies: &Dependencies) -> Result<Answer, Problem> {
    let actions = &dependencies.actions;
    if request.method == "GET" {
        let entry: Entry = read(actions.call("get_single_entry", key).await?)?;
        let token = Token::of(request);
        return Ok(token.keep(request, pages::edit(request, &entry, &token)));
    }
    let mut fields = fields(request)?;
    let mut params = key.clone();
    params["title"] = taken(&mut fields, "title").into();
    params["description"] = taken(&mut fields, "description").into();
    actions.call("update_entry", params).await?;
    Ok(Answer::see_other(&day_of_entry(&key)))
}

async fn delete(request: &Request, key: Value, dependencies: &Dependencies) -> Result<Answer, Problem> {
    let actions = &dependencies.actions;
    if request.method == "GET" {
        let entry: Entry = read(actions.call("get_single_entry", key).await?)?;
        let token = Token::of(request);
        return Ok(token.keep(request, pages::delete(request, &entry, &token)));
    }
    fields(request)?;
    actions.call("delete", key.clone()).await?;
    Ok(Answer::see_other(&day_of_entry(&key)))
}

/// The page of an entry's day, from the page of the entry.
fn day_of_entry(key: &Value) -> String {
    let day = key["timestamp"].as_str().and_then(|timestamp| timestamp.get(..10)).unwrap_or_default();
    format!("../../view/{day}")
}
