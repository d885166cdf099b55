//! Route keys, and which route a request takes.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::Value;

/// Methods of route keys.
const METHODS: [&str; 8] = ["ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// The key of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RouteKey<'a> {
    /// What no other route takes.
    Default,
    /// `GET /pets/{id}`.
    Path { method: &'a str, segments: Vec<Segment<'a>> },
}

/// One part of a path, most specific kind first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Segment<'a> {
    Text(&'a str),
    /// `{x}`: one segment.
    Variable(&'a str),
    /// `{x+}`: one segment or more, at the end.
    Greedy(&'a str),
}

impl<'a> RouteKey<'a> {
    /// Reads `$default` or `<METHOD> /<path>`.
    pub(super) fn parse(key: &'a str) -> Option<Self> {
        if key == "$default" {
            return Some(Self::Default);
        }
        let (method, path) = key.split_once(' ')?;
        let path = path.strip_prefix('/').filter(|_| METHODS.contains(&method))?;
        let segments: Vec<Segment<'_>> = path.split('/').map(Segment::parse).collect::<Option<_>>()?;
        let last = segments.len() - 1;
        let greedy_is_last =
            segments.iter().enumerate().all(|(at, segment)| at == last || !matches!(segment, Segment::Greedy(_)));
        greedy_is_last.then_some(Self::Path { method, segments })
    }

    /// What the path gives its variables, still percent-encoded; `None` when the route does not take it.
    pub(super) fn matches(&self, method: &str, path: &str) -> Option<Vec<(String, String)>> {
        let Self::Path { method: own, segments } = self else { return Some(Vec::new()) };
        if *own != "ANY" && *own != method {
            return None;
        }
        match_segments(segments, path)
    }

    /// Less is more specific: static segments before variables before greedy ones before `$default`, a method before `ANY`.
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Default, Self::Default) => Ordering::Equal,
            (Self::Default, Self::Path { .. }) => Ordering::Greater,
            (Self::Path { .. }, Self::Default) => Ordering::Less,
            (Self::Path { method, segments }, Self::Path { method: theirs, segments: others }) => {
                let is_greedy = |segments: &[Segment<'_>]| matches!(segments.last(), Some(Segment::Greedy(_)));
                is_greedy(segments)
                    .cmp(&is_greedy(others))
                    .then_with(|| compare_segments(segments, others))
                    .then_with(|| (*method == "ANY").cmp(&(*theirs == "ANY")))
            }
        }
    }
}

impl<'a> Segment<'a> {
    /// Reads one segment; `None` for braces that are no variable.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let Some(inner) = text.strip_prefix('{') else {
            return (!text.contains(['{', '}'])).then_some(Self::Text(text));
        };
        let name = inner.strip_suffix('}')?;
        let (name, greedy) = name.strip_suffix('+').map_or((name, false), |name| (name, true));
        let is_name =
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-:$".contains(&byte));
        is_name.then_some(if greedy { Self::Greedy(name) } else { Self::Variable(name) })
    }

    fn rank(self) -> u8 {
        match self {
            Self::Text(_) => 0,
            Self::Variable(_) => 1,
            Self::Greedy(_) => 2,
        }
    }
}

/// What a path gives to the variables of a pattern.
pub(crate) fn match_segments(segments: &[Segment<'_>], path: &str) -> Option<Vec<(String, String)>> {
    let mut found = Vec::new();
    let mut rest = Some(path.strip_prefix('/').unwrap_or(path));
    for segment in segments {
        let left = rest?;
        let (first, after) = left.split_once('/').map_or((left, None), |(first, after)| (first, Some(after)));
        rest = match segment {
            Segment::Text(text) if *text == first => after,
            Segment::Text(text) => {
                // The same text may be encoded otherwise.
                crate::wire::percent_decode(first).filter(|decoded| decoded == text)?;
                after
            }
            Segment::Variable(name) if !first.is_empty() => {
                found.push(((*name).to_owned(), first.to_owned()));
                after
            }
            Segment::Greedy(name) if !left.is_empty() => {
                found.push(((*name).to_owned(), left.to_owned()));
                None
            }
            Segment::Variable(_) | Segment::Greedy(_) => return None,
        };
    }
    rest.is_none().then_some(found)
}

/// Compares two patterns that take the same path, from its beginning.
pub(crate) fn compare_segments(one: &[Segment<'_>], other: &[Segment<'_>]) -> Ordering {
    let ranks = |segments: &[Segment<'_>]| segments.iter().map(|segment| segment.rank()).collect::<Vec<_>>();
    ranks(one).cmp(&ranks(other))
}

/// The route that takes a request, with what the path gives its variables.
pub(super) fn select<'a>(
    routes: &'a BTreeMap<String, Value>,
    method: &str,
    path: &str,
) -> Option<(&'a Value, Vec<(String, String)>)> {
    routes
        .values()
        .filter_map(|route| {
            let key = RouteKey::parse(route["routeKey"].as_str()?)?;
            let parameters = key.matches(method, path)?;
            Some((route, key, parameters))
        })
        .min_by(|(_, one, _), (_, other, _)| one.compare(other))
        .map(|(route, _, parameters)| (route, parameters))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn selected(keys: &[&str], method: &str, path: &str) -> Option<(String, Vec<(String, String)>)> {
        let routes = keys.iter().map(|key| ((*key).to_owned(), json!({ "routeKey": key }))).collect();
        let (route, parameters) = select(&routes, method, path)?;
        Some((route["routeKey"].as_str().unwrap().to_owned(), parameters))
    }

    #[test]
    fn the_most_specific_route_takes_a_request() {
        let keys = [
            "GET /",
            "GET /pets/dog/1",
            "GET /pets/dog/{id}",
            "GET /pets/{proxy+}",
            "ANY /{proxy+}",
            "ANY /pets/dog/{id}",
            "POST /pets/{kind}/{id}",
            "$default",
        ];
        for (method, path, expected) in [
            ("GET", "/", "GET /"),
            ("POST", "/", "$default"),
            ("GET", "/pets/dog/1", "GET /pets/dog/1"),
            ("GET", "/pets/dog/2", "GET /pets/dog/{id}"),
            ("PUT", "/pets/dog/2", "ANY /pets/dog/{id}"),
            ("GET", "/pets/cat/1", "GET /pets/{proxy+}"),
            ("POST", "/pets/cat/1", "POST /pets/{kind}/{id}"),
            ("POST", "/test/5", "ANY /{proxy+}"),
            ("GET", "/pets", "ANY /{proxy+}"),
            ("GET", "/pets/", "ANY /{proxy+}"),
        ] {
            assert_eq!(selected(&keys, method, path).map(|(key, _)| key).as_deref(), Some(expected), "{method} {path}");
        }
        assert_eq!(selected(&["GET /a"], "GET", "/a/"), None);
        assert_eq!(selected(&["GET /a"], "POST", "/a"), None);
    }

    #[test]
    fn variables_get_their_parts_as_they_came() {
        let (_, parameters) = selected(&["GET /a/{x}/{rest+}"], "GET", "/a/b%20c/d/e%2Ff").unwrap();
        let expected = [("x", "b%20c"), ("rest", "d/e%2Ff")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(parameters, expected);
    }

    #[test]
    fn keys_are_read_strictly() {
        for key in ["get /", "GET", "GET pets", "GET /{a", "GET /a{b}", "GET /{a+}/b", "GET /{}", "FETCH /", "$connect"]
        {
            assert_eq!(RouteKey::parse(key), None, "{key}");
        }
    }
}
