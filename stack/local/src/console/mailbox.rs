//! The mailbox page: e-mail that subscriptions of topics and users of pools got.

use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::http_types::{Response, respond};
use crate::sns::{Mail, Origin};
use crate::wire::{XmlWriter, iso_milliseconds};

/// What the page may load: its style.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The mails as JSON, newest first.
pub(super) fn list(cloud: &Cloud) -> Value {
    json!({"mails": cloud.sns.mails().iter().map(Mail::show).collect::<Vec<_>>()})
}

/// The page.
pub(super) fn page(cloud: &Cloud) -> Response {
    let mut response = respond(StatusCode::OK, "text/html; charset=utf-8", render(&cloud.sns.mails()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    super::seal(headers);
    response
}

fn render(mails: &[Mail]) -> String {
    let mut html = XmlWriter::default();
    html.element_with("html", &[("lang", "en")], |html| {
        html.element("head", |html| {
            html.element_with("meta", &[("charset", "utf-8")], |_| {});
            html.element_with("meta", &[("name", "viewport"), ("content", "width=device-width")], |_| {});
            html.text("title", "Mailbox");
            html.element_with("link", &[("rel", "stylesheet"), ("href", "/_stack/console/style.css")], |_| {});
        });
        html.element("body", |html| {
            html.element("main", |html| {
                html.element("p", |html| html.element_with("a", &[("href", "/")], |html| html.escape("Console")));
                html.text("h1", "Mailbox");
                html.text(
                    "p",
                    "E-mail that subscriptions of topics and users of pools got in the local cloud, newest first. Nothing was sent to anybody.",
                );
                if mails.is_empty() {
                    html.text("p", "There is no e-mail yet.");
                }
                for mail in mails {
                    render_mail(html, mail);
                }
            });
        });
    });
    // Elements that HTML does not close.
    let html = html.finish().replace("</meta>", "").replace("</link>", "");
    format!("<!doctype html>\n{html}\n")
}

fn render_mail(html: &mut XmlWriter, mail: &Mail) {
    let (origin, named) = match &mail.origin {
        Origin::Topic(arn) => ("Topic", arn),
        Origin::UserPool(id) => ("User pool", id),
    };
    html.element_with("article", &[("id", &format!("mail-{}", mail.id))], |html| {
        html.text("h2", &mail.subject);
        html.element("dl", |html| {
            for (name, value) in [
                ("From", mail.from.as_str()),
                ("To", &mail.to),
                ("Time", &iso_milliseconds(mail.time)),
                (origin, named),
            ] {
                html.text("dt", name);
                html.text("dd", value);
            }
        });
        html.text("pre", &mail.body);
        for (url, name) in [(&mail.confirm_url, "Confirm subscription"), (&mail.unsubscribe_url, "Unsubscribe")] {
            if let Some(url) = url {
                html.element("p", |html| html.element_with("a", &[("href", url)], |html| html.escape(name)));
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_mail_says_stays_text() {
        let mail = Mail {
            id: 7,
            to: "a@example.com".to_owned(),
            from: "AWS Notifications <no-reply@sns.amazonaws.com>".to_owned(),
            subject: "<script>alert(1)</script>".to_owned(),
            body: "</meta></pre><img src=x>".to_owned(),
            time: 0,
            origin: Origin::Topic("arn:aws:sns:us-east-1:000000000000:t".to_owned()),
            confirm_url: Some("http://127.0.0.1:4566/?a=1&b=\"2".to_owned()),
            unsubscribe_url: None,
        };
        let html = render(&[mail]);
        assert!(!html.contains("<script") && !html.contains("<img"), "{html}");
        assert!(html.contains("href=\"http://127.0.0.1:4566/?a=1&amp;b=&quot;2\""), "{html}");
        assert!(html.contains("&lt;/meta&gt;"), "{html}");
        assert!(render(&[]).contains("There is no e-mail yet."));
    }
}
