//! Requests that another page made a browser send.

use http_events::{Answer, Problem, Request};
use uuid::Uuid;

/// Field of forms with the token.
pub(crate) const FIELD: &str = "csrf";

/// Digits of a token.
const LENGTH: usize = 32;

/// The token of a browser: the one in its cookie, or a new one.
pub(crate) struct Token {
    pub(crate) value: String,
    is_new: bool,
}

/// The prefix makes browsers take the cookie from this very host only; they ask for https then.
fn cookie_name(request: &Request) -> &'static str {
    if is_encrypted(request) { "__Host-csrf" } else { "csrf" }
}

fn is_encrypted(request: &Request) -> bool {
    request.header("x-forwarded-proto").is_none_or(|scheme| scheme != "http")
}

impl Token {
    pub(crate) fn of(request: &Request) -> Self {
        match request.cookie(cookie_name(request)).filter(|value| is_token(value)) {
            Some(value) => Self { value: value.to_owned(), is_new: false },
            None => Self { value: Uuid::new_v4().simple().to_string(), is_new: true },
        }
    }

    /// The field of a form.
    pub(crate) fn field(&self) -> String {
        format!("<input type=\"hidden\" name=\"{FIELD}\" value=\"{}\">\n", self.value)
    }

    /// The answer with the cookie, where the browser does not have it.
    pub(crate) fn keep(&self, request: &Request, answer: Answer) -> Answer {
        if !self.is_new {
            return answer;
        }
        let secure = if is_encrypted(request) { "; Secure" } else { "" };
        let name = cookie_name(request);
        answer.with_header("set-cookie", format!("{name}={}; Path=/; HttpOnly; SameSite=Strict{secure}", self.value))
    }
}

/// Lets a form in whose field says what the cookie says: another site can make a browser send the cookie, and cannot read it.
/// Browsers that say where a request comes from are believed as well.
///
/// # Errors
///
/// A [`Problem`] 403 `forgery-suspected`.
pub(crate) fn check(request: &Request, field: Option<&str>) -> Result<(), Problem> {
    let is_foreign = request.header("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none"));
    let cookie = request.cookie(cookie_name(request)).filter(|value| is_token(value));
    if !is_foreign && cookie.is_some() && cookie == field {
        return Ok(());
    }
    let message =
        "this form was not sent from a page of this site, or its page is old: open the page again, with cookies on";
    Err(Problem::new(403, "forgery-suspected", message))
}

fn is_token(text: &str) -> bool {
    text.len() == LENGTH && text.bytes().all(|digit| digit.is_ascii_hexdigit())
}
