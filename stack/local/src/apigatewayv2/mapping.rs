//! Parameter mappings of HTTP integrations: what is appended, overwritten and removed on the way there and back.

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use crate::execute_api::access_log::{lookup, text_of};
use crate::execute_api::call::Call;
use crate::wire::{ServiceError, percent_decode, percent_encode};

/// One change.
#[derive(Debug, PartialEq, Eq)]
struct Change<'a> {
    action: Action,
    target: Target<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Append,
    Overwrite,
    Remove,
}

#[derive(Debug, PartialEq, Eq)]
enum Target<'a> {
    Header(&'a str),
    Query(&'a str),
    Path,
    Status,
}

impl<'a> Change<'a> {
    /// Reads `overwrite:header.x`.
    fn parse(key: &'a str) -> Option<Self> {
        let (action, target) = key.split_once(':')?;
        let action = match action {
            "append" => Action::Append,
            "overwrite" => Action::Overwrite,
            "remove" => Action::Remove,
            _ => return None,
        };
        let target = match target.split_once('.') {
            Some(("header", name)) if HeaderName::try_from(name).is_ok() => Target::Header(name),
            Some(("querystring", name)) => Target::Query(name),
            None if target == "path" && action == Action::Overwrite => Target::Path,
            None if target == "statuscode" && action == Action::Overwrite => Target::Status,
            _ => return None,
        };
        Some(Self { action, target })
    }
}

/// Refuses mappings that cannot be read.
pub(super) fn check(request: &Value, response: &Value) -> Result<(), ServiceError> {
    let bad = |key: &str| {
        ServiceError::bad_request("BadRequestException", format!("Invalid mapping expression specified: {key}"))
    };
    for key in keys(request) {
        match Change::parse(key) {
            Some(Change { target: Target::Header(_) | Target::Query(_) | Target::Path, .. }) => {}
            _ => return Err(bad(key)),
        }
    }
    for (status, mappings) in response.as_object().into_iter().flatten() {
        status.parse::<u16>().ok().filter(|status| (200..600).contains(status)).ok_or_else(|| bad(status))?;
        for key in keys(mappings) {
            match Change::parse(key) {
                Some(Change { target: Target::Header(_) | Target::Status, .. }) => {}
                _ => return Err(bad(key)),
            }
        }
    }
    Ok(())
}

fn keys(mappings: &Value) -> impl Iterator<Item = &str> {
    mappings.as_object().into_iter().flatten().map(|(key, _)| key.as_str())
}

/// What expressions can refer to.
pub(super) struct Known<'a> {
    pub(super) call: &'a Call,
    pub(super) parameters: &'a [(String, String)],
    pub(super) context: &'a Value,
    pub(super) stage_variables: &'a Value,
    /// Headers and body of the backend's answer.
    pub(super) answer: Option<(&'a HeaderMap, &'a [u8])>,
}

impl Known<'_> {
    /// A whole reference (`$request.header.x`), or text with references in braces.
    fn evaluate(&self, expression: &str) -> String {
        if let Some(reference) = expression.strip_prefix('$').filter(|rest| !rest.starts_with('{')) {
            return self.reference(reference).unwrap_or_default();
        }
        let mut text = String::with_capacity(expression.len());
        let mut rest = expression;
        while let Some((before, after)) = rest.split_once("${") {
            text.push_str(before);
            let (reference, after) = after.split_once('}').unwrap_or((after, ""));
            text.push_str(&self.reference(reference).unwrap_or_default());
            rest = after;
        }
        text.push_str(rest);
        text
    }

    fn reference(&self, reference: &str) -> Option<String> {
        if reference == "request.path" {
            return Some(self.call.path.clone());
        }
        let (head, name) = reference.split_once('.')?;
        match head {
            "context" => lookup(self.context, name).map(|value| text_of(Some(value))),
            "stageVariables" => self.stage_variables[name].as_str().map(str::to_owned),
            "request" => match name.split_once('.') {
                Some(("header", name)) => self.call.header(name).map(|value| value.replace(", ", ",")),
                Some(("querystring", name)) => {
                    let values: Vec<String> = self
                        .call
                        .query()
                        .into_iter()
                        .filter(|(found, _)| found == name)
                        .map(|(_, value)| value)
                        .collect();
                    (!values.is_empty()).then(|| values.join(","))
                }
                Some(("path", name)) => {
                    let value = self.parameters.iter().find(|(found, _)| found == name).map(|(_, value)| value)?;
                    Some(percent_decode(value).unwrap_or_else(|| value.clone()))
                }
                Some(("body", path)) => of_body(&self.call.body, path),
                None if name == "body" => Some(String::from_utf8_lossy(&self.call.body).into_owned()),
                _ => None,
            },
            "response" => {
                let (headers, body) = self.answer?;
                match name.split_once('.') {
                    Some(("header", name)) => headers.get(name)?.to_str().ok().map(str::to_owned),
                    Some(("body", path)) => of_body(body, path),
                    None if name == "body" => Some(String::from_utf8_lossy(body).into_owned()),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

fn of_body(body: &[u8], path: &str) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    lookup(&value, path).map(|value| text_of(Some(value)))
}

/// A request to a backend while it is made.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    pub(super) headers: HeaderMap,
    /// Names and values, decoded.
    pub(super) query: Vec<(String, String)>,
    /// Replaces the path of the integration.
    pub(super) path: Option<String>,
}

impl Outgoing {
    /// Makes the changes of `requestParameters`.
    pub(super) fn change(&mut self, mappings: &Value, known: &Known<'_>) {
        for (key, expression) in mappings.as_object().into_iter().flatten() {
            let Some(change) = Change::parse(key) else { continue };
            let value = known.evaluate(expression.as_str().unwrap_or_default());
            match change.target {
                Target::Header(name) => change_header(&mut self.headers, change.action, name, &value),
                Target::Query(name) => {
                    if change.action != Action::Append {
                        self.query.retain(|(found, _)| found != name);
                    }
                    if change.action != Action::Remove {
                        self.query.push((name.to_owned(), value));
                    }
                }
                Target::Path => self.path = Some(value),
                Target::Status => {}
            }
        }
    }

    /// The query as it is sent.
    pub(super) fn query_text(&self) -> String {
        let pair =
            |(name, value): &(String, String)| format!("{}={}", percent_encode(name, ""), percent_encode(value, ""));
        self.query.iter().map(pair).collect::<Vec<_>>().join("&")
    }
}

/// Makes the changes of `responseParameters` for a status; gives the status that is answered.
pub(super) fn change_answer(mappings: &Value, status: u16, headers: &mut HeaderMap, known: &Known<'_>) -> u16 {
    let mut answered = status;
    for (key, expression) in mappings[status.to_string()].as_object().into_iter().flatten() {
        let Some(change) = Change::parse(key) else { continue };
        let value = known.evaluate(expression.as_str().unwrap_or_default());
        match change.target {
            Target::Header(name) => change_header(headers, change.action, name, &value),
            Target::Status => {
                answered = value.parse().ok().filter(|code| (200..600).contains(code)).unwrap_or(answered);
            }
            Target::Query(_) | Target::Path => {}
        }
    }
    answered
}

fn change_header(headers: &mut HeaderMap, action: Action, name: &str, value: &str) {
    let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) else { return };
    match action {
        Action::Append => drop(headers.append(name, value)),
        Action::Overwrite => drop(headers.insert(name, value)),
        Action::Remove => drop(headers.remove(name)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::execute_api::call::tests::call;

    #[test]
    fn requests_and_answers_are_changed() {
        let mut call = call("/pets/7?a=1&b=2", &[("x-in", "in")]);
        call.body = r#"{"pet": {"name": "Rex"}}"#.into();
        let parameters = [("id".to_owned(), "7".to_owned())];
        let (context, variables) = (json!({"requestId": "r-1"}), json!({"env": "dev"}));
        let answer = HeaderMap::from_iter([(HeaderName::from_static("etag"), HeaderValue::from_static("e"))]);
        let known = Known {
            call: &call,
            parameters: &parameters,
            context: &context,
            stage_variables: &variables,
            answer: Some((&answer, br#"{"code": 5}"#)),
        };
        let mut outgoing = Outgoing { query: call.query(), ..Outgoing::default() };
        let mappings = json!({
            "append:header.x-id": "$request.path.id", "overwrite:header.x-name": "$request.body.pet.name",
            "overwrite:querystring.a": "${context.requestId}/${stageVariables.env}", "remove:querystring.b": "''",
            "overwrite:path": "/v2$", "append:header.x-again": "$request.header.x-in",
        });
        check(&mappings, &json!({})).unwrap();
        outgoing.change(&mappings, &known);
        assert_eq!(outgoing.query_text(), "a=r-1%2Fdev");
        assert_eq!(outgoing.path.as_deref(), Some("/v2$"));
        assert_eq!(
            (&outgoing.headers["x-id"], &outgoing.headers["x-name"]),
            (&"7".parse().unwrap(), &"Rex".parse().unwrap())
        );
        assert_eq!(outgoing.headers["x-again"], "in");

        let mappings = json!({"404": {"overwrite:statuscode": "201", "append:header.x-code": "$response.body.code", "remove:header.etag": ""}});
        check(&json!({}), &mappings).unwrap();
        let mut headers = answer.clone();
        assert_eq!(change_answer(&mappings, 404, &mut headers, &known), 201);
        assert_eq!((headers.get("etag"), headers["x-code"].to_str().unwrap()), (None, "5"));
        assert_eq!(change_answer(&mappings, 200, &mut headers, &known), 200);
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for key in ["header.x", "change:header.x", "append:body.x", "append:path", "overwrite:header.a b"] {
            assert!(check(&json!({ key: "x" }), &json!({})).is_err(), "{key}");
        }
        assert!(check(&json!({}), &json!({"100": {}})).is_err());
        assert!(check(&json!({"overwrite:statuscode": "200"}), &json!({})).is_err());
    }
}
