//! The files of the console page, part of the program: it works without a network.

use http::{HeaderValue, StatusCode, header};

use crate::http_types::{Response, respond};

/// What the page may load and do: its own files, pictures included, and nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

const CSS: &str = "text/css; charset=utf-8";

/// Names, content types and texts of files beside this one.
macro_rules! files {
    ($($name:literal: $kind:expr,)*) => {
        &[$(($name, $kind, include_str!(concat!("page/", $name))),)*]
    };
}

/// Files by name, with their content type.
const FILES: &[(&str, &str, &str)] = files![
    "style.css": CSS,
    "graph.css": CSS,
    "icon.svg": "image/svg+xml",
    "app.js": JAVASCRIPT,
    "api.js": JAVASCRIPT,
    "bucket.js": JAVASCRIPT,
    "element.js": JAVASCRIPT,
    "format.js": JAVASCRIPT,
    "graph.js": JAVASCRIPT,
    "log.js": JAVASCRIPT,
    "overview.js": JAVASCRIPT,
    "requests.js": JAVASCRIPT,
    "resource.js": JAVASCRIPT,
    "routes.js": JAVASCRIPT,
    "side.js": JAVASCRIPT,
    "stack.js": JAVASCRIPT,
    "state.js": JAVASCRIPT,
    "tables.js": JAVASCRIPT,
    "things.js": JAVASCRIPT,
    "upload.js": JAVASCRIPT,
];

/// The page itself.
pub(super) fn index() -> Response {
    guarded("text/html; charset=utf-8", include_str!("page/index.html"))
}

/// A file that the page loads.
pub(super) fn file(name: &str) -> Option<Response> {
    FILES.iter().find(|(file, ..)| *file == name).map(|(_, content_type, text)| guarded(content_type, text))
}

fn guarded(content_type: &'static str, text: &'static str) -> Response {
    let mut response = respond(StatusCode::OK, content_type, text);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    // The page of an older program must not be shown with the data of a newer one.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    super::seal(headers);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_that_another_one_names_is_served() {
        let texts: Vec<&str> = FILES.iter().map(|(.., text)| *text).chain([include_str!("page/index.html")]).collect();
        let mut named = 0;
        for text in texts {
            let modules = text.split("from \"./").skip(1).filter_map(|rest| rest.split('"').next());
            let links = text.split("=\"/_stack/console/").skip(1).filter_map(|rest| rest.split('"').next());
            for name in modules.chain(links) {
                assert!(file(name).is_some(), "{name} is named but not served");
                named += 1;
            }
        }
        assert!(named > FILES.len());
    }

    #[test]
    fn values_never_become_markup() {
        for (name, _, text) in FILES {
            for sink in ["innerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"] {
                assert!(!text.contains(sink), "{name} uses {sink}");
            }
        }
    }

    #[test]
    fn every_module_is_named_by_another_one() {
        for (name, ..) in FILES.iter().filter(|(_, content_type, _)| *content_type == JAVASCRIPT) {
            let page = include_str!("page/index.html");
            let mut texts = FILES.iter().map(|(.., text)| *text).chain([page]);
            assert!(texts.any(|text| text.contains(&format!("/{name}\""))), "{name} is served to nobody");
        }
    }

    #[test]
    fn nothing_is_loaded_from_elsewhere() {
        let page = include_str!("page/index.html");
        assert!(!page.contains("http://") && !page.contains("https://"), "the page names another host");
    }
}
