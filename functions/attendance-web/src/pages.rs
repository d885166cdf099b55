//! The pages. Every text of a user goes through [`escape`].

use http_events::{Answer, Problem, Request};
use time::Date;

use crate::Dependencies;
use crate::actions::Entry;
use crate::calendar::{self, iso};
use crate::forgery::Token;
use crate::html::{escape, page};

/// Appends formatted text; writing to a `String` cannot fail.
macro_rules! put {
    ($text:ident, $($format:tt)*) => {{
        use std::fmt::Write as _;
        let _ = write!($text, $($format)*);
    }};
}

/// What leads from a page to the top: `./`, `../`, `../../`.
fn root(request: &Request) -> String {
    match request.path.matches('/').count() {
        0 | 1 => "./".to_owned(),
        several => "../".repeat(several - 1),
    }
}

/// The form for a video.
pub(crate) fn upload(request: &Request, token: &Token) -> Answer {
    let root = root(request);
    let field = token.field();
    let body = format!(
        "<noscript><p role=\"alert\">Uploading needs JavaScript: it puts the video straight into the storage.</p></noscript>\n\
         <form id=\"upload\" method=\"post\" action=\"upload\">\n{field}\
         <input type=\"hidden\" name=\"object_name\" value=\"\" autocomplete=\"off\">\n\
         <label for=\"title\">Title</label>\n<input id=\"title\" name=\"title\" required maxlength=\"200\">\n\
         <label for=\"description\">Description</label>\n\
         <textarea id=\"description\" name=\"description\" rows=\"4\" maxlength=\"4000\"></textarea>\n\
         <label for=\"video\">Video (MP4, M4V, MOV or WebM)</label>\n\
         <input id=\"video\" type=\"file\" accept=\".mp4,.m4v,.mov,.webm\" required>\n\
         <button type=\"submit\">Upload</button>\n\
         <progress id=\"progress\" value=\"0\" max=\"1\" aria-label=\"Upload\" hidden></progress>\n\
         <p id=\"status\" role=\"status\"></p>\n</form>\n<script src=\"{root}upload.js\" defer></script>\n"
    );
    Answer::html(200, page(&root, "Upload a video", &body))
}

/// The calendar of the month that a day is in.
pub(crate) fn month(request: &Request, day: Date, dependencies: &Dependencies) -> Answer {
    let root = root(request);
    let today = calendar::day_of(dependencies.clock.now());
    let first = day.replace_day(1).unwrap_or(day);
    let name = format!("{} {}", first.month(), first.year());
    let link = |target: Option<Date>, text: &str| {
        let target = target.map(|target| iso(target).get(..7).unwrap_or_default().to_owned());
        target.map(|target| format!("<a href=\"{root}calendar/{target}\">{text}</a>\n")).unwrap_or_default()
    };
    let (before, after) = calendar::neighbors(first);
    let mut rows = String::new();
    for week in calendar::weeks(first) {
        rows.push_str("<tr>");
        for day in week {
            let Some(day) = day else {
                rows.push_str("<td></td>");
                continue;
            };
            let current = if day == today { " aria-current=\"date\"" } else { "" };
            let (date, number) = (iso(day), day.day());
            put!(rows, "<td{current}><a href=\"{root}view/{date}\" aria-label=\"{date}\">{number}</a></td>");
        }
        rows.push_str("</tr>\n");
    }
    let mut head = String::new();
    for (short, long) in [
        ("Mon", "Monday"),
        ("Tue", "Tuesday"),
        ("Wed", "Wednesday"),
        ("Thu", "Thursday"),
        ("Fri", "Friday"),
        ("Sat", "Saturday"),
        ("Sun", "Sunday"),
    ] {
        put!(head, "<th scope=\"col\" abbr=\"{long}\">{short}</th>");
    }
    let body = format!(
        "<nav aria-label=\"Months\">\n{}{}</nav>\n<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n",
        link(before, "Previous month"),
        link(after, "Next month"),
    );
    Answer::html(200, page(&root, &name, &body))
}

/// The videos of a day.
pub(crate) fn day(request: &Request, day: Date, entries: &[Entry]) -> Answer {
    let root = root(request);
    let date = iso(day);
    let mut body = String::new();
    for entry in entries {
        let (title, time) = (escape(shown_title(entry)), entry.timestamp.get(11..).unwrap_or_default());
        let place = place(entry);
        put!(
            body,
            "<article>\n<h2>{title}</h2>\n<p><time datetime=\"{}\">{}</time></p>\n<p class=\"text\">{}</p>\n\
             <video controls preload=\"metadata\" src=\"{}\" aria-label=\"{title}\"></video>\n\
             <p><a href=\"{root}edit/{place}\">Edit<span class=\"skip\"> {title}</span></a> \
             <a href=\"{root}delete/{place}\">Delete<span class=\"skip\"> {title}</span></a></p>\n</article>\n",
            escape(&entry.timestamp),
            escape(time),
            escape(&entry.description),
            escape(&entry.video_link),
        );
    }
    if entries.is_empty() {
        body.push_str("<p>There are no videos of this day.</p>\n");
    }
    let month = date.get(..7).unwrap_or_default();
    put!(body, "<p><a href=\"{root}calendar/{month}\">Back to the month</a></p>\n");
    Answer::html(200, page(&root, &format!("Videos of {date}"), &body))
}

/// The form for title and description.
pub(crate) fn edit(request: &Request, entry: &Entry, token: &Token) -> Answer {
    let body = format!(
        "<form method=\"post\">\n{}<label for=\"title\">Title</label>\n\
         <input id=\"title\" name=\"title\" required maxlength=\"200\" value=\"{}\">\n\
         <label for=\"description\">Description</label>\n\
         <textarea id=\"description\" name=\"description\" rows=\"4\" maxlength=\"4000\">\n{}</textarea>\n\
         <button type=\"submit\">Save</button>\n</form>\n{}",
        token.field(),
        escape(&entry.title),
        escape(&entry.description),
        back(request, entry),
    );
    Answer::html(200, page(&root(request), "Edit a video", &body))
}

/// The question before a video is deleted.
pub(crate) fn delete(request: &Request, entry: &Entry, token: &Token) -> Answer {
    let body = format!(
        "<p>Delete <strong>{}</strong> of {} and its video? Nobody can bring them back.</p>\n\
         <form method=\"post\">\n{}<button type=\"submit\">Delete</button>\n</form>\n{}",
        escape(shown_title(entry)),
        escape(&entry.timestamp),
        token.field(),
        back(request, entry),
    );
    Answer::html(200, page(&root(request), "Delete a video", &body))
}

/// What went wrong, as a page.
pub(crate) fn problem(request: &Request, problem: Problem) -> Answer {
    let title = match problem.status {
        404 => "Not found",
        403 => "Refused",
        500.. => "Something failed",
        _ => "That did not work",
    };
    // What is wrong inside, the log says.
    let message = if problem.status >= 500 {
        "The videos cannot be reached now. Try again in a moment.".to_owned()
    } else {
        problem.message
    };
    let body = format!("<p role=\"alert\">{}</p>\n", escape(&message));
    let answer = Answer::html(problem.status, page(&root(request), title, &body));
    match problem.header {
        Some((name, value)) => answer.with_header(name, value),
        None => answer,
    }
}

fn shown_title(entry: &Entry) -> &str {
    if entry.title.trim().is_empty() { "Untitled" } else { &entry.title }
}

/// The end of the addresses of an entry's pages.
fn place(entry: &Entry) -> String {
    format!("{}/{}", entry.submission_id, escape(&entry.timestamp))
}

fn back(request: &Request, entry: &Entry) -> String {
    let day = escape(entry.timestamp.get(..10).unwrap_or_default());
    format!("<p><a href=\"{}view/{day}\">Back to the day</a></p>\n", root(request))
}
