//! Keys of routes: `GET /images/{name}`, `ANY /{proxy+}`, `$default`.

use std::collections::BTreeMap;

use crate::fault::{FaultKind, Place, Sink};
use crate::names::hash;
use crate::values::METHODS;

/// The route that answers what no other does.
const DEFAULT: &str = "$default";
/// Greatest length of a key.
const KEY_LENGTH: usize = 512;

/// A method and a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RouteKey {
    /// `GET` ..., `ANY`; empty for `$default`.
    pub(crate) method: String,
    /// `/images/{name}`, or `$default`.
    pub(crate) path: String,
}

impl RouteKey {
    /// Reads a key; what is wrong with it otherwise.
    fn parse(text: &str, has_default: bool) -> Result<Self, String> {
        if text == DEFAULT && has_default {
            return Ok(Self { method: String::new(), path: DEFAULT.to_owned() });
        }
        let form = "a method and a path with one space between them: `GET /images/{name}`";
        let (method, path) = text.split_once(' ').ok_or(form)?;
        if method != "ANY" && !METHODS.contains(&method) {
            return Err(format!("the method is one of {}, ANY", METHODS.join(", ")));
        }
        let segments = path.strip_prefix('/').ok_or("the path begins with `/`")?;
        if text.len() > KEY_LENGTH {
            return Err(format!("at most {KEY_LENGTH} characters"));
        }
        let key = Self { method: method.to_owned(), path: path.to_owned() };
        let segments: Vec<&str> = if segments.is_empty() { Vec::new() } else { segments.split('/').collect() };
        for (index, segment) in segments.iter().enumerate() {
            check_segment(segment, index + 1 == segments.len())?;
        }
        let parameters = key.parameters();
        match parameters.iter().enumerate().find(|(index, name)| parameters[..*index].contains(*name)) {
            Some((_, name)) => Err(format!("the parameter `{name}` stands in it twice")),
            None => Ok(key),
        }
    }

    /// The key in the words of API Gateway.
    pub(crate) fn text(&self) -> String {
        if self.method.is_empty() { self.path.clone() } else { format!("{} {}", self.method, self.path) }
    }

    /// Names of the path's parameters, without `+`.
    pub(crate) fn parameters(&self) -> Vec<&str> {
        self.path.split('/').filter_map(parameter).map(|name| name.strip_suffix('+').unwrap_or(name)).collect()
    }

    /// `GET/images/*`: what follows the stage in an ARN of `execute-api`. A parameter may be anything.
    pub(crate) fn arn_pattern(&self) -> String {
        if self.method.is_empty() {
            return self.path.clone();
        }
        let method = if self.method == "ANY" { "*" } else { &self.method };
        let path: Vec<&str> =
            self.path.split('/').map(|segment| if parameter(segment).is_some() { "*" } else { segment }).collect();
        format!("{method}{}", path.join("/"))
    }

    /// Two keys of one shape would answer the same requests.
    fn shape(&self) -> String {
        let path: Vec<&str> = self
            .path
            .split('/')
            .map(|segment| match parameter(segment) {
                Some(name) if name.ends_with('+') => "{+}",
                Some(_) => "{}",
                None => segment,
            })
            .collect();
        format!("{} {}", self.method, path.join("/"))
    }

    /// Part of logical ids: readable, and made of the key alone, so that no other route changes it.
    pub(crate) fn id_part(&self) -> String {
        const READABLE: usize = 80;
        let text = self.text();
        let mut words: String = text
            .split(|character: char| !character.is_ascii_alphanumeric())
            .flat_map(|word| {
                let lower =
                    if METHODS.contains(&word) || word == "ANY" { word.to_lowercase() } else { word.to_owned() };
                let mut characters = lower.chars();
                let first = characters.next().map(|first| first.to_ascii_uppercase());
                first.into_iter().chain(characters).collect::<Vec<_>>()
            })
            .collect();
        words.truncate(READABLE);
        format!("{words}{}", hash(&text, 8))
    }
}

/// The name between the braces of a parameter.
fn parameter(segment: &str) -> Option<&str> {
    segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'))
}

fn check_segment(segment: &str, is_last: bool) -> Result<(), String> {
    let Some(name) = parameter(segment) else {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:@".contains(&byte);
        return match segment {
            "" => Err("no empty part between two `/` and none at the end".to_owned()),
            _ if segment.bytes().all(is_plain) => Ok(()),
            _ => {
                Err("parts of a path have letters, digits and `-._~:@`; a parameter is a whole part: `{name}`"
                    .to_owned())
            }
        };
    };
    let word = name.strip_suffix('+').unwrap_or(name);
    let is_word =
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
    if !is_word {
        return Err("a parameter is a name in braces: `{name}`".to_owned());
    }
    if name.ends_with('+') && !is_last {
        return Err(format!("`{{{name}}}` takes the rest of the path, so it is its last part"));
    }
    Ok(())
}

/// Reads the key of a route; reports what is wrong with it.
pub(crate) fn read_route_key(text: &str, has_default: bool, place: &Place, sink: &Sink) -> Option<RouteKey> {
    match RouteKey::parse(text, has_default) {
        Ok(key) => Some(key),
        Err(rule) => {
            sink.push(FaultKind::BadName { name: text.to_owned(), what: "route".to_owned(), rule }, place);
            None
        }
    }
}

/// Reports routes that would answer the same requests.
pub(crate) fn report_conflicts<'a>(routes: impl IntoIterator<Item = (&'a RouteKey, &'a Place)>, sink: &Sink) {
    let mut first_of: BTreeMap<String, &Place> = BTreeMap::new();
    for (key, place) in routes {
        if let Some(first) = first_of.get(&key.shape()) {
            let kind = FaultKind::NameCollision {
                what: "route".to_owned(),
                name: key.shape(),
                first: first.key_path.clone(),
                second: place.key_path.clone(),
            };
            sink.push(kind, place);
        } else {
            first_of.insert(key.shape(), place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> RouteKey {
        RouteKey::parse(text, true).unwrap()
    }

    #[test]
    fn keys_have_a_method_and_a_path() {
        for right in ["GET /", "ANY /{proxy+}", "POST /a/{b}/c", "$default", "GET /a.b/~c"] {
            assert_eq!(key(right).text(), right);
        }
        for wrong in [
            "",
            "/",
            "GET",
            "get /",
            "GET  /",
            "GET a",
            "GET //",
            "GET /a/",
            "GET /{}",
            "GET /{a+}/b",
            "GET /a{b}",
            "TRACE /",
            "GET /{a}/{a}",
            "GET /ä",
            "GET /a b",
            "$other",
        ] {
            assert!(RouteKey::parse(wrong, true).is_err(), "{wrong}");
        }
        assert!(RouteKey::parse("$default", false).is_err());
    }

    #[test]
    fn arns_leave_parameters_open_and_nothing_else() {
        assert_eq!(key("GET /images/{name}").arn_pattern(), "GET/images/*");
        assert_eq!(key("ANY /").arn_pattern(), "*/");
        assert_eq!(key("$default").arn_pattern(), "$default");
        assert_eq!(key("PUT /images/raw/{object+}").arn_pattern(), "PUT/images/raw/*");
    }

    #[test]
    fn ids_are_words_and_tell_keys_apart() {
        let ids: std::collections::BTreeSet<String> =
            ["GET /a-b", "GET /a/b", "GET /a/{b}", "GET /aB", "$default"].map(|text| key(text).id_part()).into();
        assert_eq!(ids.len(), 5);
        assert!(ids.iter().all(|id| id.bytes().all(|byte| byte.is_ascii_alphanumeric())), "{ids:?}");
        assert!(key("POST /avatars/key_upload").id_part().starts_with("PostAvatarsKeyUpload"));
    }
}
