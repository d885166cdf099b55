//! The sign-in page: plain HTML without scripts, so that it works without a network and with every reader.

use http::{HeaderValue, StatusCode, header};

use crate::http_types::{Response, respond};

/// What the page shows.
pub(super) struct Page {
    /// Where the form is sent.
    pub(super) action: String,
    pub(super) application: String,
    /// True when users are named by their e-mail address.
    pub(super) by_address: bool,
    /// True when a new password is asked for as well.
    pub(super) new_password: bool,
    pub(super) username: String,
    /// Sent along unseen.
    pub(super) fields: Vec<(&'static str, String)>,
    /// What was wrong with the attempt before.
    pub(super) fault: Option<String>,
}

const STYLE: &str = "\
:root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}\
body{margin:0;display:grid;min-height:100vh;place-items:center}\
main{width:min(24rem,100% - 2rem)}\
label{display:block;margin-top:1rem}\
input,button{box-sizing:border-box;width:100%;font:inherit;padding:.5rem;margin-top:.25rem}\
button{margin-top:1.5rem;cursor:pointer}\
:focus-visible{outline:3px solid Highlight;outline-offset:2px}\
[role=alert]{border-left:4px solid #b00020;padding:.5rem .75rem}";

pub(super) fn sign_in_page(status: StatusCode, page: &Page) -> Response {
    let hidden = page
        .fields
        .iter()
        .map(|(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value)))
        .collect::<Vec<_>>()
        .concat();
    let fault = page
        .fault
        .as_ref()
        .map_or_else(String::new, |fault| format!("<p role=\"alert\" id=\"fault\">{}</p>", escape(fault)));
    let described = if page.fault.is_some() { " aria-describedby=\"fault\" aria-invalid=\"true\"" } else { "" };
    let (label, kind) = if page.by_address { ("E-mail address", "email") } else { ("User name", "text") };
    let new_password = if page.new_password {
        "<label for=\"new_password\">New password</label>\
         <input id=\"new_password\" name=\"new_password\" type=\"password\" autocomplete=\"new-password\" required>"
    } else {
        ""
    };
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>Sign in to {application}</title>\
         <style>{STYLE}</style></head><body><main><h1>Sign in to {application}</h1>{fault}\
         <form method=\"post\" action=\"{action}\">{hidden}\
         <label for=\"username\">{label}</label>\
         <input id=\"username\" name=\"username\" type=\"{kind}\" autocomplete=\"username\" value=\"{username}\" required{described}>\
         <label for=\"password\">Password</label>\
         <input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"current-password\" required{described}>\
         {new_password}<button type=\"submit\">Sign in</button></form>\
         <p>A user pool of the local cloud.</p></main></body></html>\n",
        application = escape(&page.application),
        action = escape(&page.action),
        username = escape(&page.username),
    );
    let mut response = respond(status, "text/html; charset=utf-8", html);
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
        ),
    );
    response
}

/// Text inside elements and attribute values.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
