//! The wire format of answers.

use bytes::Bytes;

/// An answer before it meets a fault.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Bytes,
}

impl Answer {
    pub(super) fn new(status: u16, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: vec![("x-amzn-requestid".to_owned(), "scripted-request".to_owned())],
            body: body.into(),
        }
    }

    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A result of the Query protocol.
    pub(super) fn query(operation: &str, result: &str) -> Self {
        let body = format!(
            "<{operation}Response xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><{operation}Result>{result}\
             </{operation}Result><ResponseMetadata><RequestId>scripted-request</RequestId></ResponseMetadata></{operation}Response>"
        );
        Self::new(200, body).header("content-type", "text/xml")
    }

    /// An error of the Query protocol.
    pub(super) fn query_error(status: u16, code: &str, message: &str) -> Self {
        let body = format!(
            "<ErrorResponse><Error><Type>Sender</Type>{}{}</Error><RequestId>scripted-request</RequestId></ErrorResponse>",
            tag("Code", code),
            tag("Message", message)
        );
        Self::new(status, body).header("content-type", "text/xml")
    }

    /// An error of S3.
    pub(super) fn s3_error(status: u16, code: &str) -> Self {
        Self::new(status, format!("<Error>{}{}</Error>", tag("Code", code), tag("Message", code)))
    }
}

pub(super) fn tag(name: &str, text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<{name}>{text}</{name}>")
}

/// `%41` and `+` of forms and query strings.
pub(super) fn decode(text: &str, plus_is_space: bool) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let hex = [rest.next().unwrap_or(b'0'), rest.next().unwrap_or(b'0')];
                u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap()
            }
            b'+' if plus_is_space => b' ',
            byte => byte,
        });
    }
    String::from_utf8(bytes).unwrap()
}
