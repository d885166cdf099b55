//! AWS Query: a form in, XML out.

use std::collections::BTreeMap;

use http::StatusCode;

use super::{CONTROL_BODY_LIMIT, ServiceError, XmlWriter, form_decode, read_body};
use crate::http_types::{Request, Response, respond};

/// The fields of a Query request. Lists come as `Name.member.1`, structures as `Name.Field`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Form(BTreeMap<String, String>);

impl Form {
    /// Reads `application/x-www-form-urlencoded` text.
    ///
    /// # Errors
    /// A field that is not well encoded.
    pub(crate) fn parse(text: &str) -> Result<Self, ServiceError> {
        text.split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                form_decode(name).zip(form_decode(value)).ok_or_else(|| malformed(pair))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// `Action`, the operation.
    pub(crate) fn action(&self) -> &str {
        self.get("Action").unwrap_or_default()
    }

    /// A field.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A field that must be there and not be empty.
    pub(crate) fn require(&self, name: &str) -> Result<&str, ServiceError> {
        self.get(name).filter(|value| !value.is_empty()).ok_or_else(|| {
            ServiceError::bad_request("ValidationError", format!("1 validation error detected: Value null at '{}' failed to satisfy constraint: Member must not be null", lower_first(name)))
        })
    }

    /// `true` or `false`; absent reads as `None`.
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.get(name).map(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The list `name.member.1`, `name.member.2` ... of plain values.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        (1..).map_while(|index| self.get(&format!("{name}.member.{index}")).map(str::to_owned)).collect()
    }

    /// The list `name.1`, `name.2` ... of plain values, as EC2 and RDS (`VpcSecurityGroupIds.VpcSecurityGroupId`) have it.
    pub(crate) fn flat_list(&self, name: &str) -> Vec<String> {
        (1..).map_while(|index| self.get(&format!("{name}.{index}")).map(str::to_owned)).collect()
    }

    /// The list `name.N.*` of structures, each as a form of its own.
    pub(crate) fn flat_structures(&self, name: &str) -> Vec<Form> {
        (1..)
            .map_while(|index| {
                let fields = self.structure(&format!("{name}.{index}"));
                (!fields.0.is_empty()).then_some(fields)
            })
            .collect()
    }

    /// The list `name.member.N.*` of structures, each as a form of its own.
    pub(crate) fn structures(&self, name: &str) -> Vec<Form> {
        (1..)
            .map_while(|index| {
                let fields = self.structure(&format!("{name}.member.{index}"));
                (!fields.0.is_empty()).then_some(fields)
            })
            .collect()
    }

    /// The map `name.entry.N.key` / `name.entry.N.value`.
    pub(crate) fn map(&self, name: &str) -> BTreeMap<String, String> {
        (1..)
            .map_while(|index| {
                let key = self.get(&format!("{name}.entry.{index}.key"))?;
                let value = self.get(&format!("{name}.entry.{index}.value")).unwrap_or_default();
                Some((key.to_owned(), value.to_owned()))
            })
            .collect()
    }

    /// The fields that are no part of a list or a structure.
    pub(crate) fn plain(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter(|(name, _)| !name.contains('.')).map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// All fields as one value: lists become arrays, structures objects, scalars stay texts.
    pub(crate) fn into_value(self) -> serde_json::Value {
        let mut root = Node::default();
        for (name, value) in self.0 {
            name.split('.').fold(&mut root, |node, part| node.inner.entry(part.to_owned()).or_default()).text =
                Some(value);
        }
        root.into_value()
    }

    /// The fields below `name.`.
    pub(crate) fn structure(&self, name: &str) -> Form {
        let prefix = format!("{name}.");
        Form(
            self.0
                .iter()
                .filter_map(|(key, value)| key.strip_prefix(&prefix).map(|key| (key.to_owned(), value.clone())))
                .collect(),
        )
    }
}

/// A field of a form on its way to a value.
#[derive(Default)]
struct Node {
    text: Option<String>,
    inner: BTreeMap<String, Node>,
}

impl Node {
    fn into_value(mut self) -> serde_json::Value {
        if self.inner.is_empty() {
            return self.text.map_or(serde_json::Value::Null, serde_json::Value::from);
        }
        if self.inner.len() == 1
            && let Some(members) = self.inner.remove("member")
        {
            let mut members: Vec<(usize, Node)> =
                members.inner.into_iter().filter_map(|(index, node)| Some((index.parse().ok()?, node))).collect();
            members.sort_by_key(|(index, _)| *index);
            return members.into_iter().map(|(_, node)| node.into_value()).collect();
        }
        self.inner.into_iter().map(|(name, node)| (name, node.into_value())).collect()
    }
}

fn malformed(pair: &str) -> ServiceError {
    ServiceError::bad_request(
        "MalformedQueryString",
        format!("The query string contains a syntax error: `{pair}` is not percent-encoded UTF-8"),
    )
}

fn lower_first(name: &str) -> String {
    let mut characters = name.chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}

/// Reads a Query request: the body's form, or the query string of a GET.
pub(crate) async fn read_form(request: Request) -> Result<Form, ServiceError> {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let body = read_body(request, CONTROL_BODY_LIMIT).await?;
    let text = std::str::from_utf8(&body).map_err(|_| malformed("the body"))?;
    Form::parse(&format!("{query}&{text}"))
}

/// `<{action}Response xmlns=...><{action}Result>...</{action}Result><ResponseMetadata>...`.
pub(crate) fn query_response(namespace: &str, action: &str, result: impl FnOnce(&mut XmlWriter)) -> Response {
    envelope(namespace, action, |xml| xml.element(&format!("{action}Result"), result))
}

/// The same for an operation that has no result: without the `{action}Result` element.
pub(crate) fn query_empty_response(namespace: &str, action: &str) -> Response {
    envelope(namespace, action, |_xml| {})
}

/// `<{action}Response xmlns=...><requestId>...</requestId>...</{action}Response>`, as EC2 answers.
pub(crate) fn ec2_response(namespace: &str, action: &str, result: impl FnOnce(&mut XmlWriter)) -> Response {
    let request_id = uuid::Uuid::new_v4().to_string();
    let mut xml = XmlWriter::document();
    xml.element_with(&format!("{action}Response"), &[("xmlns", namespace)], |xml| {
        xml.text("requestId", &request_id);
        result(xml);
    });
    let mut response = respond(StatusCode::OK, "text/xml", xml.finish());
    if let Ok(value) = http::HeaderValue::from_str(&request_id) {
        response.headers_mut().insert("x-amzn-requestid", value);
    }
    response
}

fn envelope(namespace: &str, action: &str, result: impl FnOnce(&mut XmlWriter)) -> Response {
    let request_id = uuid::Uuid::new_v4().to_string();
    let mut xml = XmlWriter::document();
    xml.element_with(&format!("{action}Response"), &[("xmlns", namespace)], |xml| {
        result(xml);
        xml.element("ResponseMetadata", |xml| xml.text("RequestId", &request_id));
    });
    let mut response = respond(StatusCode::OK, "text/xml", xml.finish());
    if let Ok(value) = http::HeaderValue::from_str(&request_id) {
        response.headers_mut().insert("x-amzn-requestid", value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_strictly() {
        let form = Form::parse("&Action=Do+It&Name=%C3%BC&Empty=&Flag&").unwrap();
        let field = |name| form.get(name).unwrap();
        assert_eq!([field("Action"), field("Name"), field("Empty"), field("Flag")], ["Do It", "ü", "", ""]);
        for text in ["a=%", "a=1&b=%+f", "%zz=1", "a=%FF"] {
            let refusal = Form::parse(text).unwrap_err();
            assert_eq!(refusal.code, "MalformedQueryString", "{text}");
        }
    }
}
